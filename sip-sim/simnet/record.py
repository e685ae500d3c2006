"""What is written down of a call that has ended: its line in the log, and its tape."""

import asyncio
import hashlib
import time

from simnet.call import Call
from simnet.log import CallRecord, Silence
from simnet.sound import Sound

LONG_SILENCE_SECONDS = 1.0


def record_of(call: Call, tape: Sound | None) -> CallRecord:
    assert call.ended_at is not None
    assert call.ended_by is not None
    party = call.party
    heard = party.heard if party else None
    machine_from = party.recorded_from if party else None
    silences = _silences(call)
    last_at = _moment(heard.last_sound_at) if heard else None
    silent_from = max(last_at or 0.0, call.answered_at or call.ended_at)
    return CallRecord(
        call_id=call.call_id,
        direction=call.direction,
        number=call.number,
        behaviour=call.behaviour,
        from_number=call.identity.from_number,
        p_asserted=call.identity.p_asserted,
        p_preferred=call.identity.p_preferred,
        privacy=call.identity.privacy,
        prefix_186=call.identity.prefix_186,
        prefix_184=call.identity.prefix_184,
        invited_at=call.invited_at,
        progressed_at=call.progressed_at,
        ringing_at=call.ringing_at,
        answered_at=call.answered_at,
        ended_at=call.ended_at,
        final_code=call.final_code,
        ended_by=call.ended_by,
        heard_ms=heard.sound_ms if heard else 0,
        heard_silence_ms=heard.silence_ms if heard else 0,
        heard_packets=heard.packets if heard else 0,
        heard_turns=heard.turns if heard else 0,
        first_packet_at=_moment(heard.first_packet_at) if heard else None,
        first_heard_at=_moment(heard.first_sound_at) if heard else None,
        last_heard_at=last_at,
        tone_hz=heard.tone_hz if heard else None,
        longest_silence_ms=max((one.ms for one in silences), default=0),
        silences=tuple(one for one in silences if one.ms > LONG_SILENCE_SECONDS * 1000),
        silent_at_end_ms=max(0, round(1000 * (call.ended_at - silent_from))),
        steps=tuple(call.steps),
        pressed=party.pressed if party else "",
        recording=None if tape is None else tape_name(call),
        recorded_from=_moment(machine_from) if machine_from else None if tape is None else _taped_from(call),
        heard_before_ms=party.heard_before_ms if party else 0,
        keys=party.keys if party else "",
    )


def tape_of(call: Call) -> Sound | None:
    """What a machine recorded, or all that a caller heard: of an answered call from the answer on."""
    party = call.party
    if party is None or call.ended_at is None:
        return None
    if party.recorded:
        return bytes(party.recorded)
    if party.tape is None or not party.heard.packets:
        return None
    return party.tape.between(_taped_from(call) - _ahead(), call.ended_at - _ahead())


def _taped_from(call: Call) -> float:
    return call.answered_at or call.invited_at


def tape_name(call: Call) -> str:
    return f"tape-{hashlib.sha256(call.call_id.encode()).hexdigest()[:16]}.wav"


def _silences(call: Call) -> list[Silence]:
    if call.answered_at is None or call.ended_at is None or call.party is None:
        return []
    found = call.party.heard.silences(call.answered_at - _ahead(), call.ended_at - _ahead())
    return [Silence(round(begin + _ahead(), 3), round(1000 * (end - begin))) for begin, end in found]


def _ahead() -> float:
    """Of the loop's clock."""
    return time.time() - asyncio.get_running_loop().time()


def _moment(at: float | None) -> float | None:
    return None if at is None else round(at + _ahead(), 3)
