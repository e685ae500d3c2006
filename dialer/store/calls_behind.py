"""The calls behind a figure: those for which its condition holds, a page at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.calendar.values import Rung
from dialer.core.city import City
from dialer.core.day_figures import Figure
from dialer.core.plan.values import SlotDay
from dialer.core.values import TOKYO, CallId, CaseId
from dialer.store.day_calls import CONDITIONS, SAID_COLUMNS, Said, called, day_values
from dialer.store.words import CallKind

LISTING_SECONDS = 15.0  # of calls behind a figure of many days
LOOKED_UP_WITHIN = timedelta(days=2)
CALLS_PER_PAGE = 100
LOCAL = "at AT TIME ZONE 'Asia/Tokyo'"
IS_REST_DAY = f"(EXTRACT(isodow FROM {LOCAL}) > 5 OR CAST({LOCAL} AS date) = ANY(CAST(:holidays AS date[])))"
IS_EVENING = f"CAST({LOCAL} AS time) >= :evening_from"
RUNGS: dict[Rung, str] = {
    Rung.HOLIDAY: IS_REST_DAY,
    Rung.EVENING: f"NOT {IS_REST_DAY} AND {IS_EVENING}",
    Rung.DAY: f"NOT {IS_REST_DAY} AND NOT {IS_EVENING}",
}
SLOT_DAY = f"""CASE WHEN CAST({LOCAL} AS date) = ANY(CAST(:holidays AS date[])) THEN 'holiday'
    ELSE (ARRAY['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'])[CAST(EXTRACT(isodow FROM {LOCAL}) AS integer)] END"""
HOUR = f"CAST(EXTRACT(hour FROM {LOCAL}) AS integer)"

LONG_LISTING = text(f"SET LOCAL statement_timeout = '{LISTING_SECONDS:.0f}s'")
COUNT = "WITH {called} SELECT count(*) FROM called WHERE {holds}"
CALLS = """
WITH {called}, wanted AS (
    SELECT id, direction, at, case_id, number, outcome, joined_at, ended_at, phone, account
    FROM called WHERE {holds} ORDER BY at, id LIMIT :limit OFFSET :skip
)
SELECT wanted.*, debt_kind.name AS debt, account.name AS operator, said.result,
       recording.file IS NOT NULL AS has_recording
FROM wanted
LEFT JOIN cases ON cases.id = wanted.case_id
LEFT JOIN debt_kind ON debt_kind.id = cases.debt_kind_id
LEFT JOIN account ON account.login = wanted.account
LEFT JOIN recording ON recording.call_id = wanted.id
LEFT JOIN LATERAL (
    SELECT name AS result FROM (
        SELECT name, at FROM talk_record WHERE talk_record.call_id = wanted.id
        UNION ALL
        SELECT name, at FROM inquiry WHERE inquiry.call_id = wanted.id
    ) AS noted ORDER BY at DESC LIMIT 1
) AS said ON true
ORDER BY wanted.at, wanted.id
"""


@dataclass(frozen=True, slots=True)
class CallsWanted:
    """Which calls. What is not said leaves nothing out."""

    since: datetime
    until: datetime
    figure: Figure | None = None
    direction: CallKind | None = None
    outcome: str | None = None
    is_open: bool = False  # those that are not over; instead of an outcome
    account: str | None = None
    debts: tuple[str, ...] = ()
    slot_day: SlotDay | None = None
    hour: int | None = None
    rung: Rung | None = None
    skip: int = 0


@dataclass(frozen=True, slots=True)
class CallLine:
    """A call as a list shows it: no name of a person; whoever shows the number masks it."""

    call: CallId
    direction: CallKind
    at: datetime
    case: CaseId | None
    debt: str | None
    number: str | None = field(repr=False)
    outcome: str | None
    talk: timedelta | None
    phone: str | None
    operator: str | None  # the operator's name
    result: str | None
    has_recording: bool


async def calls_behind(
    connection: AsyncConnection, city: City, wanted: CallsWanted, holidays: Sequence[date], evening_from: time
) -> tuple[Sequence[CallLine], int]:
    """A page of them in their order, and how many there are."""
    await connection.execute(LONG_LISTING)
    values = {
        **day_values(city, wanted.since, wanted.until),
        "direction": wanted.direction,
        "outcome": wanted.outcome,
        "account": wanted.account,
        "debts": list(wanted.debts),
        "slot_day": wanted.slot_day,
        "hour": wanted.hour,
        "holidays": list(holidays),
        "evening_from": evening_from,
        "limit": CALLS_PER_PAGE,
        "skip": wanted.skip,
    }
    parts = {"called": called(_said(wanted)), "holds": " AND ".join(_holds(wanted))}
    total = (await connection.execute(text(COUNT.format(**parts)), values)).scalar_one()
    rows = await connection.execute(text(CALLS.format(**parts)), values)
    return [_line(row) for row in rows], int(total)


def _said(wanted: CallsWanted) -> Said:
    holds = CONDITIONS[wanted.figure] if wanted.figure is not None else ""
    if not any(column in holds for column in SAID_COLUMNS):
        return Said.LEFT_OUT
    return Said.SCANNED if wanted.until - wanted.since > LOOKED_UP_WITHIN else Said.LOOKED_UP


def _holds(wanted: CallsWanted) -> Iterator[str]:
    """Words of this program; what was asked for goes beside them."""
    yield "true" if wanted.figure is None else f"({CONDITIONS[wanted.figure]})"
    if wanted.direction is not None:
        yield "direction = :direction"
    if wanted.is_open:
        yield "outcome IS NULL"
    elif wanted.outcome is not None:
        yield "outcome = :outcome"
    if wanted.account is not None:
        yield "account = :account"
    if wanted.debts:
        yield (
            "EXISTS (SELECT FROM cases JOIN debt_kind ON debt_kind.id = cases.debt_kind_id"
            " WHERE cases.id = called.case_id AND debt_kind.key = ANY(CAST(:debts AS text[])))"
        )
    if wanted.slot_day is not None:
        yield f"{SLOT_DAY} = :slot_day"
    if wanted.hour is not None:
        yield f"{HOUR} = :hour"
    if wanted.rung is not None:
        yield f"({RUNGS[wanted.rung]})"


def _line(row: Any) -> CallLine:
    return CallLine(
        CallId(str(row.id)),
        CallKind(row.direction),
        row.at.astimezone(TOKYO),
        None if row.case_id is None else CaseId(row.case_id),
        row.debt,
        row.number,
        row.outcome,
        row.ended_at - row.joined_at if row.joined_at is not None and row.ended_at is not None else None,
        row.phone,
        row.operator,
        row.result,
        row.has_recording,
    )
