"""How each debt kind of a city is called, as somebody chose: appended, never overwritten."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.modes import ModeChoice
from dialer.core.values import Mode

CHOSEN = text("""
SELECT DISTINCT ON (debt) debt, mode, reason, by, at FROM mode_choice WHERE city = :city ORDER BY debt, id DESC
""")
CHOOSE = text("""
INSERT INTO mode_choice (city, debt, mode, reason, by, at) VALUES (:city, :debt, :mode, :reason, :by, :at)
""")


async def chosen(connection: AsyncConnection, city: str) -> Sequence[ModeChoice]:
    """The newest of each debt kind that has one."""
    rows = await connection.execute(CHOSEN, {"city": city})
    return [ModeChoice(row.debt, Mode(row.mode), row.reason, row.by, row.at) for row in rows]


async def choose(connection: AsyncConnection, city: str, choice: ModeChoice) -> None:
    values = {"debt": choice.debt, "mode": choice.mode, "reason": choice.reason, "by": choice.by, "at": choice.at}
    await connection.execute(CHOOSE, {"city": city, **values})
