"""Whatever a telephone system wrote as WAV is heard as a call brings it; the rest is refused in one line."""

import os
import struct
import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from dialer.core.hearing.spectrum import BLOCK
from dialer.media.wav_stream import WavRefused, wav_blocks

RATE = 8000
SECONDS = 1.5
Floats = npt.NDArray[np.float64]


def melody(rate: int) -> Floats:
    """Two tones within the telephone band, the second one quieter."""
    time = np.arange(round(SECONDS * rate)) / rate
    return 0.3 * np.sin(2 * np.pi * 440 * time) + 0.1 * np.sin(2 * np.pi * 1800 * time)


def riff(kind: int, bits: int, channels: int, rate: int, content: bytes, size: int | None = None) -> bytes:
    """A WAV file by hand; `size` is what its header claims."""
    described = struct.pack("<HHIIHH", kind, channels, rate, rate * channels * bits // 8, channels * bits // 8, bits)
    told = len(content) if size is None else size
    odd_chunk = b"LIST" + struct.pack("<I", 5) + b"hello\0"
    chunks = b"fmt " + struct.pack("<I", len(described)) + described + odd_chunk
    return (
        b"RIFF"
        + struct.pack("<I", 4 + len(chunks) + 8 + len(content))
        + b"WAVE"
        + chunks
        + b"data"
        + struct.pack("<I", told)
        + content
    )


def whole(sound: Floats, width: int) -> bytes:
    wide = np.round(sound * (2.0 ** (8 * width - 1) - 1)).astype("<i4").reshape(-1, 1)
    return wide.view(np.uint8).reshape(-1, 4)[:, :width].tobytes()


def mu_law(sound: Floats) -> bytes:
    """G.711 as its formula reads, not by the table that reads it."""
    level = np.clip(np.abs(sound) * 32768, 0, 32635) + 132
    segment = np.floor(np.log2(level)).astype(int) - 7
    step = (level / 2.0 ** (segment + 3)).astype(int) & 0x0F
    return bytes((~((sound < 0) * 0x80 | segment << 4 | step) & 0xFF).astype(np.uint8))


def a_law(sound: Floats) -> bytes:
    level = np.clip(np.abs(sound) * 32768, 0, 32767)
    segment = np.maximum(0, np.floor(np.log2(np.maximum(level, 1))).astype(int) - 7)
    step = (level / 2.0 ** (np.maximum(segment, 1) + 3)).astype(int) & 0x0F
    return bytes((((sound >= 0) * 0x80 | segment << 4 | step) ^ 0x55).astype(np.uint8))


def extensible(content: bytes) -> bytes:
    made = struct.pack("<HHIIHHHHI", 0xFFFE, 1, RATE, 2 * RATE, 2, 16, 22, 16, 4) + struct.pack("<H", 1) + bytes(14)
    chunks = b"fmt " + struct.pack("<I", len(made)) + made + b"data" + struct.pack("<I", len(content)) + content
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def stereo(rate: int) -> Floats:
    return np.repeat(melody(rate), 2)


WRITTEN = {
    "16 bits": riff(1, 16, 1, RATE, whole(melody(RATE), 2)),
    "8 bits": riff(1, 8, 1, RATE, np.round(melody(RATE) * 127 + 128).astype(np.uint8).tobytes()),
    "24 bits": riff(1, 24, 1, RATE, whole(melody(RATE), 3)),
    "32 bits": riff(1, 32, 1, RATE, whole(melody(RATE), 4)),
    "floating point": riff(3, 32, 1, RATE, melody(RATE).astype("<f4").tobytes()),
    "double": riff(3, 64, 1, RATE, melody(RATE).astype("<f8").tobytes()),
    "mu-law": riff(7, 8, 1, RATE, mu_law(melody(RATE))),
    "A-law": riff(6, 8, 1, RATE, a_law(melody(RATE))),
    "extensible": extensible(whole(melody(RATE), 2)),
    "stereo": riff(1, 16, 2, RATE, whole(stereo(RATE), 2)),
    "16 kHz": riff(1, 16, 1, 16000, whole(melody(16000), 2)),
    "CD": riff(1, 16, 2, 44100, whole(stereo(44100), 2)),
    "studio": riff(3, 32, 2, 96000, stereo(96000).astype("<f4").tobytes()),
    "11 kHz": riff(1, 16, 1, 11025, whole(melody(11025), 2)),
    "its length was never written": riff(1, 16, 1, RATE, whole(melody(RATE), 2), size=0),
    "written as it came": riff(1, 16, 1, RATE, whole(melody(RATE), 2), size=0xFFFFFFFF),
    "shorter than it says": riff(1, 16, 1, RATE, whole(melody(RATE), 2) + b"\x01", size=900_000),
}


def heard(path: Path, content: bytes) -> Floats:
    path.write_bytes(content)
    blocks = list(wav_blocks(path))
    assert {block.dtype for block in blocks} == {np.dtype(np.int16)}
    assert {block.size for block in blocks[:-1]} == {BLOCK}
    return np.concatenate(blocks) / 32768


@pytest.mark.parametrize("written", WRITTEN, ids=list(WRITTEN))
def test_every_usual_wav_brings_the_same_sound(written: str, tmp_path: Path) -> None:
    sound = heard(tmp_path / "a.wav", WRITTEN[written])
    assert abs(sound.size - SECONDS * RATE) <= 1
    middle = slice(800, int(SECONDS * RATE) - 800)  # a filter needs a moment at both ends
    wrong = sound[middle] - melody(RATE)[middle]
    assert 20 * np.log10(np.sqrt(np.mean(wrong**2)) / np.sqrt(np.mean(melody(RATE) ** 2))) < -30


def test_what_is_a_calls_already_stays_as_it_is_sample_for_sample(tmp_path: Path) -> None:
    samples = np.random.default_rng(1).integers(-32768, 32768, 4321).astype("<i2")
    sound = heard(tmp_path / "a.wav", riff(1, 16, 1, RATE, samples.tobytes()))
    assert np.array_equal(sound * 32768, samples)


def test_the_two_sides_of_a_recording_are_heard_together(tmp_path: Path) -> None:
    one_side = np.stack([melody(RATE), np.zeros(melody(RATE).size)], axis=1).ravel()
    sound = heard(tmp_path / "a.wav", riff(1, 16, 2, RATE, whole(one_side, 2)))
    assert np.allclose(sound, melody(RATE) / 2, atol=1e-4)


def test_a_tone_above_the_telephone_band_does_not_come_back_as_another(tmp_path: Path) -> None:
    high = 0.3 * np.sin(2 * np.pi * 6000 * np.arange(48000) / 48000)
    assert np.max(np.abs(heard(tmp_path / "a.wav", riff(1, 16, 1, 48000, whole(high, 2)))[200:-200])) < 0.001


def test_what_is_no_number_is_silence_and_what_is_too_loud_is_cut(tmp_path: Path) -> None:
    odd = np.array([np.nan, np.inf, -np.inf, 1e30, 0.5] * 100, dtype="<f4")
    sound = heard(tmp_path / "a.wav", riff(3, 32, 1, RATE, odd.tobytes()))
    assert np.allclose(sound.reshape(-1, 5), [0.0, 1.0, -1.0, 1.0, 0.5], atol=1e-4)


PLAIN = riff(1, 16, 1, RATE, bytes(400))
REFUSED = {
    "nothing": (b"", "空のファイルです"),
    "text": (b"hello, this is not sound at all" * 10, "WAVではありません"),
    "MP3": (b"ID3" + bytes(500), "WAVではありません"),
    "broken off in its first bytes": (PLAIN[:9], "WAVではありません"),
    "broken off before its format": (PLAIN[:12], "途中で切れていて"),
    "broken off in its format": (PLAIN[:30], "途中で切れていて"),
    "broken off before its sound": (PLAIN[:44], "途中で切れていて"),
    "sound before its format": (PLAIN[:12] + b"data" + struct.pack("<I", 4) + bytes(4), "音の形式が書かれていません"),
    "no sound": (riff(1, 16, 1, RATE, b""), "音がありません"),
    "half a sample": (riff(1, 16, 1, RATE, b"\x01"), "音がありません"),
    "GSM": (riff(0x31, 0, 1, RATE, bytes(650)), "形式 0x31"),
    "12 bits": (riff(1, 12, 1, RATE, bytes(600)), "12ビット"),
    "no channel": (riff(1, 16, 0, RATE, bytes(600)), "0チャンネル"),
    "no rate": (riff(1, 16, 1, 0, bytes(600)), "0 Hz"),
    "a rate beyond reason": (riff(1, 16, 1, 400_000, bytes(600)), "400000 Hz"),
}


@pytest.mark.parametrize(("content", "said"), REFUSED.values(), ids=list(REFUSED))
def test_what_cannot_be_heard_is_refused_in_one_line_that_says_how_to_mend_it(
    content: bytes, said: str, tmp_path: Path
) -> None:
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(WavRefused) as refused:
        list(wav_blocks(tmp_path / "a.wav"))
    assert said in str(refused.value)
    assert str(refused.value).endswith("ください")
    assert "\n" not in str(refused.value)


def test_what_is_no_file_is_refused_before_anybody_waits_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    for name, said in (
        ("pipe.wav", "ふつうのファイル"), (".", "フォルダー"), ("b.wav", "ありません"), ("b" * 300, "読めません"),
    ):  # fmt: skip
        with pytest.raises(WavRefused, match=said):
            list(wav_blocks(tmp_path / name))


def test_bytes_at_random_are_heard_or_refused_and_nothing_else(tmp_path: Path) -> None:
    chance = np.random.default_rng(7)
    outcomes = set()
    for _ in range(300):
        content = bytearray(riff(1, 16, 1, RATE, bytes(2000)))
        for place in chance.integers(0, 70, 3):
            content[place] = chance.integers(256)
        (tmp_path / "a.wav").write_bytes(content)
        try:
            outcomes.add(len(list(wav_blocks(tmp_path / "a.wav"))) > 0)
        except WavRefused:
            outcomes.add(False)
    assert outcomes == {True, False}


def test_a_wav_of_the_standard_library_is_heard_whole(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(bytes(2 * 1000))
    assert sum(block.size for block in wav_blocks(tmp_path / "a.wav")) == 1000
