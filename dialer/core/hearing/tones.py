"""Tones with a meaning of their own: fax, false ringback, engaged, special information. By rules, not by training.

| signal | what is looked for |
|---|---|
| CED, ANSam | 2100 Hz for 300 ms, its level or phase may wobble |
| CNG | 1100 Hz for about 0.5 s with nothing said before; or twice |
| V.21 | power between 1600 and 1900 Hz, changing between its two lines, for 400 ms |
| ringback | 400 Hz, 1 s, beating with 15 to 20 Hz or pausing 2 s |
| engaged | 400 Hz, 0.5 s on and 0.5 s off, three times |
| special information | 950, 1400, 1800 Hz, a third of a second each |
"""

from dataclasses import dataclass, field
from enum import StrEnum

from dialer.core.hearing.spectrum import BLOCK_MS, FIRST_BIN, LONG, RATE, Frame


class Signal(StrEnum):
    CED = "ced"
    CNG = "cng"
    V21 = "v21"
    RINGBACK = "ringback"
    ENGAGED = "engaged"
    SPECIAL_INFORMATION = "special_information"


SIGNAL_NAMES: dict[Signal, str] = {
    Signal.CED: "ファクスの応答音（2100Hz）",
    Signal.CNG: "ファクスの呼出音（1100Hz）",
    Signal.V21: "ファクスの制御信号（V.21）",
    Signal.RINGBACK: "応答後の呼出音（400Hz）",
    Signal.ENGAGED: "話中音（400Hz断続）",
    Signal.SPECIAL_INFORMATION: "三音の案内音",
}

AUDIBLE = -58.0  # dBFS: what is fainter is not a signal for us
CLEAR = 0.80  # share of power around a line
ONE_LINE = 0.9  # of a single tone; the two of V.21 never come so close
SPECIAL = (950.0, 1400.0, 1800.0)


def _bin(hertz: float) -> int:
    return round(hertz * LONG / RATE) - FIRST_BIN


V21_LOW, V21_MIDDLE, V21_HIGH = _bin(1560), _bin(1750), _bin(1940)
WIDE = _bin(360), _bin(460)


@dataclass(slots=True)
class _Run:
    """How long something lasts, forgiving a block or two."""

    forgives: int = 1
    length: int = 0
    missed: int = 0
    before: int = 0  # length of the run that has just ended
    since_end: int = 1 << 20

    def take(self, heard: bool) -> bool:
        """True in the block in which a run has ended."""
        self.since_end += 1
        if heard:
            self.length += 1 + self.missed if self.length else 1
            self.missed = 0
            return False
        if not self.length:
            return False
        self.missed += 1
        if self.missed <= self.forgives:
            return False
        self.before, self.length, self.missed = self.length, 0, 0
        self.since_end = self.forgives
        return True


@dataclass(slots=True)
class Signals:
    """Feed frames; at each signal's first certainty it is returned once."""

    found: dict[Signal, int] = field(default_factory=dict)  # and when, in ms
    now_ms: int = 0
    _ced: _Run = field(default_factory=lambda: _Run(2))
    _cng: _Run = field(default_factory=_Run)
    _v21: _Run = field(default_factory=lambda: _Run(2))
    _v21_lines: list[int] = field(default_factory=lambda: [0, 0])
    _ring: _Run = field(default_factory=lambda: _Run(3))
    _levels: list[float] = field(default_factory=list)
    _cng_count: int = 0
    _short_rings: int = 0
    _special: int = 0
    _special_run: _Run = field(default_factory=_Run)

    @property
    def ringing_ms(self) -> int:
        """How long a ringing tone, or an engaged one, has sounded by now."""
        return self._ring.length * BLOCK_MS

    def take(self, frame: Frame, spoken_ms: int) -> Signal | None:
        """`spoken_ms` is how much has been said so far: a lone 1100 Hz after words is a recording tone."""
        self.now_ms += BLOCK_MS
        audible = frame.level > AUDIBLE
        clear = audible and frame.dominance > CLEAR
        hertz = frame.hertz
        signal = (
            self._fax(frame, audible, clear, hertz, spoken_ms)
            or self._ringing(frame, audible, clear, hertz)
            or self._special_information(clear, hertz)
        )
        if signal is None or signal in self.found:
            return None
        self.found[signal] = self.now_ms
        return signal

    def _fax(self, frame: Frame, audible: bool, clear: bool, hertz: float, spoken_ms: int) -> Signal | None:
        self._ced.take(audible and frame.dominance > 0.7 and abs(hertz - 2100) < 30)
        if self._ced.length * BLOCK_MS >= 300:
            return Signal.CED
        if self._cng.take(clear and abs(hertz - 1100) < 40):
            lasted = self._cng.before * BLOCK_MS
            if 400 <= lasted <= 640:
                self._cng_count += 1
                if spoken_ms < 200 or self._cng_count > 1:
                    return Signal.CNG
        power = frame.power
        low, high = float(power[V21_LOW:V21_MIDDLE].sum()), float(power[V21_MIDDLE:V21_HIGH].sum())
        both = (low + high) / (float(power.sum()) + 1e-9)
        if self._v21.take(audible and both > 0.8) or not self._v21.length:
            self._v21_lines = [0, 0]
        elif audible and min(low, high) > 0.08 * (low + high) and frame.dominance < ONE_LINE:
            self._v21_lines[low < high] += 1
        if self._v21.length * BLOCK_MS >= 400 and sum(self._v21_lines) > 0.5 * self._v21.length:
            return Signal.V21
        return None

    def _ringing(self, frame: Frame, audible: bool, clear: bool, hertz: float) -> Signal | None:
        power = frame.power
        share = float(power[WIDE[0] : WIDE[1]].sum()) / (float(power.sum()) + 1e-9)
        heard = audible and share > 0.9 and 370 < hertz < 440
        if heard:
            self._levels.append(frame.level)
            del self._levels[:-60]
        if self._ring.take(heard):
            lasted = self._ring.before * BLOCK_MS
            self._levels.clear()
            if 360 <= lasted <= 640:
                self._short_rings += 1
                if self._short_rings >= 3:
                    return Signal.ENGAGED
            elif 820 <= lasted <= 1250:
                return Signal.RINGBACK
            else:
                self._short_rings = 0
        return None

    def _special_information(self, clear: bool, hertz: float) -> Signal | None:
        wanted = SPECIAL[self._special]
        if self._special_run.take(clear and abs(hertz - wanted) < 45):
            if 240 <= self._special_run.before * BLOCK_MS <= 460:
                self._special += 1
                self._special_run = _Run()
                if self._special == len(SPECIAL):
                    self._special = 0
                    return Signal.SPECIAL_INFORMATION
            else:
                self._special = 0
        elif self._special and not self._special_run.length and self._special_run.since_end > 1 << 19:
            pass
        return None
