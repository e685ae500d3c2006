"""Whoever answered and met no operator is called again by one who was reserved before, in virtual time."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime, timedelta
from random import Random

import pytest

from dialer.core.floor import Desk
from dialer.core.owed import OwedCall
from dialer.core.values import CaseId, Mode, OperatorState, Outcome
from dialer.ports import Claimed
from tests.books import in_mode
from tests.fake_store import FakeCase, MemoryStore
from tests.fake_switch import NOBODY, PERSON, Subscriber
from tests.office import BOOK, Office, at_work
from tests.unit.test_predictive import Predicting

SOON = timedelta(minutes=20)
LATE = Subscriber(answers_after=20.0, hangs_up_after=60.0)


def left_alone_before(office: Office, case: int, due_in: timedelta = timedelta()) -> FakeCase:
    """As if one of the calls before had met no operator."""
    found = office.store.cases[CaseId(case)]
    found.due_at += due_in
    office.store.alone.add(found.number)
    return found


def floor(office: Office) -> Sequence[Desk]:
    return list(office.engine.calls.desks.floor.desks.values())


def calls_of(office: Office, case: FakeCase) -> list[Claimed]:
    return [claimed for claimed in office.store.claims.values() if claimed.case == case.case]


async def rings(office: Office, case: FakeCase) -> tuple[Claimed, Desk]:
    """The call, and who is kept for it."""
    found: list[tuple[Claimed, Desk]] = []
    while not found:
        await asyncio.sleep(0.1)
        found = [(one, desk) for one in calls_of(office, case) for desk in floor(office) if desk.attempt == one.attempt]
    return found[0]


@pytest.mark.parametrize("mode", [Mode.PROGRESSIVE, Mode.PREDICTIVE])
def test_an_operator_is_reserved_before_the_telephone_rings_and_hears_the_answer_at_once(mode: Mode) -> None:
    class InMode(Office):
        book = in_mode(BOOK, mode)

    async def scene(office: Office) -> None:
        claimed, desk = await rings(office, case)
        assert desk.state is OperatorState.RESERVED
        assert office.engine.calls.live[claimed.attempt].call.answered_at is None
        await office.until(lambda: desk.state is OperatorState.TALKING, 30)
        await office.until(lambda: claimed.attempt in office.store.ended, 60)
        ended = office.store.ended[claimed.attempt]
        assert ended.joined_at is not None
        assert ended.answered_at is not None
        assert ended.joined_at - ended.answered_at < timedelta(seconds=0.5)
        assert case.number not in office.store.alone

    office = InMode([LATE, NOBODY, NOBODY, NOBODY], operators=2)
    case = left_alone_before(office, 0)
    at_work(office, scene)


def test_nobody_else_is_dialled_while_the_only_operator_is_wanted_for_it() -> None:
    """It becomes due in 35 seconds: whoever is dialled now may still ring then."""

    async def scene(office: Office) -> None:
        await office.until(lambda: bool(office.store.claims), 120)
        assert [claimed.case for claimed in office.store.claims.values()] == [case.case]

    office = Office([LATE, PERSON, PERSON], operators=1)
    case = left_alone_before(office, 0, timedelta(seconds=35))
    at_work(office, scene)


def test_it_waits_for_an_operator_on_whom_nobody_counts_and_makes_no_telephone_stop_ringing() -> None:
    async def scene(office: Office) -> None:
        await office.until(lambda: len(office.engine.calls.live) == 1, 30)
        (other,) = office.engine.calls.live
        left_alone_before(office, 1)
        await office.until(lambda: bool(calls_of(office, case)), 300)
        assert office.store.ended[other].outcome is Outcome.TALKED

    office = Office([LATE, LATE], operators=1)
    case = office.store.cases[CaseId(1)]
    at_work(office, scene)
    assert Outcome.WITHDRAWN not in office.outcomes()


def test_whose_leg_is_lost_while_it_rings_another_operator_takes_the_call() -> None:
    async def scene(office: Office) -> None:
        claimed, desk = await rings(office, case)
        office.manned = False
        office.engine.calls.desks.legs.lose(desk)
        await office.until(lambda: claimed.attempt in office.store.ended, 120)
        assert office.store.ended[claimed.attempt].outcome is Outcome.TALKED
        assert office.store.ended[claimed.attempt].operator != desk.phone

    office = Office([LATE, NOBODY], operators=2)
    case = left_alone_before(office, 0)
    office.store.cases[CaseId(1)].due_at += timedelta(days=1)
    at_work(office, scene)


def test_with_no_other_operator_the_telephone_stops_ringing_and_rings_again_soon() -> None:
    async def scene(office: Office) -> None:
        claimed, desk = await rings(office, case)
        office.engine.calls.desks.legs.lose(desk)
        await office.until(lambda: claimed.attempt in office.store.ended, 5)
        assert office.store.ended[claimed.attempt].outcome is Outcome.WITHDRAWN
        await office.until(lambda: Outcome.TALKED in office.outcomes(), 600)

    office = Office([LATE], operators=1)
    case = left_alone_before(office, 0)
    at_work(office, scene)


# --- a day of it


class Restless(Predicting):
    """Operators go just when somebody is about to answer, and no telephone stops ringing for it."""

    def __init__(self) -> None:
        super().__init__([Subscriber(answers_after=10.0, hangs_up_after=6.0)] * 60, operators=5)


async def a_restless_day(office: Restless) -> None:
    """Everybody is called again after twenty minutes, until somebody has talked to them."""
    chance, calls, desks = Random(1), office.engine.calls, office.engine.calls.desks
    desks.on_away = lambda: None
    while calls.live or not all_met(office):
        await asyncio.sleep(2.0)
        ringing = any(one.call.ringing_at and not one.call.answered_at for one in calls.live.values())
        for desk in floor(office) if ringing and chance.random() < 0.2 else ():
            if desk.state is OperatorState.FREE:
                desks.become(desk, OperatorState.PAUSED)
                asyncio.get_running_loop().call_later(20.0, desks.rest, desk)
        for case in office.store.cases.values():
            case.due_at = min(case.due_at, office.clock.now() + SOON)


def all_met(office: Restless) -> bool:
    return {office.store.claims[one].case for one in office.store.ended} == office.store.cases.keys() and not any(
        case.number in office.store.alone for case in office.store.cases.values()
    )


def times_alone(office: Restless) -> Counter[CaseId]:
    ended = office.store.ended.items()
    return Counter(office.store.claims[attempt].case for attempt, one in ended if one.outcome is Outcome.ABANDONED)


class Forgetful(MemoryStore):
    """Calls again whoever was left alone like anybody else."""

    def __init__(self, like: MemoryStore) -> None:
        super().__init__(list(like.cases.values()), list(like.desks))
        self.kept_pace = like.kept_pace

    async def owed_calls(self, city: str, until: datetime, debts: Collection[str]) -> Sequence[OwedCall]:
        return ()

    async def claim(
        self, city: str, limit: int, now: datetime, debts: Collection[str], along: Collection[str] = ()
    ) -> Sequence[Claimed]:
        alone, self.alone = self.alone, set()
        try:
            return await super().claim(city, limit, now, debts, along)
        finally:
            self.alone |= alone


def day(office: Restless, scene: Callable[[Restless], Awaitable[None]] = a_restless_day) -> Counter[CaseId]:
    at_work(office, scene)
    return times_alone(office)


def test_on_a_day_on_which_many_are_left_alone_nobody_is_twice() -> None:
    alone = day(Restless())
    assert len(alone) >= 10
    assert set(alone.values()) == {1}


def test_without_a_reserved_operator_the_same_day_leaves_some_alone_again() -> None:
    """Or the day above would show nothing."""
    office = Restless()
    office.store = Forgetful(office.store)
    assert max(day(office).values()) >= 2
