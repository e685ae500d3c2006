"""The recording tone: when it began, when it ended, and which of several it was.

Machines sound one long tone, two, three short pips or pips and a long one. The tone counts as ended when nothing
follows for a moment; should another follow all the same, that one is the tone. A tone after which the machine goes on
speaking was a chime.
"""

from dataclasses import dataclass, field
from statistics import median

from dialer.core.hearing.spectrum import BLOCK_MS, Frame

BEGINS, GOES_ON = 0.6, 0.4  # chances of a tone
GROUP_GAP_MS = 180  # between two pips of one tone
LEAST_MS = 120  # all pips together
LEAST_PIP_MS = 60
LOWEST_HERTZ = 432.0  # what is lower is ringing or engaged: 400 Hz
FAX_HERTZ = (2060.0, 2140.0)
FAX_LASTS_MS = 2200  # at least; a recording tone of its height, or a chord with it, is over sooner
LATE_MS = 10  # the long spectrum sees a tone a little after its end
CHIME_SPEECH_MS = 700  # said after a tone: it was not the recording tone
LONGEST_MS = 5000


@dataclass(slots=True)
class RecordingTone:
    """Feed chances; `ended_ms` is the end of the last tone that still counts."""

    began_ms: int | None = None
    ended_ms: int | None = None
    hertz: float = 0.0
    sounding: bool = False  # a tone, or the moment after it
    just_began: bool = False
    just_ended: bool = False
    _now_ms: int = 0
    _pip_from: int | None = None
    _pip_to: int = 0
    _group_from: int | None = None
    _sounded_ms: int = 0
    _hertz: list[float] = field(default_factory=list)
    _speech_after_ms: int = 0

    def take(self, chance: float, speech: float, frame: Frame) -> None:
        start = self._now_ms
        self._now_ms += BLOCK_MS
        self.just_began = self.just_ended = False
        if chance > (GOES_ON if self._pip_from is not None else BEGINS):
            if self._pip_from is None:
                self._pip_from = start
            self._pip_to = self._now_ms
            if len(self._hertz) < 100:
                self._hertz.append(frame.hertz)
            lasted = self._sounded_ms + self._pip_to - self._pip_from
            if not self.sounding and lasted >= LEAST_MS and self._may_be():
                self.sounding = self.just_began = True
        elif self._pip_from is not None:
            self._end_pip()
        elif self._group_from is not None and self._now_ms - self._pip_to >= GROUP_GAP_MS:
            self._end_group()
        self._watch_for_speech(speech)

    def _end_pip(self) -> None:
        assert self._pip_from is not None
        lasted = self._pip_to - self._pip_from
        if lasted >= LEAST_PIP_MS:
            self._group_from = self._pip_from if self._group_from is None else self._group_from
            self._sounded_ms += lasted
        elif self._group_from is None:
            self._hertz.clear()
        self._pip_from = None

    def _end_group(self) -> None:
        if self._sounded_ms >= LEAST_MS and self._may_be(over=True):
            self.began_ms, self.ended_ms = self._group_from, self._pip_to - LATE_MS
            self.hertz = median(self._hertz)
            self.just_ended = True
            self._speech_after_ms = 0
        self.sounding = False
        self._group_from, self._sounded_ms = None, 0
        self._hertz.clear()

    def _may_be(self, *, over: bool = False) -> bool:
        hertz = median(self._hertz)
        longest = LONGEST_MS
        if FAX_HERTZ[0] < hertz < FAX_HERTZ[1]:
            longest = FAX_LASTS_MS if over else 0
        return hertz > LOWEST_HERTZ and self._sounded_ms <= longest

    def _watch_for_speech(self, speech: float) -> None:
        if self.ended_ms is None:
            return
        self._speech_after_ms = self._speech_after_ms + BLOCK_MS if speech > 0.5 else max(0, self._speech_after_ms - 4)
        if self._speech_after_ms >= CHIME_SPEECH_MS:
            self.began_ms = self.ended_ms = None
