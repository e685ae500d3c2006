"""Looks after people who call when something of theirs was not heard: every call that came in is accounted for."""

from dataclasses import replace
from functools import reduce

import structlog

from dialer.caller_parts import Present
from dialer.callers import Callers
from dialer.core.callers import Inbound, OpenInbound, Route, folded_in
from dialer.core.channel_ids import came_in
from dialer.core.events import CallerWaits, ChannelCreated, ChannelEvent, ChannelId, HungUp
from dialer.core.history import restored
from dialer.core.settle import Verdict, verdict_on
from dialer.core.transfers import transferred
from dialer.core.values import CallId
from dialer.ports import ChannelUp
from dialer.seen import Seen

log = structlog.get_logger()

MISSES = 2  # looks in a row without its channel, before a call that we watched is called gone
WAITING_ROOM = "inbound"  # the dialplan's context


class CallerLook:
    def __init__(self, callers: Callers) -> None:
        self._callers = callers
        self._found: list[Present] = []

    def settle(self, seen: Seen, *, first: bool) -> bool:
        """True when a call was adopted. `first`: nothing was heard before this look."""
        self._found = []
        callers = self._callers
        for present in list(callers.here.values()):
            self._watched(present, seen)
        open_rows = {one.call: one for one in seen.open_inbound if one.arrived_at < seen.at}
        for call, row in open_rows.items():
            if not self._is_known(call):
                self._unwatched(Present(call, _as_stored(row, seen)), seen)
        for up in seen.channels.values():
            if self._is_stranger(up) and CallId(up.channel) not in open_rows:
                stranger = Present(CallId(up.channel), _as_seen(up, seen))
                self._callers.write_arrival(stranger)
                self._unwatched(stranger, seen)
        if first:
            self._written_only(seen)
        return bool(self._found)

    def go_on(self) -> None:
        """Who was found waiting, once it is known where the operators are."""
        for present in sorted(self._found, key=lambda one: one.order):
            self._callers.go_on(present)

    def _is_known(self, call: CallId) -> bool:
        callers = self._callers
        return call in callers.here or call in callers.ending or call in callers.finished

    def _is_stranger(self, up: ChannelUp) -> bool:
        return came_in(up.channel) and self._callers.on_trunk(up.name) and not self._is_known(CallId(up.channel))

    def _watched(self, present: Present, seen: Seen) -> None:
        up = seen.channels.get(ChannelId(present.call_id))
        present.missing = 0 if up else present.missing + 1
        if present.unsure or present.missing >= MISSES:
            self._judge(present, seen)

    def _unwatched(self, present: Present, seen: Seen) -> None:
        self._callers.here[present.call_id] = present
        present.unsure = True
        self._judge(present, seen)
        if present.unsure:  # too early to tell
            self._callers.here.pop(present.call_id, None)

    def _judge(self, present: Present, seen: Seen) -> None:
        channel = ChannelId(present.call_id)
        written = seen.witness.get(channel, ())
        ordered = present.one.call.transfers
        written = [*written, *transferred(present.call_id, ordered, written, seen.witness)]
        present.one = reduce(folded_in, sorted(written, key=lambda event: event.at), present.one)
        up = seen.channels.get(channel)
        verdict = verdict_on(
            present.one.call,
            claimed_at=present.one.call.placed_at or seen.at,
            channel_is_up=up is not None,
            linked_at=seen.linked_at,
            exchange_booted_at=seen.booted_at,
            now=seen.at,
        )
        if verdict is Verdict.CLOSE:
            present.unsure = False
            self._callers.over(present)
        elif up is not None:
            present.unsure = False
            self._goes_on(present, up, seen)

    def _goes_on(self, present: Present, up: ChannelUp, seen: Seen) -> None:
        """It is up. Whom Asterisk keeps company, and who has no operator, waits."""
        one = replace(present.one, call=replace(present.one.call, name=up.name))
        if up.state == "Up" and one.waits and one.waits_at is None:
            one = folded_in(one, CallerWaits(up.channel, seen.at))
        present.one = one
        self._found.append(present)
        log.info("caller found", call_id=present.call_id, waits=one.waits)

    def _written_only(self, seen: Seen) -> None:
        """Over, and perhaps known to nobody but Asterisk. What is stored already stays as it is."""
        self._callers.finished &= {CallId(channel) for channel in seen.witness}
        for channel, events in seen.witness.items():
            call = CallId(channel)
            names = [event.name for event in events if isinstance(event, ChannelCreated)]
            on_trunk = came_in(channel) and any(self._callers.on_trunk(name) for name in names)
            is_over = any(isinstance(event, HungUp) for event in events)
            if on_trunk and is_over and not self._is_known(call) and channel not in seen.channels:
                present = Present(call, reduce(folded_in, sorted(events, key=lambda event: event.at), Inbound()))
                self._callers.here[call] = present
                self._callers.over(present)


def _as_stored(row: OpenInbound, seen: Seen) -> Inbound:
    channel = ChannelId(row.call)
    records = (record for record in seen.history if record.attempt == row.call)
    stored = (restored(record.kind, channel, record.at, record.detail) for record in records)
    events: list[ChannelEvent] = sorted((event for event in stored if event), key=lambda event: event.at)
    one = replace(Inbound(), dialled=row.dialled, group=row.group, rank=row.rank, route=row.route)
    return reduce(folded_in, events, replace(one, call=replace(one.call, placed_at=row.arrived_at)))


def _as_seen(up: ChannelUp, seen: Seen) -> Inbound:
    """Neither stored nor heard of: Asterisk's record says where it goes, else whoever is in the waiting room waits."""
    written = sorted(seen.witness.get(up.channel, ()), key=lambda event: event.at)
    one = reduce(folded_in, written, Inbound())
    if one.route is None and up.context == WAITING_ROOM:
        one = replace(one, route=Route.WAITING)
    return replace(one, call=replace(one.call, name=up.name, placed_at=one.call.placed_at or seen.at))
