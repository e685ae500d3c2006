"""AudioSocket, Asterisk's way to stream a call: frames of a kind, a length and a payload over TCP.

    kind (1 byte) · length (2 bytes, big-endian) · payload

The first frame of a stream names it; then 20 ms of 16-bit samples come (and go) in each frame.
"""

import struct
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

HEADER = struct.Struct(">BH")
BLOCK_BYTES = 320  # 20 ms at 8 kHz
SILENT_BLOCK = bytes(BLOCK_BYTES)


class Kind(IntEnum):
    END = 0x00
    NAME = 0x01  # a uuid, 16 bytes
    DIGIT = 0x03
    AUDIO = 0x10  # 8 kHz; the kinds above it are other rates, which we never ask for
    ERROR = 0xFF


@dataclass(frozen=True, slots=True)
class Frame:
    kind: int
    payload: bytes


class FrameReader:
    """Bytes in whatever pieces they come; whole frames out. It never holds more than one frame (64 kB) and a piece."""

    def __init__(self) -> None:
        self._held = bytearray()

    def take(self, data: bytes) -> Iterator[Frame]:
        self._held += data
        at, held = 0, self._held
        while len(held) - at >= HEADER.size:
            kind, length = HEADER.unpack_from(held, at)
            end = at + HEADER.size + length
            if end > len(held):
                break
            yield Frame(kind, bytes(held[at + HEADER.size : end]))
            at = end
        del held[:at]


def audio(block: bytes) -> bytes:
    return HEADER.pack(Kind.AUDIO, len(block)) + block


SILENCE = audio(SILENT_BLOCK)
END = HEADER.pack(Kind.END, 0)


def name_of(frame: Frame) -> str | None:
    """The stream's name, or None when this is no name."""
    if frame.kind != Kind.NAME or len(frame.payload) != 16:
        return None
    return str(uuid.UUID(bytes=frame.payload))
