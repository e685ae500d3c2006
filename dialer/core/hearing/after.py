"""What matters once a machine is known: its tone, the end of its words, and whether a person takes over."""

import numpy as np
import numpy.typing as npt

from dialer.core.hearing.recording_tone import RecordingTone
from dialer.core.hearing.spectrum import BANDS, BLOCK_MS, Frame
from dialer.core.hearing.utterances import Utterances
from dialer.core.hearing.values import Happening, Heard, What
from dialer.core.hearing.weighing import Chances

SPEECH_ENDED_MS = 1500  # longer than the pauses between a greeting's sentences
PERSON_AFTER_MS = 800  # of silence before a new voice counts; a device pauses less between its sentences
LONG_SILENCE_MS = 1500  # whoever speaks after it is taken for a person: a device has said what it had to say
ENOUGH_VOICE_MS = 240
ANOTHER_VOICE = 1.3
LIKE_A_PERSON = 0.9

Floats = npt.NDArray[np.float32]


class Voice:
    """The mean spectrum and pitch of a speaker so far."""

    def __init__(self) -> None:
        self.blocks = 0
        self.pitch = 0.0
        self.bands: Floats = np.zeros(BANDS, dtype=np.float32)

    def take(self, frame: Frame) -> None:
        self.blocks += 1
        share = max(1 / self.blocks, 0.005)
        self.pitch += share * (float(np.log2(max(frame.pitch, 50.0))) - self.pitch)
        self.bands += share * (frame.bands - frame.bands.mean() - self.bands)

    def distance(self, other: "Voice") -> float:
        """About 1 between two persons, 0.4 between two sentences of one."""
        pitch = abs(self.pitch - other.pitch)
        return 1.5 * pitch + 1.2 * float(np.mean(np.abs(self.bands - other.bands)))


class After:
    """Feed it after the ear; it says what happened in this block."""

    def __init__(self, what: What) -> None:
        self.starts_afresh = False  # the meaning of what comes now is a new matter
        self._what = what
        self._machine = Voice()
        self._now = Voice()
        self._ended_told = False
        self._came = False
        self._new_turn = False
        self._silence_ms = 0  # before the voice that is heard now

    @property
    def wants_meaning(self) -> bool:
        return self._what is What.SCREENING and not self._came

    def take(
        self, frame: Frame, speech: float, said: Utterances, tone: RecordingTone, chances: Chances | None
    ) -> list[Heard]:
        out = []
        now = said.now_ms
        if tone.just_began:
            out.append(Heard(Happening.TONE_BEGAN, now - BLOCK_MS, now))
        if tone.just_ended and tone.ended_ms is not None:
            out.append(Heard(Happening.TONE_ENDED, tone.ended_ms, now))
        if said.speaking and self._ended_told:
            out.append(Heard(Happening.SPEECH_BEGAN, said.utterance_from_ms, now))
            self._ended_told = False
        if not said.speaking and not tone.sounding and not self._ended_told and said.pause_ms >= SPEECH_ENDED_MS:
            out.append(Heard(Happening.SPEECH_ENDED, said.last_ms, now))
            self._ended_told = True
        if self._what is What.SCREENING and not self._came:
            out += self._watch_for_a_person(frame, speech, said, chances)
        return out

    def _watch_for_a_person(
        self, frame: Frame, speech: float, said: Utterances, chances: Chances | None
    ) -> list[Heard]:
        if not said.speaking:
            self._silence_ms = said.pause_ms
            nothing_said = said.began_ms is None  # it rings by itself: whoever speaks first is a person
            if (nothing_said or said.pause_ms >= PERSON_AFTER_MS) and not self._new_turn:
                self._new_turn = self.starts_afresh = True
                self._now = Voice()
            return []
        if speech < 0.7 or frame.periodicity < 0.55:
            return []
        if not self._new_turn:
            self._machine.take(frame)
            return []
        self._now.take(frame)
        if self._now.blocks * BLOCK_MS < ENOUGH_VOICE_MS:
            return []
        another = self._machine.blocks < 10 or self._now.distance(self._machine) > ANOTHER_VOICE
        like_a_person = chances is not None and chances.person > LIKE_A_PERSON
        if another or like_a_person or self._silence_ms >= LONG_SILENCE_MS:
            self._came = True
            return [Heard(Happening.PERSON_CAME, said.utterance_from_ms, said.now_ms)]
        if self._now.blocks > 40:  # the machine goes on
            self._new_turn = False
        return []
