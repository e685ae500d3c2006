"""What somebody may do where, from when until when, and for whom. Changed by adding: the last word of each counts
(X-004, X-005). A grant is for a whole city, or limited to groups of debt kinds: for what is of nobody's group it counts
as little as for another city.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.rights import Right

GRANTS_IN_FORCE = """
SELECT DISTINCT ON (login, city, role) login, city, role, granted, starts_at, ends_at, groups
FROM account_grant ORDER BY login, city, role, id DESC
"""
"""The last word about each account, city and role; whether it holds now is another matter: HOLDS."""
HOLDS = "granted AND starts_at <= :now AND (ends_at IS NULL OR :now < ends_at)"
FOR_ALL = "groups IS NULL"
"""Of a grant that is for the whole city."""

CITIES = text(f"""
SELECT DISTINCT city FROM ({GRANTS_IN_FORCE}) AS last WHERE login = :login AND {HOLDS} ORDER BY city
""")  # noqa: S608 - made of constants
GRANT = text("""
INSERT INTO account_grant (login, city, role, granted, starts_at, ends_at, reason, by, at, groups)
VALUES (:login, :city, :role, :granted, :starts_at, :ends_at, :reason, :by, :now, :groups)
""")
HELD = text(f"""
SELECT 1 FROM ({GRANTS_IN_FORCE}) AS last
WHERE login = :login AND city = :city AND role = :role AND granted AND (ends_at IS NULL OR :now < ends_at)
""")  # noqa: S608
ROLES = text("SELECT key, name FROM role ORDER BY key")
GIVEN = text(f"""
SELECT DISTINCT may, groups FROM ({GRANTS_IN_FORCE}) AS last JOIN role_right USING (role)
WHERE login = :login AND city = :city AND {HOLDS}
""")  # noqa: S608
ROLES_WITH = text("SELECT DISTINCT role FROM role_right WHERE may = ANY(CAST(:rights AS text[]))")
ALL_GRANTS = text(f"""
SELECT login, city, role, role.name, starts_at, ends_at, {HOLDS} AS holds, groups
FROM ({GRANTS_IN_FORCE}) AS last JOIN role ON role.key = last.role
WHERE granted AND (ends_at IS NULL OR :now < ends_at) ORDER BY login, city, role
""")  # noqa: S608


Given = Sequence[tuple[Right, Sequence[str] | None]]
"""Rights, each with the groups to which a grant limits it; none: for the whole city."""


@dataclass(frozen=True, slots=True)
class GrantOrder:
    """`starts_at` of a right taken back is when that was."""

    city: str
    role: str
    by: str
    reason: str
    starts_at: datetime
    ends_at: datetime | None = None
    granted: bool = True
    groups: tuple[str, ...] = ()  # of debt kinds; none: the whole city


@dataclass(frozen=True, slots=True)
class Held:
    city: str
    role: str
    role_name: str
    starts_at: datetime
    ends_at: datetime | None
    holds: bool  # now; else from later on
    groups: tuple[str, ...] = ()


async def give(connection: AsyncConnection, login: str, order: GrantOrder, now: datetime) -> bool:
    """Or take back. False when there is nothing to take back."""
    values = {"login": login, "city": order.city, "role": order.role, "now": now}
    if not order.granted and (await connection.execute(HELD, values)).first() is None:
        return False
    more = {
        "granted": order.granted,
        "starts_at": order.starts_at,
        "ends_at": order.ends_at,
        "reason": order.reason,
        "by": order.by,
        "groups": list(order.groups) or None,
    }
    await connection.execute(GRANT, {**values, **more})
    return True


async def cities_of(connection: AsyncConnection, login: str, now: datetime) -> list[str]:
    return list((await connection.execute(CITIES, {"login": login, "now": now})).scalars())


async def roles(connection: AsyncConnection) -> dict[str, str]:
    """Key and name."""
    return {row.key: row.name for row in await connection.execute(ROLES)}


async def given_to(connection: AsyncConnection, login: str, city: str, now: datetime) -> Given:
    """What somebody may do now, whether or not they are signed in."""
    rows = await connection.execute(GIVEN, {"login": login, "city": city, "now": now})
    return [(Right(row.may), row.groups) for row in rows]


async def roles_with(connection: AsyncConnection, rights: Collection[Right]) -> frozenset[str]:
    """That bring one of these."""
    return frozenset((await connection.execute(ROLES_WITH, {"rights": [one.value for one in rights]})).scalars())


async def all_held(connection: AsyncConnection, now: datetime) -> dict[str, list[Held]]:
    """By login; what holds now and what will."""
    held: defaultdict[str, list[Held]] = defaultdict(list)
    for row in await connection.execute(ALL_GRANTS, {"now": now}):
        given = row.city, row.role, row.name, row.starts_at, row.ends_at, row.holds
        held[row.login].append(Held(*given, groups=tuple(row.groups or ())))
    return held
