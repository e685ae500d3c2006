"""What the ear needs from outside: its networks' numbers, greetings learned before, and WAV files to try it on.

HearingFailed    one line: the file that cannot be used and how to mend it
"""

import json
import wave
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dialer.core.hearing.ear import Knowledge
from dialer.core.hearing.fingerprints import Greeting, Library
from dialer.core.hearing.network import BadNetwork, Network
from dialer.core.hearing.spectrum import BLOCK, RATE
from dialer.core.hearing.values import Announcement, What

NETWORKS = Path(__file__).resolve().parent.parent / "core" / "hearing" / "networks.npz"
NAMES = ("sounds", "meaning")
NUMBERS = ("centre", "scale", "into", "back", "bias", "back_bias", "out", "out_bias")
LONGEST_SECONDS = 2 * 60 * 60

Pcm = npt.NDArray[np.int16]


class HearingFailed(Exception):
    pass


# --- networks


def read_networks(path: Path = NETWORKS) -> tuple[Network, Network]:
    try:
        with np.load(path, allow_pickle=False) as kept:
            first, second = (
                Network(*(np.ascontiguousarray(kept[f"{name}_{number}"], dtype=np.float32) for number in NUMBERS))
                for name in NAMES
            )
    except FileNotFoundError:
        raise HearingFailed(f"{path.name} がありません。ear-lab の earlab.train で作り直してください。") from None
    except (BadNetwork, KeyError, OSError, ValueError) as wrong:
        raise HearingFailed(
            f"{path.name} は使えません（{wrong}）。ear-lab の earlab.train で作り直してください。"
        ) from None
    return first, second


def write_networks(path: Path, sounds: Network, meaning: Network) -> None:
    """In half precision: what is lost is far below what a telephone line changes."""
    numbers = {
        f"{name}_{number}": getattr(network, number).astype(np.float16 if number in ("into", "back") else np.float32)
        for name, network in zip(NAMES, (sounds, meaning), strict=True)
        for number in NUMBERS
    }
    np.savez_compressed(path, **numbers)


@cache
def knowledge() -> Knowledge:
    """The shipped networks, without any learned greeting."""
    sounds, meaning = read_networks()
    try:
        return Knowledge(sounds, meaning)
    except BadNetwork as wrong:
        raise HearingFailed(f"{NETWORKS.name}: {wrong}") from None


# --- learned greetings


def write_library(path: Path, library: Library) -> None:
    told = {
        "greetings": [
            {"key": one.key, "what": one.what.value, "announcement": one.announcement and one.announcement.value}
            for one in library.greetings
        ],
        "places": {str(landmark): places for landmark, places in library.places.items()},
    }
    part = path.with_suffix(".part")
    part.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    part.replace(path)


def read_library(path: Path) -> Library:
    """An absent file is an empty library."""
    if not path.exists():
        return Library()
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        greetings = tuple(
            Greeting(one["key"], What(one["what"]), Announcement(one["announcement"]) if one["announcement"] else None)
            for one in told["greetings"]
        )
        places = {
            int(landmark): tuple((int(number), int(block)) for number, block in known)
            for landmark, known in told["places"].items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as wrong:
        raise HearingFailed(f"{path.name} は読めません（{wrong}）。消せば空から覚え直します。") from None
    return Library(greetings, places)


# --- files


def blocks_of(path: Path) -> Iterator[Pcm]:
    """A WAV file as a call brings it: 160 samples at a time, the last one shorter. Only 8 kHz, 16 bits, one channel."""
    cure = "8 kHz・16ビット・モノラルのWAVに直してください。"
    try:
        with wave.open(str(path), "rb") as file:
            found = (file.getframerate(), file.getsampwidth(), file.getnchannels())
            if found != (RATE, 2, 1):
                rate, width, channels = found
                raise HearingFailed(f"{path}: {rate} Hz・{8 * width}ビット・{channels}チャネルです。{cure}")
            if file.getnframes() == 0:
                raise HearingFailed(f"{path}: 音がありません（0秒）。")
            for _ in range(LONGEST_SECONDS * RATE // BLOCK):
                raw = file.readframes(BLOCK)
                if not raw:
                    return
                yield np.frombuffer(raw[: len(raw) // 2 * 2], dtype="<i2").astype(np.int16)
    except FileNotFoundError:
        raise HearingFailed(f"{path}: ファイルがありません。") from None
    except IsADirectoryError:
        raise HearingFailed(f"{path}: フォルダーです。WAVファイルを指定してください。") from None
    except (OSError, EOFError, wave.Error) as wrong:
        raise HearingFailed(f"{path}: WAVとして読めません（{wrong}）。{cure}") from None
