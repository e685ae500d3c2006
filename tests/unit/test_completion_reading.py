"""The JSON of `rules replay`: what it becomes, and that every problem in it is named with its place."""

import copy
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from dialer.core.rules.happenings import Attempt, CaseHistory, Promise, Result, Script, Talk, Talker
from dialer.core.rules.reading import Problems, Replay, history_from, replay_from
from dialer.core.rules.standing import standing_of
from dialer.core.values import TOKYO, PhoneNumber
from tests.city_profiles import RULES

Document = dict[str, Any]
NAGAOKA = RULES["nagaoka"]

WHOLE: Document = {
    "city": "nagaoka",
    "round": {"from": "2026-08-17", "to": "2026-08-28", "excluded": ["2026-08-23"]},
    "case": {"id": "A-1", "debt": "city_tax", "class": "early", "numbers": ["0258-00-0001"], "language": "ja"},
    "events": [
        {"at": "2026-07-20T10:00:00+09:00", "kind": "previous_round", "number": 0, "result": "machine"},
        {"at": "2026-08-18T01:00:00Z", "kind": "attempt", "number": 0, "result": "no_answer", "ring_seconds": 36.5},
        {
            "at": "2026-08-19T18:00:00+09:00",
            "kind": "attempt",
            "number": 0,
            "result": "talked",
            "talker": "same_household",
            "identity_confirmed": True,
            "offered_to_hear": False,
            "script": "partial",
            "absent": True,
            "home_at": "2026-08-27T18:00:00+09:00",
            "new_number": "09000000002",
            "promise": {"date": "2026-08-25", "yen": 5000},
        },
        {"at": "2026-08-20T18:00:00+09:00", "kind": "attempt", "number": 1, "result": "busy"},
        {"at": "2026-08-21T18:00:00+09:00", "kind": "callback", "talker": "other", "declined": True},
        {"at": "2026-08-21T19:00:00+09:00", "kind": "decision", "complete": "declined"},
        {"at": "2026-08-22T19:00:00+09:00", "kind": "paid"},
        {"at": "2026-08-22T19:00:00+09:00", "kind": "stop"},
    ],
    "now": "2026-08-27T12:00:00+09:00",
}


def test_a_whole_document_becomes_the_history_that_it_tells() -> None:
    replay = replay_from(WHOLE)
    assert isinstance(replay, Replay)
    history = replay.history
    assert (history.city, history.case, history.debt, history.debtor_class) == ("nagaoka", "A-1", "city_tax", "early")
    assert history.numbers == ("0258000001",)
    assert history.round.excluded == {date(2026, 8, 23)}
    assert replay.now == datetime(2026, 8, 27, 12, tzinfo=TOKYO)
    assert len(history.happenings) == len(WHOLE["events"])
    assert history.happenings[1] == Attempt(
        datetime(2026, 8, 18, 10, tzinfo=TOKYO), 0, Result.NO_ANSWER, ring_seconds=36.5
    )
    talked = history.happenings[2]
    assert isinstance(talked, Attempt)
    assert talked.talk == Talk(
        Talker.SAME_HOUSEHOLD,
        Script.PARTIAL,
        identity_confirmed=True,
        absent=True,
        home_at=datetime(2026, 8, 27, 18, tzinfo=TOKYO),
        new_number=PhoneNumber("09000000002"),
        promise=Promise(date(2026, 8, 25), 5000),
    )
    assert standing_of(history, NAGAOKA, replay.now).state == "stopped"


def test_a_document_without_events_is_a_case_not_yet_called() -> None:
    history = history_from(WHOLE | {"events": []})
    assert isinstance(history, CaseHistory)
    assert history.happenings == ()


def changed(change: Callable[[Document], object]) -> Document:
    document = copy.deepcopy(WHOLE)
    change(document)
    return document


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda d: d.pop("city"), "city:"),
        (lambda d: d.pop("round"), "round:"),
        (lambda d: d.pop("now"), "now:"),
        (lambda d: d.update(now="2026-08-27T12:00:00"), "now:"),  # whose clock?
        (lambda d: d.update(event=[]), "event:"),
        (lambda d: d.update(events={}), "events:"),
        (lambda d: d["round"].update(to="2026-08-01"), "round.to:"),
        (lambda d: d["round"].update({"from": "17.8."}), "round.from:"),
        (lambda d: d["round"].update(excluded=["x"]), "round.excluded[0]:"),
        (lambda d: d["case"].pop("id"), "case.id:"),
        (lambda d: d["case"].update(numbers=["12"]), "case.numbers[0]:"),
        (lambda d: d["case"].update(numbers=["0258000001", "0258-00-0001"]), "case.numbers:"),
        (lambda d: d["case"].update(name="x"), "case.name:"),
        (lambda d: d["events"].append("stop"), "events[8]:"),
        (lambda d: d["events"][6].update(kind="payed"), "events[6].kind:"),
        (lambda d: d["events"][6].update(at="yesterday"), "events[6].at:"),
        (lambda d: d["events"][6].update(yen=1), "events[6].yen:"),
        (lambda d: d["events"][5].update(complete="other"), "events[5].complete:"),
        (lambda d: d["events"][4].pop("talker"), "events[4].talker:"),
        (lambda d: d["events"][1].update(result="ringing"), "events[1].result:"),
        (lambda d: d["events"][1].update(number=-1), "events[1].number:"),
        (lambda d: d["events"][1].update(number=1), "events[1].number:"),  # learned a day later
        (lambda d: d["events"][3].update(number=2), "events[3].number:"),
        (lambda d: d["events"][1].update(ring_seconds="35"), "events[1].ring_seconds:"),
        (lambda d: d["events"][1].update(script="completed"), "events[1].script:"),
        (lambda d: d["events"][2].update(script="done"), "events[2].script:"),
        (lambda d: d["events"][2].update(absent="yes"), "events[2].absent:"),
        (lambda d: d["events"][2].update(home_at="2026-08-18T18:00:00+09:00"), "events[2].home_at:"),
        (lambda d: d["events"][2].update(new_number="911"), "events[2].new_number:"),
        (lambda d: d["events"][2].update(promise={"date": "2026-08-25"}), "events[2].promise.yen:"),
        (lambda d: d["events"][2].update(promise="soon"), "events[2].promise:"),
    ],
)
def test_one_mistake_is_one_problem_that_begins_with_its_place(
    change: Callable[[Document], object], place: str
) -> None:
    problems = replay_from(changed(change))
    assert isinstance(problems, Problems)
    assert any(line.startswith(place) for line in problems.lines), problems.lines


def test_all_problems_are_named_at_once() -> None:
    def spoil(document: Document) -> None:
        document["events"][1]["result"] = "ringing"
        document["events"][5]["complete"] = "other"
        document["case"]["numbers"] = ["12"]

    problems = replay_from(changed(spoil))
    assert isinstance(problems, Problems)
    assert [line.split(":")[0] for line in problems.lines] == [
        "case.numbers[0]",
        "events[1].result",
        "events[5].complete",
    ]


@pytest.mark.parametrize("document", [None, [], "x", 3, {}, {"events": [None]}, {"round": [], "case": 1}])
def test_what_is_no_such_document_at_all_is_refused_not_crashed_on(document: object) -> None:
    assert isinstance(replay_from(document), Problems)
    assert isinstance(history_from(document), Problems)


def test_a_problem_never_repeats_a_telephone_number() -> None:
    def spoil(document: Document) -> None:
        document["case"]["numbers"] = ["0258000001234"]
        document["events"][1]["result"] = "0258000001"
        document["events"][6]["kind"] = "0258-00-0001"
        document["events"][1]["number"] = "0258000001"

    problems = replay_from(changed(spoil))
    assert isinstance(problems, Problems)
    assert len(problems.lines) == 4
    assert "0258" not in "".join(problems.lines)
