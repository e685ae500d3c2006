"""Recordings as rows and as files: kept for their days, deleted then, and what a crash leaves between the two."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio
from pydantic import SecretStr

from dialer.core.recording_rules import RecordingRules
from dialer.core.values import AttemptId
from dialer.media.recordings import known
from dialer.recorder import Recording
from dialer.recording_commands import add_keys, new_key
from dialer.recording_commands import keys_of as keys_of_settings
from dialer.recording_keeper import BY, WHY, RecordingKeeper
from dialer.store.recordings import RecordingStore
from dialer.store.staff_logs import LogEntry
from tests.desk_rig import DeskRig, desk_rig
from tests.recorded_talks import folder_of, keys_of, recorded
from tests.stores import leading_store

DAYS = 30


@pytest_asyncio.fixture
async def rig(database_url: str, tmp_path: Path) -> AsyncIterator[DeskRig]:
    async with leading_store(database_url) as store, desk_rig(store, database_url, tmp_path) as opened:
        await opened.rig.person("hanako")
        yield opened


def rows(rig: DeskRig) -> RecordingStore:
    return RecordingStore(rig.rig.parts.database, "nagaoka")


def keeper(rig: DeskRig, keep_days: int | None = DAYS) -> RecordingKeeper:
    city = replace(rig.rig.parts.city, recordings=RecordingRules(on=True, keep_days=keep_days))
    return RecordingKeeper(
        folder_of(rig),
        keys_of(rig),
        rows(rig),
        rig.rig.clock,
        city=lambda: city,
        leads=lambda: True,
        finish=lambda: None,
    )


def files(rig: DeskRig) -> set[str]:
    return {path.stem for path in folder_of(rig).iterdir()}


def entry(ids: object) -> LogEntry:
    raise AssertionError("nothing was done that could be told")


async def test_what_is_past_its_days_is_deleted_and_told_and_what_is_held_or_younger_stays(rig: DeskRig) -> None:
    old, held = await recorded(rig), await recorded(rig)
    rig.do("UPDATE recording SET held_at = now(), held_by = 'x', held_why = 'x' WHERE call_id = %(id)s", id=held)
    rig.rig.clock.pass_time(days=DAYS)
    young = await recorded(rig)
    await keeper(rig).look()
    assert files(rig) == {old, held, young}, "the last of its days is not over"
    rig.rig.clock.pass_time(days=1)
    await keeper(rig, keep_days=None).look()
    assert files(rig) == {old, held, young}
    await keeper(rig).look()
    assert files(rig) == {held, young}
    (stub,) = rig.do("SELECT call_id::text, file, deleted_by, deleted_why FROM recording WHERE deleted_at IS NOT NULL")
    assert stub == {"call_id": old, "file": None, "deleted_by": BY, "deleted_why": WHY}
    (told,) = rig.do("SELECT by, function, what, ids, count, detail FROM operation")
    assert told.pop("detail") == {"before": "2026-11-26T00:00:00+09:00", "keep_days": DAYS}
    assert told == {"by": BY, "function": "prune", "what": "recording", "ids": [old], "count": 1}
    await keeper(rig).look()
    assert len(rig.do("SELECT 1 FROM operation")) == 1, "told once"


async def test_after_a_crash_a_file_without_a_row_gets_one_and_a_deleted_row_loses_its_file(rig: DeskRig) -> None:
    lost, deleted, foreign = await recorded(rig), await recorded(rig), "00000000-0000-4000-8000-00000000000f"
    content = (folder_of(rig) / f"{deleted}.rec").read_bytes()
    rig.do("ALTER TABLE recording DISABLE TRIGGER USER")
    rig.do("DELETE FROM recording WHERE call_id = %(id)s", id=lost)
    rig.do("ALTER TABLE recording ENABLE TRIGGER USER")
    told = LogEntry(rig.rig.clock.now(), "nagaoka", "boss", None, "delete", "recording", [deleted], 1, 0.0)
    assert await rows(rig).delete([deleted], "boss", "x", rig.rig.clock.now(), lambda ids: told) == [deleted]
    (folder_of(rig) / f"{foreign}.rec").write_bytes(content)
    await keeper(rig).look()
    assert files(rig) == {lost, foreign}, "what is not known of is not touched"
    again = await rig.store.recording(AttemptId(lost))
    assert again == known(folder_of(rig), keys_of(rig), AttemptId(lost))


async def test_a_deleted_recording_stays_so_whatever_is_written_afterwards(rig: DeskRig) -> None:
    talk = await recorded(rig)
    now = rig.rig.clock.now()
    told = LogEntry(now, "nagaoka", "boss", None, "delete", "recording", [talk], 1, 0.0)
    assert await rows(rig).delete([talk], "boss", "x", now, lambda ids: told) == [talk]
    await rig.store.save_recording(Recording(AttemptId(talk), f"{talk}.rec", 4.0))
    assert await rig.store.recording(AttemptId(talk)) is None
    assert await rows(rig).delete([talk], "boss", "x", now, entry) == []
    assert not await rows(rig).hold(talk, "boss", "x", now, entry)
    assert not await rows(rig).release(talk, entry)
    for change in ("UPDATE recording SET deleted_why = ''", "DELETE FROM recording", "TRUNCATE recording"):
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
            rig.do(change)


async def test_keys_are_told_by_their_ids_renewed_and_put_back_and_the_log_knows(rig: DeskRig) -> None:
    await recorded(rig)
    settings, now = rig.rig.parts.settings.model_copy(update={"database_url": SecretStr(rig.url)}), rig.rig.clock.now()
    first = keys_of(rig).newest()
    told = await new_key(settings, "boss", now)
    assert [(one.id, told.recordings.get(one.id, 0)) for one in told.keys] == [(first.id, 1), (told.keys[1].id, 0)]
    copy = settings.recording_key_file.rename(settings.state_dir / "copy.json")
    lost = await keys_of_settings(settings)
    assert (lost.keys, lost.lost) == ((), {first.id: 1})
    assert f"{first.id}  この鍵がないため聞けない録音 1件" in lost.as_text()
    back = await add_keys(settings, copy, "boss", now)
    assert [one.id for one in back.keys] == [one.id for one in told.keys]
    assert "secret" not in str(back.as_dict())
    assert rig.do("SELECT by, function, what, ids FROM operation ORDER BY seq") == [
        {"by": "boss", "function": "create", "what": "recording_key", "ids": [told.keys[1].id]},
        {"by": "boss", "function": "add", "what": "recording_key", "ids": [one.id for one in told.keys]},
    ]


async def test_what_there_is_and_what_a_second_takes_is_measured(rig: DeskRig) -> None:
    assert (await rows(rig).kept()).bytes_a_second is None
    for seconds in (60.0, 120.0):
        await recorded(rig, seconds)
    kept = await rows(rig).kept()
    assert kept.seconds == 180.0
    assert kept.bytes_a_second == pytest.approx(32_000, rel=0.01)
    assert await rows(rig).by_key() == {keys_of(rig).newest().id: 2}
