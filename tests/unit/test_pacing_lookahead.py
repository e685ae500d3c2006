"""The decision: never beyond the lines, nothing for nobody, the more the more risk is allowed, whatever the order."""

from dataclasses import replace
from math import inf
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.core.pacing.learned import Learned
from dialer.core.pacing.ledger import USUAL_CARE, Ledger, Ledgers
from dialer.core.pacing.pacer import Pacer
from dialer.core.pacing.progressive import one_for_each
from dialer.core.pacing.values import Ahead, Busy, PaceRules, Snapshot, Way, Work

KINDS = (("mobile",), ("fixed",), ("fixed", "evening"))


def taught() -> Learned:
    chance, learned = Random(1), Learned()
    for at in range(1500):
        kind = chance.choice(KINDS)
        way = Way.PERSON if chance.random() < 0.3 else Way.OTHER
        rings = max(0.5, chance.gauss(10.0, 4.0))
        learned.call_ended(kind, max(0.5, chance.gauss(4.0, 1.0)) + rings, way, float(at), rings)
        learned.was_heard(kind, chance.lognormvariate(0.4, 0.4), way)
        learned.work_ended(Work.TALK, "op01", chance.lognormvariate(4.3, 0.8), float(at))
        learned.work_ended(Work.WRAP_UP, "op01", chance.lognormvariate(3.2, 0.5), float(at))
    return learned


LEARNED = taught()


def pacer(target: float = 0.03) -> Pacer:
    asked = Pacer(PaceRules(target=target, ceiling=0.2, half_until=0), LEARNED)
    for kind in KINDS:
        asked.placed(kind)
    return asked


leaves_in = st.none() | st.floats(0, 60)
busy = st.builds(Busy, st.sampled_from(Work), st.floats(0, 2000), st.sampled_from(["op01", "op02"]), leaves_in)
heard = st.none() | st.floats(0, 30)
ahead = st.builds(Ahead, st.sampled_from(KINDS), st.floats(0, 200), heard, st.none() | st.floats(0, 60))
snapshots = st.builds(
    Snapshot,
    free=st.integers(0, 6),
    busy=st.lists(busy, max_size=8),
    calls=st.lists(ahead, max_size=12),
    waiting=st.integers(0, 3),
    lines_free=st.integers(0, 8),
    leaving=st.lists(st.floats(0, 60), max_size=3),
    callers_per_second=st.sampled_from([0.0, 0.01]),
)


@settings(max_examples=150)
@given(snapshots, st.randoms())
def test_no_decision_depends_on_the_order_of_calls_and_operators(now: Snapshot, chance: Random) -> None:
    calls, working = list(now.calls), list(now.busy)
    chance.shuffle(calls)
    chance.shuffle(working)
    told = pacer().decide(now, 0.0)
    other = pacer().decide(replace(now, calls=calls, busy=working), 0.0)
    assert (told.count, told.why) == (other.count, other.why)
    assert sorted(now.calls[place] for place in told.put_off) == sorted(calls[place] for place in other.put_off)
    assert told.risk == pytest.approx(other.risk, abs=1e-9)


@settings(max_examples=150)
@given(snapshots)
def test_no_more_calls_than_lines_are_free_and_the_more_the_more_risk_is_allowed(now: Snapshot) -> None:
    counts = [pacer(target).decide(now, 0.0).count for target in (0.005, 0.01, 0.03, 0.1)]
    assert counts == sorted(counts)
    assert counts[-1] <= now.lines_free


@settings(max_examples=150)
@given(snapshots)
def test_with_no_risk_allowed_there_are_never_more_calls_than_operators(now: Snapshot) -> None:
    count = pacer(target=0.0).decide(now, 0.0).count
    assert count == 0 or count + len(now.calls) + now.waiting <= now.free


@settings(max_examples=150)
@given(snapshots)
def test_only_calls_that_nobody_has_heard_ring_are_put_off_and_never_while_more_are_placed(now: Snapshot) -> None:
    told = pacer().decide(now, 0.0)
    assert all(now.calls[place].rings is None and now.calls[place].heard is None for place in told.put_off)
    assert told.count == 0 or told.put_off == ()
    assert len(set(told.put_off)) == len(told.put_off)
    assert pacer(target=0.0).decide(now, 0.0).put_off == ()


@settings(max_examples=100)
@given(snapshots, ahead)
def test_one_call_more_in_flight_never_brings_another(now: Snapshot, more: Ahead) -> None:
    busier = replace(now, calls=[*now.calls, more])
    assert pacer().decide(busier, 0.0).count <= pacer().decide(now, 0.0).count


@pytest.mark.parametrize(
    ("free", "in_flight", "lines", "count"),
    [(4, 0, 30, 4), (4, 3, 27, 1), (4, 4, 26, 0), (0, 0, 26, 0), (4, 5, 25, 0), (4, 0, 1, 1), (4, 0, 0, 0)],
)
def test_one_call_is_started_for_each_free_operator_while_lines_last(
    free: int, in_flight: int, lines: int, count: int
) -> None:
    told = one_for_each(Snapshot(free, calls=[Ahead(("mobile",), 1.0)] * in_flight, lines_free=lines))
    assert told.count == count
    assert told.why


def test_nobody_is_called_for_an_empty_floor() -> None:
    assert pacer().decide(Snapshot(free=0), 0.0).count == 0


def test_calls_are_placed_before_an_operator_is_free_when_that_is_likely_enough() -> None:
    talking = Snapshot(free=0, busy=[Busy(Work.TALK, 5.0, "op01")] * 10)
    finishing = Snapshot(free=0, busy=[Busy(Work.WRAP_UP, 40.0, "op01")] * 10)
    assert pacer().decide(finishing, 0.0).count > pacer().decide(talking, 0.0).count


def test_a_call_about_to_ring_is_put_off_when_nobody_is_left_for_whoever_answers_it() -> None:
    silent, rings = Ahead(("mobile",), 4.0), Ahead(("mobile",), 9.0, None, 5.0)
    talking = [Busy(Work.TALK, 5.0, "op01")] * 6
    assert pacer().decide(Snapshot(0, talking, [rings, silent]), 0.0).put_off == (1,)
    assert pacer().decide(Snapshot(3, talking[3:], [rings, silent]), 0.0).put_off == ()


def test_a_call_that_will_not_ring_yet_is_kept_until_more_is_known() -> None:
    talking = [Busy(Work.TALK, 5.0, "op01")] * 6
    assert pacer().decide(Snapshot(0, talking, [Ahead(("mobile",), 0.5)]), 0.0).put_off == ()


def test_a_call_is_kept_from_ringing_also_when_no_line_is_free() -> None:
    fixed = Ahead(("fixed",), 4.0)
    told = pacer().decide(Snapshot(0, [Busy(Work.TALK, 5.0, "op01")] * 6, [fixed], lines_free=0), 0.0)
    assert (told.count, told.put_off) == (0, (0,))


def test_the_call_that_rings_next_keeps_its_operator_before_a_later_one() -> None:
    now = Snapshot(1, [Busy(Work.TALK, 5.0, "op01")] * 5, [Ahead(("mobile",), 4.0), Ahead(("mobile",), 4.5)])
    assert pacer().decide(now, 0.0).put_off == (0,)


def test_operators_who_go_for_a_break_are_not_counted_on() -> None:
    now = Snapshot(free=4, busy=[Busy(Work.WRAP_UP, 40.0, "op01")] * 6)
    assert pacer().decide(replace(now, leaving=[5.0] * 4), 0.0).count < pacer().decide(now, 0.0).count
    going = [one._replace(leaves_in=5.0) for one in now.busy]
    assert pacer().decide(replace(now, busy=going), 0.0).count < pacer().decide(now, 0.0).count


def test_a_caller_who_waits_comes_before_any_new_call() -> None:
    now = Snapshot(free=2)
    assert pacer().decide(replace(now, waiting=2), 0.0).count == 0 < pacer().decide(now, 0.0).count


def test_no_call_is_placed_that_could_ring_past_closing() -> None:
    assert pacer().decide(Snapshot(free=5, closes_in=20.0), 0.0).count == 0
    assert pacer(target=0.0).decide(Snapshot(free=5, closes_in=20.0), 0.0).count == 0


def test_a_new_centre_places_one_call_for_each_operator_until_it_has_learned() -> None:
    new = Pacer(PaceRules())
    told = new.decide(Snapshot(free=3, busy=[Busy(Work.WRAP_UP, 60.0, "op01")] * 5), 0.0)
    assert told.count == 3
    assert "実績が少ない" in told.why


@pytest.mark.parametrize(
    ("persons", "left_alone", "spent"),
    [(0, 0, False), (0, 1, True), (200, 5, False), (200, 6, True), (1000, 24, False)],
)
def test_near_the_ceiling_one_call_is_placed_for_each_operator(persons: int, left_alone: int, spent: bool) -> None:
    rules = PaceRules(target=0.01, ceiling=0.03)
    assert Ledger(persons, left_alone).is_spent(rules) is spent


@pytest.mark.parametrize(
    ("persons", "left_alone", "to_come", "spent"),
    [(90, 3, 0.4, True), (90, 3, 1.0, False), (90, 2, 0.4, False), (130, 3, 0.0, True), (30, 1, 0.0, False)],
)
def test_nobody_else_is_risked_who_would_bring_the_day_over_the_ceiling(
    persons: int, left_alone: int, to_come: float, spent: bool
) -> None:
    assert Ledger(persons, left_alone).is_spent(PaceRules(target=0.01, ceiling=0.03), to_come) is spent


def test_how_much_of_the_day_is_to_come_is_told_by_what_has_passed() -> None:
    pacer = Pacer(PaceRules())
    assert pacer.to_come(3600.0, 0.0) == inf
    pacer.decide(Snapshot(free=1, closes_in=7200.0), 1000.0)
    assert pacer.to_come(3600.0, 4600.0) == 1.0
    assert pacer.to_come(None, 4600.0) == inf


def test_whoever_has_left_more_alone_than_allowed_is_more_careful() -> None:
    rules = PaceRules(half_until=0)
    risks = [Ledger(400, left_alone).risk(rules) for left_alone in (0, 2, 4, 6, 8)]
    assert risks == sorted(risks, reverse=True)
    assert risks[2] == pytest.approx(rules.target * USUAL_CARE)


@pytest.mark.parametrize(("target", "ceiling"), [(0.04, 0.03), (-0.01, 0.03), (0.1, 0.5), (float("nan"), 0.03)])
def test_wishes_that_contradict_each_other_are_refused(target: float, ceiling: float) -> None:
    with pytest.raises(ValueError, match="target"):
        PaceRules(target=target, ceiling=ceiling)


def test_persons_whom_the_ear_lost_count_as_left_alone_by_an_estimate() -> None:
    rules = PaceRules(target=0.01, ceiling=0.03, half_until=0, lost_by_ear=0.002)
    ledger = Ledger(998, 9)
    assert ledger.lost(rules) == pytest.approx(2.0)
    assert ledger.credit(rules) == pytest.approx(0.01 * 1000 - 11)
    assert ledger.risk(rules) < ledger.risk(replace(rules, lost_by_ear=0.0))
    most = 22  # of 1000 persons, 0.8 of the ceiling and the first are 25
    assert not Ledger(998, most).is_spent(rules)
    assert Ledger(998, most + 1).is_spent(rules)


def test_target_and_ceiling_are_watched_for_each_debt_kind() -> None:
    rules, day = PaceRules(target=0.01, ceiling=0.03), Ledgers({"tax": Ledger(400, 3), "water": Ledger(30, 1)})
    assert day.spent(rules) == frozenset()
    assert day.of_others(rules) == day.total == Ledger(430, 4)
    day.abandoned("water")
    assert day.spent(rules) == {"water"}
    assert day.of_others(rules) == Ledger(400, 3), "their share is their own"
    for _ in range(40):
        day.met("water")
    assert (day.spent(rules), day["water"], day["fire"]) == (frozenset(), Ledger(71, 2), Ledger())
