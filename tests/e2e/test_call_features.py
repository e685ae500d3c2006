"""What an operator does with a talk, over a real Asterisk: who hears whom, at every step and whoever hangs up."""

import wave
from collections.abc import AsyncIterator
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
import pytest_asyncio

from dialer.core.orders import OrderKind
from dialer.core.values import AttemptId, OperatorState, Outcome
from simnet.sound import FRAME, decoded, encoded
from tests.e2e.talk_rig import (
    CLOSED,
    DEPARTMENT,
    DEPARTMENTS,
    ENGAGED,
    MUSIC,
    OPERATOR,
    PERSON,
    RULES,
    SUPERVISOR,
    TALK_MS,
    TAX,
    Exchange,
    Rig,
    exchange_up,
    heard,
    rigged,
    talking,
)
from tests.fake_switch import CALLER_ID
from tests.places import short_folder
from tests.tapes import tape_of
from tests.waiting import until

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def exchange() -> AsyncIterator[Exchange]:
    with short_folder() as folder:
        async with exchange_up(folder) as up:
            yield up


async def held(rig: Rig) -> None:
    await rig.ordered(OrderKind.HOLD)
    await rig.until_heard(PERSON, OPERATOR, MUSIC)


async def consulting(rig: Rig) -> None:
    """The operator is with the department, the person with the music."""
    await rig.ordered(OrderKind.TRANSFER, to=TAX, how="attended")
    await rig.until_heard(PERSON, OPERATOR, MUSIC)
    await until(lambda: DEPARTMENT in rig.heard_by(OPERATOR))
    await until(lambda: rig.heard_by(DEPARTMENT) == [OPERATOR])


async def test_who_is_held_hears_music_and_afterwards_the_operator_again(exchange: Exchange) -> None:
    async with talking(exchange) as rig:
        await held(rig)
        assert rig.desk.state is OperatorState.TALKING
        assert rig.desk.on_hold
        assert await rig.order(OrderKind.HOLD) == "すでに保留中です"
        await rig.ordered(OrderKind.UNHOLD)
        await rig.until_heard(PERSON, OPERATOR, MUSIC, OPERATOR)
        await rig.until_heard(OPERATOR, PERSON)
        assert not rig.desk.on_hold
        attempt = rig.live.attempt
        await rig.hang_up(PERSON)
        await rig.until_nobody_is_left()
        assert rig.ended.outcome is Outcome.TALKED
        seconds = rig.ended.evidence["held_seconds"]
        assert isinstance(seconds, float)
        assert seconds > 0
        await until(lambda: bool(rig.store.recordings))
        assert recorded(rig, attempt) == ([PERSON], [OPERATOR])


def recorded(rig: Rig, attempt: AttemptId) -> tuple[list[str], list[str]]:
    """Who is on the person's side of the recording, and who on the operator's."""
    with wave.open(BytesIO(tape_of(rig.settings, attempt)), "rb") as file:
        sound = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").reshape(-1, 2)
    left, right = ([name for name, _ in heard(encoded(np.ascontiguousarray(sound[:, side])))] for side in (0, 1))
    return left, right


async def test_a_telephone_hears_a_soft_tone_at_the_join_and_the_person_does_not(exchange: Exchange) -> None:
    async with rigged(exchange, replace(RULES, chimes=True)) as rig:
        await until(lambda: rig.desk.state is OperatorState.TALKING)
        operator, person = rig.line(OPERATOR).party, rig.line(PERSON).party
        assert operator is not None
        assert person is not None
        await until(lambda: chimed(operator.recorded) > 0 and operator.heard.sound_ms > 2000)
        assert CHIME_MS - 40 <= chimed(operator.recorded) <= CHIME_MS + 40, "it sounds into the person's voice, once"
        assert chimed(person.recorded) == 0


CHIME_MS, CHIME_LOUD = 120, 20_000


def chimed(tape: bytearray | None) -> int:
    """Milliseconds of the tone, beside whatever else is heard."""
    assert tape is not None
    frames = [tape[at : at + FRAME] for at in range(0, len(tape) - FRAME + 1, FRAME)]
    spectra = [np.abs(np.fft.rfft(decoded(bytes(frame)).astype(float) * np.hanning(FRAME))) for frame in frames]
    return 20 * sum(bool(one[15] > max(1.2 * one[14], CHIME_LOUD)) for one in spectra)  # nearer to 750 than to 700 Hz


async def test_who_mutes_himself_is_not_heard_until_he_ends_it_or_the_person_is_held(exchange: Exchange) -> None:
    async with talking(exchange) as rig:
        person, operator = rig.line(PERSON).party, rig.line(OPERATOR).party
        assert person is not None
        assert operator is not None
        for ends_it in (OrderKind.UNMUTE, OrderKind.HOLD):
            await rig.ordered(OrderKind.MUTE)
            assert rig.desk.muted
            silent_since, heard_then = person.heard.packets, operator.heard.sound_ms
            await until(lambda then=heard_then: operator.heard.sound_ms > then + 300)  # type: ignore[misc]
            assert person.heard.packets - silent_since < 5, "the person heard a muted operator"
            await rig.ordered(ends_it)
            assert not rig.desk.muted
            if ends_it is OrderKind.HOLD:
                await rig.until_heard(PERSON, OPERATOR, MUSIC)
                await rig.ordered(OrderKind.UNHOLD)
                await rig.until_heard(PERSON, OPERATOR, MUSIC, OPERATOR)
            await until(lambda then=person.heard.sound_ms: person.heard.sound_ms > then + 100)


async def test_keys_arrive_at_the_far_end_and_while_consulting_at_the_departments(exchange: Exchange) -> None:
    async with talking(exchange) as rig:
        person = rig.line(PERSON).party
        assert person is not None
        await rig.ordered(OrderKind.DIGITS, digits="105#")
        await until(lambda: person.keys == "105#")
        await consulting(rig)
        department = rig.line(DEPARTMENT).party
        assert department is not None
        await rig.ordered(OrderKind.DIGITS, digits="9*")
        await until(lambda: department.keys == "9*")
        assert person.keys == "105#"


async def test_a_blind_transfer_reaches_the_department_with_the_number_of_the_debt(exchange: Exchange) -> None:
    async with talking(exchange) as rig:
        attempt = rig.live.attempt
        await rig.ordered(OrderKind.TRANSFER, to=TAX, how="blind")
        await rig.until_heard(PERSON, OPERATOR, MUSIC, DEPARTMENT)
        await rig.until_heard(DEPARTMENT, PERSON)
        await until(lambda: rig.desk.state is OperatorState.WRAP_UP)
        assert rig.desk.wrapping == attempt
        assert not rig.desk.on_hold
        assert rig.desk.consulting is None
        stored = rig.kinds()
        assert stored.index("transfer_ordered") < stored.index("transferred")
        await rig.hang_up(DEPARTMENT)
        await rig.until_nobody_is_left()
        assert rig.ended.outcome is Outcome.TALKED
        assert rig.ended.evidence["transferred_to"] == TAX
        call = rig.seen(DEPARTMENTS[0].number)
        assert (call.from_number, call.p_asserted, call.privacy) == (CALLER_ID, CALLER_ID, None)
        await until(lambda: bool(rig.store.recordings))
        assert recorded(rig, attempt) == ([PERSON], [OPERATOR]), "what the department says is not ours to record"


async def test_an_operator_speaks_with_the_department_first_and_then_hands_over(exchange: Exchange) -> None:
    async with talking(exchange) as rig:
        await consulting(rig)
        assert rig.desk.state is OperatorState.TALKING
        assert rig.desk.consulting == TAX
        await rig.ordered(OrderKind.COMPLETE_TRANSFER)
        await rig.until_heard(PERSON, OPERATOR, MUSIC, DEPARTMENT)
        await rig.until_heard(DEPARTMENT, OPERATOR, PERSON)
        await until(lambda: rig.desk.state is OperatorState.WRAP_UP)
        await rig.hang_up(PERSON)
        await rig.until_nobody_is_left()
        assert rig.ended.evidence["transferred_to"] == TAX
        rig.assert_three_sources_agree()


async def test_who_cancels_a_transfer_is_with_the_person_again(exchange: Exchange) -> None:
    async with talking(exchange) as rig:
        await consulting(rig)
        await rig.ordered(OrderKind.CANCEL_TRANSFER)
        await rig.until_heard(PERSON, OPERATOR, MUSIC, OPERATOR)
        await until(lambda: len(rig.channels()) == 1)
        assert rig.desk.state is OperatorState.TALKING
        assert rig.desk.consulting is None
        await consult_again_and_hand_over(rig)


async def consult_again_and_hand_over(rig: Rig) -> None:
    await rig.ordered(OrderKind.TRANSFER, to=TAX, how="blind")
    await until(lambda: rig.heard_by(PERSON)[-1] == DEPARTMENT)
    await rig.hang_up(PERSON)
    await rig.until_nobody_is_left()
    assert rig.ended.evidence["transfers_tried"] == 2
    assert rig.ended.evidence["transferred_to"] == TAX
    rig.assert_three_sources_agree()


async def test_a_talk_goes_to_a_supervisors_seat_after_a_word_or_at_once_and_is_theirs(exchange: Exchange) -> None:
    async with talking(exchange) as rig:
        attempt, supervisor = rig.live.attempt, await rig.supervisor_sits_down()
        await rig.ordered(OrderKind.TRANSFER, to=supervisor.phone, how="attended")
        await rig.until_heard(PERSON, OPERATOR, MUSIC)
        await rig.until_heard(SUPERVISOR, OPERATOR)
        await until(lambda: rig.heard_by(OPERATOR)[-1] == SUPERVISOR)
        assert (rig.desk.state, rig.desk.consulting) == (OperatorState.TALKING, supervisor.phone)
        await rig.ordered(OrderKind.CANCEL_TRANSFER)
        await rig.until_heard(PERSON, OPERATOR, MUSIC, OPERATOR)
        await until(lambda: supervisor.state is OperatorState.PAUSED)
        assert await rig.order_at(SUPERVISOR, OrderKind.LISTEN, to="op01", how="listen") == "ok"
        await until(lambda: rig.heard_by(SUPERVISOR)[-1] != OPERATOR)  # two at once are nobody's tone
        await rig.ordered(OrderKind.TRANSFER, to=supervisor.phone, how="blind")
        await until(lambda: rig.heard_by(PERSON)[-1] == SUPERVISOR)
        await until(lambda: rig.heard_by(SUPERVISOR)[-1] == PERSON)
        await until(lambda: rig.desk.state is OperatorState.FREE)
        assert (supervisor.state, supervisor.attempt) == (OperatorState.TALKING, attempt)
        hears = rig.line(PERSON).party
        assert hears is not None
        await until(lambda then=hears.heard.sound_ms: hears.heard.sound_ms > then + TALK_MS)  # type: ignore[misc]
        await rig.hang_up(PERSON)
        await rig.until_nobody_is_left()
        assert (rig.ended.outcome, rig.ended.operator) == (Outcome.TALKED, supervisor.phone)
        assert supervisor.wrapping == attempt
        rig.assert_three_sources_agree()
        await until(lambda: bool(rig.store.recordings))
        assert recorded(rig, attempt) == ([PERSON], [OPERATOR, SUPERVISOR]), "not what the two said to each other"


@pytest.mark.parametrize("how", ["blind", "attended"])
@pytest.mark.parametrize(
    ("to", "why"), [(CLOSED, "転送先が応答しませんでした"), (ENGAGED, "転送先は話し中でした")], ids=[CLOSED, ENGAGED]
)
async def test_a_department_that_does_not_come_gives_the_person_back_to_the_operator(
    exchange: Exchange, to: str, why: str, how: str
) -> None:
    async with talking(exchange) as rig:
        await rig.ordered(OrderKind.TRANSFER, to=to, how=how)
        await until(lambda: "transfer_failed" in rig.kinds())
        await until(lambda: rig.heard_by(PERSON)[-1] == OPERATOR and not rig.desk.on_hold)
        assert rig.desk.state is OperatorState.TALKING
        assert rig.desk.consulting is None
        (failed,) = [one.detail["why"] for one in rig.store.appended if one.kind == "transfer_failed"]
        assert failed == why
        await rig.hang_up(PERSON)
        await rig.until_nobody_is_left()
        rig.assert_three_sources_agree()


@pytest.mark.parametrize("consults", [False, True], ids=["held", "while it rings"])
async def test_a_person_who_hangs_up_while_waiting_ends_the_call_and_every_call_for_it(
    exchange: Exchange, consults: bool
) -> None:
    async with talking(exchange) as rig:
        if consults:
            await rig.ordered(OrderKind.TRANSFER, to=CLOSED, how="attended")
            await until(lambda: len(rig.channels()) == 2)
        else:
            await held(rig)
        await rig.hang_up(PERSON)
        await rig.until_nobody_is_left()
        assert rig.ended.outcome is Outcome.TALKED
        assert rig.desk.state is OperatorState.WRAP_UP
        assert not rig.desk.on_hold
        assert rig.desk.consulting is None


async def test_a_person_who_hangs_up_during_the_consultation_leaves_the_two_to_say_good_bye(exchange: Exchange) -> None:
    async with talking(exchange) as rig:
        await consulting(rig)
        await rig.hang_up(PERSON)
        await until(lambda: rig.desk.state is OperatorState.WRAP_UP)
        department = rig.line(DEPARTMENT).party
        assert department is not None
        then = department.heard.sound_ms
        await until(lambda: department.heard.sound_ms > then + 300)
        await rig.ordered(OrderKind.CANCEL_TRANSFER)
        await rig.until_nobody_is_left()


async def test_a_department_that_hangs_up_during_the_consultation_gives_the_person_back(exchange: Exchange) -> None:
    async with talking(exchange) as rig:
        await consulting(rig)
        await rig.hang_up(DEPARTMENT)
        await rig.until_heard(PERSON, OPERATOR, MUSIC, OPERATOR)
        assert rig.desk.state is OperatorState.TALKING


@pytest.mark.parametrize("with_department", [False, True], ids=["held", "consulting"])
async def test_a_leg_that_is_lost_meanwhile_comes_back_to_the_same_person(
    exchange: Exchange, with_department: bool
) -> None:
    async with talking(exchange) as rig:
        await (consulting(rig) if with_department else held(rig))
        await rig.kill_leg()
        await rig.until_heard(PERSON, OPERATOR, MUSIC, OPERATOR)
        await until(lambda: len(rig.channels()) == 1)
        assert rig.desk.state is OperatorState.TALKING
        assert not rig.desk.on_hold


@pytest.mark.parametrize("with_department", [False, True], ids=["held", "consulting"])
async def test_an_engine_that_is_killed_meanwhile_finds_everybody_where_they_were(
    exchange: Exchange, with_department: bool
) -> None:
    async with talking(exchange) as rig:
        await (consulting(rig) if with_department else held(rig))
        await rig.restart_engine()
        await until(lambda: rig.desk.state is OperatorState.TALKING and rig.desk.on_hold)
        if with_department:
            await until(lambda: rig.desk.consulting == TAX)
            await rig.ordered(OrderKind.COMPLETE_TRANSFER)
            await rig.until_heard(PERSON, OPERATOR, MUSIC, DEPARTMENT)
        else:
            await rig.ordered(OrderKind.UNHOLD)
            await rig.until_heard(PERSON, OPERATOR, MUSIC, OPERATOR)
        await rig.hang_up(PERSON)
        await rig.until_nobody_is_left()
        assert rig.ended.outcome is Outcome.TALKED
        assert rig.ended.evidence.get("transferred_to") == (TAX if with_department else None)


async def test_an_engine_that_was_killed_during_a_handed_over_talk_says_to_whom(exchange: Exchange) -> None:
    async with talking(exchange) as rig:
        await rig.ordered(OrderKind.TRANSFER, to=TAX, how="blind")
        await until(lambda: "transfer_ordered" in rig.kinds())
        rig.store.away = True  # what follows is told by nobody but Asterisk
        await rig.until_heard(PERSON, OPERATOR, MUSIC, DEPARTMENT)
        await rig.stop()
        rig.store.away = False
        rig.start()
        await until(lambda: bool(rig.engine.calls.live))
        await until(lambda: rig.desk.state is OperatorState.WRAP_UP)
        await rig.hang_up(PERSON)
        await rig.until_nobody_is_left()
        assert rig.ended.outcome is Outcome.TALKED
        assert rig.ended.evidence["transferred_to"] == TAX
