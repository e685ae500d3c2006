"""A supervisor in a talk over a real Asterisk: who hears whom, on each of the three legs."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import numpy as np
import pytest
import pytest_asyncio

from dialer.core.floor import Desk
from dialer.core.orders import OrderKind
from dialer.core.values import OperatorState
from dialer.monitoring import ONLY_PAUSED
from dialer.supervising import OVER
from simnet.call import Call
from simnet.sound import FRAME, RATE, decoded, tone
from tests.e2e.talk_rig import CALLED, HERTZ, OPERATOR, PERSON, Exchange, Rig, exchange_up, rigged
from tests.places import short_folder
from tests.waiting import until

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

SUPERVISOR = "supervisor"
PITCHES = {PERSON: HERTZ[PERSON], OPERATOR: HERTZ[OPERATOR], SUPERVISOR: 1250}
SUNG = 1000.0  # amplitude; what is mixed in is softer
STEADY_FRAMES = 15


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def exchange() -> AsyncIterator[Exchange]:
    with short_folder() as folder:
        async with exchange_up(folder) as up:
            yield up


@dataclass(frozen=True)
class Three:
    """A person in a talk with one operator, and a supervisor who pauses at the other seat."""

    rig: Rig
    operator: Desk
    supervisor: Desk

    def call(self, who: str) -> Call:
        number = {PERSON: CALLED, OPERATOR: self.operator.phone, SUPERVISOR: self.supervisor.phone}[who]
        (found,) = (one for one in self.rig.network.open_calls if one.number == number)
        return found

    async def order(self, kind: OrderKind, *, of: Desk | None = None, **detail: object) -> str:
        """By the supervisor, of the own seat unless another is named."""
        store = self.rig.store
        id_ = await store.order((of or self.supervisor).phone, kind, detail, by=self.supervisor.account or "")
        await until(lambda: id_ in store.answers)
        return store.answers[id_]

    async def listens(self, how: str) -> None:
        assert await self.order(OrderKind.LISTEN, to=self.operator.phone, how=how) == "ok"

    async def until_heard(self, person: set[str], operator: set[str], supervisor: set[str]) -> None:
        wanted = {PERSON: person, OPERATOR: operator, SUPERVISOR: supervisor}
        try:
            await until(lambda: {who: self.hears(who) for who in wanted} == wanted)
        except TimeoutError:
            raise AssertionError(f"heard: { ({who: self.hears(who) for who in wanted}) }, not {wanted}") from None

    def hears(self, who: str) -> set[str]:
        """Whom in every frame of the last moment."""
        party = self.call(who).party
        assert party is not None
        assert party.recorded is not None
        tape = bytes(party.recorded[-STEADY_FRAMES * FRAME :])
        frames = [voices(tape[at : at + FRAME]) for at in range(0, len(tape), FRAME)]
        return set.intersection(*frames) if frames else set()


def voices(frame: bytes) -> set[str]:
    sound = decoded(frame).astype(float)
    amplitudes = 2 * np.abs(np.fft.rfft(sound)) / len(sound)
    return {who for who, hertz in PITCHES.items() if amplitudes[hertz * FRAME // RATE] > SUNG}


@pytest_asyncio.fixture(loop_scope="module")
async def three(exchange: Exchange) -> AsyncIterator[Three]:
    async with rigged(exchange, at_work=exchange.settings.phones) as rig:
        desks = list(rig.engine.calls.desks.floor.desks.values())
        await until(lambda: any(desk.state is OperatorState.TALKING for desk in desks))
        operator, supervisor = sorted(desks, key=lambda desk: desk.state is not OperatorState.TALKING)
        found = Three(rig, operator, supervisor)
        assert await found.order(OrderKind.LISTEN, to=operator.phone, how="listen") == ONLY_PAUSED
        assert await found.order(OrderKind.PAUSE, reason="work") == "ok"
        party = found.call(SUPERVISOR).party
        assert party is not None
        party.background = tone(PITCHES[SUPERVISOR], 1.0)
        await found.until_heard({OPERATOR}, {PERSON}, set())
        yield found


async def test_a_supervisor_listens_whispers_joins_and_leaves(three: Three) -> None:
    await three.listens("listen")
    await three.until_heard({OPERATOR}, {PERSON}, {PERSON, OPERATOR})
    assert await three.order(OrderKind.READY) == "聴取を終えてから受付を開始してください"
    await three.listens("whisper")
    await three.until_heard({OPERATOR}, {PERSON, SUPERVISOR}, {PERSON, OPERATOR})
    await three.listens("join")
    await three.until_heard({OPERATOR, SUPERVISOR}, {PERSON, SUPERVISOR}, {PERSON, OPERATOR})
    assert await three.order(OrderKind.STOP_LISTENING) == "ok"
    await three.until_heard({OPERATOR}, {PERSON}, set())
    assert three.supervisor.listens_to is None
    assert await three.order(OrderKind.STOP_LISTENING) == "聴取していません"
    assert await three.order(OrderKind.READY) == "ok"


async def test_whoever_listens_is_heard_by_nobody_at_any_moment(three: Three) -> None:
    parties = [three.call(who).party for who in (PERSON, OPERATOR)]
    await three.listens("listen")
    await three.until_heard({OPERATOR}, {PERSON}, {PERSON, OPERATOR})
    assert await three.order(OrderKind.STOP_LISTENING) == "ok"
    await three.until_heard({OPERATOR}, {PERSON}, set())
    for party in parties:
        assert party is not None
        assert party.recorded is not None
        tape = bytes(party.recorded)
        assert not any(SUPERVISOR in voices(tape[at : at + FRAME]) for at in range(0, len(tape) - FRAME + 1, FRAME))


async def test_what_ends_the_talk_or_the_leg_ends_the_listening(three: Three) -> None:
    await three.listens("listen")
    await three.until_heard({OPERATOR}, {PERSON}, {PERSON, OPERATOR})
    await hang_up(three, PERSON)
    await until(lambda: three.operator.state is OperatorState.WRAP_UP)
    assert three.supervisor.listens_to == three.operator.phone, "the next talk will be heard too"
    await hang_up(three, OPERATOR)
    await until(lambda: three.supervisor.listens_to is None)
    assert three.supervisor.state is OperatorState.PAUSED


async def test_a_talk_that_is_taken_over_is_the_supervisors_alone(three: Three) -> None:
    """Who was whispering speaks with the person from then on, and the operator hears nobody."""
    await three.listens("whisper")
    await three.until_heard({OPERATOR}, {PERSON, SUPERVISOR}, {PERSON, OPERATOR})
    talk = three.operator.attempt
    assert await three.order(OrderKind.TAKE_OVER, of=three.operator, attempt=talk) == "ok"
    await three.until_heard({SUPERVISOR}, set(), {PERSON})
    await until(lambda: three.operator.state is not OperatorState.TALKING)
    assert (three.supervisor.attempt, three.supervisor.listens_to) == (talk, None)
    assert await three.order(OrderKind.TAKE_OVER, of=three.operator, attempt=talk) == OVER
    assert await three.order(OrderKind.HANG_UP) == "ok"
    await until(lambda: three.supervisor.state is OperatorState.WRAP_UP)


@pytest.mark.parametrize(
    ("to", "why"),
    [(SUPERVISOR, "自分の席は聴取できません"), ("op99", "この席はありません")],
)
async def test_what_cannot_be_heard_is_refused(three: Three, to: str, why: str) -> None:
    phone = three.supervisor.phone if to == SUPERVISOR else to
    assert await three.order(OrderKind.LISTEN, to=phone, how="listen") == why
    assert three.supervisor.listens_to is None


async def hang_up(three: Three, who: str) -> None:
    await three.rig.network.place.line(three.call(who)).hang_up()
