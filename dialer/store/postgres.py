"""The engine's store in Postgres."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.city import City
from dialer.core.events import ChannelId
from dialer.core.reconcile import AttemptSeen
from dialer.core.values import AttemptId, CaseId, NumberState, OperatorState, Outcome, PhoneNumber
from dialer.importing import CaseRow
from dialer.ports import Claimed, Ended, OpenAttempt, Operator, Recorded, Recording
from dialer.store import figures, queries
from dialer.store.database import PATIENCE_SECONDS, Database
from dialer.store.imports import IMPORT_SECONDS, Imported, import_cases
from dialer.store.leadership import Leadership

CANDIDATES_PER_CLAIM = 4  # looked at for each case wanted: some share a number


class PostgresStore:
    """Implements ports.Store for the engine of one city, and what its command line asks besides.

    Every method raises StoreUnavailable within about two seconds when Postgres cannot be asked, and works again by
    itself when it can. Claims need the lead of the city: see `lead`.
    """

    def __init__(
        self, url: str, city: str, *, name: str = "yobikake", patience_seconds: float = PATIENCE_SECONDS
    ) -> None:
        self._city = city
        self._database = Database(url, name=name, patience_seconds=patience_seconds)
        self._leadership = Leadership(self._database, city)

    async def lead(self) -> bool:
        """True while this engine leads its city; takes the lead when nobody has it. To be asked once a second."""
        return await self._leadership.hold()

    async def close(self) -> None:
        await self._leadership.release()
        await self._database.close()

    # --- ports.Store

    async def claim(self, city: str, limit: int, now: datetime) -> Sequence[Claimed]:
        fence = self._leadership.fence

        async def work(connection: AsyncConnection) -> list[Claimed]:
            leads = (await connection.execute(queries.FENCE, {"city": city})).scalar_one_or_none()
            if leads != fence:
                raise self._leadership.lost()
            wanted = {"limit": limit, "candidates": limit * CANDIDATES_PER_CLAIM}
            rows = await connection.execute(queries.CLAIM, {"city": city, "now": now, "fence": fence, **wanted})
            return [
                Claimed(
                    AttemptId(str(row.id)),
                    CaseId(row.case_id),
                    PhoneNumber(row.number),
                    PhoneNumber(row.caller_id),
                    now,
                )
                for row in rows
            ]

        return await self._database.ask(work)

    async def append(self, events: Sequence[Recorded]) -> None:
        if events:
            await self._write(queries.APPEND, {"events": _json([asdict(event) for event in events])})

    async def finish(self, ended: Sequence[Ended]) -> None:
        first = {one.attempt: one for one in reversed(ended)}  # of two for one attempt the earlier counts

        async def work(connection: AsyncConnection) -> None:
            said = _json([asdict(one) for one in first.values()])
            closed = (await connection.execute(queries.FINISH, {"ended": said})).all()
            follow = [(row, first[AttemptId(str(row.id))]) for row in closed]
            if not follow:
                return
            moved = [
                {"id": row.case_id, "state": one.case_state, "due_at": one.due_at, "reason": one.reason}
                for row, one in follow
            ]
            await connection.execute(queries.MOVE_CASES, {"moved": _json(moved)})
            await _bury(connection, [row for row, one in follow if one.number_state is NumberState.DEAD])
            told = [{"city": row.city, "attempt": row.id, "payload": _told(row.case_id, one)} for row, one in follow]
            await connection.execute(queries.TELL_OUTCOMES, {"told": _json(told)})

        if first:
            await self._database.ask(work)

    async def note_operator(self, attempt: AttemptId, phone: str, now: datetime) -> None:
        await self._write(queries.NOTE_OPERATOR, {"attempt": attempt, "phone": phone})

    async def open_attempts(self, city: str) -> Sequence[OpenAttempt]:
        rows = await self._rows(queries.OPEN_ATTEMPTS, {"city": city})
        return [
            OpenAttempt(
                AttemptId(str(row.id)), CaseId(row.case_id), PhoneNumber(row.number), row.claimed_at, row.operator
            )
            for row in rows
        ]

    async def closed(self, city: str, attempts: Sequence[AttemptId]) -> frozenset[AttemptId]:
        rows = await self._rows(queries.CLOSED, {"city": city, "attempts": list(attempts)})
        return frozenset(AttemptId(str(row.id)) for row in rows)

    async def history(self, attempts: Sequence[AttemptId]) -> Sequence[Recorded]:
        rows = await self._rows(queries.HISTORY, {"attempts": list(attempts)})
        return [Recorded(AttemptId(str(row.attempt_id)), row.at, row.kind, row.detail) for row in rows]

    async def operators(self, city: str) -> Sequence[Operator]:
        rows = await self._rows(queries.OPERATORS, {"city": city})
        return [Operator(row.phone, OperatorState(row.state), ChannelId(row.leg) if row.leg else None) for row in rows]

    async def save_operator(self, operator: Operator, now: datetime) -> None:
        await self._write(queries.SAVE_OPERATOR, {"city": self._city, "now": now, **asdict(operator)})

    async def save_recording(self, recording: Recording) -> None:
        await self._write(queries.SAVE_RECORDING, asdict(recording))

    # --- set-up and lists

    async def ensure_city(self, city: City, phones: Sequence[str]) -> None:
        """The city as its profile has it, and its operators' phones; known phones keep their state."""

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(queries.SAVE_CITY, {"key": city.key, "name": city.name})
            await connection.execute(
                queries.SAVE_DEBT_KIND, [{"city": city.key, **asdict(debt)} for debt in city.debts]
            )
            await connection.execute(queries.REMOVE_OPERATORS, {"city": city.key, "phones": list(phones)})
            if phones:
                added = [{"city": city.key, "phone": phone} for phone in phones]
                await connection.execute(queries.ADD_OPERATOR, added)

        await self._database.ask(work)

    async def import_cases(
        self, city: str, rows: Sequence[CaseRow], now: datetime, *, skip_open: bool = False
    ) -> Imported:
        """All rows or none, in one transaction; with `skip_open` all but those whose case is open already."""
        return await self._database.ask(
            lambda connection: import_cases(connection, city, rows, now, skip_open=skip_open),
            patience_seconds=IMPORT_SECONDS,
        )

    # --- figures

    async def attempts_seen(self, city: str, since: datetime) -> list[AttemptSeen]:
        return await self._database.ask(lambda connection: figures.attempts_seen(connection, city, since))

    async def outcome_counts(self, city: str, since: datetime) -> dict[Outcome, int]:
        return await self._database.ask(lambda connection: figures.outcome_counts(connection, city, since))

    async def case_counts(self, city: str) -> figures.CaseCounts:
        return await self._database.ask(lambda connection: figures.case_counts(connection, city))

    async def cases_due(self, city: str, now: datetime) -> int:
        return await self._database.ask(lambda connection: figures.cases_due(connection, city, now))

    async def held_cases(self, city: str) -> list[figures.HeldCase]:
        return await self._database.ask(lambda connection: figures.held_cases(connection, city))

    async def operator_states(self, city: str) -> dict[OperatorState, int]:
        return await self._database.ask(lambda connection: figures.operator_states(connection, city))

    async def recording(self, attempt: AttemptId) -> Recording | None:
        return await self._database.ask(lambda connection: figures.recording(connection, attempt))

    async def evidence(self, attempt: AttemptId) -> figures.AttemptRecord | None:
        return await self._database.ask(lambda connection: figures.evidence(connection, attempt))

    # ---

    async def _write(self, statement: Any, values: Mapping[str, object]) -> None:
        async def work(connection: AsyncConnection) -> None:
            await connection.execute(statement, values)

        await self._database.ask(work)

    async def _rows(self, statement: Any, values: Mapping[str, object]) -> Sequence[Any]:
        async def work(connection: AsyncConnection) -> Sequence[Any]:
            return (await connection.execute(statement, values)).all()

        return await self._database.ask(work)


async def _bury(connection: AsyncConnection, rows: Sequence[Any]) -> None:
    """A number out of use is so for everybody of the city; whoever has none left is held."""
    if not rows:
        return
    dead = _json([{"city": row.city, "number": row.number} for row in rows])
    persons = (await connection.execute(queries.BURY_NUMBERS, {"dead": dead})).scalars().all()
    await connection.execute(queries.HOLD_CASES, {"persons": list(persons)})


def _told(case: int, one: Ended) -> dict[str, object]:
    return {"case": case, "outcome": one.outcome, "case_state": one.case_state, "ended_at": one.ended_at}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
