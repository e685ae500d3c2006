"""A tape of what somebody heard, and which known sound lies where on it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from simnet.sound import FRAME, RATE, SILENT_BYTE, Samples, Sound, Wave

LATE = 3 * FRAME  # so far behind the clock, nothing had come meanwhile; less is the line's unsteadiness
LONGEST = 1800 * RATE

PART_SECONDS = 0.5  # a sound is looked for by its first part, and then part by part
ALIKE = 0.8  # correlation; the same prompt reaches 0.99, two sentences of one voice stay below 0.5
DRIFT = RATE // 5  # a part may lie so much later or earlier than the one before promised
SHORTEST = RATE // 10
BLOCK = 60 * RATE
QUIET = 100.0  # RMS: too little to compare


@dataclass(slots=True)
class Tape:
    """Runs with the clock: where nothing came, it is silent."""

    began_at: float
    _sound: bytearray = field(default_factory=bytearray)

    def take(self, at: float, frame: bytes) -> None:
        if len(self._sound) >= LONGEST:
            return
        behind = round((at - self.began_at) * RATE) - len(self._sound)
        if behind > LATE:
            self._sound += bytes([SILENT_BYTE]) * min(behind - behind % FRAME, LONGEST - len(self._sound))
        self._sound += frame

    def between(self, begin: float, end: float) -> Sound:
        """Silent to its end when nothing more came."""
        first, last = (max(0, round((at - self.began_at) * RATE)) for at in (begin, end))
        heard = bytes(self._sound[first:last])
        return heard + bytes([SILENT_BYTE]) * min(last - first - len(heard), LONGEST)


def heard_at(
    tape: Samples, sound: Samples, *, after_seconds: float = 0.0, seconds: float | None = None
) -> float | None:
    """When the sound begins on the tape, the first time after `after_seconds`; None when it was not heard.

    The whole sound must be there, or the first `seconds` of it: so a prompt is found that was cut short. Its parts may
    lie a little further apart than they did: a line is never quite steady.
    """
    wanted = sound.astype(np.float64)[: None if seconds is None else round(seconds * RATE)]
    loud = np.flatnonzero(np.abs(wanted) > QUIET)
    if not loud.size:
        raise ValueError("a silent sound is heard everywhere and nowhere")
    lead, wanted = int(loud[0]), wanted[loud[0] : loud[-1] + 1]
    heard = tape.astype(np.float64)
    first = wanted[: round(PART_SECONDS * RATE)]
    place = max(0, round(after_seconds * RATE) + lead)
    while place + first.size <= heard.size:
        begin = _first_alike(heard, first, place)
        if begin is None:
            return None
        if _goes_on(heard, wanted, begin):
            return max(0.0, (begin - lead) / RATE)
        place = begin + first.size // 2
    return None


def all_heard(tape: Samples, sounds: Mapping[str, Samples], *, seconds: float | None = None) -> list[tuple[float, str]]:
    """Every time that one of the sounds begins, in their order."""
    found: list[tuple[float, str]] = []
    for name, sound in sounds.items():
        at = heard_at(tape, sound, seconds=seconds)
        while at is not None:
            found.append((at, name))
            at = heard_at(tape, sound, after_seconds=at + max(0.1, sound.size / RATE / 2), seconds=seconds)
    return sorted(found)


def _first_alike(heard: Wave, wanted: Wave, place: int) -> int | None:
    """The best place near the first that is alike enough; a minute at a time, for tapes may be long."""
    for begin in range(place, heard.size - wanted.size + 1, BLOCK):
        alike = _likeness(heard[begin : begin + BLOCK + 2 * wanted.size], wanted)
        above = np.flatnonzero(alike[:BLOCK] > ALIKE)
        if above.size:
            near = alike[above[0] : above[0] + wanted.size]
            return begin + int(above[0]) + int(np.argmax(near))
    return None


def _likeness(heard: Wave, wanted: Wave) -> Wave:
    """The correlation, -1 to 1, with the wanted sound at each place of what was heard."""
    size = 1 << (heard.size + wanted.size - 1).bit_length()
    matched = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(wanted, size)), size)
    matched = matched[: heard.size - wanted.size + 1]
    energy = np.concatenate([[0.0], np.cumsum(heard * heard)])
    there = np.sqrt(np.maximum(energy[wanted.size :] - energy[: -wanted.size], 0.0))
    least = QUIET * np.sqrt(wanted.size) / 4
    return np.asarray(matched / (np.maximum(there, least) * np.linalg.norm(wanted)))


def _goes_on(heard: Wave, wanted: Wave, place: int) -> bool:
    """Whether the rest follows, part by part."""
    part = round(PART_SECONDS * RATE)
    for at in range(0, wanted.size, part):
        piece = wanted[at : at + part]
        found = _near(heard, piece, place + at)
        if found is None:  # torn by a pause of the line?
            half = piece.size // 2
            first = _near(heard, piece[:half], place + at)
            found = None if first is None else _near(heard, piece[half:], first + half)
            if found is None:
                return False
            found -= half
        place = found - at
    return True


def _near(heard: Wave, piece: Wave, place: int) -> int | None:
    """Where the piece lies about there; what is too short or too quiet to be known lies where it should."""
    if piece.size < SHORTEST or np.sqrt(np.mean(piece * piece)) < QUIET:
        return place
    begin = max(0, place - DRIFT)
    window = heard[begin : place + piece.size + DRIFT]
    if window.size < piece.size:
        return None
    alike = _likeness(window, piece)
    best = int(np.argmax(alike))
    return begin + best if alike[best] > ALIKE else None
