"""Looks at Asterisk after a restart, after a lost link, and now and then: every attempt is accounted for.

The looking itself is slow and runs beside the engine; what it saw is settled by the engine's one consumer.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

import structlog

from dialer.caller_look import CallerLook
from dialer.calls import Calls
from dialer.core.call import Call
from dialer.core.events import ChannelEvent, ChannelId, LinkUp, TransferOrdered
from dialer.core.history import restored
from dialer.core.settle import Settled, Verdict, settle
from dialer.core.transfers import transferred
from dialer.core.values import AttemptId, CallId
from dialer.core.witness import placed_by_us
from dialer.live_call import Live
from dialer.ports import (
    ChannelUp,
    Clock,
    OpenAttempt,
    Recorded,
    Store,
    StoreUnavailable,
    Switch,
    SwitchNotReady,
    Witness,
)
from dialer.seen import Seen
from dialer.tasks import Tasks

log = structlog.get_logger()

MISSES = 2  # looks in a row without its channel, before a call that we watched is called gone


class Settlement:
    def __init__(
        self,
        calls: Calls,
        city: str,
        trunk: str,
        witness: Witness,
        *,
        switch: Switch,
        store: Store,
        clock: Clock,
        tasks: Tasks,
    ) -> None:
        self._calls = calls
        self._city, self._trunk, self._witness = city, trunk, witness
        self._switch, self._store, self._clock, self._tasks = switch, store, clock, tasks
        self._looking = False
        self.took_over = False  # who sits where is known
        self._stood_by = 0  # times; what a look saw before the last of them is not ours to settle
        self._linked_at = clock.now()
        self._booted_at: datetime | None = None
        self.done = False  # Asterisk has been looked at since the link came up
        self._callers = CallerLook(calls.callers)

    def link_up(self, link: LinkUp) -> None:
        self._linked_at, self._booted_at = link.at, link.booted_at

    def link_lost(self) -> None:
        self.done = False
        for live in self._calls.live.values():
            live.unsure = True
        self._calls.callers.unsure()

    def stand_by(self) -> None:
        """Another engine leads: what it does is none of our business until we take over."""
        self.done = self.took_over = False
        self._stood_by += 1
        self._calls.forget()

    def look(self) -> None:
        if not self._looking:
            self._looking = True
            self._tasks.spawn(self._look())

    async def _look(self) -> None:
        stood_by = self._stood_by
        try:
            at, watched = self._clock.now(), frozenset(self._calls.live)
            channels = {up.channel: up for up in await self._switch.channels_up()}
            open_attempts = await self._store.open_attempts(self._city)
            open_inbound = await self._store.open_inbound(self._city)
            unwatched = [one.attempt for one in open_attempts if one.attempt not in self._calls.live]
            unwatched += [one.call for one in open_inbound if one.call not in self._calls.callers.here]
            seen = Seen(
                channels=channels,
                open_attempts=open_attempts,
                open_inbound=open_inbound,
                history=await self._store.history(unwatched) if unwatched else (),
                witness=await self._witness.events(),
                strays=await self._strays(channels, open_attempts),
                operators=() if self.took_over else await self._store.operators(self._city),
                watched=watched,
                at=at,
                linked_at=self._linked_at,
                booted_at=self._booted_at,
            )
            self._tasks.post(partial(self._settle, seen, stood_by))
        except (SwitchNotReady, StoreUnavailable) as away:
            log.warning("cannot look now", why=str(away))
        finally:
            self._looking = False

    async def _strays(
        self, channels: Mapping[ChannelId, ChannelUp], open_attempts: Sequence[OpenAttempt]
    ) -> frozenset[AttemptId]:
        """A call of ours on the trunk whose attempt is closed must not ring on."""
        known = {one.attempt for one in open_attempts} | self._calls.live.keys()
        ours = (AttemptId(up.channel) for up in channels.values() if placed_by_us(up.channel, up.name, self._trunk))
        unknown = [attempt for attempt in ours if attempt not in known]
        return await self._store.closed(self._city, unknown) if unknown else frozenset()

    def _settle(self, seen: Seen, stood_by: int) -> None:
        if stood_by != self._stood_by:
            return
        if seen.operators:
            self._calls.desks.know(seen.operators, seen.channels)
            self.took_over = True
        for live in list(self._calls.live.values()):
            self._watched(live, seen)
        ours = seen.watched | self._calls.live.keys() | self._calls.journal.pending
        adopted = [
            self._unwatched(one, seen)
            for one in seen.open_attempts
            if one.attempt not in ours and one.claimed_at < seen.at  # a later claim may have ended since
        ]
        adopted.append(self._callers.settle(seen, first=not self.done))
        calls = self._calls.every_call()
        self._calls.desks.look(seen.channels, _talks(seen, calls), calls)
        self._calls.talks.look(calls, seen.channels)
        self._callers.go_on()
        for attempt in seen.strays - self._calls.journal.pending:
            log.error("stray call ended", attempt_id=attempt)
            self._tasks.spawn(self._calls.end(seen.channels[ChannelId(attempt)].name))
        if not self.done:
            self._calls.tapes.finish(calls)
        self.done = True
        if any(adopted):
            self.look()  # what they did since this look began was heard by nobody

    def _watched(self, live: Live, seen: Seen) -> None:
        """A call of our own. What happened while the link was away is read from the witness."""
        up = seen.channels.get(ChannelId(live.attempt))
        live.missing = 0 if up else live.missing + 1
        if not (live.unsure or live.missing >= MISSES):
            return
        settled = self._judge(live.attempt, live.claimed_at, live.call, [], seen)
        if settled.verdict is Verdict.CLOSE:
            live.call = settled.call
            self._calls.over(live)
        elif up is not None:
            self._calls.resume(live, settled.call, up)

    def _unwatched(self, one: OpenAttempt, seen: Seen) -> bool:
        """An attempt of an engine before us, or a claim whose commit we never heard of. True when it is up."""
        stored = [_event(record) for record in seen.history if record.attempt == one.attempt]
        events = [event for event in stored if event is not None]
        settled = self._judge(one.attempt, one.claimed_at, Call(), events, seen)
        if settled.verdict is Verdict.WAIT:
            return False
        log.info("settled", attempt_id=one.attempt, verdict=settled.verdict.value)
        live = self._calls.begin(one, self._calls.desks.floor.groups.of_debt(one.debt))
        live.call = settled.call
        up = seen.channels.get(ChannelId(one.attempt))
        if settled.verdict is Verdict.CLOSE or up is None:
            self._calls.over(live)
            return False
        self._calls.resume(live, settled.call, up)
        live.unsure = True
        return True

    def _judge(
        self, attempt: AttemptId, claimed_at: datetime, known: Call, events: list[ChannelEvent], seen: Seen
    ) -> Settled:
        channel = ChannelId(attempt)
        events = [*events, *seen.witness.get(channel, ())]
        ordered = [*known.transfers, *(event for event in events if isinstance(event, TransferOrdered))]
        return settle(
            known,
            [*events, *transferred(attempt, ordered, events, seen.witness)],
            claimed_at=claimed_at,
            channel_is_up=channel in seen.channels,
            linked_at=self._linked_at,
            exchange_booted_at=self._booted_at,
            now=seen.at,
        )


def _talks(seen: Seen, calls: Mapping[CallId, Call]) -> dict[ChannelId, CallId]:
    """Operators' legs that share a bridge with a person on the line."""
    bridges = {
        up.bridge: call for call in calls if (up := seen.channels.get(ChannelId(call))) is not None and up.bridge
    }
    return {
        up.channel: bridges[up.bridge]
        for up in seen.channels.values()
        if up.bridge in bridges and up.channel != ChannelId(bridges[up.bridge])
    }


def _event(record: Recorded) -> ChannelEvent | None:
    return restored(record.kind, ChannelId(record.attempt), record.at, record.detail)
