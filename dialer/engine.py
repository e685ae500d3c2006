"""The engine: one inbox, one consumer.

Everything that happens (events of Asterisk, ticks, answers of the store and of the exchange) comes through the inbox
and is handled at once by plain synchronous code; whatever must be waited for runs beside it and comes back through the
inbox. So no slow database and no lost link ever delays the join of a person who has just answered.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

import structlog

from dialer.caller_parts import CallerRules
from dialer.calls import CallRules, Calls
from dialer.core.call import GaveUp
from dialer.core.decide import Rulebook
from dialer.core.ear_events import Answerer
from dialer.core.events import ChannelEvent, LinkLost, LinkUp
from dialer.core.floor import Desk
from dialer.core.orders import OF_LISTENING, OrderKind
from dialer.core.pacing.progressive import one_for_each
from dialer.core.pacing.values import PaceRules, Snapshot
from dialer.core.settle import GRACE
from dialer.core.values import AttemptId, Lead
from dialer.giving_way import GivingWay
from dialer.lines import Lines
from dialer.listening import EarRules
from dialer.manual import Line, Manual
from dialer.ordering import Ordering
from dialer.pacing import Note, Pacing
from dialer.placing import Placing, TrunkRules
from dialer.planning import Planning
from dialer.ports import (
    Claimed,
    Clock,
    Recorder,
    Store,
    StoreUnavailable,
    Switch,
    Witness,
)
from dialer.preview import Preview
from dialer.settlement import Settlement
from dialer.showing import Showing
from dialer.tasks import Tasks
from dialer.transferring import Outside
from dialer.wishes import Wishes

log = structlog.get_logger()

TICK_SECONDS = 1.0
LOOK_EVERY_TICKS = 5
USUAL_PACE = PaceRules()
NOT_BY_ITSELF = "この科目は自動では発信しません"


class Engine:
    def __init__(
        self,
        *,
        book: Rulebook,
        trunk: TrunkRules,
        rules: CallRules,
        phones: Sequence[str],
        switch: Switch,
        store: Store,
        recorder: Recorder | None,
        witness: Witness,
        clock: Clock,
        inbox: "asyncio.Queue[object]",
        ear: EarRules | None = None,
        apology: Callable[[str], str] = lambda debt: "",
        pace: PaceRules = USUAL_PACE,
        note: Note = lambda day, line: None,
    ) -> None:
        self._city = book.city.key
        self._switch, self._store, self._clock = switch, store, clock
        self._held: str | None = None
        self._inbox = inbox
        self._tasks = Tasks(inbox)
        self.calls = Calls(
            rules,
            phones,
            switch=switch,
            store=store,
            recorder=recorder,
            clock=clock,
            tasks=self._tasks,
            on_room=self._pace,
            callers=CallerRules(self._city, trunk.name, recorder is not None, rules.meet_within_seconds),
            handling_seconds=lambda: self._pacing.handling_seconds(),
            outside=Outside(
                department=lambda key: self._planning.city.department(key),
                shown=lambda attempt: self._placing.shown(attempt),
                dial=lambda channel, number, shown: self._placing.to_department(channel, number, shown),
                has_line=lambda: self._lines.free > 0,
                overflow_to=lambda: self._planning.city.inbound.overflow_to,
            ),
            ear=ear,
        )
        self._placing = Placing(
            self._city,
            trunk,
            rules,
            self.calls,
            switch=switch,
            tasks=self._tasks,
            records=recorder is not None,
            apology=apology,
        )
        self._settlement = Settlement(
            self.calls, self._city, trunk.name, witness, switch=switch, store=store, clock=clock, tasks=self._tasks
        )
        self._planning = Planning(
            book, self.calls, store=store, clock=clock, tasks=self._tasks, on_planned=self._planned
        )
        self._pacing = Pacing(
            self._city, pace, self.calls, self._planning, store=store, clock=clock, tasks=self._tasks, note=note
        )
        self._ordering = Ordering(
            self._city, self.calls, store=store, clock=clock, tasks=self._tasks, may_take=self._may_take_orders
        )
        self._lines = Lines(
            trunk, self.calls, self._planning.callers_have_own_lines, clock, by_hand=lambda: self._manual.claiming
        )
        line = Line(self._why_not_dialled, self._why_not_claimed, self._lines.take_one, self._start_dialled)
        self._manual = Manual(self._city, self.calls, line, store=store, clock=clock, tasks=self._tasks)
        self._wishes = Wishes(self._city, self.calls, self._manual, store=store, clock=clock, tasks=self._tasks)
        self.calls.callers.wishes = self._wishes
        self._giving_way = GivingWay(self.calls, self._planning, lambda: self._pacing.leaves_nobody)
        self.calls.callers.rung = self._giving_way
        self.calls.desks.on_away = partial(self._giving_way.taken, GaveUp.NO_OPERATOR)
        self._preview = Preview(
            self._city,
            self.calls.desks,
            self._planning.offered_debts,
            self._may_look,
            on_asked=self._pace,
            store=store,
            clock=clock,
            tasks=self._tasks,
        )
        self._ordering.now[OrderKind.SKIP] = self._preview.skip
        self.showing = Showing(
            self.calls,
            self._lines,
            self._planning,
            self._pacing,
            clock,
            wishes=lambda: len(self._wishes),
            why=self._why_not,
        )
        self.happened = asyncio.Event()  # set whenever anything has; whoever shows the floor clears it
        self._ordering.give_talks(self.calls.talks.order)
        self._ordering.now |= dict.fromkeys(OF_LISTENING, self.calls.desks.monitoring.order)
        self._ordering.later[OrderKind.DIAL] = self._manual.dial
        self._claim_after = 0.0  # monotonic: nothing was due, or the store was away
        self._pace_timer: asyncio.TimerHandle | None = None
        self._ticks = 0
        self._stopping = self._stopped = False
        self._lead = Lead.STANDS_BY

    async def run(self) -> None:
        """Until stop() has been called and every call in flight has its outcome."""
        self._tasks.spawn(self.calls.journal.run())
        self._tasks.spawn(self._tick_for_ever())
        self._tasks.spawn(self._ordering.run())
        try:
            while not self._stopped:
                self._handle(await self._inbox.get())
                self.happened.set()
                if self.leads and self._switch.ready and self._inbox.empty():  # not for each event of a burst
                    self.calls.callers.tell_room()
            await self.calls.journal.drained()
            if self._lead is Lead.LEADS:
                await self._pacing.ended()
        finally:
            await self._tasks.cancel()

    def lead(self, lead: Lead) -> None:
        """Told by whoever holds the city's lock."""
        if lead is not self._lead:
            self._tasks.post(partial(self._led, lead))

    def lead_unknown(self) -> None:
        """The store cannot be asked. Whoever stood by goes on standing by."""
        if self._lead is Lead.LEADS:
            self._tasks.post(partial(self._led, Lead.UNSURE))

    def _led(self, lead: Lead) -> None:
        log.info("lead", lead=lead.value)
        if self._lead is Lead.STANDS_BY:
            self._pacing.lead()
        self._lead = lead
        if lead is Lead.STANDS_BY:
            self._settlement.stand_by()
            return
        self._tick()

    def use(self, book: Rulebook) -> None:
        """New rules, for the next decision on; calls in flight are not touched."""
        self._tasks.post(partial(self._planning.use, book))

    def hold(self, why: str | None) -> None:
        """No new calls for this reason, or none any more. It answers and looks after calls that are up all the same."""
        self._tasks.post(partial(self._hold, why))

    def _hold(self, why: str | None) -> None:
        self._held = why

    def correct(self, attempt: AttemptId, what: Answerer) -> None:
        """An operator heard what the ear did not: `voicemail` also means: leave the message and free me."""
        self._tasks.post(lambda: self._corrected(attempt, what))

    def _corrected(self, attempt: AttemptId, what: Answerer) -> None:
        if not self.calls.correct(attempt, what):
            log.info("nothing to correct", attempt_id=attempt, what=what.value)

    @property
    def leads(self) -> bool:
        return self._lead is Lead.LEADS

    def stop(self) -> None:
        """No new calls; those in flight come to their end. A second time: at once."""
        self._stopped = self._stopping
        self._stopping = True
        self._tasks.post(self._stop_when_quiet)

    # --- the consumer

    def _handle(self, item: object) -> None:
        """The engine's one boundary: what goes wrong with one call must not end the others."""
        try:
            match item:
                case ChannelEvent():
                    if self._lead is not Lead.STANDS_BY:
                        self.calls.channel_event(item)
                case LinkUp():
                    log.info("link up", booted_at=str(item.booted_at))
                    self._settlement.link_up(item)
                    self._tick()
                case LinkLost():
                    log.warning("link lost", why=item.why)
                    self._settlement.link_lost()
                case _ if callable(item):
                    item()
                case _:
                    log.error("not understood", item=type(item).__name__)
        except Exception:
            log.exception("could not be handled", item=type(item).__name__)

    async def _tick_for_ever(self) -> None:
        while True:
            self._tasks.post(self._tick)
            await asyncio.sleep(TICK_SECONDS)

    def _tick(self) -> None:
        self._ticks += 1
        looked_lately = self._settlement.done and self._ticks % LOOK_EVERY_TICKS
        if self._switch.ready and self._lead is not Lead.STANDS_BY and not looked_lately:
            self._settlement.look()
        if self._lead is Lead.LEADS:
            self._planning.tick()
            self._pacing.tick()
            self.calls.callers.tick()
            self._wishes.tick()
            self._preview.take_back()
        self._pace()
        self._stop_when_quiet()

    def _stop_when_quiet(self) -> None:
        busy = self.calls.live or self.calls.callers.talks or self._lines.all_claiming or self.calls.tapes.under_way
        if self._stopping and not busy:
            self._stopped = True

    def status(self) -> dict[str, object]:
        """For people who look after it: what it does, and why it does not."""
        return {**self.health(), **self.showing.status()}

    def health(self) -> dict[str, object]:
        is_well = self._switch.ready and (self._settlement.done or self._lead is Lead.STANDS_BY)
        return {"ready": is_well, "lead": self._lead.value, "exchange": self._switch.ready, "held": self._held}

    def _why_not(self) -> str:
        if why := self._why_no_call():
            return why
        room, desks = self.snapshot(), self.calls.desks.floor.desks.values()
        looks = any(desk.preview is not None for desk in desks) and not room.free
        if looks or not self._planning.dialled_debts():
            return "担当者が案件を見て発信します"
        return self._pacing.why(room)

    def _why_no_call(self) -> str | None:
        """What keeps any call from being started, whoever wants it."""
        if not self._switch.ready:
            return "交換機との接続を待っています"
        if self._lead is Lead.STANDS_BY:
            return "ほかのエンジンがこの市を担当しています"
        if self._lead is Lead.UNSURE:
            return "データベースとの接続を待っています"
        if not self._settlement.done:
            return "交換機の状態を確認しています"
        return self._held or self._planning.why_closed()

    # --- what operators order

    def _may_take_orders(self) -> bool:
        """Also while the exchange is away: who wants a pause shall have it."""
        return self._lead is Lead.LEADS and self._settlement.took_over

    def _why_not_dialled(self) -> str | None:
        if self._stopping:
            return "システムの停止中のため発信できません"
        return self._why_no_call() or (None if self._lines.free else "回線がすべて使用中です")

    def _start_dialled(self, claimed: Claimed) -> None:
        self._tasks.spawn(self._placing.start(claimed, dialled=True))

    # --- starting calls

    def snapshot(self) -> Snapshot:
        return self._pacing.snapshot(
            self._lines.claiming, self._lines.free_for_dialling, self._planning.closes_in(), len(self._wishes)
        )

    def _pace(self) -> None:
        if self._held:
            return
        if self._stopping or not (self._settlement.done and self._lead is Lead.LEADS and self._switch.ready):
            return
        if self._lines.claiming or self._preview.asking:
            return  # one at a time: two would reach for the same cases, and for the same operators
        self._preview.offer()
        wanted, debts = self._pacing.wanted(self.snapshot())  # also when nothing is due: calls may be put off
        if self._preview.asking or not self._may_claim():
            return
        allowed = self._lines.take(wanted)
        if allowed:
            self._lines.claiming += allowed
            self._tasks.spawn(self._claim(allowed, debts))
        if wanted > allowed and self._pace_timer is None:
            self._pace_timer = self._tasks.later(self._lines.wait_seconds, self._pace_again)

    def _may_claim(self) -> bool:
        return bool(self._planning.dialled_debts()) and self._clock.monotonic() >= self._claim_after

    def _may_look(self) -> Sequence[Desk]:
        """Whom no call in flight waits for; nor whose turn with the dialer it is, as long as it has calls for them."""
        room = self.snapshot()
        free = sorted(self.calls.desks.floor.free(), key=lambda desk: (desk.dialers_turn, desk.since))
        if self._may_claim() and one_for_each(room).count > 0:
            free = [desk for desk in free if not desk.dialers_turn]
        return free[: max(0, room.free - room.waiting - len(room.calls))]

    def _pace_again(self) -> None:
        self._pace_timer = None
        self._pace()

    def _planned(self) -> None:
        self._claim_after = 0.0
        self._pace()

    async def _claim(self, count: int, debts: frozenset[str]) -> None:
        claims: Sequence[Claimed] = ()
        try:
            along = self._planning.open_debts() - debts
            claims = await self._store.claim(self._city, count, self._clock.now(), debts, along)
        except StoreUnavailable as away:
            log.warning("cannot claim", why=str(away))
        finally:
            self._tasks.post(partial(self._claimed, count, claims))

    def _claimed(self, count: int, claims: Sequence[Claimed]) -> None:
        self._lines.claiming -= count
        if self._lead is Lead.STANDS_BY:
            return  # whoever leads now finds these attempts open, and settles them
        if len(claims) < count:
            self._claim_after = self._clock.monotonic() + TICK_SECONDS
        for claimed in claims:
            live = self.calls.begin(claimed.attempt, claimed.claimed_at, claimed.caller_id)
            live.claimed = claimed
            by_hand_only = None if claimed.debt in self._planning.dialled_debts() else NOT_BY_ITSELF
            if why := self._why_not_claimed(claimed) or by_hand_only or self._giving_way.why_not(live):
                self.calls.not_placed(live, why)
            else:
                self._pacing.placed(claimed)
                self._tasks.spawn(self._placing.start(claimed))
        self._pace()  # for the lines that became free meanwhile

    def _why_not_claimed(self, claimed: Claimed) -> str | None:
        """Once more, just before it is dialled."""
        now = self._clock.now()
        if now >= claimed.until:
            return "架電できる時間が終わりました"
        if why := self._planning.why_not(claimed.debt):
            return why
        if self._lead is Lead.UNSURE or now - claimed.claimed_at > GRACE / 2 or self._stopping:
            return "発信の準備が間に合いませんでした"
        return self._held
