"""Operators at their desks, in virtual time: seats, pauses, talks, wrap-ups, lost legs, and an engine that dies."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from dialer.core.events import ChannelId
from dialer.core.orders import NO_SOUND, NO_SUCH_SEAT, OK, TOO_LATE, OrderKind
from dialer.core.values import EndedBy, Lead, LegState, OperatorState, Outcome, PauseReason, Seat
from dialer.ordering import NO_CALL
from dialer.ports import Outgoing
from dialer.seating import BUSY, EXTENDED, NO_WRAP_UP, NOT_YOURS, RESULT_FIRST, TAKEN
from tests.desks import ANNA, BEN, DeskOffice
from tests.fake_switch import PERSON, Subscriber
from tests.office import at_work

LONG = Subscriber(answers_after=4.0, hangs_up_after=600.0)
WRAP_UP_SECONDS = 10.0

Scene = Callable[[DeskOffice], Awaitable[None]]


def played(scene: Scene, *people: Subscriber, operators: int = 1) -> DeskOffice:
    office = DeskOffice(people, operators)
    at_work(office, scene)
    return office


# --- seats


def test_who_has_no_seat_is_offline_and_nobody_is_called_for_him() -> None:
    async def scene(office: DeskOffice) -> None:
        await asyncio.sleep(60)
        assert office.desk().state is OperatorState.OFFLINE
        assert not office.store.claims
        assert not office.switch.up

    played(scene, PERSON)


def test_a_seat_brings_up_the_leg_and_waits_for_the_operator() -> None:
    async def scene(office: DeskOffice) -> None:
        await office.sit()
        desk = office.desk()
        assert (desk.state, desk.pause_reason) == (OperatorState.PAUSED, PauseReason.SIGNED_IN)
        assert (desk.account, desk.seat) == (ANNA, Seat.PHONE)
        await asyncio.sleep(60)
        assert not office.store.claims, "called before the operator was ready"
        assert await office.order("ready") == OK
        await office.talk()

    played(scene, PERSON)


@pytest.mark.parametrize(
    ("seat", "endpoint", "answers_by_itself"), [("phone", "PJSIP/op01", True), ("browser", "PJSIP/op01-web", False)]
)
def test_each_way_to_hear_has_its_endpoint_and_only_telephones_are_told_to_answer(
    seat: str, endpoint: str, answers_by_itself: bool
) -> None:
    async def scene(office: DeskOffice) -> None:
        await office.sit(seat=seat)
        (leg,) = office.switch.placed
        assert leg.endpoint == endpoint
        assert ("PJSIP_HEADER(add,Call-Info)" in leg.variables) is answers_by_itself

    played(scene)


def test_a_seat_that_somebody_has_is_refused_without_saying_who() -> None:
    async def scene(office: DeskOffice) -> None:
        await office.sit(by=ANNA)
        assert await office.order("take_seat", by=BEN, seat="browser") == TAKEN
        assert ANNA not in TAKEN
        assert office.desk().account == ANNA
        assert await office.order("take_seat", phone="op99", by=BEN, seat="phone") == NO_SUCH_SEAT

    played(scene)


@pytest.mark.parametrize("kind", ["ready", "hang_up", "extend"])
def test_nobody_orders_for_another_ones_seat(kind: str) -> None:
    async def scene(office: DeskOffice) -> None:
        await office.work(by=ANNA)
        await office.talk()
        assert await office.order(kind, by=BEN) == NOT_YOURS
        assert office.desk().state is OperatorState.TALKING

    played(scene, PERSON)


def test_a_second_sign_in_at_another_phone_frees_the_first() -> None:
    async def scene(office: DeskOffice) -> None:
        await office.work("op01")
        await office.sit("op02")
        assert office.desk("op01").state is OperatorState.OFFLINE
        assert office.desk("op01").account is None
        assert len(office.switch.up) == 1, "the leg of the first seat is still up"
        assert await office.order("take_seat", "op01", BEN, seat="phone") == OK

    played(scene, operators=2)


def test_a_second_sign_in_during_a_talk_frees_the_first_seat_after_it() -> None:
    async def scene(office: DeskOffice) -> None:
        await office.work("op01")
        await office.talk("op01")
        await office.sit("op02")
        assert office.desk("op01").state is OperatorState.TALKING
        assert office.desk("op01").leaving
        await office.until(lambda: bool(office.outcomes()))
        await office.until_is(OperatorState.OFFLINE, "op01")
        assert office.desk("op02").state is OperatorState.PAUSED

    office = played(scene, PERSON, operators=2)
    assert office.outcomes() == [Outcome.TALKED]


def test_to_take_ones_own_seat_again_changes_nothing_and_stays_when_leaving_was_asked_for() -> None:
    async def scene(office: DeskOffice) -> None:
        await office.work()
        await office.talk()
        assert await office.order("leave_seat") == OK
        assert await office.order("take_seat", seat="phone") == OK
        assert office.desk().state is OperatorState.TALKING
        assert not office.desk().leaving
        assert len(office.legs_called()) == 1

    played(scene, PERSON)


def test_from_the_telephone_to_the_browser_a_new_leg_is_called_but_not_during_a_talk() -> None:
    async def scene(office: DeskOffice) -> None:
        await office.work()
        await office.talk()
        assert await office.order("take_seat", seat="browser") == BUSY
        await office.until_is(OperatorState.WRAP_UP)
        await office.sit(seat="browser")
        assert office.legs_called() == ["PJSIP/op01", "PJSIP/op01-web"]
        assert len(office.switch.up) == 1

    played(scene, PERSON)


def test_who_leaves_during_a_talk_leaves_after_it() -> None:
    async def scene(office: DeskOffice) -> None:
        await office.work()
        await office.talk()
        assert await office.order("leave_seat") == OK
        await asyncio.sleep(30)
        assert office.desk().state is OperatorState.TALKING
        await office.until_is(OperatorState.OFFLINE)
        assert office.desk().account is None
        await office.until(lambda: not office.switch.up)

    office = played(scene, PERSON, PERSON)
    assert office.outcomes() == [Outcome.TALKED], "somebody was called for a seat that nobody has"
    assert list(office.store.accounts.values()) == [ANNA]


# --- pauses


def test_a_pause_during_a_talk_comes_after_it_and_its_result() -> None:
    async def scene(office: DeskOffice) -> None:
        await office.work()
        await office.talk()
        assert await office.order("pause", reason="meal") == OK
        assert office.desk().state is OperatorState.TALKING
        await office.until_is(OperatorState.WRAP_UP)
        (attempt,) = office.store.claims
        assert await office.order("finish", attempt=attempt) == OK
        assert (office.desk().state, office.desk().pause_reason) == (OperatorState.PAUSED, PauseReason.MEAL)
        await asyncio.sleep(600)
        assert len(office.store.claims) == 1
        assert await office.order("ready") == OK
        await office.talk()

    played(scene, PERSON, PERSON)


def test_a_pause_can_be_taken_back_before_it_comes() -> None:
    async def scene(office: DeskOffice) -> None:
        await office.work()
        await office.talk()
        assert await office.order("pause", reason="break") == OK
        assert await office.order("ready") == OK
        await office.until_is(OperatorState.WRAP_UP)
        (attempt,) = office.store.claims
        assert await office.order("finish", attempt=attempt) == OK
        await office.talk()

    played(scene, PERSON, PERSON)


def test_a_free_operator_pauses_at_once_and_a_pause_may_change_its_reason() -> None:
    async def scene(office: DeskOffice) -> None:
        await office.work()
        for reason in ("break", "meeting"):
            assert await office.order("pause", reason=reason) == OK
            assert (office.desk().state, office.desk().pause_reason) == (OperatorState.PAUSED, PauseReason(reason))

    played(scene)


# --- the end of a talk


def test_a_wrap_up_ends_with_the_result_however_long_that_takes() -> None:
    async def scene(office: DeskOffice) -> None:
        await office.work()
        await office.until_is(OperatorState.WRAP_UP)
        (attempt,) = office.store.claims
        await asyncio.sleep(3600)
        desk = office.desk()
        assert desk.state is OperatorState.WRAP_UP
        assert desk.attempt == attempt
        assert desk.wrap_up_until is not None
        assert desk.wrap_up_until < office.clock.now(), "not shown as overdue"
        assert await office.order("ready") == RESULT_FIRST
        assert await office.order("finish", attempt=attempt) == OK
        assert await office.order("finish", attempt=attempt) == OK
        await office.talk()
        assert len(office.store.claims) == 2

    played(scene, PERSON, PERSON)


def test_where_the_time_ends_a_wrap_up_a_result_ends_it_sooner() -> None:
    async def scene(office: DeskOffice) -> None:
        await office.work()
        for _ in range(2):
            await office.until_is(OperatorState.WRAP_UP)
            began = office.clock.monotonic()
            if len(office.store.claims) == 2:
                assert await office.order("finish", attempt=list(office.store.claims)[1]) == OK
            await office.until(lambda: office.desk().state is not OperatorState.WRAP_UP)
            lasted.append(office.clock.monotonic() - began)

    lasted: list[float] = []
    office = DeskOffice([PERSON, PERSON])
    office.rules = office.by_time()
    at_work(office, scene)
    assert WRAP_UP_SECONDS <= lasted[0] < WRAP_UP_SECONDS + 1
    assert lasted[1] < 1


def test_a_wrap_up_is_extended_once() -> None:
    async def scene(office: DeskOffice) -> None:
        assert await office.order("extend", by=ANNA) == NOT_YOURS
        await office.work()
        assert await office.order("extend") == NO_WRAP_UP
        await office.until_is(OperatorState.WRAP_UP)
        until = office.desk().wrap_up_until
        assert until is not None
        assert await office.order("extend") == OK
        assert office.desk().extended
        assert office.desk().wrap_up_until == until + timedelta(seconds=WRAP_UP_SECONDS)
        assert await office.order("extend") == EXTENDED
        await office.until_is(OperatorState.FREE)
        assert office.clock.now() >= until + timedelta(seconds=WRAP_UP_SECONDS)

    office = DeskOffice([PERSON])
    office.rules = office.by_time()
    at_work(office, scene)


def test_a_result_that_is_in_before_the_call_ends_leaves_nothing_to_wrap_up() -> None:
    async def scene(office: DeskOffice) -> None:
        await office.work()
        await office.talk()
        (attempt,) = office.store.claims
        assert await office.order("finish", attempt=attempt) == OK
        assert office.desk().state is OperatorState.TALKING
        await office.until_is(OperatorState.FREE)

    played(scene, PERSON)


def test_an_operator_who_hangs_up_ends_the_call_and_keeps_the_leg() -> None:
    async def scene(office: DeskOffice) -> None:
        await office.work()
        await office.talk()
        await asyncio.sleep(5)
        leg = office.desk().leg
        assert await office.order("hang_up") == OK
        await office.until_is(OperatorState.WRAP_UP)
        assert office.desk().leg == leg
        assert list(office.switch.up) == [leg]
        await office.until(lambda: bool(office.outcomes()))
        assert await office.order("hang_up") == NO_CALL

    office = played(scene, LONG)
    (ended,) = office.store.ended.values()
    assert (ended.outcome, ended.ended_by) == (Outcome.TALKED, EndedBy.OPERATOR)
    assert ended.account == ANNA


def test_an_operator_who_hears_a_machine_says_so_and_is_free_again() -> None:
    async def scene(office: DeskOffice) -> None:
        await office.work()
        await office.talk()
        assert await office.order("correct", what="fax") == OK
        await office.until_is(OperatorState.FREE)
        assert await office.order("correct", what="fax") != OK

    office = played(scene, LONG)
    assert office.outcomes() == [Outcome.FAX]


def test_help_is_shown_until_it_is_taken_back_or_the_talk_is_over() -> None:
    async def scene(office: DeskOffice) -> None:
        await office.work()
        await office.talk()
        assert await office.order("help", on=True) == OK
        assert office.desk().help
        await office.until_is(OperatorState.WRAP_UP)
        assert not office.desk().help

    played(scene, PERSON)


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
