"""What the network's end of a call hears of the exchange: sound or silence, since when, and which tone.

Frames come from many calls at once and are judged together by numpy: one call of 20 ms costs almost nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from simnet.sound import FRAME, FROM_ULAW, RATE

SOUND_LEVEL = 10 ** (-42 / 20) * 32767  # RMS; comfort noise and line noise stay below it
MARGIN = np.hanning(FRAME)
BINS = FRAME // 2 + 1
FRAME_MS = 20
TURN_SECONDS = 0.4
PURE = 0.97  # of a frame's power: a tone, and not the lowest part of a voice


Gap = tuple[float | None, float]
"""From the last sound, or from ever, to the next."""


@dataclass(slots=True)
class Heard:
    """What one call has heard so far. Times are of the clock that the caller of `take` uses."""

    packets: int = 0
    sound_ms: int = 0
    silence_ms: int = 0  # received packets without sound
    first_packet_at: float | None = None
    last_packet_at: float | None = None
    first_sound_at: float | None = None
    last_sound_at: float | None = None
    turns: int = 0  # how often sound began after at least TURN_SECONDS without
    gap_seconds: float = float("inf")  # the silence before the latest turn
    gaps: list[Gap] = field(default_factory=list)  # before the sounds that came, each at least TURN_SECONDS
    spectrum: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(BINS))
    tone: int = 0  # the bin of the spectrum that alone was heard in the latest frame; 0: none
    tone_since: float = 0.0

    def take(self, at: float, loud: bool, spectrum: npt.NDArray[np.float64], tone: int = 0) -> None:
        self.packets += 1
        self.first_packet_at = at if self.first_packet_at is None else self.first_packet_at
        self.last_packet_at = at
        if tone != self.tone:
            self.tone, self.tone_since = tone, at
        if not loud:
            self.silence_ms += FRAME_MS
            return
        self.sound_ms += FRAME_MS
        if self.silent_for(at) > TURN_SECONDS:
            self.turns += 1
            self.gap_seconds = self.silent_for(at)
            self.gaps.append((self.last_sound_at, at))
        self.first_sound_at = at if self.first_sound_at is None else self.first_sound_at
        self.last_sound_at = at
        self.spectrum += spectrum

    def silent_for(self, now: float) -> float:
        """Seconds since the last sound; endless when there was none."""
        return float("inf") if self.last_sound_at is None else now - self.last_sound_at

    def tone_for(self, hertz: float, now: float) -> float:
        """For so many seconds nothing but this tone is heard."""
        lasts = self.tone == round(hertz * FRAME / RATE) and not self.silent_for(now) > TURN_SECONDS
        return now - self.tone_since if lasts and self.tone else 0.0

    def silences(self, since: float, until: float) -> list[tuple[float, float]]:
        """From when to when nothing was heard in this time, at least TURN_SECONDS. No packet is silence too."""
        ends = [*self.gaps, (self.last_sound_at, until)]
        clipped = [(since if begin is None else max(begin, since), min(end, until)) for begin, end in ends]
        return [(begin, end) for begin, end in clipped if end - begin > TURN_SECONDS]

    @property
    def tone_hz(self) -> int | None:
        """The frequency that dominates what was heard, or None when it was no tone (speech, music, nothing)."""
        power = float(self.spectrum.sum())
        if power == 0:
            return None
        top = int(np.argmax(self.spectrum))
        near = self.spectrum[max(0, top - 2) : top + 3]
        if float(near.sum()) < 0.8 * power:
            return None
        centre = float((np.arange(max(0, top - 2), max(0, top - 2) + near.size) * near).sum() / near.sum())
        return round(centre * RATE / FRAME)


@dataclass(frozen=True, slots=True)
class Judged:
    loud: npt.NDArray[np.bool_]
    spectra: npt.NDArray[np.float64]
    tones: npt.NDArray[np.int_]  # the bin that holds nearly all of a frame; 0: none does


def judge(payloads: list[bytes]) -> Judged:
    """Many frames of 160 bytes at once."""
    frames = FROM_ULAW[np.frombuffer(b"".join(payloads), dtype=np.uint8)].reshape(len(payloads), FRAME)
    wide = frames.astype(np.float64)
    loud = np.sqrt(np.mean(wide * wide, axis=1)) > SOUND_LEVEL
    spectra = np.zeros((len(payloads), BINS))
    tones = np.zeros(len(payloads), dtype=np.int_)
    if loud.any():
        spectra[loud] = found = np.abs(np.fft.rfft(wide[loud] * MARGIN, axis=1)) ** 2 / 1e9
        tones[loud] = _pure(found)
    return Judged(loud, spectra, tones)


def _pure(spectra: npt.NDArray[np.float64]) -> npt.NDArray[np.int_]:
    top = np.argmax(spectra, axis=1)
    wide = np.pad(spectra, ((0, 0), (2, 2)))
    near = np.sum([np.take_along_axis(wide, (top + step)[:, None], axis=1)[:, 0] for step in range(5)], axis=0)
    return np.where(near >= PURE * spectra.sum(axis=1), top, 0)


Condition = Callable[[Heard, float], bool]
"""Of what was heard and the time now."""
