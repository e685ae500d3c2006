"""`dialer prompts say`: a text, or a version that was entered, to listen to before anybody approves it."""

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from dialer.calendar_commands import CannotAnswer
from dialer.config import Settings
from dialer.core.city import City
from dialer.core.messages import Message
from dialer.core.variants import example_of
from dialer.folders import private_folder
from dialer.media.announcer import reading
from dialer.media.finishing import speak
from dialer.media.prompts import label, text_for
from dialer.media.speech import RATE, SpeechFailed, read_wav, wav_bytes, write_whole
from dialer.prompt_commands import Kind, find_version, opened_messages
from dialer.store.messages import MessageStore


@dataclass(frozen=True, slots=True)
class Said:
    text: str
    reading: str | None  # none: a person has spoken it
    file: Path
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        return {"text": self.text, "reading": self.reading, "file": str(self.file), "seconds": self.seconds}

    def as_text(self) -> str:
        how = "録音" if self.reading is None else f"読み: {self.reading}"
        return f"{how}\n{self.file}（{self.seconds:.1f}秒）"


def say(settings: Settings, text: str, out: Path | None) -> Said:
    """How a text will be read, and a file to listen to. Nothing is entered, and no call plays that file."""
    path = out or _said_file(settings, text)
    try:
        samples = speak(text)
    except SpeechFailed:
        raise CannotAnswer(f"「{text[:40]}」は読み上げられません。日本語の文を書いてください。") from None
    _write(wav_bytes(samples), path)
    return Said(text, reading(text), path, round(len(samples) / RATE, 2))


async def say_version(
    settings: Settings, city: City, kind: Kind, version: int, out: Path | None, now: datetime
) -> Said:
    """A version that was entered, as people will hear it: to listen before it is approved."""
    async with opened_messages(settings, city, now) as store:
        message = find_version(await store.messages(), kind, version)
        if message.recording is None:
            return say(settings, example_of(text_for(message, _callback(city, message))), out)
        sound = await _recorded(store, message, message.recording)
    path = out or _said_file(settings, message.recording)
    _write(sound, path)
    return Said(message.text, None, path, round(len(read_wav(path)) / RATE, 2))


async def sound_of(store: MessageStore, city: City, message: Message) -> bytes:
    """The same, as a WAV file for whoever asked."""
    if message.recording is not None:
        return await _recorded(store, message, message.recording)
    text = example_of(text_for(message, _callback(city, message)))
    try:
        return await asyncio.to_thread(lambda: wav_bytes(speak(text)))
    except SpeechFailed:
        raise CannotAnswer(f"{label(message)}: 読み上げられません。") from None


async def _recorded(store: MessageStore, message: Message, digest: str) -> bytes:
    sound = (await store.recordings([digest])).get(digest)
    if sound is None:
        raise CannotAnswer(f"{label(message)}: 録音が見つかりません。もう一度 --recording で登録してください。")
    return sound


def _callback(city: City, message: Message) -> str:
    """Of several the first: they are spoken alike."""
    return next(debt.caller_id for debt in city.debts if message.debt in (None, debt.key))


def _said_file(settings: Settings, what: str) -> Path:
    """Named by its content: whatever a text holds, no file name does."""
    return private_folder(settings.state_dir / "said") / f"{hashlib.sha256(what.encode()).hexdigest()[:24]}.wav"


def _write(sound: bytes, path: Path) -> None:
    try:
        write_whole(sound, path)
    except OSError as error:
        raise CannotAnswer(f"{path}: 書き込めません（{error.strerror}）。場所と権限を確かめてください。") from None
