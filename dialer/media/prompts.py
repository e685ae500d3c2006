"""Prompts: the texts of a city as sound files, made ahead of time. Nothing is spoken while a call waits for it.

    <prompts>/sound/<what it is made of>.wav    8 kHz, 16 bits, mono; one file for one sound, whoever uses it;
                                                only of texts that may be said, now or later
    <prompts>/<city>/prompts.json               which version says what; written when its sounds are there
    <prompts>/<city>/apology.wav, inbound.wav,  what the dialplan plays by itself, as of the last build
        waiting.wav, closed.wav
    <prompts>/hold.wav, pause.wav, chime.wav    a melody for who waits and its beginning, a tone for who is joined
    <prompts>/dictation-*.wav                   to us, who speak a text into a telephone

Building again makes only what is missing. What a reader sees is always whole: files appear by renaming. What was spoken
once may be kept in another folder (`spoken`): nothing is played from there.
"""

import asyncio
import fcntl
import hashlib
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dialer.core.calendar.openings import NextOpening
from dialer.core.city import City
from dialer.core.dictation import Cue
from dialer.core.messages import JAPANESE, Message, MessagePurpose, NoMessage, to_be_ready
from dialer.core.variants import PLAIN, variants
from dialer.core.versions import VersionState
from dialer.folders import private_folder
from dialer.media.chime import place_chime
from dialer.media.finishing import speak, spoken_name
from dialer.media.guidance import place_guidance
from dialer.media.hold_music import place_hold_music
from dialer.media.prompt_book import (
    FOR_ALL,
    PromptBook,
    Source,
    sound_key,
    sounds_named,
    sounds_of,
    source_of,
    write_book,
)
from dialer.media.shipped_texts import shipped_messages
from dialer.media.speech import RATE, SpeechFailed, read_wav, write_wav, write_whole

OUR_OWN = ("chime.wav", "hold.wav", "pause.wav", *(f"{cue}.wav" for cue in Cue))
"""Tones, and words that nobody outside hears: nobody has to approve them."""
FIXED = (MessagePurpose.APOLOGY, MessagePurpose.INBOUND, MessagePurpose.WAITING, MessagePurpose.CLOSED)
"""Played by the dialplan under a name of its own, so that a person hears it even when the engine is gone."""
KEPT_SECONDS = 3_600.0  # longer than any call: what began with a sound ends with it, unless it was withdrawn


@dataclass(frozen=True, slots=True)
class Built:
    city: str
    made: tuple[str, ...]  # names of new sounds
    kept: int
    problems: tuple[str, ...]  # texts without a sound: which, why, how to mend it
    silent: tuple[str, ...] = ()  # what the dialplan would have to say and nobody has approved


def sound_name(message: Message, text: str) -> str:
    return f"sound/{spoken_name(text) if message.recording is None else message.recording[:24]}"


def text_for(message: Message, callback: str) -> str:
    return message.text.replace("{callback}", callback)


def recordings_missing(folder: Path, messages: Iterable[Message], now: datetime, *, drafts: bool = False) -> list[str]:
    """Which recordings the store must hand out before building."""
    wanted = [one.recording for one in to_be_ready(messages, now, drafts=drafts) if one.recording]
    return [one for one in dict.fromkeys(wanted) if not (folder / f"sound/{one[:24]}.wav").exists()]


def build_city(
    folder: Path,
    city: City,
    messages: Collection[Message],
    now: datetime,
    *,
    source: Source = Source.STORE,
    drafts: bool = False,
    recordings: Mapping[str, bytes] | None = None,
    spoken: Path | None = None,
    openings: Collection[NextOpening] = (),
) -> Built:
    """Make every sound that may be wanted from now on, then the book, then what the dialplan plays.

    `drafts`: also what nobody has approved; only right with a simulated carrier. `openings`: what {hours} may say.
    """
    private_folder(folder / "sound")
    private_folder(folder / city.key)
    ready = set(to_be_ready(messages, now, drafts=drafts))
    maker = _Maker(folder, spoken, recordings or {})
    made: list[str] = []
    problems: list[str] = []
    sounds: dict[Message, dict[str, str]] = {one: {} for one in messages}
    names: set[str] = set()
    before = sounds_of(folder, city.key)
    for one in (one for one in messages if one in ready):
        if one.recording is None and one.language != JAPANESE:
            problems.append(f"{label(one)}: 音声合成は日本語だけです。--recording で録音を登録してください")
            continue
        for key, text in _texts(city, one, openings).items():
            name = sound_name(one, text)
            try:
                if maker.make(name, one, text):
                    made.append(name)
            except SpeechFailed as failed:
                problems.append(f"{label(one)}: {failed}")
                continue
            sounds[one][key] = name
            names.add(name)
    lengths = {name: _seconds(folder / f"{name}.wav") for name in sorted(names)}
    write_book(folder, city.key, source, sounds, lengths)
    silent = _place_fixed(folder, city.key, now, drafts=drafts)
    place_hold_music(folder)
    place_chime(folder)
    place_guidance(folder, spoken)
    _remove_what_may_not_be_said(folder, city, messages, before, drafts=drafts)
    return Built(city.key, tuple(made), len(names) - len(made), tuple(problems), tuple(silent))


def make_prompts(folder: Path, cities: list[City], *, drafts: bool, spoken: Path | None = None) -> list[Path]:
    """At set-up, before there is a database: the texts that came with the program. Returns what was made.

    A city whose texts came from the store keeps them.
    """
    now = datetime.now(UTC)
    made: list[str] = []
    for city in cities:
        if source_of(folder, city.key) is not Source.STORE:
            texts = shipped_messages(city)
            made += build_city(folder, city, texts, now, source=Source.SHIPPED, drafts=drafts, spoken=spoken).made
    place_hold_music(folder)
    place_chime(folder)
    place_guidance(folder, spoken)
    return [folder / f"{name}.wav" for name in made]


@asynccontextmanager
async def building(folder: Path) -> AsyncIterator[None]:
    """One at a time, from asking what may be said until it stands there: the last to ask is then the last to write."""
    with (private_folder(folder) / ".building").open("w") as lock:
        await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
        yield


def sweep(folder: Path, now: datetime) -> list[Path]:
    """Sounds that no city's book names any more and that no call can still be using."""
    named = sounds_named(folder)
    gone = []
    for path in sorted((folder / "sound").glob("*.wav")):
        if f"sound/{path.stem}" not in named and now.timestamp() - path.stat().st_mtime > KEPT_SECONDS:
            path.unlink()
            gone.append(path)
    return gone


# ---


def label(one: Message) -> str:
    return " ".join([one.city, one.purpose.value, *([one.debt] if one.debt else []), one.language, f"版{one.version}"])


def _callbacks(city: City, message: Message) -> dict[str, str]:
    """The number to say, for each debt kind that the text is for; one entry when it says none."""
    if "{callback}" not in message.text or message.recording is not None:
        return {FOR_ALL: ""}
    return {debt.key: debt.caller_id for debt in city.debts if message.debt in (None, debt.key)}


def _texts(city: City, message: Message, openings: Collection[NextOpening]) -> dict[str, str]:
    """What has to be spoken for it, by the key of its sound."""
    if message.purpose is MessagePurpose.CLOSED and city.inbound.has_guide:
        openings = ()  # the guide names the hours
    return {
        sound_key(debt, variant): text
        for debt, callback in _callbacks(city, message).items()
        for variant, text in _variants(message, text_for(message, callback), openings).items()
    }


def _variants(message: Message, text: str, openings: Collection[NextOpening]) -> Mapping[str, str]:
    return {PLAIN: text} if message.recording is not None else variants(text, openings)


@dataclass(frozen=True, slots=True)
class _Maker:
    folder: Path
    spoken: Path | None
    recordings: Mapping[str, bytes]

    def make(self, name: str, message: Message, text: str) -> bool:
        """True when it was not there yet."""
        path = self.folder / f"{name}.wav"
        if path.exists():
            return False
        if message.recording is None:
            self._speak(text, path)
            return True
        content = self.recordings.get(message.recording)
        if content is None or hashlib.sha256(content).hexdigest() != message.recording:
            raise SpeechFailed("録音が見つからないか壊れています。もう一度 --recording で登録してください")
        write_whole(content, path)
        return True

    def _speak(self, text: str, path: Path) -> None:
        kept = self.spoken / path.name if self.spoken else path
        if not kept.exists():
            write_wav(speak(text), kept)
        _place(kept, path)


def _remove_what_may_not_be_said(
    folder: Path, city: City, messages: Iterable[Message], before: Mapping[Message, Collection[str]], *, drafts: bool
) -> None:
    """At once, whoever may still want it: what was withdrawn, and with a real carrier whatever is a draft."""
    refused = {VersionState.WITHDRAWN} if drafts else {VersionState.WITHDRAWN, VersionState.DRAFT}
    gone = [one for one in messages if one.state in refused]
    names = {sound_name(one, text) for one in gone for text in _texts(city, one, ()).values()}
    kinds = {(one.purpose, one.debt, one.language, one.version) for one in gone}
    for one, told in before.items():  # with openings of other days, too
        if (one.purpose, one.debt, one.language, one.version) in kinds:
            names.update(told)
    for name in names - sounds_named(folder):
        (folder / f"{name}.wav").unlink(missing_ok=True)


def _place_fixed(folder: Path, city: str, now: datetime, *, drafts: bool) -> list[str]:
    book = PromptBook(folder, drafts=drafts)
    silent = []
    for purpose in FIXED:
        found = book.sound(city, purpose, None, now)
        target = folder / city / f"{purpose.value}.wav"
        if isinstance(found, NoMessage):
            target.unlink(missing_ok=True)
            silent.append(f"{city}: {found.reason}")
        else:
            _place(found.path, target)
    return silent


def _place(source: Path, target: Path) -> None:
    if source == target:
        return
    if not source.exists():
        target.unlink(missing_ok=True)
        return
    content = source.read_bytes()
    if not target.exists() or target.read_bytes() != content:
        write_whole(content, target)


def _seconds(path: Path) -> float:
    return round(len(read_wav(path)) / RATE, 3)
