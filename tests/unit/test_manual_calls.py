"""Calls that an operator dials, in virtual time."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import time, timedelta

from dialer.core import ear_events as ear
from dialer.core.briefing import Briefing
from dialer.core.orders import OK
from dialer.core.values import CaseId, CaseState, EndedBy, OperatorState, Outcome, PauseReason
from dialer.listening import EarRules
from dialer.manual import NO_SOUND, NO_STORE, NOT_IDLE
from dialer.ports import Refused
from tests.books import weekdays
from tests.desks import ANNA, BEN, DeskOffice
from tests.event_table import START
from tests.fake_switch import NOBODY, PERSON, Subscriber
from tests.office import at_work

EAR = EarRules("127.0.0.1:15092", 2.5, True, lambda claimed: Briefing(city="nagaoka"))
PERSON_TO_THE_EAR = Subscriber(
    answers_after=4.0, hangs_up_after=60.0, ear=((1.2, lambda channel, at: ear.EarHeard(channel, at, "person", 1200)),)
)


class ManualOffice(DeskOffice):
    """Nothing is due: whoever is called, an operator dialled."""

    def __init__(self, *people: Subscriber, operators: int = 1) -> None:
        super().__init__(people, operators)
        for case in self.store.cases.values():
            case.due_at = START + timedelta(days=1)

    async def dial(self, case: int = 1, phone: str = "op01", by: str = ANNA) -> str | None:
        return await self.order("dial", phone, by, case=case, number=case + 1000)


def played(scene: Callable[[ManualOffice], Awaitable[None]], office: ManualOffice) -> ManualOffice:
    at_work(office, scene)
    return office


def test_an_operator_dials_a_number_of_a_case_and_is_joined_at_the_answer() -> None:
    async def scene(office: ManualOffice) -> None:
        await office.sit()
        assert await office.dial() == OK
        (attempt,) = office.store.claims
        assert (office.desk().state, office.desk().attempt) == (OperatorState.RESERVED, attempt)
        await office.talk()
        await office.until_is(OperatorState.WRAP_UP)
        assert await office.order("finish", attempt=attempt) == OK
        assert (office.desk().state, office.desk().pause_reason) == (OperatorState.PAUSED, PauseReason.SIGNED_IN)

    office = played(scene, ManualOffice(PERSON, PERSON))
    (ended,) = office.store.ended.values()
    assert (ended.outcome, ended.operator, ended.account) == (Outcome.TALKED, "op01", ANNA)
    assert ended.joined_at == ended.answered_at


def test_no_ear_comes_between_an_operator_and_whom_he_dialled() -> None:
    async def scene(office: ManualOffice) -> None:
        await office.work()
        assert await office.dial() == OK
        await office.talk()

    office = ManualOffice(PERSON, PERSON_TO_THE_EAR)
    office.ear = EAR
    played(scene, office)
    (ended,) = office.store.ended.values()
    assert ended.joined_at == ended.answered_at
    (call,) = [call for call in office.switch.placed if call.context == "customer"]
    assert call.exten == "dialled"
    assert call.variables["EAR"], "a machine could not be left its message"


def test_who_is_not_reached_leaves_the_operator_as_before() -> None:
    async def scene(office: ManualOffice) -> None:
        await office.work()
        assert await office.dial() == OK
        assert await office.dial() == NOT_IDLE
        await office.until(lambda: bool(office.outcomes()))
        await office.until_is(OperatorState.FREE)
        assert await office.order("pause", reason="work") == OK
        assert await office.dial(2) == OK
        await office.until(lambda: len(office.outcomes()) == 2)
        await office.until_is(OperatorState.PAUSED)
        assert office.desk().pause_reason is PauseReason.WORK

    office = played(scene, ManualOffice(PERSON, NOBODY, NOBODY))
    assert office.outcomes() == [Outcome.NO_ANSWER, Outcome.NO_ANSWER]


def test_an_operator_may_stop_the_ringing() -> None:
    async def scene(office: ManualOffice) -> None:
        await office.sit()
        assert await office.dial() == OK
        await asyncio.sleep(10)
        assert await office.order("hang_up") == OK
        await office.until_is(OperatorState.PAUSED)

    office = played(scene, ManualOffice(PERSON, NOBODY))
    (ended,) = office.store.ended.values()
    assert (ended.outcome, ended.ended_by) == (Outcome.SHORT_RING, EndedBy.OPERATOR)


def test_an_operator_who_dials_is_not_counted_as_free() -> None:
    async def scene(office: ManualOffice) -> None:
        await office.work("op01", ANNA)
        await office.sit("op02", BEN)
        assert await office.dial(1) == OK
        office.store.cases[CaseId(2)].due_at = office.clock.now()
        await asyncio.sleep(20)
        assert [one.case for one in office.store.claims.values()] == [1]
        assert await office.order("ready", "op02", BEN) == OK
        await office.until(lambda: len(office.store.claims) == 2)
        await office.until(lambda: len(office.outcomes()) == 2)

    office = played(scene, ManualOffice(PERSON, NOBODY, PERSON, operators=2))
    assert sorted(office.outcomes()) == sorted([Outcome.NO_ANSWER, Outcome.TALKED])
    assert list(office.store.noted.values()) == ["op02"]


def test_what_may_not_be_called_is_refused_with_the_reason_and_the_operator_is_as_before() -> None:
    async def scene(office: ManualOffice) -> None:
        assert await office.dial() != OK
        await office.work()
        office.store.cases[CaseId(1)].state = CaseState.STOPPED
        assert await office.dial(1) == "この案件は架電できません"
        assert await office.order("dial", case=2, number=5) == "この案件はありません"
        office.engine.use(weekdays(closes=time(10)))
        answer = await office.dial(2)
        assert answer not in (OK, None)
        office.engine.use(weekdays())
        office.engine.hold("文面が承認されていません")
        assert await office.dial(2) == "文面が承認されていません"
        office.engine.hold(None)
        office.switch.hang_up_leg("op01")
        assert await office.dial(2) == NO_SOUND
        assert not office.store.claims

    played(scene, ManualOffice(PERSON, PERSON, PERSON))


def test_a_store_that_is_away_and_an_exchange_that_refuses_leave_the_operator_free() -> None:
    async def scene(office: ManualOffice) -> None:
        await office.work()
        office.store.claims_fail = 1
        assert await office.dial() == NO_STORE
        assert office.desk().state is OperatorState.FREE
        office.switch.answer_to_start = Refused("test")
        assert await office.dial() == OK
        await office.until(lambda: bool(office.outcomes()))
        await office.until_is(OperatorState.FREE)

    office = played(scene, ManualOffice(PERSON, PERSON))
    assert office.outcomes() == [Outcome.NOT_PLACED]


def test_a_call_that_an_operator_dialled_goes_on_under_the_next_engine() -> None:
    async def scene(office: ManualOffice) -> None:
        await office.sit()
        assert await office.dial() == OK
        await asyncio.sleep(1)
        await office.kill_engine()
        await asyncio.sleep(1)
        office.start_engine()
        await office.talk()

    office = played(scene, ManualOffice(PERSON, PERSON))
    assert office.outcomes() == [Outcome.TALKED]
    assert list(office.store.accounts.values()) == [ANNA]


def test_who_leaves_while_it_rings_gives_the_person_to_nobody_else_but_hears_the_call_to_its_end() -> None:
    async def scene(office: ManualOffice) -> None:
        await office.sit()
        assert await office.dial() == OK
        assert await office.order("leave_seat") == OK
        await office.talk()
        await office.until_is(OperatorState.OFFLINE)

    office = played(scene, ManualOffice(PERSON, PERSON))
    assert office.outcomes() == [Outcome.TALKED]
