"""How each debt kind of a city is called, and at which pace, as somebody chose: appended, never overwritten."""

from collections.abc import Mapping, Sequence
from datetime import datetime

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
DIALLED = text("""
SELECT DISTINCT ON (debt) debt, mode FROM mode_choice WHERE city = :city AND mode <> 'paused' ORDER BY debt, id DESC
""")
LOCK = text("SELECT 1 FROM city WHERE key = :city FOR NO KEY UPDATE")  # calls go on being written
AIMED = text("SELECT target, reason, by, at FROM pace_choice WHERE city = :city ORDER BY id DESC LIMIT 1")
AIM = text("INSERT INTO pace_choice (city, target, reason, by, at) VALUES (:city, :target, :reason, :by, :at)")


async def chosen(connection: AsyncConnection, city: str) -> Sequence[ModeChoice]:
    """The newest of each debt kind that has one."""
    rows = await connection.execute(CHOSEN, {"city": city})
    return [ModeChoice(row.debt, Mode(row.mode), row.reason, row.by, row.at) for row in rows]


async def choose(connection: AsyncConnection, city: str, choice: ModeChoice) -> None:
    values = {"debt": choice.debt, "mode": choice.mode, "reason": choice.reason, "by": choice.by, "at": choice.at}
    await connection.execute(CHOOSE, {"city": city, **values})


async def choose_all(
    connection: AsyncConnection, city: str, choices: Sequence[ModeChoice], seen: Mapping[str, datetime | None]
) -> bool:
    """All of them or none. False: of a debt kind in `seen` there is another choice than that of this moment."""
    await connection.execute(LOCK, {"city": city})
    now = {choice.debt: choice.at for choice in await chosen(connection, city)} if seen else {}
    if any(now.get(debt) != at for debt, at in seen.items()):
        return False
    for choice in choices:
        await choose(connection, city, choice)
    return True


async def last_dialled(connection: AsyncConnection, city: str) -> Mapping[str, Mode]:
    """In which mode each debt kind was called last, where somebody had chosen it: what a pause ends with."""
    rows = await connection.execute(DIALLED, {"city": city})
    return {row.debt: Mode(row.mode) for row in rows}


async def aimed(connection: AsyncConnection, city: str) -> TargetChoice | None:
    row = (await connection.execute(AIMED, {"city": city})).one_or_none()
    return None if row is None else TargetChoice(row.target, row.reason, row.by, row.at)


async def aim(connection: AsyncConnection, city: str, choice: TargetChoice) -> None:
    values = {"target": choice.target, "reason": choice.reason, "by": choice.by, "at": choice.at}
    await connection.execute(AIM, {"city": city, **values})
