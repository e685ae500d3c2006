"""Short tones in place of all that callers may hear, with the book that says which is which."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from dialer.core.calendar.openings import NextOpening
from dialer.core.city import City
from dialer.core.messages import JAPANESE, Message, MessagePurpose
from dialer.core.variants import PLAIN, variants
from dialer.media.prompt_book import FOR_ALL, Source, sound_key, write_book
from dialer.media.shipped_texts import shipped_messages
from dialer.media.speech import RATE, write_wav

SECONDS = 0.2
MUSIC_SECONDS = 1.0


def tone(seconds: float, hertz: float = 440.0) -> "np.ndarray[tuple[int], np.dtype[np.int16]]":
    time = np.arange(round(seconds * RATE)) / RATE
    return np.round(8000 * np.sin(2 * np.pi * hertz * time)).astype(np.int16)


def place_sounds(
    folder: Path, city: City, openings: Iterable[NextOpening] = (), besides: Mapping[MessagePurpose, str] | None = None
) -> None:
    """`besides`: texts that did not come with the program."""
    (folder / "sound").mkdir(parents=True, exist_ok=True)
    (folder / city.key).mkdir(parents=True, exist_ok=True)
    more = [Message(city.key, purpose, None, JAPANESE, 1, text) for purpose, text in (besides or {}).items()]
    book: dict[Message, dict[str, str]] = {}
    for message in [*shipped_messages(city), *more]:
        names = book[message] = {}
        for variant in variants(message.text, openings):
            name = sound_of(message.purpose, variant)
            names[sound_key(FOR_ALL, variant)] = name
            write_wav(tone(SECONDS), folder / f"{name}.wav")
    lengths = {name: SECONDS for names in book.values() for name in names.values()}
    write_book(folder, city.key, Source.STORE, book, lengths)
    for name in ("waiting", "closed", "inbound", "apology"):
        write_wav(tone(SECONDS), folder / city.key / f"{name}.wav")
    for name in ("hold", "pause"):
        write_wav(tone(MUSIC_SECONDS, 300.0), folder / f"{name}.wav")


def sound_of(purpose: MessagePurpose, variant: str = PLAIN) -> str:
    return f"sound/{purpose.value}{f'-{variant}' if variant else ''}"
