"""Operators at their desks, in virtual time: seats, pauses, talks, wrap-ups."""

import asyncio
from datetime import timedelta

import pytest

from dialer.core.orders import NO_SUCH_SEAT, OK
from dialer.core.values import EndedBy, OperatorState, Outcome, PauseReason, Seat
from dialer.ordering import NO_CALL
from dialer.seating import BUSY, EXTENDED, NO_WRAP_UP, NOT_YOURS, RESULT_FIRST, TAKEN
from tests.desks import ANNA, BEN, DeskOffice, played
from tests.fake_switch import PERSON, Subscriber
from tests.office import at_work

LONG = Subscriber(answers_after=4.0, hangs_up_after=600.0)
WRAP_UP_SECONDS = 10.0


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
