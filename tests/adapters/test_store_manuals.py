"""Manuals in versions, kept by the real Postgres."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from dialer.core.manuals import PROGRAM, SHIPPED, Manual, ManualKind
from dialer.core.versions import Decision, VersionState
from dialer.ports import StoreFault
from dialer.store.database import Database
from dialer.store.manuals import ManualStore, NewManual
from tests.adapters.store_rows import rows_of
from tests.city_profiles import CITY

NOW = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
NAGAOKA = CITY["nagaoka"]
STEPS = {"opening": {"text": "私、長岡市から委託を受けております。"}, "a": {"text": "失礼いたします。"}}
SCRIPT = Manual("nagaoka", ManualKind.SCRIPT, "reminder", 1, {"step": STEPS}, PROGRAM, NOW, SHIPPED)
NEW = NewManual(ManualKind.SCRIPT, "reminder", {"step": {}}, "yamada", "言い回し", 1)
YES = Decision(VersionState.APPROVED, "suzuki", NOW, reason="協議書 第3号")


@pytest.fixture
async def manuals(database_url: str) -> AsyncIterator[ManualStore]:
    database = Database(database_url)
    store = ManualStore(database, NAGAOKA)
    await store.ensure([SCRIPT], NOW)
    yield store
    await database.close()


async def test_shipped_documents_are_drafts_entered_once_with_their_steps_in_order(manuals: ManualStore) -> None:
    await manuals.ensure([SCRIPT], NOW + timedelta(days=1))
    (known,) = await manuals.manuals()
    assert known == SCRIPT
    assert list(known.document["step"]) == ["opening", "a"]


async def test_a_changed_shipped_document_is_a_new_draft_beside_what_is_approved(manuals: ManualStore) -> None:
    await manuals.decide(SCRIPT, YES)
    await manuals.add(NEW, NOW)
    await manuals.ensure([replace(SCRIPT, document={"step": {"a": {}}})], NOW)
    assert [(one.version, one.state.value, one.entered_by) for one in await manuals.manuals()] == [
        (1, "approved", PROGRAM),
        (2, "draft", "yamada"),
        (3, "draft", PROGRAM),
    ]


async def test_a_decision_that_came_with_a_document_is_kept_once_and_is_about_that_version(
    manuals: ManualStore, database_url: str
) -> None:
    approved = replace(SCRIPT, decision=YES)
    await manuals.ensure([approved], NOW)
    await manuals.ensure([approved], NOW)
    await manuals.decide(SCRIPT, replace(YES, state=VersionState.WITHDRAWN))
    await manuals.ensure([approved], NOW)
    await manuals.ensure([replace(approved, document={"step": {"a": {}}})], NOW)
    assert [(one.version, one.state.value) for one in await manuals.manuals()] == [(1, "withdrawn"), (2, "draft")]
    assert rows_of(database_url, "SELECT count(*) FROM manual_decision") == [(2,)]


async def test_two_who_add_at_once_get_a_version_each_and_one_is_known_to_have_missed_the_other(
    manuals: ManualStore, database_url: str
) -> None:
    others = [Database(database_url) for _ in range(2)]
    added = await asyncio.gather(*(ManualStore(one, NAGAOKA).add(NEW, NOW) for one in others))
    assert sorted((one.version, one.missed_a_newer) for one in added) == [(2, False), (3, True)]
    for one in others:
        await one.close()


async def test_the_last_decision_counts_comes_back_whole_and_is_seen_by_the_stamp(manuals: ManualStore) -> None:
    added, stamps = await manuals.add(NEW, NOW), {await manuals.stamp()}
    last = replace(YES, valid_from=NOW + timedelta(days=1), valid_until=NOW + timedelta(days=9))
    for decision in (YES, replace(YES, state=VersionState.WITHDRAWN, by="yamada"), last):
        await manuals.decide(added, decision)
        assert (await manuals.manuals())[-1] == replace(added, decision=decision)
        stamps.add(await manuals.stamp())
    assert len(stamps) == 4


async def test_nobody_approves_what_they_entered_whatever_the_program_thinks(
    manuals: ManualStore, database_url: str
) -> None:
    added = await manuals.add(NEW, NOW)
    with pytest.raises(StoreFault):
        await manuals.decide(added, replace(YES, by="yamada"))
    await manuals.decide(added, replace(YES, by="yamada", state=VersionState.WITHDRAWN))
    assert rows_of(database_url, "SELECT state FROM manual_decision") == [("withdrawn",)]


async def test_a_version_that_is_not_there_is_not_decided_about(manuals: ManualStore) -> None:
    with pytest.raises(StoreFault, match="version 9"):
        await manuals.decide(replace(SCRIPT, version=9), YES)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE manual SET why = ''",
        "DELETE FROM manual",
        "UPDATE manual_decision SET by = ''",
        "TRUNCATE manual_decision",
    ],
)
async def test_what_was_entered_is_never_changed(statement: str, manuals: ManualStore, database_url: str) -> None:
    await manuals.decide(SCRIPT, YES)
    with psycopg.connect(database_url) as connection, pytest.raises(psycopg.errors.IntegrityConstraintViolation):
        connection.execute(statement.encode())
    assert rows_of(database_url, "SELECT count(*) FROM manual_decision") == [(1,)]
