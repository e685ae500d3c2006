"""A working day, event by event: operators, calls, persons who answer, people who call."""

import heapq
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from dialer.core.pacing.values import MOST_PUT_OFF, Ahead, Busy, Kind, Snapshot, Way, Work
from dialer.trials.figures import Figures
from dialer.trials.people import Fate, People
from dialer.trials.policy import Policy
from dialer.trials.scenario import Scenario

OFFERED_ON_SECONDS = 6.0  # who counts as left alone hears the apology, and is still offered the next free operator
AGAIN_SECONDS = 600.0  # until a call that was put off is due again
CALLER_PATIENCE_SECONDS = 120.0  # on the mean
KNOWN_AHEAD_SECONDS = 60.0  # of breaks and the end of the day


@dataclass(slots=True, eq=False)
class Seat:
    number: int
    is_there: bool = True
    goes: bool = False  # as soon as its work is done
    work: Work | None = None
    since: float = 0.0


@dataclass(slots=True, eq=False)
class InFlight:
    kind: Kind
    placed_at: float
    fate: Fate
    put_off: int = 0  # times before
    answered_at: float | None = None

    def has_rung(self, now: float) -> bool:
        return now - self.placed_at >= self.fate.rings_from


@dataclass(slots=True, eq=False)
class Waiting:
    since: float
    is_caller: bool
    is_left_alone: bool = False


class Day:
    def __init__(self, scenario: Scenario, policy: Policy, seed: int | str) -> None:
        self.scenario, self.policy = scenario, policy
        self.figures = Figures(policy.name, scenario.seats, seed)
        self._people = People(scenario, seed)
        self._events: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self._counter = 0
        self._now = 0.0
        self._seats = [Seat(number) for number in range(self.scenario.seats)]
        self._calls: dict[int, InFlight] = {}
        self._callers: deque[Waiting] = deque()
        self._persons: deque[Waiting] = deque()
        self._talks = 0
        self._due_again: deque[tuple[float, int]] = deque()  # calls that were put off, with how often

    def run(self, since: float = 0.0, until: float | None = None) -> Figures:
        """`since`, `until`: what is counted, in seconds of the day; none: up to its end."""
        for change in self.scenario.seats_at:
            self._at(change.hour * 3600.0, self._seats_become, change.seats)
        self._at(0.0, self._look_around)
        self._await_caller()
        if since > 0.0:
            self._at(since, self._count_from_now)
        end = self.scenario.seconds if until is None else min(until, self.scenario.seconds)
        while self._events:
            at, _, happens, what = heapq.heappop(self._events)
            if at >= end:
                break
            self._now = at
            happens(*what)
        self._now = end
        for seat in self._seats:
            self._rest(seat)
        return self.figures

    def _count_from_now(self) -> None:
        self.figures = Figures(self.policy.name, self.scenario.seats, self.figures.seed)
        for seat in self._seats:
            if seat.is_there:
                self.figures.spent(seat.work, seat.since - self._now)  # what it does now is counted at its end, in full

    def _at(self, at: float, happens: Callable[..., None], *what: Any) -> None:
        self._counter += 1
        heapq.heappush(self._events, (at, self._counter, happens, what))

    def _in(self, seconds: float, happens: Callable[..., None], *what: Any) -> None:
        self._at(self._now + seconds, happens, *what)

    # --- the policy

    def _look_around(self) -> None:
        self._in(self.policy.looks_every, self._look_around)
        self._decide()

    def _changed(self) -> None:
        """An operator or a line may be free, or taken."""
        if self.policy.looks_at_events:
            self._decide()

    def _decide(self) -> None:
        began = perf_counter()
        snapshot = self._snapshot()
        wanted = self.policy.wanted(snapshot, self._now)
        self.figures.decided(perf_counter() - began)
        names = list(self._calls)
        for place in self.policy.put_off:
            self._put_off(names[place])
        for _ in range(min(wanted, snapshot.lines_free)):
            self._place()

    def _snapshot(self) -> Snapshot:
        now = self._now
        here = [seat for seat in self._seats if seat.is_there]
        goes = self._goes(here)
        busy = [
            Busy(seat.work, now - seat.since, str(seat.number), goes.get(seat.number))
            for seat in here
            if seat.work is not None
        ]
        used = len(self._calls) + len(self._persons) + len(self._callers) + self._talks
        return Snapshot(
            free=sum(seat.work is None for seat in here),
            busy=busy,
            calls=[self._ahead(call) for call in self._calls.values()],
            waiting=len(self._persons) + len(self._callers),
            lines_free=max(0, self.scenario.lines - used) if self.scenario.lines is not None else 10_000,
            leaving=[goes[seat.number] for seat in here if seat.work is None and seat.number in goes],
            closes_in=self.scenario.seconds - now,
            callers_per_second=self.scenario.inbound_per_hour / 3600.0,
        )

    def _ahead(self, call: InFlight) -> Ahead:
        seconds = self._now - call.placed_at
        heard = None if call.answered_at is None else self._now - call.answered_at
        return Ahead(call.kind, seconds, heard, seconds - call.fate.rings_from if call.has_rung(self._now) else None)

    def _goes(self, here: Sequence[Seat]) -> Mapping[int, float]:
        """Who is known to go, in how many seconds: a break that is planned, or one that waits for the end of a talk."""
        goes = {seat.number: 0.0 for seat in here if seat.goes}
        staying = [seat for seat in here if not seat.goes]
        for change in self.scenario.seats_at if self.scenario.breaks_known else ():
            away = change.hour * 3600.0 - self._now
            if 0.0 < away <= KNOWN_AHEAD_SECONDS:
                goes |= {seat.number: away for seat in staying[change.seats :]}
                staying = staying[: change.seats]
        return goes

    # --- calls

    def _place(self) -> None:
        self._counter += 1
        name, fate = self._counter, self._people.fate(self._now)
        is_due = bool(self._due_again) and self._due_again[0][0] <= self._now
        self._calls[name] = InFlight(fate.kind, self._now, fate, self._due_again.popleft()[1] if is_due else 0)
        self.figures.dials += 1
        self.policy.placed(fate.kind, self._now)
        self._in(fate.rings_until, self._answered if fate.answered else self._not_answered, name)

    def _put_off(self, name: int) -> None:
        """It is called again later, and what becomes of it is drawn then."""
        call = self._calls[name]
        assert not call.has_rung(self._now)
        if call.put_off >= MOST_PUT_OFF:
            return
        del self._calls[name]
        self._due_again.append((self._now + AGAIN_SECONDS, call.put_off + 1))
        self.figures.put_off += 1
        self.policy.call_ended(call.kind, self._now - call.placed_at, Way.CUT, self._now, None)

    def _not_answered(self, name: int) -> None:
        call = self._calls.pop(name, None)
        if call is None:
            return
        self.policy.call_ended(call.kind, call.fate.rings_until, Way.OTHER, self._now, call.fate.rings)
        self._changed()

    def _answered(self, name: int) -> None:
        call = self._calls.get(name)
        if call is None:
            return
        call.answered_at = self._now
        if call.fate.heard_for > 0.0:
            self._in(call.fate.heard_for, self._told, name)
        else:
            self._told(name)

    def _told(self, name: int) -> None:
        call = self._calls.pop(name)
        fate = call.fate
        way = Way.PERSON if fate.is_person and not fate.is_lost else Way.OTHER
        self.policy.call_ended(call.kind, fate.rings_until, way, self._now, fate.rings)
        self.policy.was_heard(call.kind, fate.heard_for, way, self._now)
        self.figures.persons_lost += fate.is_person and fate.is_lost
        if way is not Way.PERSON:
            self._changed()
            return
        self.figures.persons += 1
        person = Waiting(self._now, is_caller=False)
        self._persons.append(person)
        self._in(self.scenario.patience_s, self._lose_patience, person)
        self._serve()
        self._changed()

    def _lose_patience(self, person: Waiting) -> None:
        if person in self._persons:
            person.is_left_alone = True
            self.figures.left_alone += 1
            self.policy.person_left_alone(self._now)
            self._in(OFFERED_ON_SECONDS, self._hang_up, person)

    def _hang_up(self, person: Waiting) -> None:
        if person in self._persons:
            self._persons.remove(person)
            self._changed()

    # --- people who call

    def _await_caller(self) -> None:
        wait = self._people.next_caller()
        if wait is not None:
            self._in(wait, self._caller_comes)

    def _caller_comes(self) -> None:
        caller = Waiting(self._now, is_caller=True)
        self.figures.callers += 1
        self._callers.append(caller)
        self._in(self._people.caller_waits(CALLER_PATIENCE_SECONDS), self._caller_goes, caller)
        self._await_caller()
        self._serve()

    def _caller_goes(self, caller: Waiting) -> None:
        if caller in self._callers:
            self._callers.remove(caller)
            self.figures.callers_gone += 1
            self._changed()

    # --- operators

    def _serve(self) -> None:
        """Whoever waits meets whoever is free: people who call first, then in their order."""
        while waiting := self._callers or self._persons:
            free = [seat for seat in self._seats if seat.is_there and seat.work is None]
            if not free:
                return
            self._join(min(free, key=lambda seat: seat.since), waiting.popleft())

    def _join(self, seat: Seat, waiting: Waiting) -> None:
        talk, wrap = self._people.talk(self._now)
        self.figures.joined(self._now - seat.since, self._now - waiting.since, is_caller=waiting.is_caller)
        if not (waiting.is_caller or waiting.is_left_alone):
            self.policy.person_met(self._now)
        self._rest(seat)
        self._talks += 1
        seat.work, seat.since = Work.TALK, self._now
        self._in(talk, self._talked, seat, wrap)

    def _talked(self, seat: Seat, wrap: float) -> None:
        self._talks -= 1
        self._work_ended(seat)
        seat.work = Work.WRAP_UP
        self._in(wrap, self._wrapped_up, seat)
        self._changed()

    def _wrapped_up(self, seat: Seat) -> None:
        self._work_ended(seat)
        seat.work = None
        if seat.goes:
            seat.is_there = seat.goes = False
            return
        self._serve()
        self._changed()

    def _work_ended(self, seat: Seat) -> None:
        assert seat.work is not None
        self.policy.work_ended(seat.work, str(seat.number), self._now - seat.since, self._now)
        self._rest(seat)

    def _rest(self, seat: Seat) -> None:
        """What a seat has done since its last change is over."""
        if seat.is_there:
            self.figures.spent(seat.work, self._now - seat.since)
        seat.since = self._now

    def _seats_become(self, wanted: int) -> None:
        """The first of them stay; others come, or go when their work is done."""
        here = [seat for seat in self._seats if seat.is_there]
        for place, seat in enumerate(here):
            seat.goes = place >= wanted and seat.work is not None
            if place >= wanted and seat.work is None:
                self._rest(seat)
                seat.is_there = False
        for seat in [seat for seat in self._seats if not seat.is_there][: max(0, wanted - len(here))]:
            self._come(seat)
        for _ in range(wanted - len(self._seats)):
            seat = Seat(len(self._seats), is_there=False)
            self._seats.append(seat)
            self._come(seat)
        self._serve()
        self._changed()

    def _come(self, seat: Seat) -> None:
        seat.is_there, seat.work, seat.since = True, None, self._now
