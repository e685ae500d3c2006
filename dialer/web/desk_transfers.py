"""To which departments the call at a desk can be handed over now, and why it could not be the last time (T-015)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.offered import departments_now
from dialer.core.rulebook import Rulebook
from dialer.core.talk_results import Json
from dialer.core.values import AttemptId

NOT_SERVED = "この科目の転送先ではありません。画面に表示された転送先から選んでください。"

SO_FAR = text("""
SELECT id, kind, detail FROM call_event
WHERE call_id = CAST(:attempt AS uuid)
  AND kind IN ('transfer_ordered', 'transfer_failed', 'transferred', 'pass_ordered', 'pass_failed', 'passed')
ORDER BY id
""")


@dataclass(frozen=True, slots=True)
class Tried:
    """One thing that happened to transfers of a call, to a department or to another seat."""

    id: int
    kind: str
    detail: Json


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


async def tried(connection: AsyncConnection, attempt: AttemptId) -> Sequence[Tried]:
    rows = await connection.execute(SO_FAR, {"attempt": attempt})
    return [Tried(row.id, row.kind, row.detail) for row in rows]


def last_failure(attempt: AttemptId, so_far: Sequence[Tried]) -> Json | None:
    """Of the last transfer of this call, when it has failed. `id` tells two failures apart."""
    if not so_far or so_far[-1].kind not in ("transfer_failed", "pass_failed"):
        return None
    return {"attempt": attempt, "id": so_far[-1].id, "why": so_far[-1].detail.get("why")}


def passed_to(login: str, so_far: Sequence[Tried]) -> int | None:
    """The event by which the talk is, or is about to be, this operator's."""
    passes = [one for one in so_far if one.kind.startswith("pass")]
    ordered = [one for one in passes if one.kind == "pass_ordered"]
    if not ordered or passes[-1].kind == "pass_failed" or ordered[-1].detail.get("to") != login:
        return None
    return ordered[-1].id
