"""Which operators take which debt kinds, as somebody chose: appended, never overwritten."""

from collections.abc import Mapping, Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.groups import GroupChoice
from dialer.core.rights import Right
from dialer.store.staff_grants import FOR_ALL, GRANTS_IN_FORCE, HOLDS

CHOSEN = text("""
SELECT DISTINCT ON (account) account, group_key, reason, by, at
FROM group_choice WHERE city = :city ORDER BY account, id DESC
""")
CHOOSE = text("""
INSERT INTO group_choice (city, account, group_key, reason, by, at)
VALUES (:city, :account, :group, :reason, :by, :at)
""")
WHO_MAY_SIT = text(f"""
SELECT account.login, account.name FROM account
WHERE NOT account.suspended AND EXISTS (
    SELECT FROM ({GRANTS_IN_FORCE}) AS last JOIN role_right USING (role)
    WHERE last.login = account.login AND last.city = :city AND role_right.may = :sits AND {HOLDS} AND {FOR_ALL})
ORDER BY account.login
""")  # noqa: S608 - made of constants


async def chosen(connection: AsyncConnection, city: str) -> Sequence[GroupChoice]:
    """The newest of each operator who has one."""
    rows = await connection.execute(CHOSEN, {"city": city})
    return [GroupChoice(row.account, row.group_key, row.reason, row.by, row.at) for row in rows]


async def choose(connection: AsyncConnection, city: str, choice: GroupChoice) -> None:
    values = {"group": choice.group, "reason": choice.reason, "by": choice.by, "at": choice.at}
    await connection.execute(CHOOSE, {"city": city, "account": choice.account, **values})


async def operators(connection: AsyncConnection, city: str, now: object) -> Mapping[str, str]:
    """Who may take calls now: login and name."""
    asked = {"city": city, "sits": Right.DESK.value, "now": now}
    return {row.login: row.name for row in await connection.execute(WHO_MAY_SIT, asked)}
