"""The engine's store in Postgres."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.calendar.rules import Change
from dialer.core.callers import Arrived, Caller, InboundEnded, OpenInbound, Wish
from dialer.core.city import City, DebtKind
from dialer.core.decide import KnownCase, Rulebook
from dialer.core.floor import DueCase
from dialer.core.groups import GroupChoice
from dialer.core.manuals import Manual
from dialer.core.modes import ModeChoice, TargetChoice
from dialer.core.orders import Order, OrderKind
from dialer.core.owed import OwedCall
from dialer.core.reconcile import AttemptSeen
from dialer.core.values import TOKYO, AttemptId, CallId, CaseId, OperatorState, Outcome, PhoneNumber
from dialer.lists.rounds import rounds_for
from dialer.lists.rows import CaseRow
from dialer.lists.standard import STANDARD
from dialer.ports import Claimed, Ended, NotClaimed, OpenAttempt, Operator, Recorded, StoreFault
from dialer.recorder import Recording
from dialer.store import (
    agreed_days,
    callers,
    case_events,
    claims,
    day,
    decisions,
    desk_orders,
    figures,
    finishing,
    groups,
    known,
    left_alone,
    listing,
    manual_claim,
    manuals,
    modes,
    previews,
    queries,
    wishes,
)
from dialer.store.case_events import CaseEvent
from dialer.store.database import PATIENCE_SECONDS, Database
from dialer.store.desk_orders import DeskOrders
from dialer.store.imports import CaseList, CasesTaken
from dialer.store.inbound_figures import InboundFigures, inbound_figures
from dialer.store.inbound_seen import InboundRecord, InboundSeen, inbound_record, inbound_seen
from dialer.store.inquiries import InquiryStore
from dialer.store.json_text import json_text
from dialer.store.leadership import Leadership
from dialer.store.listing import EVERY_CASE, CaseFilter, CaseLine
from dialer.store.lists import ListStore
from dialer.store.operators import operator_of
from dialer.store.pace import PaceStore
from dialer.store.slot_counts import COUNTING_SECONDS, SlotCounts, slot_counts

T = TypeVar("T")
PLANNING_SECONDS = 10.0  # of patience with a batch of decisions


class PostgresStore(PaceStore):
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
        self.desk_orders = DeskOrders(url, self._database, city, name)
        self._book: Rulebook | None = None

    async def lead(self) -> bool:
        """True while this engine leads its city; takes the lead when nobody has it. To be asked once a second."""
        return await self._leadership.hold()

    async def close(self) -> None:
        await self.desk_orders.close()
        await self._leadership.release()
        await self._database.close()

    # --- ports.Store

    def use(self, book: Rulebook) -> None:
        self._book = book

    @property
    def _in_use(self) -> Rulebook:
        if self._book is None:
            raise StoreFault(f"no rules of {self._city} are in use yet; call use() with a rulebook first")
        return self._book

    async def claim(
        self, city: str, limit: int, now: datetime, debts: Collection[str], along: Collection[str] = ()
    ) -> Sequence[Claimed]:
        rules = self._in_use.city.rules
        return await self._as_leader(
            lambda connection, fence: claims.claimed(
                connection, city, limit, now, debts, along, fence=fence, rules=rules
            )
        )

    async def claim_one(self, city: str, case: CaseId, number: int, now: datetime) -> Claimed | NotClaimed:
        book = self._in_use
        return await self._as_leader(
            lambda connection, fence: manual_claim.claimed_one(
                connection, city, case, number, now, fence=fence, book=book
            )
        )

    async def due_cases(
        self, city: str, limit: int, now: datetime, debts: Collection[str], besides: Collection[CaseId]
    ) -> Sequence[DueCase]:
        rules = self._in_use.city.rules
        return await self._database.ask(
            lambda connection: previews.due_cases(connection, city, limit, now, debts, besides, rules=rules)
        )

    async def owed_calls(self, city: str, until: datetime, debts: Collection[str]) -> Sequence[OwedCall]:
        rules = self._in_use.city.rules
        return await self._database.ask(
            lambda connection: left_alone.owed_calls(connection, city, until, debts, rules=rules)
        )

    async def _as_leader(self, work: Callable[[AsyncConnection, int], Awaitable[T]]) -> T:
        """Nothing of it is done when another engine has taken the lead."""
        fence = self._leadership.fence

        async def fenced(connection: AsyncConnection) -> T:
            leads = (await connection.execute(claims.FENCE, {"city": self._city})).scalar_one_or_none()
            if leads != fence:
                raise self._leadership.lost()
            return await work(connection, fence)

        return await self._database.ask(fenced)

    async def plan(self, city: str, now: datetime) -> int:
        book = self._in_use
        return await self._database.ask(
            lambda connection: decisions.decide_some(connection, city, book, now), patience_seconds=PLANNING_SECONDS
        )

    async def plan_all(self, city: str, now: datetime) -> int:
        book = self._in_use
        found = await self._database.ask(
            lambda connection: day.open_cases(connection, city), patience_seconds=day.DAY_SECONDS
        )
        for batch in await asyncio.to_thread(day.planned, found, book, now):
            await self._database.ask(partial(day.write, batch=batch), patience_seconds=day.DAY_SECONDS)
        return found.count

    async def withdrawn(self, attempts: Sequence[AttemptId]) -> frozenset[AttemptId]:
        rows = await self._rows(queries.WITHDRAWN, {"attempts": list(attempts)})
        return frozenset(AttemptId(str(row.call_id)) for row in rows)

    async def append(self, events: Sequence[Recorded]) -> None:
        if events:
            await self._write(queries.APPEND, {"events": json_text([asdict(event) for event in events])})

    async def finish(self, ended: Sequence[Ended]) -> None:
        if ended:
            await self._database.ask(partial(finishing.finish, ended=ended, book=self._in_use))

    async def note_operator(self, attempt: CallId, phone: str, account: str | None) -> None:
        await self._write(queries.NOTE_OPERATOR, {"call": attempt, "phone": phone, "account": account})

    async def arrived(self, arrived: Arrived) -> None:
        await self._database.ask(partial(callers.arrived, city=self._city, arrived=arrived))

    async def caller(self, city: str, call: CallId) -> Caller | None:
        return await self._database.ask(partial(callers.caller, city=city, call=call))

    async def open_wishes(self, city: str) -> Sequence[Wish]:
        return await self._database.ask(partial(wishes.open_wishes, city=city))

    async def close_wish(self, call: CallId, attempt: AttemptId | None, why: str) -> None:
        await self._database.ask(partial(wishes.close, city=self._city, call=call, attempt=attempt, why=why))

    async def open_inbound(self, city: str) -> Sequence[OpenInbound]:
        return await self._database.ask(partial(callers.open_inbound, city=city))

    async def finish_inbound(self, ended: Sequence[InboundEnded]) -> None:
        if ended:
            await self._database.ask(partial(callers.finish_inbound, ended=ended, book=self._in_use))

    async def awaited_results(self, city: str, since: datetime) -> Sequence[AttemptId]:
        """Talks that are over and of which no operator has entered what was said."""
        rows = await self._rows(queries.AWAITED_RESULTS, {"city": city, "since": since})
        return [AttemptId(str(row.id)) for row in rows]

    async def open_attempts(self, city: str) -> Sequence[OpenAttempt]:
        rows = await self._rows(queries.OPEN_ATTEMPTS, {"city": city})
        return [
            OpenAttempt(
                AttemptId(str(row.id)),
                CaseId(row.case_id),
                PhoneNumber(row.number),
                row.claimed_at,
                row.operator,
                PhoneNumber(row.caller_id),
                row.debt,
            )
            for row in rows
        ]

    async def closed(self, city: str, attempts: Sequence[AttemptId]) -> frozenset[AttemptId]:
        rows = await self._rows(queries.CLOSED, {"city": city, "attempts": list(attempts)})
        return frozenset(AttemptId(str(row.id)) for row in rows)

    async def history(self, attempts: Sequence[AttemptId]) -> Sequence[Recorded]:
        rows = await self._rows(queries.HISTORY, {"attempts": list(attempts)})
        return [Recorded(AttemptId(str(row.call_id)), row.at, row.kind, row.detail) for row in rows]

    async def operators(self, city: str) -> Sequence[Operator]:
        rows = await self._rows(queries.OPERATORS, {"city": city})
        return [operator_of(row) for row in rows]

    async def save_operator(self, operator: Operator) -> None:
        await self._write(queries.SAVE_OPERATOR, {"city": self._city, **asdict(operator)})

    async def await_orders(self) -> None:
        await self.desk_orders.until_ordered()

    async def take_orders(self, city: str, now: datetime) -> Sequence[Order]:
        return await self._as_leader(lambda connection, fence: desk_orders.take(connection, city, now))

    async def answer_order(self, order: int, answer: str) -> None:
        await self._database.ask(partial(desk_orders.answer, order=order, said=answer))

    async def order(self, phone: str, kind: OrderKind, detail: Mapping[str, object], *, by: str) -> int:
        return await self.desk_orders.order(phone, kind, detail, by=by)

    async def answered(self, order: int, *, within_seconds: float = 3.0) -> str | None:
        return await self.desk_orders.answered(order, within_seconds=within_seconds)

    async def save_recording(self, recording: Recording) -> None:
        await self._write(queries.SAVE_RECORDING, asdict(recording))

    async def inbound_seen(self, city: str, since: datetime) -> Sequence[InboundSeen]:
        return await self._database.ask(partial(inbound_seen, city=city, since=since))

    async def inbound_record(self, call: CallId) -> InboundRecord | None:
        return await self._database.ask(partial(inbound_record, call=call))

    # --- set-up and lists

    async def ensure_city(self, city: City, phones: Sequence[str]) -> None:
        """The city as its profile has it, and its operators' phones; known phones keep their state."""

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(queries.SAVE_CITY, {"key": city.key, "name": city.name})
            await connection.execute(queries.SAVE_DEBT_KIND, [_debt_kind(city, debt) for debt in city.debts])
            await connection.execute(queries.REMOVE_OPERATORS, {"city": city.key, "phones": list(phones)})
            if phones:
                added = [{"city": city.key, "phone": phone} for phone in phones]
                await connection.execute(queries.ADD_OPERATOR, added)

        await self._database.ask(work)

    @property
    def lists(self) -> ListStore:
        """The city's files, in and out."""
        return ListStore(self._database, self._city, lambda: self._book)

    @property
    def inquiries(self) -> InquiryStore:
        return InquiryStore(self._database, self._city)

    async def import_cases(self, rows: Sequence[CaseRow], now: datetime) -> CasesTaken:
        """A list made by ourselves, for rehearsals and tests: each row in the round of its debt kind."""
        view = self._in_use.calendar
        rounds = rounds_for(view, {row.debt for row in rows}, now.astimezone(TOKYO).date())
        return await self.lists.take_cases(CaseList(rows, rounds, STANDARD, "rehearsal", now))

    # --- cases

    async def record(self, events: Sequence[CaseEvent]) -> None:
        """What happened to cases besides calls. Raises NotRecorded, and then nothing of it was written."""
        if events:
            await self._database.ask(partial(case_events.record, city=self._city, events=events))

    async def known_case(self, case: CaseId) -> KnownCase | None:
        """All that its decision goes by; None when the city has no such case."""
        rules = self._in_use.city.rules
        loaded = await self._database.ask(lambda connection: known.load(connection, [case], rules))
        return next((one.known for one in loaded if one.known.history.city == self._city), None)

    async def cases(self, city: str, only: CaseFilter = EVERY_CASE) -> Sequence[CaseLine]:
        return await self._database.ask(partial(listing.cases, city=city, only=only))

    # --- what rulebooks are made of

    async def calendar_changes(self, city: str) -> Sequence[Change]:
        return await self._database.ask(partial(agreed_days.changes, city=city))

    async def add_calendar_change(self, city: str, change: Change) -> None:
        await self._database.ask(partial(agreed_days.add, city=city, change=change))

    async def chosen_modes(self, city: str) -> Sequence[ModeChoice]:
        return await self._database.ask(partial(modes.chosen, city=city))

    async def choose_mode(self, city: str, choice: ModeChoice) -> None:
        await self._database.ask(partial(modes.choose, city=city, choice=choice))

    async def chosen_groups(self, city: str) -> Sequence[GroupChoice]:
        return await self._database.ask(partial(groups.chosen, city=city))

    async def choose_group(self, city: str, choice: GroupChoice) -> None:
        await self._database.ask(partial(groups.choose, city=city, choice=choice))

    async def manuals_stamp(self, city: str) -> manuals.Stamp:
        """Another one whenever a manual was entered or decided about."""
        return await self._database.ask(partial(manuals.stamp, city=city))

    async def manuals(self, city: str) -> Sequence[Manual]:
        return await self._database.ask(partial(manuals.every, city=city))

    async def who_may_sit(self, city: str, now: datetime) -> Mapping[str, str]:
        """Login and name of who may take calls."""
        return await self._database.ask(partial(groups.operators, city=city, now=now))

    async def chosen_target(self, city: str) -> TargetChoice | None:
        return await self._database.ask(partial(modes.aimed, city=city))

    async def slot_counts(self, city: City, since: datetime, until: datetime) -> SlotCounts:
        """How often each day and band was tried and somebody was reached, by type of number."""
        return await self._database.ask(
            lambda connection: slot_counts(connection, city, since, until), patience_seconds=COUNTING_SECONDS
        )

    # --- figures

    async def attempts_seen(self, city: str, since: datetime) -> list[AttemptSeen]:
        return await self._database.ask(lambda connection: figures.attempts_seen(connection, city, since))

    async def transfers_ordered(self, city: str, since: datetime) -> list[Recorded]:
        return await self._database.ask(lambda connection: figures.transfers_ordered(connection, city, since))

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

    async def inbound_figures(self, city: str, since: datetime, until: datetime) -> InboundFigures:
        return await self._database.ask(lambda connection: inbound_figures(connection, city, since, until))

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


def _debt_kind(city: City, debt: DebtKind) -> dict[str, str]:
    return {
        "city": city.key,
        "key": debt.key,
        "name": debt.name,
        "department": debt.department,
        "caller_id": debt.caller_id,
    }
