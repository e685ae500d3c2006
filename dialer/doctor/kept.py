"""The last check-up, for pages: whoever asks within a minute is told the same, and two who ask at once wait for one."""

import asyncio
import platform
from datetime import UTC, datetime, timedelta

from dialer.config import Settings
from dialer.doctor.looking import look_at_all
from dialer.doctor.version import program_version
from dialer.embedded.asterisk import AsteriskMissing, find_asterisk
from dialer.web.system import CheckUp

FRESH = timedelta(seconds=60)


class KeptCheckUp:
    """Implements the Doctor of the page of the system."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._last: CheckUp | None = None
        self._turn = asyncio.Lock()

    async def latest(self) -> CheckUp:
        async with self._turn:
            now = datetime.now(UTC)
            if self._last is None or not timedelta() <= now - self._last.at < FRESH:
                found = await look_at_all(self._settings)
                versions = await asyncio.to_thread(_versions, self._settings)
                self._last = CheckUp(now, found.findings, found.tables, versions)
            return self._last


def _versions(settings: Settings) -> dict[str, str]:
    try:
        asterisk = find_asterisk(settings.lib).version
    except AsteriskMissing:
        asterisk = "なし"
    return {"呼びかけ": program_version(), "Asterisk": asterisk, "Python": platform.python_version()}
