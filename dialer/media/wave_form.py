"""The wave form of a recording: how loud each side was when, made once as it is finished."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

POINTS = 1000  # more than a page has pixels for
SHORTEST = 160  # frames that a point stands for: 20 ms
HEAD = struct.Struct(">II")  # frames that a point stands for, points of each side
FULL = 128  # of a sample, for one step of 255


@dataclass(frozen=True, slots=True)
class WaveForm:
    frames_a_point: int
    sides: tuple[bytes, bytes]  # person and operator; 0 to 255

    def packed(self) -> bytes:
        return HEAD.pack(self.frames_a_point, len(self.sides[0])) + b"".join(self.sides)


def unpacked(kept: bytes) -> WaveForm:
    frames, points = HEAD.unpack_from(kept)
    person = kept[HEAD.size : HEAD.size + points]
    return WaveForm(frames, (person, kept[HEAD.size + points : HEAD.size + 2 * points]))


class Peaks:
    """Of both sides, 16 bits each, as they come; a block holds whole frames."""

    def __init__(self, frames: int) -> None:
        self._each = max(SHORTEST, -(-frames // POINTS))
        self._found: list[np.ndarray] = []
        self._rest = np.zeros((0, 2), dtype=np.int16)

    def add(self, block: bytes) -> None:
        sound = np.concatenate([self._rest, np.frombuffer(block, dtype="<i2").reshape(-1, 2)])
        whole = len(sound) - len(sound) % self._each
        if whole:
            self._found.append(_loudest(sound[:whole].reshape(-1, self._each, 2)))
        self._rest = sound[whole:]

    def wave_form(self) -> WaveForm:
        ends: Sequence[np.ndarray] = [_loudest(self._rest[np.newaxis])] if len(self._rest) else []
        points = np.concatenate([*self._found, *ends, np.zeros((0, 2), dtype=np.uint8)])
        return WaveForm(self._each, (points[:, 0].tobytes(), points[:, 1].tobytes()))


def _loudest(points: np.ndarray) -> np.ndarray:
    loudest: np.ndarray = np.abs(points.astype(np.int32)).max(axis=1)
    return np.asarray(np.minimum(loudest // FULL, 255), dtype=np.uint8)
