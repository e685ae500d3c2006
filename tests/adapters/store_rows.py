"""Rows and moments that the tests of the store share."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from dialer.core.values import CaseState, EndedBy, NumberState, Outcome, PhoneNumber
from dialer.importing import CaseRow
from dialer.ports import Claimed, Ended

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)
CITY = "nagaoka"
LATER = NOW + timedelta(days=30)


def listed(row: int, *numbers: str, key: str | None = None, debt: str = "city_tax") -> CaseRow:
    return CaseRow(
        row, key or f"{row:08}", "見本　花子", "ミホン　ハナコ", debt, 12_300, tuple(map(PhoneNumber, numbers))
    )


def ended(claimed: Claimed, outcome: Outcome = Outcome.NO_ANSWER, **changes: object) -> Ended:
    plain = Ended(
        attempt=claimed.attempt,
        outcome=outcome,
        reason="36秒呼び出しましたが応答がありませんでした",
        evidence={"sip_code": 480, "ring_seconds": 36.0, "progressed": False, "gave_up": None},
        ended_at=NOW + timedelta(seconds=40),
        ended_by=EndedBy.US,
        placed_at=NOW + timedelta(seconds=1),
        ringing_at=NOW + timedelta(seconds=3),
        answered_at=None,
        joined_at=None,
        operator=None,
        number_state=NumberState.OPEN,
        case_state=CaseState.OPEN,
        due_at=NOW + timedelta(hours=3),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def rows_of(url: str, statement: str, *values: object) -> Sequence[Any]:
    with psycopg.connect(url) as connection:
        return connection.execute(statement.encode(), values).fetchall()
