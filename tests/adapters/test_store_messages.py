"""Texts in versions, kept by the real Postgres."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from dialer.core.messages import Message, MessagePurpose
from dialer.core.versions import Decision, VersionState
from dialer.media.shipped_texts import shipped_messages
from dialer.ports import StoreFault
from dialer.store.database import Database
from dialer.store.messages import MessageStore, NewMessage
from tests.adapters.store_rows import rows_of
from tests.city_profiles import CITY

NOW = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
NAGAOKA = CITY["nagaoka"]
SHIPPED = shipped_messages(NAGAOKA)
NEW = NewMessage(MessagePurpose.VOICEMAIL, "こちらは、長岡市役所です。", "user-7")


@pytest.fixture
async def messages(database_url: str) -> AsyncIterator[MessageStore]:
    database = Database(database_url)
    store = MessageStore(database, NAGAOKA)
    await store.ensure(SHIPPED, NOW)
    yield store
    await database.close()


async def test_shipped_texts_are_drafts_and_are_entered_once(messages: MessageStore) -> None:
    await messages.ensure(SHIPPED, NOW)
    known = await messages.messages()
    assert sorted(known, key=_kind) == sorted(SHIPPED, key=_kind)
    assert {one.state for one in known} == {VersionState.DRAFT}


async def test_a_changed_shipped_text_is_a_new_draft_beside_what_the_city_has_approved(messages: MessageStore) -> None:
    (old,) = [one for one in SHIPPED if one.purpose is MessagePurpose.OPENING]
    await messages.decide(old, Decision(VersionState.APPROVED, "user-7", NOW))
    await messages.ensure([replace(old, text="長岡市役所でございます。")], NOW)
    known = [one for one in await messages.messages() if one.purpose is MessagePurpose.OPENING]
    assert [(one.version, one.text, one.state) for one in known] == [
        (1, old.text, VersionState.APPROVED),
        (2, "長岡市役所でございます。", VersionState.DRAFT),
    ]


async def test_a_text_of_the_city_does_not_bring_the_shipped_one_again(messages: MessageStore) -> None:
    await messages.add(NEW, NOW)
    await messages.ensure(SHIPPED, NOW)
    assert len(await messages.messages()) == len(SHIPPED) + 1


async def test_versions_are_counted_for_each_purpose_debt_and_language(messages: MessageStore) -> None:
    wanted = [NEW, replace(NEW, debt="city_tax"), replace(NEW, language="vi"), NEW, replace(NEW, debt="city_tax")]
    assert [(await messages.add(one, NOW)).version for one in wanted] == [2, 1, 1, 3, 2]


async def test_two_who_add_at_once_get_a_version_each(messages: MessageStore, database_url: str) -> None:
    others = [Database(database_url) for _ in range(3)]
    added = await asyncio.gather(*(MessageStore(one, NAGAOKA).add(NEW, NOW) for one in others))
    assert sorted(one.version for one in added) == [2, 3, 4]
    for one in others:
        await one.close()


async def test_the_last_decision_counts_and_comes_back_whole(messages: MessageStore) -> None:
    added = await messages.add(NEW, NOW)
    first = Decision(VersionState.APPROVED, "user-7", NOW, reason="協議書 第3号")
    last = Decision(
        VersionState.APPROVED,
        "user-8",
        NOW,
        NOW + timedelta(days=1),
        NOW + timedelta(days=9),
        "第4号",
        names_matter=True,
    )
    for decision in (first, Decision(VersionState.WITHDRAWN, "user-7", NOW, reason="誤り"), last):
        await messages.decide(added, decision)
        (known,) = [one for one in await messages.messages() if (one.purpose, one.version) == (added.purpose, 2)]
        assert known == replace(added, decision=decision)


async def test_a_version_that_is_not_there_is_not_decided_about(messages: MessageStore) -> None:
    missing = Message("nagaoka", MessagePurpose.VOICEMAIL, None, "ja", 9, "")
    with pytest.raises(StoreFault, match="version 9"):
        await messages.decide(missing, Decision(VersionState.APPROVED, "user-7", NOW))


async def test_a_recording_is_kept_once_and_handed_out_by_its_sum(messages: MessageStore) -> None:
    sound = bytes(range(256)) * 100
    added = [await messages.add(replace(NEW, recording=sound), NOW) for _ in range(2)]
    digest = hashlib.sha256(sound).hexdigest()
    assert [one.recording for one in added] == [digest, digest]
    assert await messages.recordings([digest, "0" * 64]) == {digest: sound}
    assert await messages.recordings([]) == {}


async def test_a_debt_kind_that_the_city_has_not_is_refused(messages: MessageStore) -> None:
    with pytest.raises(StoreFault):
        await messages.add(replace(NEW, debt="dog_tax"), NOW)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE message SET text = ''",
        "DELETE FROM message",
        "UPDATE message_decision SET state = 'withdrawn'",
        "TRUNCATE message_decision",
        "DELETE FROM message_recording",
    ],
)
async def test_what_was_entered_is_never_changed(statement: str, messages: MessageStore, database_url: str) -> None:
    added = await messages.add(replace(NEW, recording=b"sound"), NOW)
    await messages.decide(added, Decision(VersionState.APPROVED, "user-7", NOW))
    with psycopg.connect(database_url) as connection, pytest.raises(psycopg.errors.IntegrityConstraintViolation):
        connection.execute(statement.encode())
    assert rows_of(database_url, "SELECT count(*) FROM message_decision") == [(1,)]


def _kind(one: Message) -> tuple[str, str, str, int]:
    return one.purpose, one.debt or "", one.language, one.version
