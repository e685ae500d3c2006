"""What holds for every case, drawn at random: hours, ends, days and bands, and that the order of arrival is nothing."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.core.calendar.values import Rung
from dialer.core.decide import Decision, KnownCase, Rulebook, decide
from dialer.core.plan.facts import PlanFacts
from dialer.core.plan.planning import Planner
from dialer.core.plan.values import HeldBecause, Plan, PlanKind
from dialer.core.rules.completion import Effect
from dialer.core.rules.happenings import (
    Attempt,
    Callback,
    CaseHistory,
    Happening,
    Judgement,
    Paid,
    PreviousRound,
    Promise,
    Result,
    Round,
    Script,
    Stop,
    Talk,
    Talker,
)
from dialer.core.rules.happenings import (
    Decision as Judged,
)
from dialer.core.values import TOKYO, CaseState, PhoneNumber
from tests.city_profiles import agreed
from tests.planning_city import BOOKS, book
from tests.unit.case_table import NEW, ROUND, A, B

NO_TALK = [result for result in Result if result is not Result.TALKED]
START = datetime(2026, 8, 16, 7, tzinfo=TOKYO)
RULEBOOKS: dict[str, Rulebook] = {
    **BOOKS,
    "niigata": book("niigata", agreed("2026-08-20", "evening"), agreed("2026-08-22", "rest")),
    "saitama": book("saitama", agreed("2026-08-20", "evening"), agreed("2026-08-25", "evening")),
    "sendai": book("sendai", agreed("2026-08-20", "extended"), agreed("2026-08-22", "weekend")),
}
DEBTS = {city: rules.city.debts[0].key for city, rules in RULEBOOKS.items()}
cities = st.sampled_from(sorted(RULEBOOKS))

moments = st.integers(0, 26).map(lambda halves: START + timedelta(hours=12 * halves + 3))  # few, so that many are equal
minutes = st.integers(0, 13 * 24 * 60).map(lambda minutes: START + timedelta(minutes=minutes))
talks = st.builds(
    Talk,
    talker=st.sampled_from(Talker),
    script=st.sampled_from([Script.NONE, Script.PARTIAL, Script.COMPLETED]),
    identity_confirmed=st.none() | st.booleans(),
    offered_to_hear=st.booleans(),
    home_at=st.none() | minutes,
    absent_all_period=st.booleans(),
    not_living_there=st.booleans(),
    new_number=st.sampled_from([None, None, NEW]),
    declined=st.booleans(),
    promise=st.none() | st.builds(Promise, st.dates(date(2026, 8, 16), date(2026, 8, 30)), st.just(1000)),
)
dials = st.builds(Attempt, moments, st.integers(0, 1), st.sampled_from(NO_TALK))
talked = st.builds(
    lambda at, number, talk: Attempt(at, number, Result.TALKED, talk=talk), moments, st.integers(0, 1), talks
)
happenings: st.SearchStrategy[Happening] = st.one_of(
    dials,
    talked,
    st.builds(Callback, moments, talks),
    st.builds(Stop, moments),
    st.builds(Paid, moments),
    st.builds(Judged, moments, st.sampled_from(Judgement)),
    st.builds(PreviousRound, moments, st.integers(0, 1), st.sampled_from(Result)),
)
calm = st.one_of(dials, talked, st.builds(Callback, moments, talks))
stories = st.lists(happenings, max_size=7).map(tuple) | st.lists(calm, max_size=7).map(tuple)
quick = settings(max_examples=60)


def case(city: str, story: tuple[Happening, ...] = (), numbers: tuple[PhoneNumber, ...] = (A, B)) -> KnownCase:
    excluded = Round(ROUND.first, ROUND.last, frozenset({date(2026, 8, 19)}))
    return KnownCase(CaseHistory(city, "case", excluded, numbers, story, debt=DEBTS[city]))


@given(city=cities, story=stories, now=minutes)
@quick
def test_no_plan_lies_outside_the_hours_or_the_round(city: str, story: tuple[Happening, ...], now: datetime) -> None:
    known, rules = case(city, story), RULEBOOKS[city]
    plan = decide(known, rules, now).plan
    if plan is None:
        return
    assert plan.not_before < plan.not_after
    assert now < plan.not_after
    for moment in (plan.not_before, plan.not_after - timedelta(seconds=1)):
        assert rules.calendar.calls_at(moment, DEBTS[city]).is_open
        assert known.history.round.holds(moment)


@given(city=cities, story=stories, order=st.sampled_from([Stop, Paid]), at=moments, now=minutes)
@quick
def test_nothing_is_planned_after_a_stop_a_payment_or_an_end(
    city: str, story: tuple[Happening, ...], order: type[Stop] | type[Paid], at: datetime, now: datetime
) -> None:
    decision = decide(case(city, story), RULEBOOKS[city], now)
    is_open = decision.standing.state is CaseState.OPEN
    assert [decision.plan is not None, decision.held is not None].count(True) == is_open
    ordered = decide(case(city, (*story, order(at))), RULEBOOKS[city], max(now, at))
    assert (ordered.plan, ordered.held) == (None, None)


@given(city=cities, story=stories, shuffle=st.randoms(use_true_random=False), now=minutes)
@quick
def test_the_order_in_which_happenings_of_one_moment_arrive_does_not_matter(
    city: str, story: tuple[Happening, ...], shuffle: Random, now: datetime
) -> None:
    arrived = list(story)
    shuffle.shuffle(arrived)
    assert decide(case(city, tuple(arrived)), RULEBOOKS[city], now) == decide(case(city, story), RULEBOOKS[city], now)


@given(city=cities, story=stories)
@quick
def test_replaying_in_one_go_or_event_by_event_gives_the_same(city: str, story: tuple[Happening, ...]) -> None:
    """The engine decides at every event, knowing nothing of the next; the replay knows the whole story."""
    whole = case(city, story)
    ordered = whole.history.ordered
    for count in range(1, len(ordered) + 1):
        now = max(one.at for one in ordered[:count])
        known = [one for one in ordered if one.at <= now or isinstance(one, PreviousRound)]
        so_far = replace(whole, history=replace(whole.history, happenings=tuple(known)))
        assert decide(so_far, RULEBOOKS[city], now) == decide(whole, RULEBOOKS[city], now)


@given(city=cities, story=stories, now=minutes, later=st.timedeltas(timedelta(), timedelta(days=2)))
@quick
def test_a_day_planned_from_facts_is_as_if_planned_from_histories(
    city: str, story: tuple[Happening, ...], now: datetime, later: timedelta
) -> None:
    """Also some time after the facts were written, as long as nothing happened and no promise has run out."""
    known, rules = case(city, story), RULEBOOKS[city]
    quiet = replace(known, history=replace(known.history, happenings=tuple(one for one in story if one.at <= now)))
    first, then = decide(quiet, rules, now), decide(quiet, rules, now + later)
    assert PlanFacts.from_text(first.facts).text == first.facts
    if first.standing.state is then.standing.state is CaseState.OPEN and first.standing.held_until is None:
        planned = Planner(rules, now + later).plan_of(first.facts, DEBTS[city])
        assert planned == (then.plan or then.held)


@dataclass(frozen=True)
class Called:
    plan: Plan
    attempt: Attempt
    counted: bool


def lived_through(
    city: str, known: KnownCase, answer: Callable[[datetime], Attempt | None], chance: Random
) -> Iterator[Called | Decision]:
    """A case called whenever its plan allows, until it ends: every call, and the last decision."""
    rules, now = RULEBOOKS[city], START
    for _ in range(200):
        decision = decide(known, rules, now)
        if decision.held is not None and decision.held.look_again_at is not None:
            now = max(decision.held.look_again_at, now + timedelta(minutes=1))
            continue
        plan = decision.plan
        if plan is None:
            yield decision
            return
        span = (plan.not_after - plan.not_before).total_seconds()
        now = plan.not_before + timedelta(seconds=int(span * chance.choice([0.0, 0.0, chance.random()])))
        drawn = answer(now)
        if drawn is None:  # no line was free
            now = plan.not_after
            continue
        attempt = replace(drawn, at=now, number=plan.number)
        known = replace(known, history=known.history.and_then(attempt))
        before = decision.standing.numbers[plan.number].counted_attempts
        now += timedelta(seconds=40)
        after = decide(known, rules, now).standing.numbers[plan.number].counted_attempts
        yield Called(plan, attempt, after > before)
    raise AssertionError("the case does not end")


answers = st.lists(
    st.none()
    | st.builds(Attempt, moments, st.just(0), st.sampled_from(NO_TALK))
    | st.builds(lambda at, talk: Attempt(at, 0, Result.TALKED, talk=talk), moments, talks),
    min_size=5,
    max_size=30,
)


def live(city: str, drawn: Sequence[Attempt | None], chance: Random) -> tuple[list[Called], Decision]:
    """After the drawn answers nobody answers any more."""
    waiting = list(drawn)
    nobody = Attempt(START, 0, Result.NO_ANSWER)
    lived = list(lived_through(city, case(city), lambda _: waiting.pop(0) if waiting else nobody, chance))
    *calls, last = lived
    assert isinstance(last, Decision)
    return [call for call in calls if isinstance(call, Called)], last


lives = given(city=cities, drawn=answers, chance=st.randoms(use_true_random=False))


@lives
@quick
def test_every_case_ends(city: str, drawn: list[Attempt | None], chance: Random) -> None:
    calls, last = live(city, drawn, chance)
    rules = RULEBOOKS[city].city.rules
    assert last.standing.state is not CaseState.OPEN or (last.held and last.held.why is HeldBecause.ROUND_OVER)
    for number in {call.plan.number for call in calls}:
        uncounted = [call for call in calls if call.plan.number == number and not call.counted]
        assert len(uncounted) <= 2 * rules.uncounted_cap  # a broken promise may begin anew


@lives
@quick
def test_no_call_of_a_whole_life_is_made_outside_the_hours_or_the_round(
    city: str, drawn: list[Attempt | None], chance: Random
) -> None:
    calls, _ = live(city, drawn, chance)
    for call in calls:
        assert RULEBOOKS[city].calendar.calls_at(call.attempt.at, DEBTS[city]).is_open
        assert case(city).history.round.holds(call.attempt.at)


@lives
@quick
def test_retries_never_share_day_and_band_and_counted_days_are_never_called_again(
    city: str, drawn: list[Attempt | None], chance: Random
) -> None:
    calls, _ = live(city, drawn, chance)
    for place, call in enumerate(calls):
        if call.plan.kind is PlanKind.APPOINTMENT:
            continue
        appointed = any(one.plan.kind is PlanKind.APPOINTMENT and not one.counted for one in calls[:place])
        for earlier in calls[:place]:
            if earlier.plan.number == call.plan.number and earlier.counted:
                same_day = earlier.attempt.at.date() == call.attempt.at.date()
                assert not (same_day and earlier.plan.slot.band == call.plan.slot.band)
                assert not same_day or (appointed and call.plan.kind is PlanKind.AGAIN)


@lives
@quick
def test_rungs_are_climbed_in_order(city: str, drawn: list[Attempt | None], chance: Random) -> None:
    """Evening and holiday calls are for those not reached before: a counted call by day comes first in every city."""
    rules = RULEBOOKS[city]
    calls, _ = live(city, drawn, chance)
    reached: set[Rung] = set()
    for call in calls:
        rung = rules.calendar.calls_at(call.attempt.at, DEBTS[city]).rung
        assert rung is not None
        if call.plan.kind is not PlanKind.APPOINTMENT and Rung.DAY in rules.city.plan.after.get(rung, ()):
            assert Rung.DAY in reached
        if call.counted:
            reached.add(rung)


@given(chance=st.randoms(use_true_random=False), results=st.lists(st.sampled_from(NO_TALK), min_size=4, max_size=12))
@quick
def test_saitama_never_calls_on_a_holiday_while_an_evening_lies_ahead_untried(
    chance: Random, results: list[Result]
) -> None:
    effects = RULEBOOKS["saitama"].city.rules.outcomes
    drawn = [Attempt(START, 0, result) for result in results if effects[result].effect is not Effect.DEAD]
    calls, _ = live("saitama", drawn, chance)
    evenings_until = datetime(2026, 8, 25, 20, tzinfo=TOKYO)
    for place, call in enumerate(calls):
        rungs = [RULEBOOKS["saitama"].calendar.calls_at(one.attempt.at, "car_tax").rung for one in calls[: place + 1]]
        if rungs[-1] is Rung.HOLIDAY and call.attempt.at < evenings_until:
            counted = [rung for rung, one in zip(rungs, calls, strict=False) if one.counted]
            assert Rung.EVENING in counted


@given(city=cities, home_at=minutes, now=minutes)
@settings(max_examples=120)
def test_a_named_time_inside_round_and_hours_is_planned_to_the_minute(
    city: str, home_at: datetime, now: datetime
) -> None:
    rules = RULEBOOKS[city]
    said = Talk(Talker.OTHER, absent=True, home_at=home_at)
    at = START + timedelta(days=1, hours=3)
    known = case(city, (Attempt(at, 0, Result.TALKED, talk=said),))
    plan = decide(known, rules, max(now, at)).plan
    grace = rules.city.plan.appointment_grace
    is_open = known.history.round.holds(home_at) and rules.calendar.calls_at(home_at, DEBTS[city]).is_open
    if is_open and at < home_at and max(now, at) < home_at:
        assert plan is not None
        assert (plan.kind, plan.not_before, plan.number) == (PlanKind.APPOINTMENT, home_at, 0)
        assert timedelta() < plan.not_after - home_at <= grace
    elif plan is not None and not is_open:
        assert plan.kind is not PlanKind.APPOINTMENT


@pytest.mark.parametrize("city", sorted(RULEBOOKS))
def test_a_case_that_nobody_answers_gets_all_its_calls_in_the_round(city: str) -> None:
    """Two numbers, three calls each, in ten days: as many as the city asks for."""
    calls, last = live(city, [], Random(1))
    assert last.standing.state is CaseState.COMPLETE
    assert [number.counted_attempts for number in last.standing.numbers] == [RULEBOOKS[city].city.rules.attempts] * 2
    assert len({(call.attempt.at.date(), call.plan.number) for call in calls}) == len(calls)
