"""Other dialers in the trials do what the notes say of them, by their worked examples."""

from typing import Any

import pytest

from dialer.core.pacing.values import Ahead, Busy, PaceRules, Snapshot, Way, Work
from dialer.trials import omnidialer, simple, vicidial
from dialer.trials.day import Day
from dialer.trials.omnidialer import KillSwitch, Omnidialer
from dialer.trials.policies import KNOBS, NAMES, policy_named
from dialer.trials.scenario import Scenario
from dialer.trials.simple import Ratio
from dialer.trials.vicidial import Drops, Method, Settings, Staff, Vicidial, lines_missing, next_level

CALL = Ahead(("numbers",), 5.0)
TALK, WRAP_UP = Busy(Work.TALK, 30.0, "1"), Busy(Work.WRAP_UP, 5.0, "2")


# --- VICIdial


@pytest.mark.parametrize(
    ("level", "ready", "waiting", "settings", "becomes"),
    [
        (2.0, 2.4, 0.4, {}, 2.2),
        (2.0, 0.5, 1.5, {"intensity": 20}, 1.92),
        (2.0, 0.5, 1.5, {"dl_diff_target": -1.0}, 1.8),
        (2.9, 2.4, 0.4, {}, 3.0),  # the maximum
        (1.0, 0.5, 1.5, {}, 1.0),  # never below one line for each operator
        (2.0, 2.4, 0.4, {"intensity": 20}, 2.24),
    ],
)
def test_vicidial_moves_its_level_by_who_is_idle_and_who_waits(
    level: float, ready: float, waiting: float, settings: dict[str, Any], becomes: float
) -> None:
    staff = Staff(ready, waiting, total=20.0)
    assert next_level(level, staff, Drops(), 1100, Settings(**settings)) == pytest.approx(becomes)


OVER_ITS_LIMIT = Drops(calls_today=51, percent_today=3.1)


@pytest.mark.parametrize(
    ("method", "clock", "becomes"),
    [
        (Method.TAPERED, 1100, 2.5),
        (Method.TAPERED, 1300, 2.0),
        (Method.TAPERED, 1600, 1.25),
        (Method.TAPERED, 2000, 1.0),
        (Method.TAPERED, 2130, 1.0),
        (Method.AVERAGE, 1100, 1.25),
        (Method.HARD_LIMIT, 1100, 1.0),
    ],
)
def test_vicidial_over_its_limit_is_held_down_by_its_method(method: Method, clock: int, becomes: float) -> None:
    assert next_level(2.5, Staff(), OVER_ITS_LIMIT, clock, Settings(method)) == pytest.approx(becomes)


@pytest.mark.parametrize(
    ("drops", "becomes"),
    [
        (Drops(calls_today=50, percent_today=90.0), 2.5),  # too few calls to tell
        (Drops(calls_today=51, percent_today=3.0), 2.5),
        (Drops(calls_minute=21, percent_minute=51.0), 1.25),
        (Drops(calls_minute=20, percent_minute=90.0), 2.5),
    ],
)
def test_vicidial_holds_down_only_above_its_thresholds(drops: Drops, becomes: float) -> None:
    assert next_level(2.5, Staff(), drops, 1100, Settings(Method.AVERAGE)) == pytest.approx(becomes)


@pytest.mark.parametrize(
    ("now", "level", "missing"),
    [
        (Snapshot(free=4), 1.0, 4),
        (Snapshot(free=4), 1.4, 6),
        (Snapshot(free=4, calls=[CALL, CALL]), 1.0, 2),
        (Snapshot(free=0, busy=[TALK] * 10), 1.5, 5),  # (level - 1) for each who talks
        (Snapshot(free=0, busy=[WRAP_UP] * 10), 2.0, 0),  # who writes up is on pause
        (Snapshot(free=0, busy=[TALK] * 10, waiting=2), 1.5, 3),
        (Snapshot(free=1, calls=[CALL] * 5), 1.0, 0),
    ],
)
def test_vicidial_fills_up_lines_to_its_level(now: Snapshot, level: float, missing: int) -> None:
    assert lines_missing(now, level) == missing


@pytest.mark.parametrize(("seconds", "clock"), [(0.0, 900), (59.0, 900), (3600.0 * 2.5, 1130), (3600.0 * 8, 1700)])
def test_a_day_opens_at_nine(seconds: float, clock: int) -> None:
    assert vicidial.hhmm(seconds) == clock


def test_vicidial_places_five_calls_a_second_and_sleeps_before_it_looks_again() -> None:
    policy = Vicidial(Settings())
    placed: list[int] = []
    for half_second in range(10):
        now = Snapshot(free=10, calls=[CALL] * (sum(placed) - 2))  # two have ended meanwhile
        placed.append(policy.wanted(now, half_second / 2.0))
    assert placed == [1, 2, 3, 2, 2, 0, 0, 0, 0, 1]


def test_vicidial_counts_what_was_left_alone_today_once_a_minute() -> None:
    policy = Vicidial(Settings(Method.HARD_LIMIT), is_ideal=True)
    busy = Snapshot(free=6)
    for second in range(46):
        policy.wanted(busy, float(second))
    risen = policy.level
    for _ in range(51):
        policy.placed(("numbers",), 46.0)
    policy.person_left_alone(46.0)
    for second in range(46, 60):
        policy.wanted(busy, float(second))
    assert policy.level == risen
    policy.wanted(busy, 60.0)
    assert (risen, policy.level) == (3.0, 1.0)


# --- OMniDialer


@pytest.mark.parametrize(
    ("abandoned", "boost", "expected"),
    [(0.0, 1.0, 1.0), (0.015, 1.5, 1.5), (0.0225, 1.0, 0.6), (0.03, 1.0, 0.2), (0.5, 1.0, 0.2)],
)
def test_omnidialer_damps_by_the_share_left_alone(abandoned: float, boost: float, expected: float) -> None:
    assert omnidialer.gamma(abandoned, omnidialer.Settings(boost)) == pytest.approx(expected)


@pytest.mark.parametrize(("damped", "calls"), [(1.0, 2), (0.6, 1), (0.2, 0)])
def test_omnidialer_divides_the_operators_expected_by_the_share_that_answers(damped: float, calls: int) -> None:
    assert omnidialer.calls_missing(free=2, returning=1.4, ringing=4, hit=0.5, damped=damped) == calls


@pytest.mark.parametrize(
    ("busy", "chance"),
    [
        (Busy(Work.TALK, 30.0, "1"), 0.1392920),  # 100 seconds left of 130, 15 ahead
        (Busy(Work.TALK, 200.0, "1"), 0.9999997),  # past the mean: as good as free
        (Busy(Work.WRAP_UP, 15.0, "1"), 0.6321206),
    ],
)
def test_omnidialer_takes_what_is_left_of_the_mean_for_exponential(busy: Busy, chance: float) -> None:
    assert omnidialer.returns(busy, 15.0, handling=130.0, wrapping_up=30.0) == pytest.approx(chance)


def test_one_person_left_alone_latches_omnidialer_until_fourteen_others_answered() -> None:
    switch = KillSwitch()
    switch.saw(True)
    latched = []
    for _ in range(5):
        switch.tick(0.03)
        latched.append(switch.is_latched)
    assert latched == [False] * 4 + [True]
    answers = 0
    while switch.is_latched:
        switch.saw(False)
        switch.tick(0.03)
        answers += 1
    assert answers == 14


def test_omnidialer_predicts_after_fifty_talks() -> None:
    policy = Omnidialer(omnidialer.Settings())
    for _ in range(49):
        policy.person_met(0.0)
    for _ in range(12):
        policy.call_ended(("numbers",), 12.0, Way.OTHER, 0.0, 8.0)
    assert policy.wanted(Snapshot(free=1), 1.0) == 1
    policy.person_met(1.0)
    assert policy.wanted(Snapshot(free=1), 2.0) == 2, "35 % of the last calls met somebody"
    assert policy.wanted(Snapshot(free=4), 3.0) == 3, "no more than three a second"


# --- the plain ones


@pytest.mark.parametrize(
    ("ratio", "now", "calls"),
    [
        (1.5, Snapshot(free=3), 5),
        (1.5, Snapshot(free=3, calls=[CALL] * 4), 1),
        (2.2, Snapshot(free=3, waiting=1), 4),
        (3.0, Snapshot(free=0, busy=[TALK]), 0),
        (3.0, Snapshot(free=1, calls=[CALL] * 5), 0),
    ],
)
def test_the_ratio_gives_each_idle_operator_some_calls(ratio: float, now: Snapshot, calls: int) -> None:
    assert Ratio(ratio).wanted(now, 0.0) == calls


@pytest.mark.parametrize(
    ("share", "supply", "answers", "hit", "calls"),
    [(1.0, 3.4, 1.0, 0.3, 8), (0.35, 3.4, 1.0, 0.3, 0), (0.5, 4.0, 1.1, 0.3, 3), (1.0, -1.0, 0.0, 0.3, 0)],
)
def test_expected_supply_uses_a_share_of_the_operators_expected(
    share: float, supply: float, answers: float, hit: float, calls: int
) -> None:
    assert simple.calls_missing(share, supply, answers, hit) == calls


# --- all of them


@pytest.mark.parametrize("name", NAMES)
def test_every_policy_gets_through_a_short_day(name: str) -> None:
    knobs = KNOBS.get(name, (None,))
    for setting in (None, knobs[len(knobs) // 2]):
        policy = policy_named(name, rules=PaceRules(), setting=setting, hours=0.2)
        figures = Day(Scenario(seats=4, hours=0.2, lines=12, inbound_per_hour=10.0), policy, 1).run()
        assert figures.policy == name
        assert figures.dials > figures.persons > 0
        assert 0.3 < figures.utilisation < 1.0


def test_a_policy_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError):
        policy_named("guesswork", rules=PaceRules(), hours=8.0)
