"""Simulated operators: they take their seats, and enter what was said, so that a rehearsal is like a working day."""

import asyncio
import random
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Protocol

from dialer.core.channel_ids import came_in
from dialer.core.orders import OrderKind
from dialer.core.values import CallId, LegState, OperatorState, PauseReason, Seat
from dialer.ports import Operator, StoreUnavailable
from dialer.store.case_events import CaseEvent, NotRecorded
from dialer.store.inquiries import Inquiry
from dialer.store.postgres import PostgresStore
from dialer.store.words import EventKind

LOOK_SECONDS = 0.3
BY = "rehearsal"
QUESTION = Inquiry("other", "その他")

Entered = Mapping[str, object]
RESULTS: tuple[tuple[float, Entered], ...] = (
    (0.70, {"talker": "self", "script": "completed", "identity_confirmed": True}),
    (0.12, {"talker": "self", "script": "partial", "identity_confirmed": True}),
    (0.08, {"talker": "same_household", "script": "completed", "identity_confirmed": True, "offered_to_hear": True}),
    (0.07, {"talker": "same_household", "identity_confirmed": True, "absent": True}),
    (0.03, {"talker": "self", "declined": True}),
)


def result_of(call: CallId) -> Entered:
    """The same for the same call, however often it is asked."""
    chance = random.Random(call)  # noqa: S311 (an invented talk)
    return chance.choices([said for _, said in RESULTS], [share for share, _ in RESULTS])[0]


class HasDesks(Protocol):
    """A store, or a fake of one: what the desks' pages have of it."""

    async def operators(self, city: str) -> Sequence[Operator]: ...
    async def order(self, phone: str, kind: OrderKind, detail: Mapping[str, object], *, by: str) -> int: ...
    async def answered(self, order: int, *, within_seconds: float = 3.0) -> str | None: ...


SITS_DOWN: tuple[OrderKind, Entered] = (OrderKind.TAKE_SEAT, {"seat": Seat.PHONE.value})
NOT_WISHED = (PauseReason.SIGNED_IN, PauseReason.LEG_LOST, PauseReason.PAGE_GONE)
GOES_ON: tuple[OrderKind, Entered] = (OrderKind.READY, {})


def next_step(operator: Operator) -> tuple[OrderKind, Entered] | None:
    """What somebody does who only wants to work."""
    if operator.account is None:
        return SITS_DOWN
    waits = operator.pause_reason in NOT_WISHED
    is_paused = operator.state is OperatorState.PAUSED and operator.leg_state is LegState.UP
    return GOES_ON if is_paused and waits else None


async def man(store: HasDesks, city: str, phones: Collection[str], *, look_seconds: float = LOOK_SECONDS) -> None:
    """Until somebody is ready for calls at each of these."""
    while not await _manned(store, city, phones):
        await asyncio.sleep(look_seconds)


async def keep_manned(
    store: HasDesks, city: str, phones: Collection[str], *, look_seconds: float = LOOK_SECONDS
) -> None:
    """For ever: also after a leg, an engine or a database was away."""
    while True:
        with suppress(StoreUnavailable):
            await _manned(store, city, phones)
        await asyncio.sleep(look_seconds)


async def _manned(store: HasDesks, city: str, phones: Collection[str]) -> bool:
    """One round through the room. True when nobody had to be told anything."""
    operators = [one for one in await store.operators(city) if one.phone in phones]
    ordered = [
        await store.order(one.phone, *step, by=f"{BY}-{one.phone}")
        for one in operators
        if (step := next_step(one)) is not None
    ]
    for order in ordered:
        await store.answered(order)
    at_work = (one.state not in (OperatorState.CONNECTING, OperatorState.OFFLINE) for one in operators)
    return not ordered and all(at_work)


async def enter(store: PostgresStore, awaited: Sequence[CallId], now: datetime) -> None:
    """Of who called, too; what concerns no case is an inquiry."""
    talks = [one for one in awaited if not came_in(one)]
    await store.record([CaseEvent(EventKind.TALK, now, attempt=one, detail=result_of(one), by=BY) for one in talks])
    for call in (one for one in awaited if came_in(one)):
        try:
            said = CaseEvent(EventKind.CALLBACK, now, attempt=call, detail=result_of(call), by=BY)
            await store.record([said])
        except NotRecorded:
            await store.inquiries.save(call, QUESTION, expected_number=0, by=BY, now=now)


async def enter_results(store: PostgresStore, city: str) -> None:
    """For ever: each talk that has ended gets its result soon after."""
    began = datetime.now(UTC)
    while True:
        with suppress(StoreUnavailable):  # a rehearsal may kill the database; they are entered when it is back
            await enter(store, await store.awaited_results(city, began), datetime.now(UTC))
        await asyncio.sleep(LOOK_SECONDS)
