"""When a supervisor is warned, when no longer, and that no warning flutters."""

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest

from dialer.core.health import Part, PartState
from dialer.core.values import OperatorState
from dialer.core.warning_values import (
    Answered,
    AnswerFigures,
    AtWork,
    ClockSeen,
    DiskSeen,
    Figures,
    Key,
    LeftAlone,
    Level,
    ListLeft,
    Look,
    QuotaLeft,
    RecordingRoom,
    TrunkFigures,
    Waits,
    WarningKind,
    WarningRules,
)
from dialer.core.warnings import known_kinds, warnings_now

K, HEED, ALARM = WarningKind, Level.HEED, Level.ALARM
RULES = WarningRules()
Raised = list[tuple[WarningKind, str, Level]]


def found(figures: Figures, *standing: Key) -> Raised:
    return [one.key for one in warnings_now(Look(figures, RULES, standing))]


def answers(today: str, lately: str = "0/0", target: float | None = 0.95) -> Figures:
    counted = [Answered(*map(int, text.split("/"))) for text in (today, lately)]
    return Figures(answers=AnswerFigures(counted[0], counted[1], target))


def alone(left: int, persons: int, lost: float = 0.0) -> Figures:
    return Figures(left_alone=LeftAlone(persons, left, 0.03, lost))


def works(phone: str, state: OperatorState, seconds: float) -> Figures:
    return Figures(operators=[AtWork(phone, state, seconds)])


def lists(due: int, a_minute: float) -> Figures:
    return Figures(lists=[ListLeft("city_tax", "市税", due, a_minute)])


def disk(hours: float, gigabytes: float = 100.0) -> Figures:
    return Figures(disk=DiskSeen(int(gigabytes * 1e9), hours))


def room(hours: float, each: float = 100.0) -> Figures:
    """Half of it is taken already."""
    return Figures(recordings=RecordingRoom(hours / 2, hours / 2, 32, each))


def part(key: str, state: PartState) -> Figures:
    return Figures(parts=[Part(key, state)])


LOW: Key = (K.ANSWER_RATE_LOW, "", HEED)
FALLS: Key = (K.ANSWER_RATE_FALLS, "", ALARM)
NEAR: Key = (K.ABANDONED, "", HEED)
OVER: Key = (K.ABANDONED, "", ALARM)
WAITS: Key = (K.CALLER_WAITS, "", ALARM)
DRY: Key = (K.LIST_RUNS_DRY, "city_tax", HEED)
REFUSES: Key = (K.TRUNK_REFUSES, "", ALARM)
FILLS: Key = (K.DISK_FILLS, "", HEED)
FULL: Key = (K.DISK_FILLS, "", ALARM)
NO_ROOM: Key = (K.RECORDINGS_FILL, "", HEED)

CASES: list[tuple[str, Figures, Sequence[Key], Raised]] = [
    ("nobody has called", answers("0/0"), [], []),
    ("one of two unanswered says nothing yet", answers("1/2"), [], []),
    ("the rate is at its target", answers("95/100"), [], []),
    ("the rate is below its target", answers("94/100"), [], [LOW]),
    ("a city without a target", answers("50/100", target=None), [], []),
    ("at its target again is not yet better", answers("95/100"), [LOW], [LOW]),
    ("clearly better than its target", answers("96/100"), [LOW], []),
    ("the last half hour is much worse", answers("110/120", "12/20", target=None), [], [FALLS]),
    ("somewhat worse is no fall", answers("115/120", "18/20", target=None), [], []),
    ("a fall of a few calls is chance", answers("102/106", "2/6", target=None), [], []),
    ("a fall that is almost over stands", answers("117/120", "18/20", target=None), [FALLS], [FALLS]),
    ("a fall that is over", answers("118/120", "19/20", target=None), [FALLS], []),
    ("nobody is left alone", alone(0, 1000), [], []),
    ("too few persons to say", alone(1, 19), [], []),
    ("far from the ceiling", alone(2, 100), [], []),
    ("near the ceiling", alone(5, 200), [], [NEAR]),
    ("at the ceiling", alone(3, 100), [], [OVER]),
    ("near the ceiling with those whom the ear has lost", alone(2, 100, 0.5), [], [NEAR]),
    ("persons lost by the ear alone are an estimate", alone(0, 100, 4.0), [], []),
    ("below the ceiling again, but near", alone(5, 200), [OVER], [OVER]),
    ("far below the ceiling again", alone(2, 100), [OVER], []),
    ("near, and somewhat better", alone(4, 200), [NEAR], [NEAR]),
    ("nobody waits", Figures(waits=Waits()), [], []),
    ("somebody waits a little", Figures(waits=Waits(3, 59)), [], []),
    ("somebody waits for long", Figures(waits=Waits(1, 60)), [], [WAITS]),
    ("the next of them waits almost as long", Figures(waits=Waits(1, 50)), [WAITS], [WAITS]),
    ("the next has only just come", Figures(waits=Waits(1, 10)), [WAITS], []),
    ("a long talk", works("op03", OperatorState.TALKING, 600), [], [(K.TALKS_LONG, "op03", HEED)]),
    ("a usual talk", works("op03", OperatorState.TALKING, 599), [], []),
    ("a long wrap-up", works("op03", OperatorState.WRAP_UP, 60), [], [(K.WRITES_LONG, "op03", HEED)]),
    ("a long pause is nobody's trouble", works("op03", OperatorState.PAUSED, 9000), [], []),
    ("cases for hours", lists(600, 5), [], []),
    ("cases for ten minutes", lists(50, 5), [], [DRY]),
    ("nothing is left to call", lists(0, 5), [], [DRY]),
    ("nothing was ever there", lists(0, 0), [], [DRY]),
    ("nobody knows how fast they go", lists(3, 0), [], []),
    ("a few more cases came", lists(160, 5), [DRY], [DRY]),
    ("many more cases came", lists(200, 5), [DRY], []),
    (
        "the last days of a month",
        Figures(quotas=[QuotaLeft("a", "夜間: 2日足りません", 10)]),
        [],
        [(K.QUOTA_UNMET, "a", HEED)],
    ),
    ("a month that has only begun", Figures(quotas=[QuotaLeft("a", "夜間: 2日足りません", 11)]), [], []),
    ("no call was refused", Figures(trunk=TrunkFigures(0, 50)), [], []),
    ("four of five refused may be chance", Figures(trunk=TrunkFigures(4, 5)), [], []),
    ("a fifth is refused", Figures(trunk=TrunkFigures(10, 50)), [], [REFUSES]),
    ("few of very many are refused", Figures(trunk=TrunkFigures(10, 100)), [], []),
    ("somewhat fewer are refused", Figures(trunk=TrunkFigures(9, 50)), [REFUSES], [REFUSES]),
    ("hardly any are refused", Figures(trunk=TrunkFigures(3, 50)), [REFUSES], []),
    ("room for days", disk(100), [], []),
    ("room for a day", disk(23), [], [FILLS]),
    ("little room whatever the hours", disk(100, 4.9), [], [FILLS]),
    ("room for an afternoon", disk(3), [], [FULL]),
    ("a little was cleared", disk(29), [FILLS], [FILLS]),
    ("much was cleared", disk(31, 50), [FILLS], []),
    ("every line has room for its hours", room(4000), [], []),
    ("the lines will soon have too little room", room(3500), [], [NO_ROOM]),
    ("a little more room", room(4500), [NO_ROOM], [NO_ROOM]),
    ("much more room", room(5000), [NO_ROOM], []),
    ("a line has no room for its hours", room(3199), [], [(K.RECORDINGS_FILL, "", ALARM)]),
    ("nothing is recorded any more", room(0, each=0), [NO_ROOM], []),
    ("all is well", part("engine", PartState.WELL), [], []),
    ("the exchange is away", part("exchange", PartState.AWAY), [], [(K.PART_AWAY, "exchange", ALARM)]),
    ("an ear is frozen", part("ear-2", PartState.FROZEN), [], [(K.PART_AWAY, "ear-2", HEED)]),
    ("the pages came back a moment ago", part("web", PartState.RESTARTED), [], [(K.PART_AWAY, "web", HEED)]),
    ("a clock that runs", Figures(clock=ClockSeen(True)), [], []),
    ("a clock of which nothing is known", Figures(clock=ClockSeen(None)), [], []),
    ("a clock that nobody sets", Figures(clock=ClockSeen(False)), [], [(K.CLOCK_WRONG, "sync", HEED)]),
    ("a clock that was set back", Figures(clock=ClockSeen(True, -90)), [], [(K.CLOCK_WRONG, "step", ALARM)]),
]


@pytest.mark.parametrize(("figures", "standing", "raised"), [case[1:] for case in CASES], ids=[one[0] for one in CASES])
def test_what_is_warned_of(figures: Figures, standing: Sequence[Key], raised: Raised) -> None:
    assert found(figures, *standing) == raised


def test_every_kind_is_warned_of_in_the_table() -> None:
    assert {kind for _, _, _, raised in CASES for kind, _, _ in raised} == set(WarningKind)


def test_each_says_its_figure_and_what_to_do_and_names_nobody() -> None:
    for title, figures, standing, _ in CASES:
        for one in warnings_now(Look(figures, RULES, standing)):
            assert one.text.endswith("ください。") or one.kind is K.ABANDONED, (title, one.text)
            assert re.search(r"\d", one.text) or one.kind in (K.PART_AWAY, K.CLOCK_WRONG, K.LIST_RUNS_DRY), one.text
            assert not re.search(r"0\d{9}", one.text)


def test_the_worst_comes_first() -> None:
    figures = replace(
        part("ear", PartState.AWAY), waits=Waits(1, 90), operators=works("op01", OperatorState.WRAP_UP, 99).operators
    )
    assert [key[2] for key in found(figures)] == [ALARM, HEED, HEED]


def test_a_city_has_limits_of_its_own() -> None:
    late = works("op01", OperatorState.TALKING, 400)
    (one,) = warnings_now(Look(late, WarningRules(talk_minutes=5)))
    assert one.text.startswith("op01の通話が6分40秒続いています。")


def test_of_what_is_not_known_nothing_is_said() -> None:
    assert known_kinds(Figures()) == frozenset()
    assert known_kinds(Figures(waits=Waits(), disk=DiskSeen(1, 1.0))) == {K.CALLER_WAITS, K.DISK_FILLS}
    assert known_kinds(answers("0/0")) == {K.ANSWER_RATE_LOW, K.ANSWER_RATE_FALLS}


def test_a_figure_that_trembles_about_its_limit_raises_one_warning() -> None:
    standing: set[Key] = set()
    changes = 0
    for place in range(40):
        now = set(found(Figures(waits=Waits(1, 58 + 4 * (place % 2))), *standing))
        changes += now != standing
        standing = now
    assert changes == 1
