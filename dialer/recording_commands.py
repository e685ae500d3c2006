"""The answers of `dialer recordings`: keys by their ids, never what they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from dialer.command_log import Use, note
from dialer.config import Settings
from dialer.core.values import TOKYO
from dialer.media.recording_keys import KeyFile, RecordingKey
from dialer.profiles import load_city
from dialer.stack import database_url
from dialer.store.database import Database
from dialer.store.recordings import RecordingStore


@dataclass(frozen=True, slots=True)
class Keys:
    keys: tuple[RecordingKey, ...]
    recordings: Mapping[str, int]  # of each key, also of those that are not there

    @property
    def lost(self) -> dict[str, int]:
        here = {one.id for one in self.keys}
        return {key: count for key, count in self.recordings.items() if key not in here}

    def as_dict(self) -> dict[str, Any]:
        there = [
            {"id": one.id, "made_at": one.made_at.isoformat(), "recordings": self.recordings.get(one.id, 0)}
            for one in self.keys
        ]
        return {"keys": there, "lost": self.lost}

    def as_text(self) -> str:
        lines = [
            f"{one.id}  {one.made_at.astimezone(TOKYO):%Y-%m-%d %H:%M} から  録音 {self.recordings.get(one.id, 0):,}件"
            for one in self.keys
        ]
        lost = [f"{key}  この鍵がないため聞けない録音 {count:,}件" for key, count in self.lost.items()]
        return "\n".join([*lines, *lost]) or "鍵はまだありません。最初の録音のときに作ります。"


async def keys_of(settings: Settings) -> Keys:
    database = Database(database_url(settings), name="yobikake recordings")
    try:
        counts = await RecordingStore(database, settings.city).by_key()
    finally:
        await database.close()
    return Keys(tuple(KeyFile(settings.recording_key_file).all()), counts)


async def new_key(settings: Settings, by: str, now: datetime) -> Keys:
    added = KeyFile(settings.recording_key_file).add()
    await note(settings, load_city(settings.city), Use(by, now, "create", "recording_key", [added.id]))
    return await keys_of(settings)


async def add_keys(settings: Settings, file: Path, by: str, now: datetime) -> Keys:
    added = KeyFile(settings.recording_key_file).take_from(KeyFile(file))
    ids = [one.id for one in added]
    await note(settings, load_city(settings.city), Use(by, now, "add", "recording_key", ids, len(ids)))
    return await keys_of(settings)
