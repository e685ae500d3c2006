"""How much more of recordings fits into their folder, by what one second of them takes (T-028)."""

import shutil

from dialer.config import Settings
from dialer.core.city import City
from dialer.core.recording_rules import SECOND_BYTES
from dialer.core.warning_values import RecordingRoom
from dialer.store.recordings import KeptNow, RecordingStore
from dialer.web.parts import WebParts


async def room_now(parts: WebParts, city: City) -> RecordingRoom | None:
    """None: the folder cannot be looked at."""
    free = _free_bytes(parts.settings)
    kept = await RecordingStore(parts.database, city.key).kept()
    return None if free is None else room_of(parts.settings, city, kept, free)


def room_of(settings: Settings, city: City, kept: KeptNow, free_bytes: int) -> RecordingRoom:
    rules = city.recordings
    return RecordingRoom(
        kept_hours=kept.seconds / 3600,
        free_hours=free_bytes / (kept.bytes_a_second or SECOND_BYTES) / 3600,
        lines=rules.recorders or settings.operator_phones,
        hours_each=rules.hours_each if settings.records(city) else 0.0,
    )


def _free_bytes(settings: Settings) -> int | None:
    for folder in (settings.recordings_folder, settings.state_dir):  # before the first start there is no folder yet
        try:
            return shutil.disk_usage(folder).free
        except OSError:
            continue
    return None
