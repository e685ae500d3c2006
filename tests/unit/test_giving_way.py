"""A caller takes the operator for whom a telephone rings: it stops ringing, and nobody who answers is left alone."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from dialer.caller_parts import NobodyRings
from dialer.core.callers import InboundOutcome
from dialer.core.orders import OrderKind
from dialer.core.pacing.values import PaceRules
from dialer.core.values import AttemptId, CaseId, Mode, Outcome, PauseReason
from dialer.giving_way import APPOINTED_WAIT, RUNG_WAIT, TAKEN, UNRUNG_WAIT
from dialer.live_call import Live
from tests.books import in_mode
from tests.fake_switch import NOBODY, Subscriber
from tests.office import BOOK, TRUNK, Office, at_work
from tests.unit.test_callers import hang_up, outcome, seated, talking_with
from tests.unit.test_engine_ear import Attended, heard

LATE = Subscriber(answers_after=20.0, hangs_up_after=60.0)
"""A person who takes a while to come to the telephone."""


def ringing(office: Office) -> list[Live]:
    return [live for live in office.engine.calls.live.values() if live.call.is_ringing]


async def rings_for(office: Office, count: int) -> None:
    await office.until(lambda: len(ringing(office)) == count, 30)


def ended(office: Office, which: Outcome) -> list[AttemptId]:
    return [attempt for attempt, one in office.store.ended.items() if one.outcome is which]


def test_the_telephone_that_has_rung_least_stops_ringing_when_a_caller_takes_its_operator() -> None:
    async def scene(office: Office) -> None:
        await rings_for(office, 1)
        (first,) = ringing(office)
        await asyncio.sleep(3.0)
        office.store.cases[CaseId(1)].due_at = office.clock.now()
        await rings_for(office, 2)
        call = office.switch.call_in()
        await asyncio.sleep(0.1)
        assert ringing(office) == [first]
        (withdrawn,) = ended(office, Outcome.WITHDRAWN)
        assert office.store.claims[withdrawn].case == CaseId(1)
        assert office.store.ended[withdrawn].again_after == RUNG_WAIT
        assert "お電話をくださった方" in office.store.ended[withdrawn].reason
        await office.until(lambda: call in talking_with(office), 3)
        await office.until(lambda: first.attempt in talking_with(office), 60)
        hang_up(office, call)
        await office.until(lambda: len(ended(office, Outcome.TALKED)) == 2, 4000)

    office = Office([LATE, LATE], operators=2)
    office.store.cases[CaseId(1)].due_at += timedelta(days=1)
    at_work(office, scene)
    assert Outcome.ABANDONED not in office.outcomes()


@pytest.mark.parametrize(
    ("kind", "detail"),
    [
        (OrderKind.PAUSE, {"reason": PauseReason.BREAK.value}),
        (OrderKind.LEAVE_SEAT, {}),
        (OrderKind.DIAL, {"case": 5, "number": 1005}),
    ],
    ids=["pauses", "leaves", "dials"],
)
def test_an_operator_who_is_not_free_any_more_lets_the_telephone_stop_ringing_that_rang_for_them(
    kind: OrderKind, detail: Mapping[str, object]
) -> None:
    async def scene(office: Office) -> None:
        await rings_for(office, 2)
        (first, second) = sorted(ringing(office), key=lambda live: live.claimed_at)
        office.manned = False
        free = office.engine.calls.desks.floor.free()[0]
        by_hand = office.store.cases[CaseId(5)]
        by_hand.due_at = office.clock.now() if kind is OrderKind.DIAL else by_hand.due_at
        await office.store.order(free.phone, kind, detail, by=free.account or "")
        await office.until(lambda: len(ended(office, Outcome.WITHDRAWN)) == 1, 3)
        (withdrawn,) = ended(office, Outcome.WITHDRAWN)
        assert withdrawn in (first.attempt, second.attempt)
        assert office.store.ended[withdrawn].again_after == RUNG_WAIT
        assert "担当者がいなくなった" in office.store.ended[withdrawn].reason
        await office.until(lambda: bool(ended(office, Outcome.TALKED)), 200)

    office = Office([LATE, LATE, NOBODY, NOBODY, NOBODY, NOBODY], operators=2)
    for case in list(office.store.cases.values())[2:]:
        case.due_at += timedelta(days=1)
    at_work(office, scene)
    assert Outcome.ABANDONED not in office.outcomes()


def test_nothing_stops_ringing_while_there_is_an_operator_for_everybody() -> None:
    async def scene(office: Office) -> None:
        await rings_for(office, 1)
        call = office.switch.call_in()
        await office.until(lambda: call in talking_with(office), 3)
        assert len(ringing(office)) == 1
        hang_up(office, call)

    at_work(Office([LATE], operators=2), scene)


def test_whoever_answered_in_that_instant_keeps_the_operator_and_the_caller_takes_the_next() -> None:
    async def scene(office: Office) -> None:
        await rings_for(office, 1)
        (live,) = ringing(office)
        office.switch.answer(office.switch.customers()[0])
        call = office.switch.call_in()
        await office.until(lambda: talking_with(office) == [live.attempt], 1)
        office.switch.hang_up(office.switch.customers()[0])
        await office.until(lambda: talking_with(office) == [call], 30)
        hang_up(office, call)

    office = Office([LATE], operators=1)
    at_work(office, scene)
    assert Outcome.WITHDRAWN not in office.outcomes()


@pytest.mark.parametrize(("verdict", "first"), [("person", "the person"), ("voicemail", "the caller")])
def test_who_is_listened_to_keeps_an_operator_until_it_is_known_whether_a_person_is_there(
    verdict: str, first: str
) -> None:
    async def scene(office: Attended) -> None:
        await office.until(lambda: any(one.call.answered_at for one in office.engine.calls.live.values()), 30)
        (live,) = office.engine.calls.live.values()
        call = office.switch.call_in(rings=0.5)
        await asyncio.sleep(1.0)
        assert talking_with(office) == []
        await office.until(lambda: bool(talking_with(office)), 1)
        assert talking_with(office) == [live.attempt if first == "the person" else call]
        if first == "the person":
            office.switch.hang_up(office.switch.customers()[0])
            await office.until(lambda: talking_with(office) == [call], 30)
        hang_up(office, call)

    listened = Subscriber(answers_after=4.0, hangs_up_after=60.0, ear=[(1.5, heard(verdict))])
    at_work(Attended([listened], operators=1), scene)


def test_a_call_that_is_claimed_but_not_placed_yet_is_not_placed_without_an_operator() -> None:
    async def scene(office: Office) -> None:
        await seated(office)
        office.store.claims_take = 1.0
        office.store.cases[CaseId(0)].due_at = office.clock.now()
        await office.until(lambda: bool(office.store.claims), 10)
        call = office.switch.call_in()
        await office.until(lambda: office.outcomes() == [Outcome.NOT_PLACED], 5)
        (attempt,) = office.store.claims
        assert office.store.ended[attempt].reason == TAKEN
        assert office.switch.customers() == []
        hang_up(office, call)

    office = Office([NOBODY], operators=1)
    office.store.cases[CaseId(0)].due_at += timedelta(days=1)
    at_work(office, scene)


def test_what_has_not_rung_yet_goes_first_and_is_called_again_soon() -> None:
    async def scene(office: Office) -> None:
        await office.until(lambda: len(office.switch.customers()) == 2 and len(ringing(office)) == 1, 30)
        call = office.switch.call_in()
        await office.until(lambda: len(ended(office, Outcome.WITHDRAWN)) == 1, 1)
        (withdrawn,) = ended(office, Outcome.WITHDRAWN)
        assert office.store.claims[withdrawn].case == CaseId(1)
        assert office.store.ended[withdrawn].again_after == UNRUNG_WAIT
        hang_up(office, call)

    at_work(Office([LATE, Subscriber(rings_after=5.0)], operators=2), scene)


def test_a_call_that_somebody_expects_is_the_last_to_be_withdrawn_and_comes_again_at_once() -> None:
    async def scene(office: Office) -> None:
        await rings_for(office, 2)
        appointed = ringing(office)[1]
        assert appointed.claimed is not None
        appointed.claimed = replace(appointed.claimed, appointed=True)
        calls = [office.switch.call_in()]
        await office.until(lambda: ringing(office) == [appointed], 1)
        calls.append(office.switch.call_in())
        await office.until(lambda: ringing(office) == [], 1)
        assert office.store.ended[appointed.attempt].again_after == APPOINTED_WAIT
        for call in calls:
            hang_up(office, call)

    at_work(Office([LATE, LATE], operators=2), scene)


@pytest.mark.parametrize(("target", "stays"), [(0.03, True), (0.0, False)])
def test_in_the_predictive_mode_nothing_is_withdrawn_unless_the_city_leaves_nobody_alone(
    target: float, stays: bool
) -> None:
    class Predicting(Office):
        book = in_mode(BOOK, Mode.PREDICTIVE)
        pace = PaceRules(target=target)

    async def scene(office: Office) -> None:
        await rings_for(office, 1)
        call = office.switch.call_in()
        await office.until(lambda: call in talking_with(office), 5)
        assert bool(ringing(office)) is stays
        hang_up(office, call)

    at_work(Predicting([LATE], operators=1), scene)


# --- a day of it


class Busy(Office):
    """Four operators; half of the people answer, and somebody calls every twenty seconds or so."""

    def __init__(self) -> None:
        chance = Random(5)
        people = [
            Subscriber(answers_after=round(chance.uniform(3, 25), 1), hangs_up_after=30.0)
            if chance.random() < 0.5
            else NOBODY
            for _ in range(300)
        ]
        super().__init__(people, operators=4, trunk=replace(TRUNK, lines=30, calls_per_second=100))


async def callers_come(office: Office, count: int) -> Sequence[InboundOutcome | None]:
    chance, calls = Random(6), []
    for _ in range(count):
        await asyncio.sleep(chance.uniform(5, 35))
        calls.append(office.switch.call_in(hangs_up_after=chance.uniform(25, 60)))
    await office.until(lambda: all(outcome(office, one) for one in calls), 300)
    return [outcome(office, one) for one in calls]


def left_alone(office: Office) -> int:
    """Who answered and met nobody within two seconds; on this exchange people then wait on."""
    answered = [one for one in office.store.ended.values() if one.answered_at is not None]
    waits = [(one.joined_at or one.ended_at) - one.answered_at for one in answered if one.answered_at]
    return sum(wait > timedelta(seconds=2) for wait in waits)


def day(scene: Callable[[Busy], Awaitable[None]]) -> Busy:
    office = Busy()
    at_work(office, scene)
    return office


def test_in_a_day_with_callers_nobody_whom_we_rang_is_left_alone() -> None:
    async def scene(office: Busy) -> None:
        met.extend(await callers_come(office, 60))

    met: list[InboundOutcome | None] = []
    office = day(scene)
    assert set(met) == {InboundOutcome.TALKED}
    assert ended(office, Outcome.TALKED)
    assert ended(office, Outcome.WITHDRAWN)
    assert left_alone(office) == 0


def test_without_giving_way_the_same_day_leaves_persons_alone() -> None:
    """Or the day above would show nothing."""

    async def scene(office: Busy) -> None:
        office.engine.calls.callers.rung = NobodyRings()
        await callers_come(office, 60)

    assert left_alone(day(scene)) >= 3
