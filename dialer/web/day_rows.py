"""A day's figures for the page that looks back on it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.callers import INBOUND_OUTCOME_NAMES, InboundOutcome
from dialer.core.city import City, Measure
from dialer.core.day_figures import (
    QUARTER,
    Figure,
    answer_rate,
    contact_rate,
    day_span,
    left_alone_rate,
    quarters,
    share,
)
from dialer.core.pacing.ledger import lost_by_ear
from dialer.core.shifts import Shift, lasting, shifts, utilisation, utilisation_by_part
from dialer.core.values import OUTCOME_NAMES, TOKYO, Outcome
from dialer.store.day_calls import NOTHING, DayCounts, Tally, day_counts
from dialer.store.day_operators import names_of, seat_orders, talks_of_day
from dialer.store.words import CallKind

Json = dict[str, Any]

OF_QUARTERS = (
    *(Figure.PLACED, Figure.ANSWERED, Figure.CONTACTS, Figure.LEFT_ALONE),
    *(Figure.CALLERS, Figure.CALLERS_ANSWERED, Figure.CALLERS_GAVE_UP),
)
OF_OPERATORS = (Figure.ALL_TALKS, Figure.ALL_CONTACTS, Figure.ALL_PROMISES, Figure.NOT_NOTED)


async def day_figures(connection: AsyncConnection, city: City, day: date, now: datetime, *, lost: float = 0.0) -> Json:
    """`now` ends a day that is not over. `lost`: the share of persons whom the ear takes for machines."""
    since, until = day_span(day)
    counts = await day_counts(connection, city, since, until)
    found = await _shifts(connection, city, since, until, now)
    worked = utilisation_by_part(found.values(), since, QUARTER)
    return {
        "day": day.isoformat(),
        "at": f"{now.astimezone(TOKYO):%H:%M}",
        "head": _head(counts.total, found.values(), city.target_of(Measure.ANSWER_RATE, day), lost),
        "quarters": [
            _quarter(at, counts, now, worked.get((at - since) // QUARTER)) for at in _shown(counts, found, until)
        ],
        "outcomes": _outcomes(counts),
        "operators": await _operators(connection, counts, found),
    }


async def operators_today(connection: AsyncConnection, city: City, now: datetime) -> dict[str, Json]:
    """By login."""
    since, until = day_span(now.astimezone(TOKYO).date())
    counts = await day_counts(connection, city, since, until)
    found = await _shifts(connection, city, since, until, now)
    return {one["login"]: one for one in await _operators(connection, counts, found)}


async def _shifts(
    connection: AsyncConnection, city: City, since: datetime, until: datetime, now: datetime
) -> Mapping[str, Shift]:
    orders = await seat_orders(connection, city.key, since, until)
    talks = await talks_of_day(connection, city.key, since, until)
    return shifts(orders, talks, min(until, max(now, since)))


async def _operators(connection: AsyncConnection, counts: DayCounts, found: Mapping[str, Shift]) -> list[Json]:
    names = await names_of(connection, [*found])
    return [
        _operator(login, names.get(login, login), counts.accounts.get(login, NOTHING), shift)
        for login, shift in found.items()
    ]


def _head(total: Tally, found: Collection[Shift], target: float | None, lost: float) -> Json:
    counts = total.counts
    return {
        **_counts(counts, (*OF_QUARTERS, Figure.TALKS, Figure.ALL_TALKS, Figure.TRIED, Figure.PERSONS)),
        **_counts(counts, (Figure.CALLERS_GAVE_UP_AT_ONCE, Figure.ALL_PROMISES, Figure.NOT_NOTED)),
        **_rates(total),
        "answer_rate": answer_rate(counts),
        "answer_rate_target": target,
        "lost_by_ear": round(lost_by_ear(counts[Figure.PERSONS], lost), 1),
        "utilisation": utilisation(found),
    }


def _shown(counts: DayCounts, found: Mapping[str, Shift], until: datetime) -> Sequence[datetime]:
    """From the first quarter in which anything that is shown happened to the last."""
    worked = [span for shift in found.values() for span in (*shift.at_work, *shift.busy)]
    called = [at for at, tally in counts.quarters.items() if any(tally.counts[one] for one in OF_QUARTERS)]
    happened = [*called, *(first for first, _ in worked), *(last for _, last in worked)]
    within = [min(at, until - QUARTER).astimezone(TOKYO) for at in happened]
    return quarters(min(within), max(within)) if within else ()


def _quarter(at: datetime, counts: DayCounts, now: datetime, worked: float | None) -> Json:
    tally = counts.quarters.get(at, NOTHING)
    return {
        "at": at.timestamp(),
        "label": f"{at:%H:%M}",
        "is_over": at + QUARTER <= now,
        **_counts(tally.counts, (*OF_QUARTERS, Figure.TRIED, Figure.PERSONS)),
        **_rates(tally),
        "utilisation": worked,
    }


def _rates(tally: Tally) -> Json:
    return {
        "contact_rate": contact_rate(tally.counts),
        "left_alone_rate": left_alone_rate(tally.counts),
        "wait_mean": _seconds(tally.wait_mean),
        "wait_longest": _seconds(tally.wait_longest),
    }


def _counts(counts: Mapping[Figure, int], wanted: Sequence[Figure]) -> Json:
    return {figure.value: counts[figure] for figure in wanted}


def _outcomes(counts: DayCounts) -> list[Json]:
    """The most frequent first, by direction; shares are of their direction."""
    totals = {kind: sum(calls for (of, _), calls in counts.outcomes.items() if of is kind) for kind in CallKind}
    found = sorted(counts.outcomes.items(), key=lambda one: (one[0][0] is CallKind.INBOUND, -one[1], one[0][1] or ""))
    return [
        {
            "direction": kind.value,
            "outcome": outcome or "open",
            "name": outcome_name(kind, outcome),
            "calls": calls,
            "share": share(calls, totals[kind]),
        }
        for (kind, outcome), calls in found
    ]


def outcome_name(kind: CallKind, outcome: str | None) -> str:
    if outcome is None:
        return "架電中" if kind is CallKind.ATTEMPT else "応対中"
    return (
        OUTCOME_NAMES[Outcome(outcome)] if kind is CallKind.ATTEMPT else INBOUND_OUTCOME_NAMES[InboundOutcome(outcome)]
    )


def _operator(login: str, name: str, tally: Tally, shift: Shift) -> Json:
    counts, talks = tally.counts, shift.talks
    spoken, wrapped = lasting(shift.talks), lasting(shift.wrap_ups)
    known = bool(shift.at_work)
    return {
        "login": login,
        "name": name,
        **_counts(counts, OF_OPERATORS),
        "contact_rate": share(counts[Figure.ALL_CONTACTS], counts[Figure.ALL_NOTED]),
        "talk_seconds": _seconds(spoken),
        "talk_mean": _seconds(spoken / len(talks)) if talks else None,
        "wrap_up_mean": _seconds(wrapped / len(talks)) if talks else None,
        "pause_seconds": _seconds(lasting(shift.pauses)) if known else None,
        "work_seconds": _seconds(lasting(shift.at_work)) if known else None,
        "utilisation": utilisation([shift]),
    }


def _seconds(lasted: timedelta | None) -> float | None:
    return None if lasted is None else round(lasted.total_seconds(), 1)
