"""What a supervisor does to others' seats, in virtual time: it is done now, after the talk, or said why not."""

import asyncio
from collections.abc import Awaitable, Callable

from dialer.core.orders import OK
from dialer.core.values import Ear, EndedBy, LegState, OperatorState, Outcome, PauseReason
from dialer.monitoring import NOT_LISTENING
from dialer.supervising import NO_SEAT, NOT_CALLED, OVER, SOMEBODY_ELSE
from tests.desks import ANNA, BEN, DeskOffice
from tests.fake_switch import Subscriber
from tests.office import at_work

LONG = Subscriber(answers_after=4.0, hangs_up_after=600.0)
BOSS = "reiko"

Scene = Callable[[DeskOffice], Awaitable[None]]


def played(scene: Scene, *people: Subscriber) -> DeskOffice:
    office = DeskOffice(people, 2)
    at_work(office, scene)
    return office


def test_a_break_begins_at_once_or_when_the_result_of_the_talk_is_in() -> None:
    async def scene(office: DeskOffice) -> None:
        await office.work()
        await office.talk()
        assert await office.order("give_break", by=BOSS, account=ANNA, reason="meal") == OK
        assert office.desk().state is OperatorState.TALKING
        talk = office.desk().attempt
        assert await office.order("hang_up") == OK
        await office.until_is(OperatorState.WRAP_UP)
        assert await office.order("finish", attempt=talk) == OK
        await office.until_is(OperatorState.PAUSED)
        assert office.desk().pause_reason is PauseReason.MEAL

    played(scene, LONG, LONG)


def test_a_seat_is_free_at_once_or_after_the_talk() -> None:
    async def scene(office: DeskOffice) -> None:
        await office.work()
        await office.talk()
        assert await office.order("free_seat", by=BOSS, account=ANNA) == OK
        await asyncio.sleep(60)
        assert office.desk().state is OperatorState.TALKING, "the person was cut off"
        assert await office.order("hang_up") == OK
        await office.until_is(OperatorState.OFFLINE)
        await office.sit(by=BEN)
        assert await office.order("free_seat", by=BOSS, account=BEN) == OK
        assert office.desk().state is OperatorState.OFFLINE

    played(scene, LONG, LONG)


def test_a_talk_is_ended_and_its_operator_wraps_up() -> None:
    async def scene(office: DeskOffice) -> None:
        await office.work()
        await office.talk()
        talk = office.desk().attempt
        assert await office.order("end_talk", by=BOSS, attempt=talk) == OK
        await office.until_is(OperatorState.WRAP_UP)
        assert await office.order("end_talk", by=BOSS, attempt=talk) == OVER

    office = played(scene, LONG)
    assert [(one.outcome, one.ended_by) for one in office.store.ended.values()] == [(Outcome.TALKED, EndedBy.OPERATOR)]


def test_nothing_is_done_to_whoever_has_the_seat_by_now() -> None:
    async def scene(office: DeskOffice) -> None:
        await office.sit(by=BEN)
        for kind, more in (("give_break", {"reason": "meal"}), ("free_seat", {}), ("answer_help", {})):
            assert await office.order(kind, by=BOSS, account=ANNA, **more) == SOMEBODY_ELSE
        assert office.desk().account == BEN
        assert office.desk().pause_reason is PauseReason.SIGNED_IN

    played(scene)


def test_a_call_for_help_is_answered_once() -> None:
    async def scene(office: DeskOffice) -> None:
        await office.work()
        await office.talk()
        assert await office.order("help", on=True) == OK
        assert await office.order("answer_help", by=BOSS, account=ANNA) == OK
        assert not office.desk().help
        assert await office.order("answer_help", by=BOSS, account=ANNA) == NOT_CALLED
        assert await office.order("hang_up") == OK
        await office.until_is(OperatorState.WRAP_UP)

    played(scene, LONG)


async def listening(office: DeskOffice) -> None:
    """Reiko at op02 hears Anna's talk."""
    await office.sit("op02", BOSS)
    await office.work()
    await office.talk()
    assert await office.order("listen", "op02", BOSS, to="op01", how="whisper") == OK


def test_whoever_listens_goes_on_listening_when_the_engine_is_started_again() -> None:
    async def scene(office: DeskOffice) -> None:
        await listening(office)
        await office.kill_engine()
        office.start_engine()
        await asyncio.sleep(10)
        assert (office.desk("op02").listens_to, office.desk("op02").listens_how) == ("op01", Ear.WHISPER)
        assert await office.order("stop_listening", "op02", BOSS) == OK
        await office.until(lambda: office.desk("op02").listens_to is None)
        assert await office.order("hang_up") == OK
        await office.until_is(OperatorState.WRAP_UP)

    played(scene, LONG)


def test_a_leg_that_heard_nobody_any_more_meanwhile_is_not_said_to_listen() -> None:
    async def scene(office: DeskOffice) -> None:
        await listening(office)
        await office.kill_engine()
        office.switch.hang_up_leg("op01")
        office.start_engine()
        await office.until(lambda: office.desk("op02").listens_to is None)
        assert await office.order("stop_listening", "op02", BOSS) == NOT_LISTENING

    played(scene, LONG)


def test_a_talk_is_taken_over_by_the_supervisor_who_was_listening_and_only_once() -> None:
    async def scene(office: DeskOffice) -> None:
        await listening(office)
        talk = office.desk().attempt
        assert await office.order("take_over", "op01", BOSS, attempt=talk) == OK
        await office.until(lambda: office.desk("op02").attempt == talk)
        await office.until(lambda: office.desk("op02").state is OperatorState.TALKING)
        assert office.desk("op02").listens_to is None
        assert office.desk().attempt != talk
        assert await office.order("take_over", "op01", "masako", attempt=talk) == OVER
        assert await office.order("hang_up", "op02", BOSS) == OK
        await office.until_is(OperatorState.WRAP_UP, "op02")

    office = played(scene, LONG)
    [ended] = office.store.ended.values()
    assert (ended.outcome, ended.account) == (Outcome.TALKED, BOSS)


def test_whoever_has_no_seat_takes_nothing_over() -> None:
    async def scene(office: DeskOffice) -> None:
        await office.work()
        await office.talk()
        assert await office.order("take_over", by=BOSS, attempt=office.desk().attempt) == NO_SEAT
        assert await office.order("hang_up") == OK
        await office.until_is(OperatorState.WRAP_UP)

    played(scene, LONG)


def test_a_supervisor_whose_leg_is_lost_while_joined_leaves_the_two_alone() -> None:
    async def scene(office: DeskOffice) -> None:
        await listening(office)
        talk = office.desk().attempt
        office.switch.hang_up_leg("op02")
        await office.until(lambda: office.desk("op02").listens_to is None)
        await office.until(lambda: office.desk("op02").leg_state is LegState.UP)
        assert (office.desk().attempt, office.desk().state) == (talk, OperatorState.TALKING)
        assert await office.order("listen", "op02", BOSS, to="op01", how="join") == OK
        assert await office.order("hang_up") == OK
        await office.until_is(OperatorState.WRAP_UP)

    played(scene, LONG)
