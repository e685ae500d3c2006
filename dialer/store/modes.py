"""How each debt kind of a city is called, and at which pace, as somebody chose: appended, never overwritten."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.modes import ModeChoice, TargetChoice
from dialer.core.values import Mode

CHOSEN = text("""
SELECT DISTINCT ON (debt) debt, mode, reason, by, at FROM mode_choice WHERE city = :city ORDER BY debt, id DESC
""")
CHOOSE = text("""
INSERT INTO mode_choice (city, debt, mode, reason, by, at) VALUES (:city, :debt, :mode, :reason, :by, :at)
""")
AIMED = text("SELECT target, reason, by, at FROM pace_choice WHERE city = :city ORDER BY id DESC LIMIT 1")
AIM = text("INSERT INTO pace_choice (city, target, reason, by, at) VALUES (:city, :target, :reason, :by, :at)")


async def chosen(connection: AsyncConnection, city: str) -> Sequence[ModeChoice]:
    """The newest of each debt kind that has one."""
    rows = await connection.execute(CHOSEN, {"city": city})
    return [ModeChoice(row.debt, Mode(row.mode), row.reason, row.by, row.at) for row in rows]


async def choose(connection: AsyncConnection, city: str, choice: ModeChoice) -> None:
    values = {"debt": choice.debt, "mode": choice.mode, "reason": choice.reason, "by": choice.by, "at": choice.at}
    await connection.execute(CHOOSE, {"city": city, **values})


async def aimed(connection: AsyncConnection, city: str) -> TargetChoice | None:
    row = (await connection.execute(AIMED, {"city": city})).one_or_none()
    return None if row is None else TargetChoice(row.target, row.reason, row.by, row.at)


async def aim(connection: AsyncConnection, city: str, choice: TargetChoice) -> None:
    values = {"target": choice.target, "reason": choice.reason, "by": choice.by, "at": choice.at}
    await connection.execute(AIM, {"city": city, **values})
