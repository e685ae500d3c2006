"""A check-up as somebody wants it to be, for the page of the system."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from dialer.core import checkup
from dialer.core.checkup import Finding, Place, TrunkSeen
from dialer.core.warning_values import ClockSeen
from dialer.store.upkeep import LastBackup, TablesSeen
from dialer.web.system import CheckUp

NOW = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
BACKUP = LastBackup(NOW - timedelta(hours=9), "yobikake-nagaoka-20261124T160000.backup", 3 << 30, True)
TABLES = TablesSeen(15, "UTF8", 300 << 20, NOW, "0025", BACKUP, 1234, 360_000.0)


def one_of_each_grade() -> list[Finding]:
    return [
        checkup.well("programs", "すべて動いています。"),
        checkup.clock(ClockSeen(False), 0.0),
        checkup.disk(Place("/var/lib/yobikake", 900 << 20, 0.9, 0.2)),
        checkup.trunk("192.0.2.10:5060", TrunkSeen(200)),
    ]


class HandDoctor:
    """Implements the Doctor of the page."""

    def __init__(self) -> None:
        versions = {"呼びかけ": "0.1.0", "Asterisk": "22.5.0", "Python": "3.11.2"}
        self.found = CheckUp(NOW, one_of_each_grade(), TABLES, versions)

    def without_a_database(self) -> None:
        self.found = replace(self.found, tables=None)

    async def latest(self) -> CheckUp:
        return self.found
