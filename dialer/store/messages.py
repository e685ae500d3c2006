"""Texts in versions and what was decided about them. Appended, never changed: what was said in a call stays known."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.calendar.rules import Change
from dialer.core.city import City
from dialer.core.messages import JAPANESE, Message, MessagePurpose
from dialer.core.versions import Decision, VersionState
from dialer.ports import StoreFault
from dialer.store import agreed_days
from dialer.store.database import Database
from dialer.store.queries import SAVE_CITY, SAVE_DEBT_KIND

LOCK = text("SELECT FROM city WHERE key = :city FOR NO KEY UPDATE")
"""Two who add at once get a version each."""

MESSAGES = text("""
SELECT message.city, message.purpose, message.debt, message.language, message.version, message.text, message.recording,
       decided.state, decided.valid_from, decided.valid_until, decided.reason, decided.names_matter, decided.by,
       decided.at, message.by AS entered_by
FROM message
LEFT JOIN LATERAL (
    SELECT * FROM message_decision WHERE message_decision.message_id = message.id ORDER BY id DESC LIMIT 1
) AS decided ON true
WHERE message.city = :city
ORDER BY message.purpose, message.debt NULLS FIRST, message.language, message.version
""")
NEWEST_SHIPPED = text("""
SELECT DISTINCT ON (purpose, debt, language) purpose, debt, language, text
FROM message WHERE city = :city AND shipped
ORDER BY purpose, debt, language, version DESC
""")
KEEP_RECORDING = text("""
INSERT INTO message_recording (city, sha256, sound) VALUES (:city, :sha256, :sound) ON CONFLICT DO NOTHING
""")
ADD = text("""
INSERT INTO message (city, purpose, debt, language, version, text, recording, shipped, by, at)
SELECT :city, :purpose, :debt, :language, COALESCE(max(version), 0) + 1, :text, :recording, :shipped, :by, :at
FROM message
WHERE city = :city AND purpose = :purpose AND debt IS NOT DISTINCT FROM CAST(:debt AS text) AND language = :language
RETURNING version
""")
DECIDE = text("""
INSERT INTO message_decision (city, message_id, state, valid_from, valid_until, reason, names_matter, by, at)
SELECT city, id, :state, :valid_from, :valid_until, :reason, :names_matter, :by, :at
FROM message
WHERE city = :city AND purpose = :purpose AND debt IS NOT DISTINCT FROM CAST(:debt AS text) AND language = :language
  AND version = :version
RETURNING id
""")
RECORDINGS = text("SELECT sha256, sound FROM message_recording WHERE city = :city AND sha256 = ANY(:wanted)")

PROGRAM = "program"
RECORDING_SECONDS = 20.0  # a minute of sound over a slow network


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A text that somebody enters; its version is given by the store."""

    purpose: MessagePurpose
    text: str
    by: str
    debt: str | None = None
    language: str = JAPANESE
    recording: bytes | None = None  # a finished prompt as WAV


class MessageStore:
    """Raises StoreUnavailable and StoreFault as PostgresStore does."""

    def __init__(self, database: Database, city: City) -> None:
        self._database, self._profile, self._city = database, city, city.key

    async def messages(self) -> list[Message]:
        return await self._database.ask(self._messages)

    async def calendar_changes(self) -> Sequence[Change]:
        """What was agreed about days, for texts that say the hours."""
        return await self._database.ask(partial(agreed_days.changes, city=self._city))

    async def ensure(self, shipped: Sequence[Message], now: datetime) -> None:
        """The texts that came with the program, as drafts. A changed one is a new version; others stay as they are."""

        async def work(connection: AsyncConnection) -> None:
            await self._save_city(connection)
            await connection.execute(LOCK, {"city": self._city})
            rows = await connection.execute(NEWEST_SHIPPED, {"city": self._city})
            known = {(row.purpose, row.debt, row.language): row.text for row in rows}
            for one in shipped:
                if known.get((one.purpose.value, one.debt, one.language)) != one.text:
                    new = NewMessage(one.purpose, one.text, PROGRAM, one.debt, one.language)
                    await self._insert(connection, new, now, shipped=True)

        await self._database.ask(work)

    async def add(self, new: NewMessage, now: datetime) -> Message:
        async def work(connection: AsyncConnection) -> Message:
            await connection.execute(LOCK, {"city": self._city})
            return await self._insert(connection, new, now, shipped=False)

        return await self._database.ask(work, patience_seconds=RECORDING_SECONDS)

    async def decide(self, message: Message, decision: Decision) -> None:
        """The last decision about a version counts."""

        async def work(connection: AsyncConnection) -> None:
            found = await connection.execute(
                DECIDE,
                {
                    **_kind(message),
                    "city": self._city,
                    "version": message.version,
                    "state": decision.state.value,
                    "valid_from": decision.valid_from,
                    "valid_until": decision.valid_until,
                    "reason": decision.reason,
                    "names_matter": decision.names_matter,
                    "by": decision.by,
                    "at": decision.at,
                },
            )
            if found.first() is None:
                raise StoreFault(f"{self._city} has no version {message.version} of the message {message.purpose}")

        await self._database.ask(work)

    async def recordings(self, wanted: Collection[str]) -> dict[str, bytes]:
        async def work(connection: AsyncConnection) -> dict[str, bytes]:
            rows = await connection.execute(RECORDINGS, {"city": self._city, "wanted": list(wanted)})
            return {row.sha256: bytes(row.sound) for row in rows}

        return await self._database.ask(work, patience_seconds=RECORDING_SECONDS) if wanted else {}

    async def _save_city(self, connection: AsyncConnection) -> None:
        """Texts may be entered before the engine has ever run."""
        city = self._profile
        await connection.execute(SAVE_CITY, {"key": city.key, "name": city.name})
        debts = [
            {
                "city": city.key,
                "key": debt.key,
                "name": debt.name,
                "department": debt.department,
                "caller_id": debt.caller_id,
            }
            for debt in city.debts
        ]
        await connection.execute(SAVE_DEBT_KIND, debts)

    async def _messages(self, connection: AsyncConnection) -> list[Message]:
        return [_message(row) for row in await connection.execute(MESSAGES, {"city": self._city})]

    async def _insert(self, connection: AsyncConnection, new: NewMessage, now: datetime, *, shipped: bool) -> Message:
        digest = None
        if new.recording is not None:
            digest = hashlib.sha256(new.recording).hexdigest()
            kept = {"city": self._city, "sha256": digest, "sound": new.recording}
            await connection.execute(KEEP_RECORDING, kept)
        values = {
            "city": self._city,
            "text": new.text,
            "recording": digest,
            "shipped": shipped,
            "by": new.by,
            "at": now,
        }
        version = (await connection.execute(ADD, {**_kind(new), **values})).scalar_one()
        return Message(self._city, new.purpose, new.debt, new.language, version, new.text, digest)


def _kind(one: Message | NewMessage) -> dict[str, str | None]:
    return {"purpose": one.purpose.value, "debt": one.debt, "language": one.language}


def _message(row: Any) -> Message:
    decision = row.state and Decision(
        VersionState(row.state), row.by, row.at, row.valid_from, row.valid_until, row.reason, row.names_matter
    )
    return Message(
        row.city,
        MessagePurpose(row.purpose),
        row.debt,
        row.language,
        row.version,
        row.text,
        row.recording,
        decision or None,
        row.entered_by,
    )
