"""What the ear needs from outside: its networks' numbers, and greetings learned before.

HearingFailed    one line: the file that cannot be used and how to mend it
"""

import fcntl
import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numpy as np

from dialer.core.hearing.ear import Knowledge
from dialer.core.hearing.fingerprints import Greeting, Library, merged, only
from dialer.core.hearing.network import BadNetwork, Network
from dialer.core.hearing.values import Announcement, What
from dialer.core.hearing.wording import PHONES, TOPICS, Phrase, Phrases

NETWORKS = Path(__file__).resolve().parent.parent / "core" / "hearing" / "networks.npz"
PHRASES = NETWORKS.with_name("phrases.json")
NAMES = ("sounds", "phones", "meaning")
NUMBERS = ("centre", "scale", "into", "back", "bias", "back_bias", "out", "out_bias")


class HearingFailed(Exception):
    pass


# --- networks


def read_networks(path: Path = NETWORKS) -> tuple[Network, Network, Network]:
    try:
        with np.load(path, allow_pickle=False) as kept:
            sounds, phones, meaning = (
                Network(*(np.ascontiguousarray(kept[f"{name}_{number}"], dtype=np.float32) for number in NUMBERS))
                for name in NAMES
            )
    except FileNotFoundError:
        raise HearingFailed(f"{path.name} がありません。ear-lab の earlab.train で作り直してください。") from None
    except (BadNetwork, KeyError, OSError, ValueError) as wrong:
        raise HearingFailed(
            f"{path.name} は使えません（{wrong}）。ear-lab の earlab.train で作り直してください。"
        ) from None
    return sounds, phones, meaning


def write_networks(path: Path, sounds: Network, phones: Network, meaning: Network) -> None:
    """In half precision: what is lost is far below what a telephone line changes."""
    numbers = {
        f"{name}_{number}": getattr(network, number).astype(np.float16 if number in ("into", "back") else np.float32)
        for name, network in zip(NAMES, (sounds, phones, meaning), strict=True)
        for number in NUMBERS
    }
    np.savez_compressed(path, **numbers)


# --- phrases

TOPIC_NAMES = tuple((kind or what).value for what, kind in TOPICS)


def read_phrases(path: Path = PHRASES) -> Phrases:
    mend = "ear-lab の earlab.phrases で作り直してください。"
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        rows = tuple(
            Phrase(
                one["written"],
                tuple(one["phones"].split()),
                TOPIC_NAMES.index(one["topic"]),
                float(one["by_chance"]),
                float(one["in_music"]),
            )
            for one in told
        )
        if unknown := {phone for row in rows for phone in row.phones} - set(PHONES):
            raise ValueError(f"unknown sounds: {', '.join(sorted(unknown))}")
    except FileNotFoundError:
        raise HearingFailed(f"{path.name} がありません。{mend}") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as wrong:
        raise HearingFailed(f"{path.name} は使えません（{wrong}）。{mend}") from None
    return Phrases(rows)


def write_phrases(path: Path, rows: Iterable[Phrase]) -> None:
    told = [
        {
            "written": one.written,
            "phones": " ".join(one.phones),
            "topic": TOPIC_NAMES[one.topic],
            "by_chance": one.by_chance,
            "in_music": one.in_music,
        }
        for one in rows
    ]
    lines = ",\n".join(json.dumps(one, ensure_ascii=False) for one in told)
    path.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


@cache
def knowledge() -> Knowledge:
    """The shipped networks and phrases, without any learned greeting."""
    try:
        return Knowledge(*read_networks(), read_phrases())
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


def add_greeting(path: Path, library: Library, greeting: Greeting) -> None:
    """One that has just become known to this ear; others write to the same file."""
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        write_library(path, merged([read_library(path), only(library, greeting)]))


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
