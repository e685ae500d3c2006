"""People who call: the line in which they wait, who of them comes next, and the one outcome of each call.

The engine only finds the next operator. What a caller hears meanwhile is Asterisk's matter (asterisk-conf, `inbound`),
so that nobody is lost, and nobody hears silence, while the engine is away.

    CallerArrived ── an operator is free: reserved, and the case opens on the desk ──► CallerWaits ── join ──► talk
                  └─ none is: the line, by rank and arrival ── an operator becomes free ──────────────┘
"""

from collections import Counter, deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog

from dialer.caller_parts import CallerRules, CallerSteps, NobodyRings, NoWishes, Present
from dialer.core import events as heard
from dialer.core.call import Call
from dialer.core.callers import (
    Arrived,
    Caller,
    InboundEnded,
    InboundOutcome,
    Route,
    folded_in,
    judge_inbound,
)
from dialer.core.channel_ids import came_in
from dialer.core.events import ChannelEvent
from dialer.core.floor import Desk
from dialer.core.groups import Group, takes
from dialer.core.history import kept
from dialer.core.queueing import expected_minutes
from dialer.core.values import CallId, OperatorState, PhoneNumber
from dialer.desks import Desks
from dialer.journal import Journal
from dialer.meeting import Meeting
from dialer.ports import Clock, Recorded, Store, StoreUnavailable, Switch, SwitchNotReady
from dialer.tapes import Tapes
from dialer.tasks import Tasks

log = structlog.get_logger()

LATELY_SECONDS = 600.0
ROOM_SECONDS = 15.0  # so long it is believed what room there is; it is told anew three times as often
JOIN_AGAIN_SECONDS = 0.05  # whatever made the join fail is not asked in a tight loop


class Callers:
    def __init__(
        self,
        rules: CallerRules,
        steps: CallerSteps,
        meeting: Meeting,
        desks: Desks,
        tapes: Tapes,
        *,
        switch: Switch,
        store: Store,
        journal: Journal,
        clock: Clock,
        tasks: Tasks,
    ) -> None:
        self.here: dict[CallId, Present] = {}
        self.ending: set[CallId] = set()  # their outcome is decided, but not stored yet
        self.finished: set[CallId] = set()  # and stored; for whoever reads Asterisk's record again
        self._rules, self._steps, self._meeting = rules, steps, meeting
        self._desks, self._tapes = desks, tapes
        self._switch, self._store, self._journal = switch, store, journal
        self._clock, self._tasks = clock, tasks
        self.wishes, self.rung = NoWishes(), NobodyRings()
        self._came: deque[tuple[float, Group]] = deque()  # when, monotonic, and for which debt kinds
        self._room, self._room_told_at = -1, 0.0

    def unsure(self) -> None:
        """The link is lost: what happens now is not heard."""
        for present in self.here.values():
            present.unsure = True

    def forget(self) -> None:
        """Another engine has these calls now."""
        self.here.clear()
        self.wishes.forget()

    # --- what others want to know

    @property
    def line(self) -> Sequence[Present]:
        """Who waits and has no operator yet, the next one first."""
        served = self._desks.floor.attempts()
        here = (one for one in self.here.values() if one.one.waits and not one.rests)
        waiting = [one for one in here if one.call_id not in served and not self._steps.talks.is_leaving(one.call_id)]
        return sorted(waiting, key=lambda one: one.order)

    @property
    def per_second(self) -> dict[Group, float]:
        """How many have lately come for an operator, by the group of their debt kinds."""
        while self._came and self._clock.monotonic() - self._came[0][0] > LATELY_SECONDS:
            self._came.popleft()
        return {group: came / LATELY_SECONDS for group, came in Counter(group for _, group in self._came).items()}

    @property
    def talks(self) -> bool:
        """Whether somebody is with an operator. Who waits, waits on without an engine."""
        return any(one.one.call.joined_at is not None for one in self.here.values())

    def call(self, call: CallId) -> Call | None:
        present = self.here.get(call)
        return present.one.call if present is not None else None

    def group_of(self, call: CallId) -> Group:
        present = self.here.get(call)
        return present.group if present is not None else None

    def shown(self, call: CallId) -> PhoneNumber | None:
        """The number that a department sees: the one that was dialled."""
        present = self.here.get(call)
        return PhoneNumber(present.one.dialled) if present is not None and present.one.dialled else None

    def on_trunk(self, name: str) -> bool:
        return name.startswith(f"PJSIP/{self._rules.trunk}-")

    # --- what happens

    def heard(self, event: ChannelEvent) -> bool:
        """True when the event was of a call that came in."""
        if not came_in(event.channel):
            return False
        call = CallId(event.channel)
        present = self.here.get(call)
        if present is None:
            if not self._begins(event):
                return True
            present = self.here[call] = Present(call)
        before = present.one
        present.one = folded_in(before, event)
        match event:
            case heard.CallerArrived() if before.route is None:
                self._arrived(present)
            case heard.CallerWaits():
                self.go_on(present)
            case heard.BridgeEntered() if before.call.joined_at is None and present.one.call.joined_at is not None:
                self._joined(present)
            case heard.JoinEnded(result=result) if result != "SUCCESS":
                if not self._steps.talks.join_missed(call):
                    self._missed(call)
            case heard.CallerOverflows() if present.one.waits and self._desks.floor.with_attempt(call) is None:
                why = self._steps.talks.overflow(call, present.one.call)
                log.info("caller overflows", call_id=call, why_not=why)
            case heard.CallerWished():
                self._desks.release(call)  # an operator who was just reserved
            case heard.HungUp() if not present.unsure:
                self.over(present)
            case _:
                pass
        if present.one.route is not None:
            self._keep(call, event)
        return True

    def _begins(self, event: ChannelEvent) -> bool:
        """A call whose beginning was heard; others are found by the next look."""
        match event:
            case heard.ChannelCreated(name=name) | heard.CallerArrived(name=name):
                return self.on_trunk(name)
            case _:
                return False

    def _arrived(self, present: Present) -> None:
        one, call = present.one, present.call_id
        log.info("caller", call_id=call, route=one.route, group=one.group)
        self.write_arrival(present)
        if one.route is not Route.WAITING:
            return
        self._came.append((self._clock.monotonic(), present.group))
        self._prepare(present)
        self._tasks.spawn(self._ask(call))
        self.serve()

    def write_arrival(self, present: Present) -> None:
        """What is stored already stays as it is."""
        one = present.one
        arrived = Arrived(
            present.call_id,
            one.call.placed_at or self._clock.now(),
            one.dialled,
            one.group,
            one.route or Route.WAITING,  # gone before anybody decided
            one.rank,
        )
        self._journal.write(lambda: self._store.arrived(arrived))

    def _prepare(self, present: Present) -> None:
        """What the dialplan needs to know of a call that nobody dialled."""
        variables = {
            "ATTEMPT": present.call_id,
            "CITY": self._rules.city,
            "RECORD": "yes" if self._rules.records() else "no",
            "MEET_WITHIN": str(self._rules.meet_within_seconds),
        }
        self._set(present, variables)

    def _keep(self, call: CallId, event: ChannelEvent) -> None:
        """Its history: behind its arrival in the journal, for without that there is nothing to hang it on."""
        if (record := kept(event)) is not None:
            recorded = Recorded(call, event.at, *record)
            self._journal.write(lambda: self._store.append([recorded]))

    async def _ask(self, call: CallId) -> None:
        try:
            caller = await self._store.caller(self._rules.city, call)
        except StoreUnavailable as away:
            log.warning("caller not looked up", call_id=call, why=str(away))
            return
        if caller is not None:
            self._tasks.post(partial(self._known, caller))

    def _known(self, caller: Caller) -> None:
        for attempt in caller.in_the_way:
            self._steps.withdraw(attempt)

    # --- the line

    def serve(self) -> bool:
        """True when a free operator went to the next who waits and whom one of them takes."""
        line = self.line
        for present in line:
            if self.wishes.serve(present.order):
                self.rung.taken()
                return True
            desk = self._desks.reserve_for_caller(present.call_id, present.group, self.rung.kept)
            if desk is not None:
                self._served(present, desk)
                return True
        if self.wishes.serve(None):
            self.rung.taken()
            return True
        self._tell_places(line)
        return False

    def _served(self, present: Present, desk: Desk) -> None:
        self.rung.taken()
        self._steps.talks.transfers.operator_came(present.call_id)
        present.served_at = self._clock.now()
        log.info("operator for a caller", call_id=present.call_id, phone=desk.phone, waiting=len(self.line))
        self.go_on(present)
        self._tell_places(self.line)

    def go_on(self, present: Present) -> None:
        """To the operator who is reserved, as soon as the exchange has answered; else the next free one."""
        one, call = present.one, present.call_id
        if not one.waits or self._steps.talks.is_leaving(call):
            return
        desk = self._desks.floor.with_attempt(call)
        if desk is None:
            self.serve()
        elif desk.channel is None:  # its leg was lost while the caller still heard the ringing
            self._missed(call)
        elif one.waits_at is not None and one.call.name is not None:
            self._meeting.bring(call, one.call.name, desk, self._missed)

    def back_in_line(self, call: CallId) -> None:
        """No department took the call."""
        if (present := self.here.get(call)) is not None:
            self.go_on(present)

    def _missed(self, call: CallId) -> None:
        """The operator's leg has gone, or the caller has. The dialplan has taken back who is still there."""
        present = self.here.get(call)
        if present is not None and present.one.waits:
            present.rests = True
            self._tasks.later(JOIN_AGAIN_SECONDS, partial(self._again, call))
        self._desks.release(call)

    def _again(self, call: CallId) -> None:
        if (present := self.here.get(call)) is not None:
            present.rests = False
            self.go_on(present)

    def _tell_places(self, line: Sequence[Present]) -> None:
        """So that the next announcement says what is so: who wants the same operators, and how many there are."""
        seconds, before = self._steps.handling_seconds(), Counter[Group]()
        for present in line:
            before[present.group] += 1
            wants_them_too = self._rivals(present.group)
            place = sum(count for group, count in before.items() if wants_them_too(group))
            place += self.wishes.before(present.order, wants_them_too)
            told = place, expected_minutes(place, self._desks.floor.at_work_for(present.group), seconds)
            if told != present.told and present.one.waits_at is not None:
                present.told = told
                variables = {"PLACE": str(place)}
                variables["EXPECTED_MINUTES"] = "" if told[1] is None else str(told[1])
                self._set(present, variables)

    def _rivals(self, group: Group) -> Callable[[Group], bool]:
        """Whether an operator who takes this group may be taken by somebody of another one."""
        own = [one for one in self._desks.floor.at_work() if takes(one, group)]
        return lambda other: not own or any(takes(one, other) for one in own)

    def tell_room(self) -> None:
        """After anything that has happened: how many who call need no place in line."""
        floor, now = self._desks.floor, self._clock.monotonic()
        free = max(0, floor.count(OperatorState.FREE) - self.rung.kept.total())
        room = free + sum(one.one.waits and floor.with_attempt(one.call_id) is not None for one in self.here.values())
        if room == self._room and now - self._room_told_at < ROOM_SECONDS / 3:
            return
        self._room, self._room_told_at = room, now
        self._tasks.spawn(self._room_told(room, self._clock.now() + timedelta(seconds=ROOM_SECONDS)))

    async def _room_told(self, room: int, until: datetime) -> None:
        try:
            await self._switch.tell_room(room, until)
        except SwitchNotReady as away:
            log.warning("cannot tell what room there is", why=str(away))

    def tick(self) -> None:
        """Once a second: the expected wait changes by itself, and whom they wait for may not be at work any more."""
        if self.line:
            self.serve()

    def _joined(self, present: Present) -> None:
        desk = self._desks.talking(present.call_id)
        waited_ms = round(present.one.waited.total_seconds() * 1000)
        phone = desk.phone if desk else None  # none: a department has the caller
        log.info("caller joined", call_id=present.call_id, phone=phone, after_ms=waited_ms)

    # --- the end

    def operator_ends(self, call: CallId) -> str | None:
        present = self.here.get(call)
        if present is None or present.one.call.name is None:
            return "この通話はもう終わっています"
        if not self._switch.ready:
            return "交換機との接続を待っています"
        self.heard(heard.OperatorHungUp(heard.ChannelId(call), self._clock.now()))
        self._tasks.spawn(self._end(present.one.call.name))
        return None

    async def _end(self, channel: str) -> None:
        try:
            await self._switch.end(channel)
        except SwitchNotReady as away:
            log.warning("cannot end", channel=channel, why=str(away))

    def over(self, present: Present) -> None:
        one, call = present.one, present.call_id
        self._steps.talks.over(call)
        judged, now = judge_inbound(one), self._clock.now()
        desk = self._desks.floor.with_attempt(call)
        talked = desk if one.met_at is not None else None
        ended = InboundEnded(
            call=call,
            outcome=judged.outcome,
            reason=judged.reason,
            evidence={
                "waited_seconds": round(one.waited.total_seconds(), 1),
                "joined_after_ms": present.joined_after_ms,
                "cause": one.call.cause,
                **({"transferred_to": one.call.transferred_to} if one.went_over else {}),
                **({"passed_to": one.call.passed_to} if one.call.passed_to else {}),
            },
            ended_at=one.call.ended_at or now,
            ended_by=judged.ended_by,
            answered_at=one.call.answered_at,
            waits_at=one.waits_at,
            joined_at=one.met_at,
            operator=talked.phone if talked else None,
            account=talked.account if talked else None,
        )
        if one.route is None:
            self.write_arrival(present)
        del self.here[call]
        self.ending.add(call)
        self._journal.write(partial(self._finish, ended))
        log.info("caller gone", call_id=call, outcome=judged.outcome.value)
        if one.met_at is not None:
            self._tapes.keep(call)
        self._desks.release(call)
        self._tell_places(self.line)
        self._steps.on_room()

    async def _finish(self, ended: InboundEnded) -> None:
        await self._store.finish_inbound([ended])
        self.ending.discard(ended.call)
        self.finished.add(ended.call)
        if ended.outcome is InboundOutcome.WISHED:
            self._tasks.post(self.wishes.look_soon)

    def _set(self, present: Present, variables: dict[str, str]) -> None:
        if present.one.call.name is not None:
            self._tasks.spawn(self._sent(present.one.call.name, variables))

    async def _sent(self, channel: str, variables: dict[str, str]) -> None:
        try:
            await self._switch.set_variables(channel, variables)
        except SwitchNotReady as away:
            log.warning("cannot tell a caller's channel", why=str(away))
