"""A store in memory: the whole port, without a database and without the rules of a city."""

import asyncio
import uuid
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from dialer.core.callers import Arrived, Caller, InboundEnded, OpenInbound, Wish
from dialer.core.decide import Rulebook
from dialer.core.floor import DueCase
from dialer.core.orders import Order, OrderKind
from dialer.core.owed import OwedCall
from dialer.core.shift_plan import PlannedTime
from dialer.core.values import AttemptId, CallId, CaseId, CaseState, OperatorState, Outcome, PhoneNumber
from dialer.pace_ports import KeptPace
from dialer.ports import (
    Claimed,
    Clock,
    Ended,
    NotClaimed,
    OpenAttempt,
    Operator,
    Recorded,
    StoreUnavailable,
)
from dialer.recorder import Recording
from tests.event_table import START
from tests.fake_switch import CALLER_ID


@dataclass(slots=True)
class FakeCase:
    case: CaseId
    number: PhoneNumber
    due_at: datetime
    state: CaseState = CaseState.OPEN
    debt: str = "city_tax"
    until: datetime | None = None  # None: a window without an end


DEAD = frozenset({Outcome.NOT_IN_USE, Outcome.NUMBER_CHANGED, Outcome.INVALID_NUMBER})
AGAIN_AFTER = {Outcome.LOST: timedelta(minutes=30), Outcome.NETWORK_ERROR: timedelta(minutes=2)}
AGAIN_LATER = timedelta(hours=3)


class MemoryStore:
    """Implements the Store port; `away` makes it unavailable.

    It decides by the outcome alone: who was talked to is done with, a number out of use is never called again, and
    everybody else is called again after a while.
    """

    def __init__(self, cases: Sequence[FakeCase], phones: Sequence[str] = ("op01",)) -> None:
        self.cases = {case.case: case for case in cases}
        self.book: Rulebook | None = None
        self.planned: list[datetime] = []  # when all cases were planned
        self.dead: set[PhoneNumber] = set()
        self.alone: set[PhoneNumber] = set()  # who answered and met no operator
        self.claims: dict[AttemptId, Claimed] = {}
        self.ended: dict[AttemptId, Ended] = {}
        self.noted: dict[AttemptId, str] = {}
        self.inbound: dict[CallId, Arrived] = {}
        self.callers: dict[CallId, Caller] = {}
        self.inbound_ended: dict[CallId, InboundEnded] = {}
        self.appended: list[Recorded] = []
        self.desks = {phone: Operator(phone, OperatorState.OFFLINE, None) for phone in phones}
        self.accounts: dict[AttemptId, str | None] = {}
        self.orders: dict[int, Order] = {}
        self.answers: dict[int, str] = {}
        self.clock: Clock | None = None  # for the moments of orders; none: all are new
        self._ordered = asyncio.Event()
        self.wishes: dict[CallId, Wish] = {}
        self.granted: dict[CallId, tuple[AttemptId | None, str]] = {}
        self.recordings: list[Recording] = []
        self.kept_pace: KeptPace | None = None
        self.planned_shifts: list[PlannedTime] = []
        self.away = False
        self.looking_takes = 0.0  # seconds
        self.claims_take = 0.0  # seconds, until the dialer hears of what is committed
        self.claims_fail = 0  # so many claims of an operator

    def _ask(self) -> None:
        if self.away:
            raise StoreUnavailable("test")

    def use(self, book: Rulebook) -> None:
        self.book = book

    async def plan(self, city: str, now: datetime) -> int:
        self._ask()
        return 0

    async def plan_all(self, city: str, now: datetime) -> int:
        self._ask()
        self.planned.append(now)
        return len(self.cases)

    async def withdrawn(self, attempts: Sequence[AttemptId]) -> frozenset[AttemptId]:
        self._ask()
        gone = (CaseState.STOPPED, CaseState.PAID)
        calling = self._calling()
        return frozenset(
            attempt
            for attempt in attempts
            for claimed in (self.claims[attempt],)
            if self.cases[claimed.case].state in gone or (claimed.number in calling and attempt not in self.ended)
        )

    async def claim(
        self, city: str, limit: int, now: datetime, debts: Collection[str], along: Collection[str] = ()
    ) -> Sequence[Claimed]:
        self._ask()
        open_now = self._open()
        busy_cases, busy_numbers = {one.case for one in open_now}, {one.number for one in open_now} | self._calling()
        busy_cases |= {desk.preview for desk in self.desks.values() if desk.preview is not None}
        found: list[Claimed] = []
        for case in sorted(self.cases.values(), key=lambda case: (case.due_at, case.case)):
            until = case.until or now + timedelta(days=1)
            callable_now = case.state is CaseState.OPEN and case.debt in debts and case.due_at <= now < until
            callable_now = callable_now and case.number not in self.dead | self.alone
            if not callable_now or case.case in busy_cases or case.number in busy_numbers or len(found) >= limit:
                continue
            busy_numbers.add(case.number)
            attempt = AttemptId(str(uuid.uuid4()))
            found.append(Claimed(attempt, case.case, case.debt, case.number, CALLER_ID, now, until))
        self.claims.update({one.attempt: one for one in found})
        await asyncio.sleep(self.claims_take)
        return found

    async def owed_calls(self, city: str, until: datetime, debts: Collection[str]) -> Sequence[OwedCall]:
        self._ask()
        busy = {one.number for one in self._open()} | self._calling()
        return [
            OwedCall(case.case, case.case + 1000, case.debt, case.due_at)
            for case in sorted(self.cases.values(), key=lambda case: (case.due_at, case.case))
            if case.number in self.alone - busy - self.dead and case.debt in debts and case.state is CaseState.OPEN
            if case.due_at <= until < (case.until or until + timedelta(days=1))
        ]

    async def due_cases(
        self, city: str, limit: int, now: datetime, debts: Collection[str], besides: Collection[CaseId]
    ) -> Sequence[DueCase]:
        self._ask()
        skips = [order for order in self.orders.values() if order.kind == OrderKind.SKIP]
        skipped = {order.case for order in skips if now - order.at < timedelta(minutes=10)}
        busy = {one.number for one in self._open()} | self._calling()
        due = [
            DueCase(case.case, case.debt)
            for case in sorted(self.cases.values(), key=lambda case: (case.due_at, case.case))
            if case.state is CaseState.OPEN and case.debt in debts and case.due_at <= now
            if case.number not in busy | self.dead and case.case not in skipped and case.case not in besides
        ]
        return due[:limit]

    async def claim_one(self, city: str, case: CaseId, number: int, now: datetime) -> Claimed | NotClaimed:
        """A case has one number, whose id is the case's and a thousand."""
        self.claims_fail -= 1
        if self.claims_fail >= 0:
            raise StoreUnavailable("test")
        self._ask()
        found = self.cases.get(case)
        if found is None or number != found.case + 1000:
            return NotClaimed("この案件はありません")
        if found.state is not CaseState.OPEN or found.number in self.dead:
            return NotClaimed("この案件は架電できません")
        if (
            any(one.case == case or one.number == found.number for one in self._open())
            or found.number in self._calling()
        ):
            return NotClaimed("この番号または同じ世帯に、いま架電しています")
        claimed = Claimed(
            AttemptId(str(uuid.uuid4())), case, found.debt, found.number, CALLER_ID, now, now + timedelta(hours=1)
        )
        self.claims[claimed.attempt] = claimed
        return claimed

    def _calling(self) -> set[PhoneNumber]:
        """Of whom it is known that they are on the line, as callers."""
        there = [self.callers[call] for call in self.inbound if call in self.callers and call not in self.inbound_ended]
        return {self.cases[one.case].number for one in there if one.case in self.cases}

    def _open(self) -> list[Claimed]:
        return [self.claims[attempt] for attempt in self.claims if attempt not in self.ended]

    async def append(self, events: Sequence[Recorded]) -> None:
        self._ask()
        self.appended.extend(events)

    async def finish(self, ended: Sequence[Ended]) -> None:
        self._ask()
        for one in ended:
            if one.attempt in self.ended:
                continue
            self.ended[one.attempt] = one
            case = self.cases[self.claims[one.attempt].case]
            if one.outcome is Outcome.ABANDONED:
                self.alone.add(case.number)
            elif one.outcome is Outcome.TALKED:
                self.alone.discard(case.number)
            if one.outcome in DEAD:
                self.dead.add(case.number)
            elif one.outcome is Outcome.TALKED and case.state is CaseState.OPEN:
                case.state = CaseState.COMPLETE
            else:
                case.due_at = one.ended_at + (one.again_after or AGAIN_AFTER.get(one.outcome, AGAIN_LATER))

    async def note_operator(self, attempt: AttemptId, phone: str, account: str | None) -> None:
        self._ask()
        if attempt not in self.ended and attempt not in self.inbound_ended:
            self.noted[attempt], self.accounts[attempt] = phone, account

    async def arrived(self, arrived: Arrived) -> None:
        self._ask()
        self.inbound.setdefault(arrived.call, arrived)

    async def caller(self, city: str, call: CallId) -> Caller | None:
        """Whom the AGI server has found, as `callers` says."""
        self._ask()
        return self.callers.get(call)

    async def open_inbound(self, city: str) -> Sequence[OpenInbound]:
        self._ask()
        came = sorted(self.inbound.values(), key=lambda one: (one.at, one.call))
        return [
            OpenInbound(
                one.call,
                one.at,
                one.dialled,
                one.group,
                one.rank,
                one.route,
                self.noted.get(one.call),
            )
            for one in came
            if one.call not in self.inbound_ended
        ]

    async def finish_inbound(self, ended: Sequence[InboundEnded]) -> None:
        self._ask()
        for one in ended:
            if one.call in self.inbound:
                self.inbound_ended.setdefault(one.call, one)

    async def open_attempts(self, city: str) -> Sequence[OpenAttempt]:
        await asyncio.sleep(self.looking_takes)
        self._ask()
        return [
            OpenAttempt(
                *(one.attempt, one.case, one.number, one.claimed_at, self.noted.get(one.attempt), one.caller_id),
                one.debt,
            )
            for one in self.claims.values()
            if one.attempt not in self.ended
        ]

    async def closed(self, city: str, attempts: Sequence[AttemptId]) -> frozenset[AttemptId]:
        self._ask()
        return frozenset(attempts) & self.ended.keys()

    async def history(self, attempts: Sequence[AttemptId]) -> Sequence[Recorded]:
        self._ask()
        return [record for record in self.appended if record.attempt in attempts]

    async def operators(self, city: str) -> Sequence[Operator]:
        await asyncio.sleep(self.looking_takes)
        self._ask()
        return list(self.desks.values())

    async def save_operator(self, operator: Operator) -> None:
        self._ask()
        self.desks[operator.phone] = operator

    async def await_orders(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(1.0):  # not wait_for: on 3.11 it can swallow a cancellation
                await self._ordered.wait()
        self._ordered.clear()

    async def take_orders(self, city: str, now: datetime) -> Sequence[Order]:
        self._ask()
        taken = [order for id_, order in self.orders.items() if id_ not in self.answers]
        return [replace(order, waited_seconds=(now - order.at).total_seconds()) for order in taken]

    async def answer_order(self, order: int, answer: str) -> None:
        self._ask()
        self.answers.setdefault(order, answer)

    async def order(self, phone: str, kind: OrderKind, detail: Mapping[str, object], *, by: str) -> int:
        """As the desk's page does, which can order although the engine's store is away."""
        order = Order(len(self.orders) + 1, phone, kind.value, detail, by, self.clock.now() if self.clock else START)
        self.orders[order.id] = order
        self._ordered.set()
        return order.id

    async def answered(self, order: int, *, within_seconds: float = 3.0) -> str | None:
        deadline = asyncio.get_running_loop().time() + within_seconds
        while order not in self.answers and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.01)
        return self.answers.get(order)

    async def learned_pace(self, city: str) -> KeptPace | None:
        self._ask()
        return self.kept_pace

    async def save_learned_pace(self, city: str, tables: Mapping[str, Any], at: datetime) -> None:
        self._ask()
        self.kept_pace = KeptPace(tables, at)

    async def left_alone(self, city: str, since: datetime) -> Mapping[str, tuple[int, int]]:
        self._ask()
        found: dict[str, tuple[int, int]] = {}
        for ended in self.ended.values():
            claimed, is_alone = self.claims[ended.attempt], ended.outcome is Outcome.ABANDONED
            if claimed.claimed_at >= since and (is_alone or ended.joined_at is not None):
                persons, alone = found.get(claimed.debt, (0, 0))
                found[claimed.debt] = persons + 1, alone + is_alone
        return found

    async def planned_times(self, city: str, day: date) -> Sequence[PlannedTime]:
        self._ask()
        return [one for one in self.planned_shifts if one.day == day]

    async def save_recording(self, recording: Recording) -> None:
        self._ask()
        self.recordings.append(recording)

    async def open_wishes(self, city: str) -> Sequence[Wish]:
        self._ask()
        return [one for one in self.wishes.values() if one.call in self.inbound_ended and one.call not in self.granted]

    async def close_wish(self, call: CallId, attempt: AttemptId | None, why: str) -> None:
        self._ask()
        self.granted.setdefault(call, (attempt, why))
