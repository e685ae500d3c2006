"""What the command line does with cases and attempts: take over a list, count outcomes, explain an attempt."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from rich.table import Table

from dialer.config import Settings
from dialer.core.city import TOKYO
from dialer.core.values import OUTCOME_NAMES, AttemptId, CaseState, Outcome
from dialer.importing import already_open, read_list
from dialer.profiles import load_city
from dialer.stack import database_url
from dialer.store.postgres import PostgresStore

NOTHING_TAKEN = "取込は行っていません。"


@asynccontextmanager
async def opened_store(settings: Settings, city: str) -> AsyncIterator[PostgresStore]:
    store = PostgresStore(database_url(settings), city, name="yobikake command line")
    try:
        yield store
    finally:
        await store.close()


@dataclass(frozen=True, slots=True)
class Import:
    file: str
    taken: int
    problems: tuple[str, ...]
    bad_rows_in: Path | None  # the rows that were left out
    refused: bool  # nothing was taken over

    def as_dict(self) -> dict[str, Any]:
        return {
            "file": self.file,
            "taken": self.taken,
            "problems": list(self.problems),
            "bad_rows_in": str(self.bad_rows_in) if self.bad_rows_in else None,
        }

    def as_text(self) -> str:
        lines = list(self.problems)
        if self.refused:
            lines.append(f"{self.file}: {NOTHING_TAKEN}")
        else:
            lines.append(f"{self.file}: {self.taken:,}件を取り込みました。")
        if self.bad_rows_in is not None:
            lines.append(f"取り込まなかった行は {self.bad_rows_in} に書き出しました。")
        return "\n".join(lines)


async def import_file(settings: Settings, file: Path, city_key: str, *, skip_bad: bool) -> Import:
    """All rows or none; with `skip_bad` the good ones, and the others are written to a file beside it."""
    city = load_city(city_key)
    found = read_list(file, city, simulated=settings.trunk.is_simulated)
    problems = [str(problem) for problem in found.problems]
    if problems and (found.is_unreadable or not skip_bad):
        return Import(file.name, 0, tuple(problems), None, refused=True)
    async with opened_store(settings, city_key) as store:
        await store.ensure_city(city, settings.phones)
        done = await store.import_cases(city_key, found.rows, datetime.now(UTC), skip_open=skip_bad)
    again = [str(problem) for problem in already_open(found, done.open_already)]
    if again and not skip_bad:
        return Import(file.name, 0, tuple(again), None, refused=True)
    left_out = {problem.row for problem in found.problems if problem.row is not None}
    left_out |= {row.row for row in done.open_already}
    try:
        bad_rows_in = found.write_rows(left_out) if left_out else None
    except OSError as error:
        again.append(f"{file.name}: 取り込まなかった行を書き出せません（{error.strerror}）。上の行を控えてください。")
        bad_rows_in = None
    return Import(file.name, done.cases, (*problems, *again), bad_rows_in, refused=False)


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


async def explained(settings: Settings, attempt: str) -> dict[str, Any] | None:
    """None when there is no such attempt. Ids and evidence only: no name, no telephone number."""
    try:
        uuid.UUID(attempt)
    except ValueError:
        return None
    async with opened_store(settings, settings.city) as store:
        record = await store.evidence(AttemptId(attempt))
    if record is None:
        return None
    return {
        "attempt": record.attempt,
        "case": record.case,
        "outcome": record.outcome.value if record.outcome else None,
        "reason": record.reason,
        "ended_by": record.ended_by,
        "operator": record.operator,
        "moments": {name: moment.isoformat() for name, moment in record.moments.items()},
        "evidence": dict(record.evidence),
        "events": [{"at": one.at.isoformat(), "kind": one.kind, **one.detail} for one in record.events],
    }
