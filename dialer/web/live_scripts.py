"""The scripts in force, as desks follow them: read anew when one is entered or decided about, or begins or ends."""

from collections.abc import Sequence
from datetime import datetime

import structlog

from dialer.core.city import City
from dialer.core.manuals import Manual
from dialer.core.script import TalkScript
from dialer.profiles import ProfileError
from dialer.profiles.result_versions import with_results
from dialer.profiles.script_versions import scripts_in_force
from dialer.profiles.scripts import shipped_manuals
from dialer.store.database import Database
from dialer.store.manuals import ManualStore, ManualWatch

log = structlog.get_logger()


class LiveScripts:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._city: City | None = None  # whose shipped scripts have been entered
        self._watch: ManualWatch | None = None
        self._scripts: tuple[TalkScript, ...] = ()

    async def of(self, city: City, now: datetime) -> tuple[TalkScript, ...]:
        """The same ones as long as nothing has changed. StoreUnavailable while Postgres is away."""
        store = ManualStore(self._database, city)
        if city != self._city:
            await _ensure(store, city, now)
            self._watch = None
        watch = self._watch = self._watch or ManualWatch(store.stamp, store.manuals)
        if await watch.changed(now):
            self._city, self._scripts = city, self._read(city, watch.manuals, now)
        return self._scripts

    def _read(self, city: City, manuals: Sequence[Manual], now: datetime) -> tuple[TalkScript, ...]:
        found = scripts_in_force(city, manuals, now)
        for one in found.passed_over:
            what = {"kind": one.manual.kind.value, "key": one.manual.key, "version": one.manual.version}
            log.error("version of a script cannot be used; the one before is", **what, why="; ".join(one.faults))
        return self._scripts if found.scripts == self._scripts else found.scripts


async def _ensure(store: ManualStore, city: City, now: datetime) -> None:
    """What has been entered is used even when a file has become wrong. Files go by the profile's own results."""
    try:
        await store.ensure(shipped_manuals(with_results(city, city.talk.of_profile), now), now)
    except ProfileError as wrong:
        log.error("scripts that came with the program are wrong; those entered before are used", why=str(wrong))
