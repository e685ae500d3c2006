"""To which departments the call at a desk can be handed over now, and why it could not be the last time (T-015)."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.offered import departments_now
from dialer.core.rulebook import Rulebook
from dialer.core.talk_results import Json
from dialer.core.values import AttemptId

NOT_SERVED = "この科目の転送先ではありません。画面に表示された転送先から選んでください。"

LAST = text("""
SELECT kind, detail FROM call_event
WHERE call_id = CAST(:attempt AS uuid) AND kind IN ('transfer_ordered', 'transfer_failed', 'transferred')
ORDER BY id DESC LIMIT 1
""")


def transfers_shown(book: Rulebook, debt: str, now: datetime) -> list[Json]:
    """Those that serve the debt kind; closed ones too, with when they open."""
    return [
        {
            "key": one.department.key,
            "name": one.department.name,
            "hours": None if one.department.hours is None else str(one.department.hours),
            "closed": one.closed,
        }
        for one in departments_now(book, debt, now)
    ]


def why_not(book: Rulebook, debt: str, to: object, now: datetime) -> str | None:
    """Why a call for the debt kind cannot be handed over to this department at this moment."""
    found = next((one for one in departments_now(book, debt, now) if one.department.key == to), None)
    if found is None:
        return NOT_SERVED
    return None if found.closed is None else f"{found.closed}。いまは転送できません。"


async def last_failure(connection: AsyncConnection, attempt: AttemptId) -> Json | None:
    """Of the last transfer of this call, when it has failed."""
    last = (await connection.execute(LAST, {"attempt": attempt})).one_or_none()
    if last is None or last.kind != "transfer_failed":
        return None
    return {"attempt": attempt, "number": last.detail.get("number"), "why": last.detail.get("why")}
