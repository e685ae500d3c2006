"""What a supervisor lets operators know, and who has read it (O-026). Read or not, a notice is kept."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

SEND = text("INSERT INTO notice (city, text, by, at) VALUES (:city, :text, :by, :at) RETURNING id")
TO = text("""
INSERT INTO notice_to (notice, city, account) SELECT :notice, :city, unnest(CAST(:to AS text[]))
""")
UNREAD = text("""
SELECT notice.id, notice.text, notice.at, account.name AS by
FROM notice_to JOIN notice ON notice.id = notice_to.notice JOIN account ON account.login = notice.by
WHERE notice_to.city = :city AND notice_to.account = :account AND notice_to.read_at IS NULL AND notice.at >= :since
ORDER BY notice.id
""")
READ = text("""
UPDATE notice_to SET read_at = :at
WHERE notice = :notice AND city = :city AND account = :account AND read_at IS NULL
""")
SENT = text("""
SELECT notice.id, notice.text, notice.at, sender.name AS by, count(*) AS receivers, count(notice_to.read_at) AS readers,
       array_agg(reader.name ORDER BY reader.name) FILTER (WHERE notice_to.read_at IS NULL) AS waits_for
FROM notice JOIN account AS sender ON sender.login = notice.by
JOIN notice_to ON notice_to.notice = notice.id JOIN account AS reader ON reader.login = notice_to.account
WHERE notice.city = :city AND notice.at >= :since AND (CAST(:by AS text) IS NULL OR notice.by = :by)
GROUP BY notice.id, notice.text, notice.at, sender.name ORDER BY notice.id DESC
""")


@dataclass(frozen=True, slots=True)
class Notice:
    id: int
    text: str = field(repr=False)
    by: str  # a name
    at: datetime


@dataclass(frozen=True, slots=True)
class Sent:
    notice: Notice
    receivers: int
    readers: int
    waits_for: Sequence[str]  # names of who has not read it


async def send(connection: AsyncConnection, city: str, words: str, to: Sequence[str], *, by: str, now: datetime) -> int:
    """`to`: logins."""
    made: int = (await connection.execute(SEND, {"city": city, "text": words, "by": by, "at": now})).scalar_one()
    await connection.execute(TO, {"notice": made, "city": city, "to": list(dict.fromkeys(to))})
    return made


async def unread(connection: AsyncConnection, city: str, account: str, since: datetime) -> Sequence[Notice]:
    rows = await connection.execute(UNREAD, {"city": city, "account": account, "since": since})
    return [Notice(row.id, row.text, row.by, row.at) for row in rows]


async def read(connection: AsyncConnection, city: str, notice: int, account: str, now: datetime) -> bool:
    """False: it was not theirs, or they had read it."""
    values = {"city": city, "notice": notice, "account": account, "at": now}
    return (await connection.execute(READ, values)).rowcount == 1


async def sent(connection: AsyncConnection, city: str, since: datetime, by: str | None = None) -> Sequence[Sent]:
    """The newest first; `by`: only what this person sent."""
    return [
        Sent(Notice(row.id, row.text, row.by, row.at), row.receivers, row.readers, row.waits_for or [])
        for row in await connection.execute(SENT, {"city": city, "since": since, "by": by})
    ]
