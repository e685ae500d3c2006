"""The figures of this moment, of which warnings are made: from what the engine told last, and from the tables."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.calendar.checks import lacking
from dialer.core.calendar.days import CalendarView
from dialer.core.calendar.values import CalendarError
from dialer.core.city import City, Measure
from dialer.core.day_figures import midnight_before
from dialer.core.rulebook import Rulebook
from dialer.core.values import TOKYO, Mode, OperatorState
from dialer.core.warning_values import (
    AnswerFigures,
    AtWork,
    Figures,
    LeftAlone,
    ListLeft,
    QuotaLeft,
    TrunkFigures,
    Waits,
)
from dialer.store.watched import answered_between, lists_left, trunk_figures

Told = dict[str, Any]

AT_WORK = (OperatorState.FREE, OperatorState.RESERVED, OperatorState.TALKING, OperatorState.WRAP_UP)
CALLED = (Mode.PROGRESSIVE, Mode.PREDICTIVE, Mode.PREVIEW)


def of_the_floor(floor: Told, ceiling: float, now: datetime) -> Figures:
    """`floor`: as the engine told it a moment ago."""
    waits = [_since(one["since"], now) for one in floor["callers"] if one["place"] is not None]
    operators = [
        AtWork(one["phone"], OperatorState(one["state"]), _since(one["since"], now)) for one in floor["operators"]
    ]
    pace = floor["pace"]
    return Figures(
        left_alone=LeftAlone(pace["persons"], pace["left_alone"], ceiling, pace["lost_by_ear"]),
        waits=Waits(len(waits), max(waits, default=0.0)),
        operators=operators,
    )


def debts_called(floor: Told) -> Sequence[str]:
    """Debt kinds that are being called: open now, not paused, and somebody is there to talk."""
    if not any(one["state"] in AT_WORK for one in floor["operators"]):
        return ()
    return [debt for debt in floor["open"] if floor["modes"].get(debt) in CALLED]


async def answers_now(connection: AsyncConnection, city: City, now: datetime) -> AnswerFigures:
    midnight = midnight_before(now)
    lately = now - timedelta(minutes=city.warnings.answer_rate_minutes)
    return AnswerFigures(
        await answered_between(connection, city.key, midnight, now),
        await answered_between(connection, city.key, max(midnight, lately), now),
        city.target_of(Measure.ANSWER_RATE, midnight.date()),
    )


async def trunk_now(connection: AsyncConnection, city: City, now: datetime) -> TrunkFigures:
    return await trunk_figures(connection, city.key, now - timedelta(minutes=city.warnings.refused_minutes))


async def lists_now(connection: AsyncConnection, city: City, floor: Told, now: datetime) -> Sequence[ListLeft]:
    debts = debts_called(floor)
    return await lists_left(connection, city, debts, now) if debts else ()


def quotas_now(book: Rulebook, now: datetime) -> Sequence[QuotaLeft] | None:
    """None: the holidays of this year are not known."""
    try:
        return list(_quotas(book.calendar, now))
    except CalendarError:
        return None


def _quotas(view: CalendarView, now: datetime) -> Iterable[QuotaLeft]:
    today = now.astimezone(TOKYO).date()
    for use in lacking(view, today):
        warning = use.warning
        if warning is not None:
            key = f"{use.window.first.isoformat()}:{use.quota.name}"
            yield QuotaLeft(key, f"{warning.text}（{warning.clause}）", (use.window.last - today).days)


def _since(moment: str | None, now: datetime) -> float:
    return 0.0 if moment is None else max(0.0, (now - datetime.fromisoformat(moment)).total_seconds())
