"""Nothing that a person says from the join on is lost: each 20 ms of it is known again on the operator's telephone.

Each person speaks in a room whose noise never repeats itself, so every packet says whose it is and when it was sent.
Nothing changes a packet on its way but the tone of the join, which is added to it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

import simnet.behaviours
import simnet.carrier
from dialer.media.chime import HERTZ as JOIN_HERTZ
from simnet.line import Line
from simnet.log import Direction
from simnet.sound import FRAME, FRAME_SECONDS, Samples, Sound, decoded, encoded, room_noise
from simnet.subscribers import Behaviour, Subscriber, subscriber
from simnet.voices import Voices
from tests.e2e.ear_rig import CALL_RULES, Rig, rigged, waited
from tests.softphones import share_at

pytestmark = pytest.mark.asterisk

OPENINGS = ("もしもし。", "はい、山田です。", "どなたですか。", "-")  # the last one waits for us
ROOM_DB, CALL_SECONDS = -40.0, 6.0
LEAST_TONE_FRAMES, TONE_FRAMES = 4, 8  # 120 ms, wherever it begins


async def speech(voices: Voices, who: Subscriber) -> Sound:
    """All that is sent, from the answer to the end."""
    whole = decoded(room_noise(int(who.number), ROOM_DB, CALL_SECONDS)).astype(float)
    if who.opening != "-":
        words = decoded(await voices.sound(who.opening))
        whole[: words.size] += words
    return encoded(np.clip(whole, -32768, 32767).astype(np.int16))


async def _speaks(line: Line, who: Subscriber) -> None:
    said = await speech(line.voices, who)
    await line.ring()
    await line.wait(who.ring_seconds)
    await line.answer(noisy=False)
    await line.play(said)
    await line.hang_up()


async def _listens(line: Line, *_: object) -> None:
    await line.answer()
    line.record()
    await line.wait(600.0)


def frames(sound: Sound) -> list[Samples]:
    return list(decoded(sound).reshape(-1, FRAME))


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of somebody's speech on one tape, frame by frame from the first on that is theirs."""

    first: int  # of what was sent
    sent: list[Samples]
    came: list[Samples]

    @property
    def changed(self) -> Samples:
        """What was added, where anything was."""
        pairs = zip(self.sent[self.first :], self.came, strict=False)
        return np.concatenate([[], *(came - sent for sent, came in pairs if (came != sent).any())]).astype(np.int16)


def heard(sent: list[Samples], tapes: list[list[Samples]]) -> Heard:
    known = {frame.tobytes(): place for place, frame in enumerate(sent)}
    for tape in tapes:
        theirs = [place for place, frame in enumerate(tape) if frame.tobytes() in known]
        if theirs:
            return Heard(known[tape[theirs[0]].tobytes()], sent, tape[theirs[0] : theirs[-1] + 1])
    raise AssertionError("no operator heard them")


async def test_the_operator_hears_the_person_from_the_join_on_without_a_gap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    """Before the tone that tells of them, too. After how many ms is a figure of `./run bench shift`."""
    monkeypatch.setitem(simnet.behaviours.STORIES, Behaviour.PERSON, _speaks)
    monkeypatch.setattr(simnet.carrier, "operator", _listens)
    people = {
        opening: subscriber(f"02580021{place:02d}", Behaviour.PERSON, opening=opening, ring_seconds=0.3)
        for place, opening in enumerate(OPENINGS)
    }
    async with rigged(tmp_path, people, len(people), rules=replace(CALL_RULES, chimes=True)) as rig:
        await rig.until_all_ended()
        for name, who in people.items():
            found = heard(frames(await speech(rig.network.voices, who)), tapes(rig))
            late = found.first * FRAME_SECONDS - waited(rig, name)
            record_property(f"first sound after the join of {name}, ms", round(1000 * late))
            assert found.changed.size >= LEAST_TONE_FRAMES * FRAME, f"{name}: heard only after the tone had begun"
            assert len(found.came) >= len(found.sent) - found.first - 2, f"{name}: something is missing or came late"
            assert found.changed.size <= TONE_FRAMES * FRAME, f"{name}: there is a gap"
            assert share_at(JOIN_HERTZ, found.changed) > 0.9, f"{name}: more was changed than the tone adds"


def tapes(rig: Rig) -> list[list[Samples]]:
    """Of the operators' telephones."""
    parties = [call.party for call in rig.network.open_calls if call.direction is Direction.TO_PHONE]
    return [frames(bytes(party.recorded)) for party in parties if party is not None and party.recorded]
