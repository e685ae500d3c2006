"""Operators at their desks, in virtual time, whose legs are lost or whose engine dies."""

import asyncio
import uuid
from datetime import timedelta

from dialer.core.events import ChannelId
from dialer.core.orders import NO_SOUND, OK, TOO_LATE, OrderKind
from dialer.core.values import Lead, LegState, OperatorState, Outcome, PauseReason
from dialer.ports import Outgoing
from tests.desks import ANNA, BEN, DeskOffice, played
from tests.fake_switch import PERSON, Subscriber

LONG = Subscriber(answers_after=4.0, hangs_up_after=600.0)
WRAP_UP_SECONDS = 10.0


# --- lost legs


def test_a_lost_leg_pauses_the_operator_and_comes_back_by_itself() -> None:
    async def scene(office: DeskOffice) -> None:
        await office.work()
        office.switch.hang_up_leg("op01")
        await office.until(lambda: office.desk().leg_state is LegState.LOST)
        assert (office.desk().state, office.desk().pause_reason) == (OperatorState.PAUSED, PauseReason.LEG_LOST)
        assert await office.order("ready") == NO_SOUND
        await office.until(lambda: office.desk().leg_state is LegState.UP)
        await asyncio.sleep(60)
        assert office.desk().state is OperatorState.PAUSED
        assert await office.order("ready") == OK
        assert office.desk().state is OperatorState.FREE

    played(scene)


def test_a_leg_that_is_lost_in_a_talk_is_back_for_the_result_and_pauses_afterwards() -> None:
    async def scene(office: DeskOffice) -> None:
        await office.work()
        await office.talk()
        office.switch.hang_up_leg("op01")
        await office.until_is(OperatorState.WRAP_UP)
        await office.until(lambda: office.desk().leg_state is LegState.UP)
        assert office.desk().state is OperatorState.WRAP_UP
        (attempt,) = office.store.claims
        assert await office.order("finish", attempt=attempt) == OK
        assert (office.desk().state, office.desk().pause_reason) == (OperatorState.PAUSED, PauseReason.LEG_LOST)

    office = played(scene, LONG)
    assert office.outcomes() == [Outcome.TALKED]


def test_a_page_that_loses_its_leg_in_a_talk_has_the_person_back_with_the_next_one() -> None:
    async def scene(office: DeskOffice) -> None:
        await office.sit(seat="browser")
        assert await office.order("ready") == OK
        await office.talk()
        office.switch.hang_up_leg("op01-web")
        await office.until(lambda: office.desk().on_hold)
        await office.until(lambda: not office.desk().on_hold)
        (person,), leg = office.switch.customers(), office.switch.leg("op01-web")
        assert leg is not None
        assert office.switch.hear_each_other(person, leg)
        assert (office.desk().state, office.desk().pause_reason) == (OperatorState.TALKING, PauseReason.LEG_LOST)

    office = played(scene, LONG)
    assert office.outcomes() == [Outcome.TALKED]


def test_who_is_at_a_meal_is_so_still_when_the_leg_is_lost() -> None:
    async def scene(office: DeskOffice) -> None:
        await office.work()
        assert await office.order("pause", reason="meal") == OK
        office.switch.hang_up_leg("op01")
        await office.until(lambda: office.desk().leg_state is LegState.LOST)
        await office.until(lambda: office.desk().leg_state is LegState.UP)
        assert (office.desk().state, office.desk().pause_reason) == (OperatorState.PAUSED, PauseReason.MEAL)

    played(scene)


def test_an_exchange_that_dies_pauses_everybody_until_they_are_ready_again() -> None:
    async def scene(office: DeskOffice) -> None:
        for phone, by in (("op01", ANNA), ("op02", BEN)):
            await office.work(phone, by)
        office.switch.die_and_boot()
        for phone in ("op01", "op02"):
            await office.until(lambda phone=phone: office.desk(phone).pause_reason is PauseReason.LEG_LOST)  # type: ignore[misc]
            await office.until(lambda phone=phone: office.desk(phone).leg_state is LegState.UP)  # type: ignore[misc]
        assert {office.desk(phone).state for phone in ("op01", "op02")} == {OperatorState.PAUSED}

    played(scene, operators=2)


# --- orders that come late, twice or to a store that is away


def test_an_order_for_the_moment_is_not_carried_out_when_the_store_comes_back() -> None:
    async def scene(office: DeskOffice) -> None:
        await office.work()
        await office.talk()
        office.store.away = True
        hang_up = await office.store.order("op01", OrderKind.HANG_UP, {}, by=ANNA)
        pause = await office.store.order("op01", OrderKind.PAUSE, {"reason": "meal"}, by=ANNA)
        await asyncio.sleep(20)
        office.store.away = False
        assert await office.store.answered(hang_up) == TOO_LATE
        assert await office.store.answered(pause) == OK
        assert office.desk().state is OperatorState.TALKING
        assert office.desk().pause_reason is PauseReason.MEAL

    played(scene, LONG)


def test_an_order_is_carried_out_once_although_its_answer_cannot_be_stored_at_once() -> None:
    async def scene(office: DeskOffice) -> None:
        await office.work()
        await office.until_is(OperatorState.WRAP_UP)
        began = office.desk().wrap_up_until
        order = await office.store.order("op01", OrderKind.EXTEND, {}, by=ANNA)
        await office.until(lambda: office.engine.calls.desks.floor.desks["op01"].extended)
        office.store.away = True
        await asyncio.sleep(3)
        office.store.away = False
        assert await office.store.answered(order) == OK
        assert began is not None
        assert office.desk().wrap_up_until == began + timedelta(seconds=WRAP_UP_SECONDS)

    played(scene, PERSON)


# --- an engine that dies


def test_seats_pauses_and_wrap_ups_survive_the_engine_and_a_talk_goes_on() -> None:
    async def scene(office: DeskOffice) -> None:
        await office.work("op01", "anna")
        await office.talk("op01")
        await office.sit("op02", "ben")
        assert await office.order("pause", "op02", "ben", reason="training") == OK
        await office.work("op03", "chris")
        await office.until_is(OperatorState.WRAP_UP, "op03")
        before = {phone: office.desk(phone) for phone in office.store.desks}
        await office.kill_engine()
        await asyncio.sleep(3)
        office.start_engine()
        await office.until(lambda: office.engine.calls.desks.floor.desks["op03"].state is OperatorState.WRAP_UP)
        await asyncio.sleep(10)
        assert {phone: office.desk(phone) for phone in office.store.desks} == before
        wrapping = office.desk("op03").attempt
        assert await office.order("finish", "op03", "chris", attempt=wrapping) == OK
        assert await office.order("hang_up", "op01", "anna") == OK
        await office.until_is(OperatorState.WRAP_UP, "op01")

    office = played(scene, LONG, PERSON, operators=3)
    assert office.outcomes() == [Outcome.TALKED, Outcome.TALKED]
    assert len(office.legs_called()) == 3, "a leg was called a second time"


def test_a_talk_that_ended_without_an_engine_is_wrapped_up_under_the_next() -> None:
    async def scene(office: DeskOffice) -> None:
        await office.work()
        await office.talk()
        await office.kill_engine()
        await asyncio.sleep(120)
        assert not office.switch.customers()
        office.start_engine()
        await office.until_is(OperatorState.WRAP_UP)
        (attempt,) = office.store.claims
        assert office.desk().attempt == attempt
        assert await office.order("finish", attempt=attempt) == OK
        assert office.desk().state is OperatorState.FREE

    office = played(scene, PERSON)
    (ended,) = office.store.ended.values()
    assert (ended.outcome, ended.operator, ended.account) == (Outcome.TALKED, "op01", ANNA)


def test_a_leg_that_was_lost_without_an_engine_pauses_the_operator() -> None:
    async def scene(office: DeskOffice) -> None:
        await office.work()
        await office.kill_engine()
        office.switch.hang_up_leg("op01")
        office.start_engine()
        await office.until(lambda: len(office.legs_called()) == 2)
        await office.until(lambda: office.desk().leg_state is LegState.UP)
        assert (office.desk().state, office.desk().pause_reason) == (OperatorState.PAUSED, PauseReason.LEG_LOST)

    played(scene)


def test_orders_wait_for_an_engine_and_those_taken_before_it_died_are_taken_again() -> None:
    async def scene(office: DeskOffice) -> None:
        await office.sit()
        await office.kill_engine()
        leave = await office.store.order("op01", OrderKind.LEAVE_SEAT, {}, by=ANNA)
        await office.store.take_orders("nagaoka", office.clock.now())
        await asyncio.sleep(600)
        office.start_engine()
        assert await office.store.answered(leave) == OK
        assert office.desk().state is OperatorState.OFFLINE
        await office.until(lambda: not office.switch.up)

    played(scene)


def test_an_engine_that_stands_by_takes_no_orders() -> None:
    async def scene(office: DeskOffice) -> None:
        await office.until(lambda: office.engine.status()["lead"] == Lead.LEADS)
        office.engine.lead(Lead.STANDS_BY)
        assert await office.order("take_seat", seat="phone") is None
        office.engine.lead(Lead.LEADS)
        await office.until(lambda: office.desk().account == ANNA)

    played(scene)


def test_a_second_leg_that_a_killed_engine_left_behind_is_ended_and_the_own_one_stays() -> None:
    async def scene(office: DeskOffice) -> None:
        await office.work()
        left = Outgoing(ChannelId(str(uuid.uuid4())), "PJSIP/op01", "operator", "wait", None, 10.0)
        await office.switch.start(left)
        await office.until(lambda: office.switch.up[left.channel].state == "Up")
        await office.until(lambda: left.channel not in office.switch.up, within=30)
        assert office.desk().leg in office.switch.up
        assert office.desk().state is OperatorState.FREE

    played(scene)
