"""What desks follow: read anew when something has been decided, and when a validity begins or ends by itself."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from dialer.core.versions import Decision, VersionState
from dialer.store.database import Database
from dialer.store.manuals import ManualStore, NewManual
from dialer.web.live_scripts import LiveScripts
from tests.city_profiles import CITY

NOW = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
NAGAOKA = CITY["nagaoka"]


async def test_scripts_are_the_same_value_until_one_is_decided_about_or_its_time_ends(database_url: str) -> None:
    database = Database(database_url)
    scripts, manuals = LiveScripts(database), ManualStore(database, NAGAOKA)

    async def used(minutes: int) -> int:
        found = await scripts.of(NAGAOKA, NOW + timedelta(minutes=minutes))
        assert await scripts.of(NAGAOKA, NOW + timedelta(minutes=minutes)) is found
        return next(one.version for one in found if one.key == "reminder")

    assert await used(0) == 1
    shipped = next(one for one in await manuals.manuals() if one.key == "reminder")
    yes = Decision(VersionState.APPROVED, "suzuki", NOW, reason="協議書")
    await manuals.decide(shipped, yes)
    new = NewManual(shipped.kind, "reminder", {**shipped.document, "name": "お願い"}, "yamada", "言い回し", 1)
    added = await manuals.add(new, NOW)
    assert await used(1) == 1  # a draft waits
    begins, ends = NOW + timedelta(minutes=10), NOW + timedelta(minutes=20)
    await manuals.decide(added, replace(yes, at=NOW + timedelta(minutes=2), valid_from=begins, valid_until=ends))
    assert [await used(minute) for minute in (3, 9, 10, 19, 20)] == [1, 1, 2, 2, 1]
    await database.close()
