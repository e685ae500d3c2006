"""What the command line does with cases and attempts: count outcomes, explain a call."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from rich.table import Table

from dialer.config import Settings
from dialer.core.values import OUTCOME_NAMES, TOKYO, AttemptId, CallId, CaseState, Outcome
from dialer.stack import database_url
from dialer.store.database import Database
from dialer.store.figures import AttemptRecord
from dialer.store.inbound_seen import InboundRecord
from dialer.store.postgres import PostgresStore


@asynccontextmanager
async def opened_store(settings: Settings, city: str) -> AsyncIterator[PostgresStore]:
    store = PostgresStore(database_url(settings), city, name="yobikake command line")
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def opened_database(settings: Settings) -> AsyncIterator[Database]:
    database = Database(database_url(settings), name="yobikake command line")
    try:
        yield database
    finally:
        await database.close()


@dataclass(frozen=True, slots=True)
class Today:
    city: str
    outcomes: dict[Outcome, int]
    cases: dict[CaseState, int]
    held: int

    def as_dict(self) -> dict[str, Any]:
        return {
            "city": self.city,
            "outcomes": {outcome.value: count for outcome, count in self.outcomes.items()},
            "cases": {state.value: count for state, count in self.cases.items()},
            "held": self.held,
        }

    def as_table(self) -> Table:
        table = Table("本日の架電結果", "", "件数", box=None)
        for outcome, count in self.outcomes.items():
            table.add_row(OUTCOME_NAMES[outcome], outcome.value, str(count))
        table.add_row("架電できる番号のない案件", "held", str(self.held))
        for state, count in self.cases.items():
            table.add_row("案件", state.value, str(count))
        return table


async def outcomes_today(settings: Settings) -> Today:
    midnight = datetime.combine(datetime.now(TOKYO).date(), time(), TOKYO)
    async with opened_store(settings, settings.city) as store:
        outcomes = await store.outcome_counts(settings.city, midnight)
        cases = await store.case_counts(settings.city)
    return Today(settings.city, outcomes, dict(cases.by_state), cases.held)


async def explained(settings: Settings, call: str) -> dict[str, Any] | None:
    """An attempt, or a call that came in; None when there is neither. No name, no telephone number of anybody."""
    try:
        uuid.UUID(call)
    except ValueError:
        return None
    async with opened_store(settings, settings.city) as store:
        attempt = await store.evidence(AttemptId(call))
        if attempt is not None:
            return {"attempt": attempt.attempt, "case": attempt.case, **_told(attempt)}
        inbound = await store.inbound_record(CallId(call))
    if inbound is None:
        return None
    return {
        "call": inbound.call,
        "dialled": inbound.dialled,
        "group": inbound.group,
        "route": inbound.route,
        "rank": inbound.rank,
        "persons_with_the_number": inbound.matches,
        "case": inbound.case,
        "noted": inbound.noted,
        **_told(inbound),
    }


def _told(record: AttemptRecord | InboundRecord) -> dict[str, Any]:
    return {
        "outcome": record.outcome,
        "reason": record.reason,
        "ended_by": record.ended_by,
        "operator": record.operator,
        "moments": {name: moment.isoformat() for name, moment in record.moments.items()},
        "evidence": dict(record.evidence),
        "events": [{"at": one.at.isoformat(), "kind": one.kind, **one.detail} for one in record.events],
    }
