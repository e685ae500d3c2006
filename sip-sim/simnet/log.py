"""The network's own log: one JSON line for each call that has ended. The other side's truth, for tests.

Independent of the exchange and of the engine: it is written from what the network's SIPp and its audio saw.
"""

import json
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import IO


class Direction(StrEnum):
    TO_SUBSCRIBER = "to_subscriber"  # the exchange called a number
    TO_EXCHANGE = "to_exchange"  # a subscriber called the exchange
    TO_PHONE = "to_phone"  # the exchange called an operator's phone


class EndedBy(StrEnum):
    FAR_END = "far_end"  # the subscriber or the network: a hang-up or a refusal
    EXCHANGE = "exchange"  # BYE, CANCEL, or for a call into the exchange its refusal
    TIMEOUT = "timeout"  # the exchange was heard no more


@dataclass(frozen=True, slots=True)
class Silence:
    at: float  # when it began
    ms: int


class StepEnd(StrEnum):
    DONE = "done"
    GAVE_UP = "gave_up"  # patience came to its end
    CUT = "cut"  # the call ended in the middle of it


@dataclass(frozen=True, slots=True)
class StepTaken:
    """One step of a caller's story."""

    step: str  # Hear, Press …
    began_at: float
    ended_at: float
    end: StepEnd


@dataclass(frozen=True, slots=True)
class CallRecord:
    """All times are epoch seconds."""

    call_id: str
    direction: Direction
    number: str  # dialled, without 184 or 186
    behaviour: str
    from_number: str | None
    p_asserted: str | None
    p_preferred: str | None
    privacy: str | None
    prefix_186: bool
    prefix_184: bool
    invited_at: float
    progressed_at: float | None
    ringing_at: float | None
    answered_at: float | None
    ended_at: float
    final_code: int | None  # 200, the refusal, 487 after a CANCEL; None when the exchange was lost before any
    ended_by: EndedBy
    heard_ms: int  # sound, not silence
    heard_silence_ms: int
    heard_packets: int
    heard_turns: int  # how often sound began
    first_packet_at: float | None  # of sound or silence
    first_heard_at: float | None
    last_heard_at: float | None
    tone_hz: int | None  # when what was heard was one tone
    longest_silence_ms: int = 0  # nothing was heard, from the answer to the end; a shorter one than 400 ms is a breath
    silences: tuple[Silence, ...] = ()  # of these all that were longer than a second
    silent_at_end_ms: int = 0  # from the last sound to the end
    steps: tuple[StepTaken, ...] = ()  # of a caller's story, as far as it came
    pressed: str = ""  # keys that a caller pressed
    recording: str | None = None  # a tape: a WAV file beside this log
    recorded_from: float | None = None  # when a machine's tone had ended; when a caller was answered
    heard_before_ms: int = 0  # sound of the exchange before that
    keys: str = ""  # that the exchange's side pressed


class LogUnreadable(Exception):
    """A line of the log is no call record."""


class CallLog:
    """Appends; every line is on its way to the disk before the next call ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[str] = path.open("a", encoding="utf-8")

    def append(self, record: CallRecord) -> None:
        self._file.write(json.dumps(asdict(record), ensure_ascii=False) + "\n")
        self._file.flush()

    def close(self) -> None:
        self._file.close()


def read(path: Path) -> list[CallRecord]:
    """The ended calls in the order of their ends; a last line cut short by a kill is left out."""
    if not path.exists():
        return []
    text = path.read_text("utf-8")
    whole = text[: text.rfind("\n") + 1]
    return [_record(path, number, line) for number, line in enumerate(whole.splitlines(), start=1)]


def _record(path: Path, number: int, line: str) -> CallRecord:
    try:
        values = json.loads(line)
        known = {field.name: values[field.name] for field in fields(CallRecord)}
        known |= {
            "direction": Direction(known["direction"]),
            "ended_by": EndedBy(known["ended_by"]),
            "silences": tuple(Silence(**one) for one in known["silences"]),
            "steps": tuple(StepTaken(**{**one, "end": StepEnd(one["end"])}) for one in known["steps"]),
        }
    except (ValueError, KeyError, TypeError) as wrong:
        raise LogUnreadable(f"{path.name} line {number}: no call record ({wrong}); is it this network's log?") from None
    return CallRecord(**known)
