"""What the three networks are given: a frame seen against the loudness and the floor of this very call, and its timing.

Every 20 ms the first network (sounds) says how likely somebody speaks and how likely a signal tone sounds. The second
(phones) follows which sounds of Japanese are spoken. The third (meaning) is given the frame, what the first said, the
utterances so far and the state of the second, and says who or what that is.
"""

import numpy as np
import numpy.typing as npt

from dialer.core.hearing.spectrum import BANDS, Frame
from dialer.core.hearing.utterances import Utterances

Floats = npt.NDArray[np.float32]

SOUND_INPUTS = BANDS + 11
SENSED = BANDS + 17  # of the third network; the state of the second comes behind
LOUD_FIRST, LOUD_DECAY, LOUD_RISE = -32.0, 0.03, 0.25  # dBFS; dB a block; share of the way a block
FLOOR_FIRST, FLOOR_RISE = -60.0, 0.06


class Senses:
    """Follows loudness, noise floor and pitch of one call."""

    def __init__(self) -> None:
        self.loud = LOUD_FIRST
        self.floor = FLOOR_FIRST
        self.pitch = 160.0
        self.pause_floor = FLOOR_FIRST  # level in the pauses after speech
        self.zeros = 0.0  # share of blocks without any signal, lately
        self._smooth = FLOOR_FIRST

    def sounds(self, frame: Frame) -> Floats:
        """The first and second network's inputs. Call once a frame, before `sensed`."""
        self._smooth += 0.3 * (frame.level - self._smooth)
        rise = self._smooth - self.loud
        self.loud += LOUD_RISE * rise if rise > 0 else -LOUD_DECAY if self.loud > -55.0 else 0.0
        level = max(-90.0, self._smooth)
        self.floor = self.floor + 0.3 * (level - self.floor) if level < self.floor else self.floor + FLOOR_RISE
        self.zeros += 0.05 * (frame.zero - self.zeros)
        out = np.empty(SOUND_INPUTS, dtype=np.float32)
        np.clip((10 * frame.bands - self.loud) / 10, -6.0, 3.0, out=out[:BANDS])
        out[BANDS:] = (
            frame.level / 20,
            self.loud / 20,
            self.floor / 20,
            (frame.level - self.floor) / 20,
            frame.periodicity,
            frame.dominance,
            frame.two_lines,
            frame.steadiness,
            frame.hertz / 1000,
            frame.zero,
            np.log2(max(frame.pitch, 50.0) / 160),
        )
        return out

    def sensed(self, frame: Frame, sounds: Floats, speech: float, tone: float, said: Utterances) -> Floats:
        """The third network's inputs, but for the second's state."""
        if speech > 0.7 and frame.periodicity > 0.6:
            self.pitch += 0.04 * (frame.pitch - self.pitch)
        elif speech < 0.1 and tone < 0.1 and said.pause_ms > 120:
            self.pause_floor += 0.15 * (max(-90.0, frame.level) - self.pause_floor)
        out = np.empty(SENSED, dtype=np.float32)
        out[:BANDS] = sounds[:BANDS]
        out[BANDS:] = (
            (frame.level - self.loud) / 20,
            (frame.level - self.floor) / 20,
            (self.pause_floor - self.loud) / 20,
            self.zeros,
            frame.periodicity,
            np.log2(max(frame.pitch, 50.0) / self.pitch) if frame.periodicity > 0.5 else 0.0,
            frame.steadiness,
            frame.hertz / 1000,
            speech,
            tone,
            min(said.now_ms, 6000) / 2000,
            (min(said.began_ms, 4000) if said.began_ms is not None else 4000) / 1000,
            min(said.speech_ms, 5000) / 1000,
            min(said.utterance_ms, 5000) / 1000,
            min(said.pause_ms, 3000) / 1000,
            min(said.count, 6) / 2,
            min(said.longest_pause_ms, 3000) / 1000,
        )
        return out
