"""What became of an account, as one history; what of it somebody had seen who changes it; last administrators."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store.staff_grants import FOR_ALL, GRANTS_IN_FORCE

# what people change of themselves stands in nobody's way
HISTORY = """
SELECT at, by, kind AS what, reason, NULL AS city, NULL AS role, NULL AS starts_at, NULL AS ends_at, NULL AS groups,
       1 AS record, id
FROM account_change WHERE login = :login
UNION ALL
SELECT at, by, CASE WHEN granted THEN 'granted' ELSE 'revoked' END, reason, city, role.name, starts_at, ends_at, groups,
       2, id
FROM account_grant JOIN role ON role.key = account_grant.role WHERE login = :login
UNION ALL
SELECT at, by, 'password_set', '', NULL, NULL, NULL, NULL, NULL, 3, id
FROM account_password WHERE login = :login AND by <> login
"""
NEWEST_FIRST = text(f"{HISTORY} ORDER BY at DESC, record DESC, id DESC")
RECORDS = (1, 2, 3)
SEEN = re.compile(r"\d{1,18}\.\d{1,18}\.\d{1,18}", re.ASCII)
LOCK_ADMINISTRATORS = text("SELECT pg_advisory_xact_lock(2036490850)")
ADMINISTERED = text(f"""
SELECT DISTINCT city FROM ({GRANTS_IN_FORCE}) AS last JOIN role_right USING (role) JOIN account USING (login)
WHERE may = 'accounts' AND granted AND starts_at <= :now AND ends_at IS NULL AND {FOR_ALL} AND NOT suspended
""")  # noqa: S608


@dataclass(frozen=True, slots=True)
class Happened:
    record: int
    id: int  # in its record
    at: datetime
    by: str
    what: str  # a word of AccountChange; or granted, revoked, password_set
    reason: str
    city: str | None = None
    role: str | None = None  # its name
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    groups: tuple[str, ...] = ()


class ChangedMeanwhile(Exception):
    """Somebody else changed the account since it was looked at: what they did, the newest first."""

    def __init__(self, login: str, changes: Sequence[Happened]) -> None:
        super().__init__(login)
        self.changes = tuple(changes)


class LastAdministrator(Exception):
    """Nobody would be left who may change accounts in this city, but for a time."""


async def history(connection: AsyncConnection, login: str) -> list[Happened]:
    found = await connection.execute(NEWEST_FIRST, {"login": login})
    return [
        Happened(
            record=row.record,
            id=row.id,
            at=row.at,
            by=row.by,
            what=row.what,
            reason=row.reason,
            city=row.city,
            role=row.role,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            groups=tuple(row.groups or ()),
        )
        for row in found
    ]


def seen_of(happened: Sequence[Happened]) -> str:
    """What stands for having seen all of this: the newest number of each of its records."""
    return ".".join(str(max((one.id for one in happened if one.record == record), default=0)) for record in RECORDS)


async def check_seen(connection: AsyncConnection, login: str, seen: str | None) -> None:
    """With the account locked. None: whoever asks has looked at nothing."""
    if seen is None:
        return
    happened = await history(connection, login)
    if seen_of(happened) != seen:
        known = dict(zip(RECORDS, map(int, seen.split(".")), strict=True)) if SEEN.fullmatch(seen) else {}
        raise ChangedMeanwhile(login, [one for one in happened if one.id > known.get(one.record, 0)])


async def administered(connection: AsyncConnection, now: datetime) -> frozenset[str]:
    """Cities with somebody who may change accounts, and not only for a time. Two who ask wait for each other."""
    await connection.execute(LOCK_ADMINISTRATORS)
    return frozenset((await connection.execute(ADMINISTERED, {"now": now})).scalars())


async def check_administered(connection: AsyncConnection, before: frozenset[str], now: datetime) -> None:
    left = frozenset((await connection.execute(ADMINISTERED, {"now": now})).scalars())
    for city in sorted(before - left):
        raise LastAdministrator(city)
