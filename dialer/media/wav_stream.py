"""Any usual WAV file as a call brings it: 8 kHz, 16 bits, one channel, a little at a time and never all at once.

Read by hand, because the standard library knows only whole numbers of two to four bytes, and a clerk feeds whatever a
telephone system wrote: µ-law, A-law, floating point, stereo, 44.1 kHz, or a file whose end was never written.

WavRefused    what is wrong with a file and how to mend it, without the file's name
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import soxr

from dialer.core.hearing.spectrum import BLOCK, RATE

LOWEST_RATE, HIGHEST_RATE, MOST_CHANNELS = 4000, 192_000, 8
AT_ONCE = 0.25  # seconds read at a time
LONGEST_FORMAT = 1 << 10  # bytes of the chunk that describes the samples
PLAIN, FLOATING, A_LAW, MU_LAW, EXTENSIBLE = 0x1, 0x3, 0x6, 0x7, 0xFFFE
CURE = "16ビットPCMのWAVに変換してください"

Pcm = npt.NDArray[np.int16]
Floats = npt.NDArray[np.float32]


class WavRefused(Exception):
    pass


@dataclass(frozen=True, slots=True)
class Shape:
    """How samples are written."""

    kind: int
    bits: int
    channels: int
    rate: int

    @property
    def frame_bytes(self) -> int:
        return self.bits // 8 * self.channels

    @property
    def is_a_calls(self) -> bool:
        return (self.kind, self.bits, self.channels, self.rate) == (PLAIN, 16, 1, RATE)


def wav_blocks(path: Path) -> Iterator[Pcm]:
    """160 samples at a time; the last block may be shorter."""
    try:
        if not path.exists():
            raise WavRefused("ファイルがありません。名前を確かめてください")
        if path.is_dir():
            raise WavRefused("フォルダーです。WAVファイルを指定してください")
        if not path.is_file():
            raise WavRefused("ふつうのファイルではありません。WAVファイルを指定してください")
        with path.open("rb") as file:
            yield from _blocks(file)
    except OSError as wrong:
        raise WavRefused(f"読めません（{wrong.strerror}）。ファイルを確かめてください") from None


def _blocks(file: BinaryIO) -> Iterator[Pcm]:
    shape, size = _header(file)
    held, any_sound = np.zeros(0, dtype=np.int16), False
    for piece in _narrow(file, shape, size):
        any_sound = any_sound or piece.size > 0
        held = np.concatenate([held, piece])
        whole = held.size // BLOCK * BLOCK
        yield from held[:whole].reshape(-1, BLOCK)
        held = held[whole:]
    if held.size:
        yield held
    if not any_sound:
        raise WavRefused("音がありません（0秒）。録音し直してください")


def _narrow(file: BinaryIO, shape: Shape, size: int) -> Iterator[Pcm]:
    """What is a call's already stays as it is, sample for sample."""
    pieces = _pieces(file, shape, size)
    if shape.is_a_calls:
        yield from (np.frombuffer(raw, dtype="<i2").astype(np.int16) for raw in pieces)
        return
    floats = (_floats(raw, shape) for raw in pieces)
    if shape.rate == RATE:
        yield from (_int16(sound) for sound in floats)
        return
    narrowing = soxr.ResampleStream(shape.rate, RATE, 1, dtype="float32", quality="HQ")
    for sound in floats:
        yield _int16(narrowing.resample_chunk(sound))
    yield _int16(narrowing.resample_chunk(np.zeros(0, dtype=np.float32), last=True))


def _pieces(file: BinaryIO, shape: Shape, size: int) -> Iterator[bytes]:
    """Whole frames only; a file that ends before its header says is heard as far as it goes."""
    at_once = max(1, round(shape.rate * AT_ONCE)) * shape.frame_bytes
    left = size
    while left > 0:
        raw = file.read(min(at_once, left))
        left -= len(raw)
        if not (whole := len(raw) // shape.frame_bytes * shape.frame_bytes):
            return
        yield raw[:whole]


# --- samples


def _floats(raw: bytes, shape: Shape) -> Floats:
    """-1 to 1, channels made one."""
    each = _KINDS[shape.kind, shape.bits](raw).reshape(-1, shape.channels)
    return np.asarray(each.mean(axis=1, dtype=np.float32), dtype=np.float32)


def _int16(sound: npt.NDArray[np.float32]) -> Pcm:
    return np.clip(np.round(sound * 32768.0), -32768, 32767).astype(np.int16)


def whole_numbers(raw: bytes, width: int) -> Floats:
    """Samples of two, three or four bytes, -1 to 1."""
    if width == 3:
        padded = np.zeros((len(raw) // 3, 4), dtype=np.uint8)
        padded[:, 1:] = np.frombuffer(raw, dtype=np.uint8).reshape(-1, 3)
        return np.asarray(padded.view("<i4").reshape(-1) / 2.0**31, dtype=np.float32)
    return np.asarray(np.frombuffer(raw, dtype=f"<i{width}") / 2.0 ** (8 * width - 1), dtype=np.float32)


def _one_byte(raw: bytes) -> Floats:
    return (np.frombuffer(raw, dtype=np.uint8).astype(np.float32) - 128.0) / 128.0


def _floating(raw: bytes, width: int) -> Floats:
    found = np.nan_to_num(np.frombuffer(raw, dtype=f"<f{width}"), nan=0.0, posinf=1.0, neginf=-1.0)
    return np.asarray(np.clip(found, -1.0, 1.0), dtype=np.float32)


def _mu_law(code: int) -> int:
    """G.711."""
    code ^= 0xFF
    size = ((code & 0x0F) << 3 | 0x84) << (code >> 4 & 7)
    return (0x84 - size) if code & 0x80 else (size - 0x84)


def _a_law(code: int) -> int:
    """G.711."""
    code ^= 0x55
    shift, size = code >> 4 & 7, (code & 0x0F) << 4
    size = (size + 0x108) << (shift - 1) if shift else size + 8
    return size if code & 0x80 else -size


def _by_table(decode: Callable[[int], int]) -> Callable[[bytes], Floats]:
    table = np.array([decode(code) for code in range(256)], dtype=np.float32) / 32768
    return lambda raw: np.asarray(table[np.frombuffer(raw, dtype=np.uint8)], dtype=np.float32)


_KINDS: dict[tuple[int, int], Callable[[bytes], Floats]] = {
    (PLAIN, 8): _one_byte,
    **{(PLAIN, 8 * width): partial(whole_numbers, width=width) for width in (2, 3, 4)},
    **{(FLOATING, 8 * width): partial(_floating, width=width) for width in (4, 8)},
    (A_LAW, 8): _by_table(_a_law),
    (MU_LAW, 8): _by_table(_mu_law),
}


# --- the header


def _header(file: BinaryIO) -> tuple[Shape, int]:
    """How the samples are written and how many bytes of them follow."""
    start = file.read(12)
    if len(start) < 12 or start[:4] not in (b"RIFF", b"RF64") or start[8:] != b"WAVE":
        what = "空のファイルです" if not start else "WAVではありません"
        raise WavRefused(f"{what}。{CURE}")
    shape: Shape | None = None
    while len(head := file.read(8)) == 8:
        name, size, at = head[:4], struct.unpack("<I", head[4:])[0], file.tell()
        if name == b"data":
            if shape is None:
                raise WavRefused(f"音の形式が書かれていません。{CURE}")
            # whoever wrote it as it came did not know the length, and a broken-off recording never did
            return shape, size if 0 < size < 0xFFFFFFF0 else 1 << 62
        if name == b"fmt ":
            shape = _shape(file.read(min(size, LONGEST_FORMAT)))
        file.seek(at + size + size % 2)
    raise WavRefused(f"途中で切れていて、音が始まりません。{CURE}")


def _shape(described: bytes) -> Shape:
    if len(described) < 16:
        raise WavRefused(f"途中で切れていて、音の形式が読めません。{CURE}")
    kind, channels, rate, _, _, bits = struct.unpack("<HHIIHH", described[:16])
    if kind == EXTENSIBLE and len(described) >= 26:
        kind = struct.unpack("<H", described[24:26])[0]
    shape = Shape(kind, bits, channels, rate)
    if (kind, bits) not in _KINDS:
        raise WavRefused(f"形式 {kind:#x}・{bits}ビットは読めません。{CURE}")
    if not 1 <= channels <= MOST_CHANNELS or not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise WavRefused(f"{channels}チャンネル・{rate} Hz は読めません。{CURE}")
    return shape
