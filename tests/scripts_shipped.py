"""The talk scripts as they are before anybody has entered or decided anything."""

from datetime import UTC, datetime
from pathlib import Path

from dialer.core.city import City
from dialer.core.script import TalkScript
from dialer.profiles.script_versions import scripts_in_force
from dialer.profiles.scripts import SCRIPTS, shipped_manuals

NOW = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)


def shipped_scripts(city: City, folder: Path = SCRIPTS) -> tuple[TalkScript, ...]:
    return scripts_in_force(city, shipped_manuals(city, NOW, folder), NOW).scripts
