"""Holds and hand-overs in which somebody hangs up, a leg or the link is lost, or the engine dies; in virtual time."""

import asyncio

import pytest

from dialer.core.orders import OrderKind
from dialer.core.values import OperatorState
from tests.event_table import START
from tests.talking_office import (
    BLIND,
    TAX,
    Scene,
    TalkingOffice,
    cancelled,
    consulting,
    handed_over,
    held,
    in_a_talk,
    ringing,
)

# --- who hangs up when


@pytest.mark.parametrize("stage", [held, ringing, handed_over])
def test_a_person_who_hangs_up_ends_it_all_and_the_operator_wraps_up(stage: Scene) -> None:
    async def scene(office: TalkingOffice) -> None:
        await stage(office)
        await office.hang_up()
        await office.until(lambda: office.desk.state is OperatorState.WRAP_UP)
        assert not office.desk.on_hold
        assert office.desk.consulting is None
        await office.until(lambda: not office.switch.departments())

    in_a_talk(scene)


def test_a_person_who_hangs_up_during_a_consultation_leaves_the_operator_with_the_department() -> None:
    async def scene(office: TalkingOffice) -> None:
        await consulting(office)
        await office.hang_up()
        await office.until(lambda: office.desk.state is OperatorState.WRAP_UP)
        assert office.consulting
        assert await office.order(OrderKind.COMPLETE_TRANSFER) == "通話中ではありません"
        await office.ordered(OrderKind.CANCEL_TRANSFER)
        await office.until(lambda: not office.switch.departments())

    in_a_talk(scene)


@pytest.mark.parametrize("stage", [ringing, consulting])
def test_a_department_that_hangs_up_gives_the_person_back(stage: Scene) -> None:
    async def scene(office: TalkingOffice) -> None:
        await stage(office)
        (department,) = office.switch.departments()
        office.switch.hang_up(department)
        await office.until_back()

    in_a_talk(scene)


@pytest.mark.parametrize("stage", [held, ringing, consulting])
def test_a_leg_that_is_lost_comes_back_to_its_person(stage: Scene) -> None:
    async def scene(office: TalkingOffice) -> None:
        await stage(office)
        office.switch.hang_up_leg("op01")
        assert office.music
        await office.until_back()
        await office.until(lambda: not office.switch.departments())

    in_a_talk(scene)


def test_a_blind_transfer_needs_no_operator_any_more() -> None:
    async def scene(office: TalkingOffice) -> None:
        await office.transfer(TAX, BLIND)
        await office.until(lambda: bool(office.switch.departments()))
        office.switch.hang_up_leg("op01")
        await office.until(lambda: office.handed_over)

    in_a_talk(scene)


def test_a_held_person_whose_operator_stays_away_is_taken_by_another() -> None:
    async def scene(office: TalkingOffice) -> None:
        first = next(desk for desk in office.engine.calls.desks.floor.desks.values() if desk.attempt)
        id_ = await office.store.order(first.phone, OrderKind.HOLD, {}, by=first.account or "")
        await office.until(lambda: office.store.answers.get(id_) == "ok")
        office.switch.legs_answer_after = 3600.0
        office.switch.hang_up_leg(first.phone)
        (person,) = office.switch.customers()
        other = next(phone for phone in office.store.desks if phone != first.phone)
        leg = office.switch.leg(other)
        assert leg is not None
        await office.until(lambda: office.switch.hear_each_other(person, leg), within=60)
        desk = office.engine.calls.desks.floor.desks[other]
        await office.until(lambda: desk.state is OperatorState.TALKING and not desk.on_hold)

    in_a_talk(scene, operators=2)


# --- crashes


@pytest.mark.parametrize("stage", [held, ringing, consulting, handed_over])
def test_whatever_was_going_on_when_the_engine_died_somebody_is_with_the_person_again(stage: Scene) -> None:
    async def scene(office: TalkingOffice) -> None:
        await stage(office)
        await asyncio.sleep(0.5)
        await office.kill_engine()
        await asyncio.sleep(3)
        office.start_engine()
        if stage is handed_over:
            await office.until(lambda: office.desk.state is OperatorState.WRAP_UP)
            assert office.handed_over
        elif stage is consulting:
            await office.until(lambda: office.desk.consulting == TAX and office.desk.on_hold)
            await office.ordered(OrderKind.COMPLETE_TRANSFER)
            await office.until(lambda: office.handed_over)
        elif stage is held:
            await office.until(lambda: office.desk.on_hold and bool(office.engine.calls.live))
            assert office.music
            await office.ordered(OrderKind.UNHOLD)
            await office.until_back()
        else:
            await office.until_back()

    office = in_a_talk(scene)
    assert office.evidence().get("transferred_to") == (TAX if stage in (consulting, handed_over) else None)


@pytest.mark.parametrize("stage", [held, ringing, consulting])
def test_what_happened_while_the_link_was_away_is_made_good(stage: Scene) -> None:
    """The department has hung up meanwhile, or answered, and waited in vain."""

    async def scene(office: TalkingOffice) -> None:
        await stage(office)
        office.switch.drop_link()
        assert await office.order(OrderKind.UNHOLD) != "ok"
        for department in office.switch.departments():
            office.switch.hang_up(department)
        await asyncio.sleep(20)
        office.switch.restore_link(START)
        if stage is held:
            await office.until(lambda: office.switch.ready and office.desk.leg_state.value == "up")
            await asyncio.sleep(3)
            await office.ordered(OrderKind.UNHOLD)
        await office.until_back()

    in_a_talk(scene)


def test_a_hold_whose_order_broke_off_is_found_and_can_be_ended() -> None:
    async def scene(office: TalkingOffice) -> None:
        (person,) = office.switch.customers()
        office.switch.drop_link()
        office.switch.hold_unheard(person)
        await asyncio.sleep(2)
        office.switch.restore_link(START)
        await office.until(lambda: office.desk.on_hold, within=30)
        await office.ordered(OrderKind.UNHOLD)
        await office.until_back()

    in_a_talk(scene)


def test_a_completion_whose_order_broke_off_can_be_taken_back() -> None:
    async def scene(office: TalkingOffice) -> None:
        await consulting(office)
        assert office.desk.attempt is not None
        assert office.engine.calls.talks.transfers.complete(office.desk.attempt) is None
        office.switch.drop_link()  # before it was written
        await asyncio.sleep(2)
        office.switch.restore_link(START)
        assert office.consulting
        await asyncio.sleep(20)
        await cancelled(office)

    in_a_talk(scene)


def test_who_enters_a_bridge_first_is_chance() -> None:
    async def scene(office: TalkingOffice) -> None:
        office.switch.bridger_first = True
        await held(office)
        await office.ordered(OrderKind.UNHOLD)
        await office.until_back()
        await consulting(office)
        await cancelled(office)
        await consulting(office)
        await office.ordered(OrderKind.COMPLETE_TRANSFER)
        await office.until(lambda: office.handed_over and office.desk.state is OperatorState.WRAP_UP)

    office = in_a_talk(scene)
    assert office.evidence()["transferred_to"] == TAX
