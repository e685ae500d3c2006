"""Keys of a telephone as RFC 4733 says them: what is sent in each 20 ms of a key that is held. Pure.

A key is at least two frames long, begun and ended; so twenty keys a second still have half a frame between them.
"""

import struct
from dataclasses import dataclass, field

from simnet.sound import FRAME, FRAME_SECONDS

KEYS = "0123456789*#ABCD"
EVENT = struct.Struct("!BBH")
ENDS = 0x80
VOLUME = 10  # dB below 0 dBm0
END_COPIES = 3  # one that is lost must not leave the key down
SHORTEST_FRAMES = 2
LONGEST_SECONDS = 5.0  # the duration has 16 bits


@dataclass(frozen=True, slots=True)
class Held:
    """One frame of a key that is down."""

    code: int
    frames: int  # for so long, this one included
    ends: bool

    @property
    def payload(self) -> bytes:
        return EVENT.pack(self.code, VOLUME | (ENDS if self.ends else 0), self.frames * FRAME)

    @property
    def copies(self) -> int:
        return END_COPIES if self.ends else 1


def held_frames(keys: str, every_seconds: float, down_seconds: float) -> list[Held | None]:
    """Frame by frame from the first key on; None: no key is down. It ends with the last one."""
    unknown = set(keys) - set(KEYS)
    if unknown:
        raise ValueError(f"no telephone has the key {sorted(unknown)[0]!r}; there are {KEYS}")
    if every_seconds < SHORTEST_FRAMES * FRAME_SECONDS:
        raise ValueError(f"a key every {every_seconds} s: not more than 25 keys a second can be told apart")
    frames: list[Held | None] = []
    for number, key in enumerate(keys):
        begins = int(number * every_seconds / FRAME_SECONDS + 0.5)
        next_one = int((number + 1) * every_seconds / FRAME_SECONDS + 0.5)
        long = max(SHORTEST_FRAMES, round(min(down_seconds, LONGEST_SECONDS) / FRAME_SECONDS))
        long = min(long, next_one - begins)
        frames += [None] * (begins - len(frames))
        frames += [Held(KEYS.index(key), frame, frame == long) for frame in range(1, long + 1)]
    return frames


@dataclass(slots=True)
class KeysHeard:
    """Keys of the other side: the end of each is said three times, with the moment of its beginning."""

    pressed: str = ""
    _began: bytes = field(default=b"")

    def take(self, timestamp: bytes, payload: bytes) -> None:
        code, flags, _ = EVENT.unpack_from(payload)
        if flags & ENDS and timestamp != self._began and code < len(KEYS):
            self._began = timestamp
            self.pressed += KEYS[code]
