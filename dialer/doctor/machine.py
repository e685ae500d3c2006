"""This machine: the files of its city, its zone, disks, the modes of secrets, fonts."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dialer.config import Settings
from dialer.core.checkup import Finding, Place, bad, disk, fonts, secrets, time_zone, well
from dialer.core.recording_rules import SECOND_BYTES
from dialer.profiles import FOLDER, ProfileError, load_city

FONTS_SECONDS = 5.0
MEND_PROFILE = "dialer/cities のファイルを直してください。直すまでは、動いているプログラムは前の内容のまま動きます。"
SECRETS = (
    "settings.toml",
    "asterisk-*/*.secret",
    "asterisk-*/phones*.json",
    "recording-keys.json",
    "web/key.pem",
    "postgres-*/password*",
)


def zone(now: datetime) -> Finding:
    try:
        tokyo = ZoneInfo("Asia/Tokyo")
    except ZoneInfoNotFoundError:
        return time_zone(False, False)
    return time_zone(True, now.astimezone().utcoffset() == now.astimezone(tokyo).utcoffset())


def profile(settings: Settings, folder: Path = FOLDER) -> list[Finding]:
    """Programs that run go on by what a file said before it became wrong: somebody has to hear of it."""
    try:
        return [well("profile", f"{load_city(settings.city, folder).name}の設定を読めました。")]
    except ProfileError as wrong:
        return [bad("profile", line, MEND_PROFILE) for line in str(wrong).splitlines()]


def places(settings: Settings) -> Iterator[Finding]:
    """One for each disk that is written to."""
    folders = [settings.state_dir, *(home for home in cluster_homes(settings.state_dir))]
    if settings.backup.folder is not None:
        folders.append(settings.backup.folder)
    known: set[int] = set()
    for folder in folders:
        try:
            device = folder.stat().st_dev
        except OSError:
            if folder != settings.state_dir:  # which the first start makes
                yield disk(Place(str(folder), 0, writable=False))
            continue
        if device not in known:
            known.add(device)
            yield disk(_place(settings, folder))


def _place(settings: Settings, folder: Path) -> Place:
    free, entries = shutil.disk_usage(folder).free, os.statvfs(folder)
    records = folder == settings.state_dir and _records(settings)
    hours = free / (SECOND_BYTES * settings.operator_phones * 3600) if records else None
    share = entries.f_favail / entries.f_files if entries.f_files else 1.0
    return Place(str(folder), free, share, hours, os.access(folder, os.W_OK))


def _records(settings: Settings) -> bool:
    try:
        return settings.records(load_city(settings.city))
    except ProfileError:
        return False


def cluster_homes(state_dir: Path) -> Iterator[Path]:
    """Where the data of a private Postgres lies, which may be elsewhere."""
    from dialer.embedded.postgres_files import moved_to

    for home in state_dir.glob("postgres-[0-9]*"):
        yield moved_to(home) or home


def open_to_others(settings: Settings) -> Finding:
    """What holds a secret, and the folder that all of it lies in."""
    found = [path for pattern in SECRETS for path in settings.state_dir.glob(pattern)]
    if settings.backup.key_file is not None:
        found.append(settings.backup.key_file)
    return secrets([str(path) for path in found if _is_open(path)])


def _is_open(path: Path) -> bool:
    try:
        return bool(path.stat().st_mode & 0o077)
    except OSError:
        return False


def japanese_fonts() -> Finding:
    program = shutil.which("fc-list")
    if program is None:
        return fonts(None)
    try:
        listed = subprocess.run([program, ":lang=ja"], capture_output=True, timeout=FONTS_SECONDS, check=False).stdout
    except subprocess.TimeoutExpired:
        return fonts(None)
    return fonts(bool(listed.strip()))
