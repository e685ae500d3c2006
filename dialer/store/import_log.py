"""The log of hand-overs, as it is read: who gave or took which file, when, with what outcome (D-014)."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

MOST = 50

RUNS = text("""
SELECT import_run.at, import_run.by, account.name, import_run.layout, import_run.file_name, import_run.file_sha256,
       import_run.counts
FROM import_run LEFT JOIN account ON account.login = import_run.by
WHERE import_run.city = :city ORDER BY import_run.at DESC, import_run.id DESC LIMIT :most
""")


async def handovers(connection: AsyncConnection, city: str) -> list[Any]:
    """The newest first."""
    return list((await connection.execute(RUNS, {"city": city, "most": MOST})).all())
