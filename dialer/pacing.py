"""The pace of calls at work: what the engine tells of its calls and operators, and how many calls it may start.

What was learned is kept in the store, and each day begins with what the days before it taught, a little faded.
"""

from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import structlog

from dialer.calls import Calls
from dialer.core.call import GaveUp
from dialer.core.day_figures import midnight_before
from dialer.core.floor import Desk
from dialer.core.groups import Group
from dialer.core.pacing.learned import Learned
from dialer.core.pacing.ledger import Ledger, Ledgers
from dialer.core.pacing.pacer import SPENT, Pacer
from dialer.core.pacing.progressive import one_for_each
from dialer.core.pacing.record import RecordingPacer, read, written
from dialer.core.pacing.values import MOST_PUT_OFF, Ahead, Busy, Decision, Kind, PaceRules, Snapshot, Way, Work
from dialer.core.plan.facts import type_of
from dialer.core.values import TOKYO, AttemptId, CaseId, OperatorState, Outcome
from dialer.live_call import Live
from dialer.planning import Planning
from dialer.ports import Claimed, Clock, Store, StoreUnavailable
from dialer.shift_plan import ShiftPlan
from dialer.tasks import Tasks
from dialer.teams import Teams
from dialer.watcher import Watcher

log = structlog.get_logger()

Note = Callable[[date, Mapping[str, Any]], None]

HALF_LIFE = timedelta(days=2.5)
SAVE_SECONDS = 300.0
PUT_OFF = timedelta(minutes=10)  # should it have rung after all, in the very instant, not at once again
LASTED, FEWEST_LASTED = 50, 5  # talks, for what callers are told of their wait
CLAIMED: Kind = ()  # a case that is being claimed: nothing is known of it yet
CUT = {Outcome.NETWORK_ERROR, Outcome.NOT_PLACED, Outcome.WITHDRAWN, Outcome.LOST}
"""Neither blamed on the number nor learned as no answer."""


@dataclass(slots=True)
class Watched:
    """One call, as pacing sees it. Moments are monotonic: clocks of the day may step."""

    kind: Kind
    debt: str
    placed_at: float
    rings_at: float | None = None  # the first ring, or other sign of life
    answered_at: float | None = None
    person_at: float | None = None
    is_met: bool = False
    is_left_alone: bool = False


class Pacing(Watcher):
    """`note` keeps every line of the day's record."""

    def __init__(
        self,
        city: str,
        rules: PaceRules,
        calls: Calls,
        planning: Planning,
        *,
        store: Store,
        clock: Clock,
        tasks: Tasks,
        note: Note,
    ) -> None:
        self._city, self._rules, self._calls, self._planning = city, rules, calls, planning
        self._store, self._clock, self._tasks, self._note = store, clock, tasks, note
        self._watched: dict[AttemptId, Watched] = {}
        self._shifts = ShiftPlan(city, store=store, clock=clock, tasks=tasks)
        self._put_off: Counter[CaseId] = Counter()  # today, calls before their first ring
        self._saving = False
        self._lasted: dict[Work, deque[float]] = {work: deque(maxlen=LASTED) for work in Work}
        self._decided: dict[Group, Decision] = {}  # the last one for each team
        self._teams = Teams(calls)
        self._pacer = Pacer(rules)  # until this engine leads: who stands by keeps no record
        self._ledgers = Ledgers()
        self._today = clock.now().astimezone(TOKYO).date()
        self._save_at = clock.monotonic() + SAVE_SECONDS
        calls.watch(self)

    # --- days

    def lead(self) -> None:
        """Whoever led before has learned, and left persons alone today."""
        self._watched.clear()
        self._tasks.spawn(self._load())

    async def _load(self) -> None:
        now = self._clock.now()
        midnight = midnight_before(now)
        learned, ledgers = Learned(), Ledgers()
        try:
            found = await self._store.left_alone(self._city, midnight)
            ledgers = Ledgers({debt: Ledger(*counts) for debt, counts in found.items()})
            if (kept := await self._store.learned_pace(self._city)) is not None:
                learned = read(kept.tables)
                learned.fade(0.5 ** (max(timedelta(), now - kept.at) / HALF_LIFE))
        except StoreUnavailable as away:
            log.warning("cannot load what pacing learned", why=str(away))
        self._tasks.post(partial(self._begin, learned, ledgers))

    def _begin(self, learned: Learned, ledgers: Ledgers) -> None:
        self._today = self._clock.now().astimezone(TOKYO).date()
        self._save_at = self._clock.monotonic() + SAVE_SECONDS
        self._put_off.clear()
        rules = replace(self._rules, target=self._target())
        self._ledgers = ledgers
        self._pacer = RecordingPacer(rules, learned, ledgers.of_others(rules), partial(self._note, self._today))

    def _target(self) -> float:
        """As chosen, within what the settings allow."""
        chosen = self._planning.chosen_target()
        return self._rules.target if chosen is None else min(chosen, self._rules.ceiling)

    def tick(self) -> None:
        """Once a second, while it leads."""
        now = self._clock.monotonic()
        self._shifts.tick()
        for watched in self._watched.values():
            self._lose_patience(watched, now)
        today = self._clock.now().astimezone(TOKYO).date()
        if today != self._today:
            learned = self._pacer.learned
            learned.fade(0.5 ** (timedelta(days=1) / HALF_LIFE))
            self._begin(learned, Ledgers())
        if (target := self._target()) != self._pacer.rules.target:
            log.info("another target", target=target)
            self._pacer.aim(target)
            self._count()
        if now >= self._save_at and not self._saving:
            self._save_at, self._saving = now + SAVE_SECONDS, True
            self._tasks.spawn(self._save(written(self._pacer.learned), self._clock.now()))

    async def _save(self, tables: Mapping[str, Any], at: datetime) -> None:
        try:
            await self._store.save_learned_pace(self._city, tables, at)
        except StoreUnavailable as away:
            log.warning("cannot save what pacing learned", why=str(away))
        finally:
            self._saving = False

    async def ended(self) -> None:
        """The engine ends: what this day taught is there for the next."""
        await self._save(written(self._pacer.learned), self._clock.now())

    def _lose_patience(self, watched: Watched, now: float) -> None:
        waits = watched.person_at is not None and not (watched.is_met or watched.is_left_alone)
        if waits and now - (watched.person_at or now) >= self._rules.tolerance_seconds:
            watched.is_left_alone = True
            self._count(left_alone=watched.debt)

    def _count(self, *, met: str | None = None, left_alone: str | None = None) -> None:
        """By debt kind; how careful the pace is goes by those that are not spent."""
        if met is not None:
            self._ledgers.met(met)
            self._pacer.person_met()
        if left_alone is not None:
            self._ledgers.abandoned(left_alone)
            self._pacer.person_left_alone()
        if (ledger := self._ledgers.of_others(self._pacer.rules, self._to_come)) != self._pacer.ledger:
            self._pacer.keep(ledger)

    # --- what happens

    def placed(self, claimed: Claimed) -> None:
        slot = self._planning.slot_at(claimed.claimed_at)
        again = "again" if claimed.machines_before or claimed.talks_before else "first"
        kind = (type_of(claimed.number).value, str(slot), again)
        self._watched[claimed.attempt] = Watched(kind, claimed.debt, self._clock.monotonic())
        self._pacer.placed(kind)

    def rings(self, attempt: AttemptId) -> None:
        if (watched := self._watched.get(attempt)) is not None and watched.rings_at is None:
            watched.rings_at = self._clock.monotonic()

    def answered(self, attempt: AttemptId) -> None:
        if (watched := self._watched.get(attempt)) is not None and watched.answered_at is None:
            watched.answered_at = self._clock.monotonic()
            self.rings(attempt)

    def is_person(self, attempt: AttemptId) -> None:
        watched = self._watched.get(attempt)
        if watched is None or watched.person_at is not None:
            return
        self.answered(attempt)
        watched.person_at = self._clock.monotonic()
        self._told(watched, Way.PERSON, watched.person_at)

    def joined(self, attempt: AttemptId) -> None:
        watched = self._watched.get(attempt)
        if watched is None or watched.is_met:
            return
        self._lose_patience(watched, self._clock.monotonic())  # between two ticks
        if not watched.is_left_alone:
            watched.is_met = True
            self._count(met=watched.debt)

    def over(self, attempt: AttemptId, outcome: Outcome) -> None:
        watched, now = self._watched.pop(attempt, None), self._clock.monotonic()
        if watched is None:
            return
        if watched.person_at is None:
            self._told(watched, Way.CUT if outcome in CUT else Way.OTHER, now)
        elif outcome is Outcome.ABANDONED and not (watched.is_met or watched.is_left_alone):
            self._count(left_alone=watched.debt)

    def worked(self, desk: Desk, work: Work) -> None:
        now = self._clock.monotonic()
        self._lasted[work].append(max(0.0, now - desk.since))
        self._pacer.work_ended(work, desk.phone, max(0.0, now - desk.since), now)

    def _told(self, watched: Watched, way: Way, now: float) -> None:
        answered = now if watched.answered_at is None else watched.answered_at
        rings = None if watched.rings_at is None else max(0.0, answered - watched.rings_at)
        self._pacer.call_ended(watched.kind, max(0.0, answered - watched.placed_at), way, now, rings)
        if watched.answered_at is not None:
            self._pacer.was_heard(watched.kind, max(0.0, now - watched.answered_at), way)

    # --- what it comes to

    def handling_seconds(self) -> float | None:
        """What one talk keeps an operator busy, with what is entered afterwards; None: too little is known yet."""
        if any(len(lasted) < FEWEST_LASTED for lasted in self._lasted.values()):
            return None
        return sum(sum(lasted) / len(lasted) for lasted in self._lasted.values())

    def snapshot(
        self, claiming: int, lines_free: int, closes_in: float | None, wishes: int = 0, team: Group = None
    ) -> Snapshot:
        """Of one team. `claiming`: cases that are being claimed; each is a call that will want an operator. `wishes`:
        people who asked to be called back, or were left alone and are called again now: each wants one as well."""
        floor, now = self._calls.desks.floor, self._clock.monotonic()
        waiting, ahead = self._in_flight(team)
        waiting += self._teams.callers(Counter(one.group for one in self._calls.callers.line))[team] + wishes
        leaves_in = self._shifts.leaves_in
        free = [desk for desk in floor.free() if floor.group_of(desk) == team]
        desks = [desk for desk in floor.desks.values() if floor.group_of(desk) == team]
        busy = [_busy(desk, now, leaves_in(desk.account)) for desk in desks]
        return Snapshot(
            free=len(free),
            leaving=[away for desk in free if (away := leaves_in(desk.account)) is not None],
            busy=[one for one in busy if one is not None],
            calls=[self._ahead(live, now) for live in ahead] + [Ahead(CLAIMED, 0.0)] * claiming,
            waiting=waiting,
            lines_free=lines_free,
            closes_in=closes_in,
            callers_per_second=self._teams.per_second(team),
            group=team,
        )

    def _in_flight(self, team: Group) -> tuple[int, list[Live]]:
        """How many persons wait for one of its operators, and its calls of which nobody knows yet who answers."""
        met, waiting, ahead = self._calls.desks.floor.attempts(), 0, []
        for live in self._calls.live.values():
            call = live.call
            is_over = call.joined_at is not None or call.is_with_machine
            if live.attempt in met or is_over or (call.gave_up is GaveUp.NOT_RUNG and call.answered_at is None):
                continue
            if self._teams.of_call(live) != team:
                continue
            if self._calls.waits_for_operator(live):
                waiting += 1
            else:
                ahead.append(live)
        return waiting, ahead

    def _ahead(self, live: Live, now: float) -> Ahead:
        watched = self._watched.get(live.attempt)
        if watched is None:
            return Ahead(CLAIMED, 0.0)
        heard, rings = (None if at is None else now - at for at in (watched.answered_at, watched.rings_at))
        return Ahead(watched.kind, now - watched.placed_at, heard, rings)

    def wanted(self, room: Snapshot) -> tuple[int, frozenset[str]]:
        """How many calls, of which debt kinds: one for each free operator of any, more of those that are predicted."""
        predicted, dialled = self._debts(room)
        if predicted != dialled and (count := one_for_each(room).count):
            return count, dialled
        if not predicted:
            return 0, dialled
        decided = self._decided[room.group] = self._pacer.decide(room, self._clock.monotonic())
        if decided.put_off:
            ahead = self._in_flight(room.group)[1]
            self._withdraw([ahead[place] for place in decided.put_off if place < len(ahead)], predicted)
        return decided.count, predicted

    def _withdraw(self, calls: Sequence[Live], debts: frozenset[str]) -> None:
        """Before anybody has heard them ring; no case often, and nobody who expects the call."""
        for live in calls:
            claimed = live.claimed
            if claimed is None or claimed.appointed or claimed.debt not in debts or not live.call.is_silent:
                continue
            if self._put_off[claimed.case] >= MOST_PUT_OFF:
                continue
            self._put_off[claimed.case] += 1
            log.info("put off", attempt_id=live.attempt)
            live.again_after = PUT_OFF
            self._calls.withdraw(live, GaveUp.NOT_RUNG)

    def why(self, room: Snapshot) -> str:
        """Why there are not more calls, as a person reads it."""
        predicted, dialled = self._debts(room)
        decided = self._decided.get(room.group)
        return decided.why if predicted == dialled and decided is not None else one_for_each(room).why

    def _debts(self, room: Snapshot) -> tuple[frozenset[str], frozenset[str]]:
        """That the team takes: those predicted, and all that are dialled."""
        takes = partial(self._teams.debts, room.group)
        return takes(self._looked_ahead), takes(self._planning.dialled_debts())

    @property
    def _looked_ahead(self) -> frozenset[str]:
        """Debt kinds that are predicted and have not left too many alone today."""
        return self._planning.predicted_debts() - self._ledgers.spent(self._pacer.rules, self._to_come)

    @property
    def _to_come(self) -> float:
        """How much of the day, as times what has passed."""
        closes_in = self._planning.closes_in(self._planning.predicted_debts())
        return self._pacer.to_come(closes_in, self._clock.monotonic())

    def without_reserve(self) -> frozenset[str]:
        """Debt kinds of which no call has an operator of its own; where nobody may be left alone, each has."""
        return frozenset() if self._pacer.rules.target <= 0.0 else self._looked_ahead

    def status(self) -> dict[str, object]:
        rules, total = self._pacer.rules, self._ledgers.total
        spent = self._ledgers.spent(rules, self._to_come)
        by_debt = {debt.key: self._ledgers[debt.key] for debt in self._planning.city.debts}
        return {
            "target": rules.target,
            "ceiling": rules.ceiling,
            "persons": total.persons,
            "left_alone": total.left_alone,
            "lost_by_ear": round(total.lost(rules), 1),  # an estimate
            "put_off": self._put_off.total(),
            "risk": round(self._pacer.ledger.risk(rules), 4),
            "progressive_because": self._why_progressive(),
            "by_debt": {
                debt: {"persons": one.persons, "left_alone": one.left_alone, "spent": debt in spent}
                for debt, one in by_debt.items()
            },
        }

    def _why_progressive(self) -> str | None:
        """Of all that is predicted, or of some debt kinds by name."""
        spent = self._planning.predicted_debts() - self._looked_ahead
        names = "、".join(debt.name for debt in self._planning.city.debts if debt.key in spent)
        return f"{names}は{SPENT}" if names else self._pacer.why_progressive(self._to_come)


def _busy(desk: Desk, now: float, leaves_in: float | None) -> Busy | None:
    """Who will be free again; not who leaves, or wants a pause, afterwards."""
    if desk.leaving or desk.pause_reason is not None:
        return None
    match desk.state:
        case OperatorState.TALKING:
            return Busy(Work.TALK, max(0.0, now - desk.since), desk.phone, leaves_in)
        case OperatorState.RESERVED:
            return Busy(Work.TALK, 0.0, desk.phone, leaves_in)
        case OperatorState.WRAP_UP:
            return Busy(Work.WRAP_UP, max(0.0, now - desk.since), desk.phone, leaves_in)
        case _:
            return None
