"""The rulebook at work: which debt kinds are open and how, plans kept up to date, calls that need not ring on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import partial

import structlog

from dialer.calls import Calls
from dialer.core.city import City
from dialer.core.decide import Rulebook
from dialer.core.plan.values import Slot
from dialer.core.values import TOKYO, AttemptId, Mode
from dialer.ports import Clock, Store, StoreUnavailable
from dialer.tasks import Tasks

log = structlog.get_logger()


class Planning:
    """Asked and ticked by the engine while it leads. `on_planned` is called when there may be something to call."""

    def __init__(
        self,
        book: Rulebook,
        calls: Calls,
        *,
        store: Store,
        clock: Clock,
        tasks: Tasks,
        on_planned: Callable[[], None],
    ) -> None:
        self._calls, self._store, self._clock, self._tasks = calls, store, clock, tasks
        self._city = book.city.key
        self._on_planned = on_planned
        self._planning = self._asking = False
        self._book = book
        self._planned_on: date | None = None  # the day for which every case has its plan
        self.use(book)

    @property
    def city(self) -> City:
        return self._book.city

    def use(self, book: Rulebook) -> None:
        """New rules, for the next decision on; calls in flight are not touched."""
        if not _plan_alike(book, self._book):
            self._planned_on = None
        self._book = book
        self._minute: datetime | None = None  # for which these are open
        self._open: Mapping[str, Mode] = {}
        self._store.use(book)

    def open_debts(self) -> frozenset[str]:
        """The debt kinds that may be called now, by whomever."""
        return frozenset(debt for debt, mode in self._open_now().items() if mode is not Mode.PAUSED)

    def dialled_debts(self) -> frozenset[str]:
        """Of these: without an operator's having seen the case."""
        return frozenset(debt for debt, mode in self._open_now().items() if mode.dials_by_itself)

    def predicted_debts(self) -> frozenset[str]:
        """Of these: before an operator is free, when one probably will be."""
        return frozenset(debt for debt, mode in self._open_now().items() if mode is Mode.PREDICTIVE)

    def offered_debts(self) -> frozenset[str]:
        """Of these: when an operator has seen the case and wants to."""
        return frozenset(debt for debt, mode in self._open_now().items() if mode is Mode.PREVIEW)

    def chosen_target(self) -> float | None:
        """The share of persons that the predictive mode may leave alone; none: as set."""
        return self._book.modes.target

    def closes_in(self, debts: frozenset[str]) -> float | None:
        """Seconds until the first of those of them that are dialled now closes; None when none is open."""
        now, days = self._clock.now(), self._book.days
        ends = [end for debt in self.dialled_debts() & debts if (end := days.closing(debt, now)) is not None]
        return min(((end - now).total_seconds() for end in ends), default=None)

    def slot_at(self, moment: datetime) -> Slot:
        days = self._book.days
        return Slot(days.slot_day(moment.astimezone(TOKYO).date()), days.band_at(moment))

    def callers_have_own_lines(self) -> bool:
        return self.city.lines.separate

    def why_closed(self) -> str | None:
        """What an operator reads when no debt kind may be called."""
        open_now = self._open_now()
        if not open_now:
            return self._book.calendar.calls_at(self._clock.now()).reason
        paused = {debt: why for debt in open_now if (why := self._book.modes.why_paused(debt))}
        if len(paused) < len(open_now):
            return None
        return "、".join(dict.fromkeys(paused.values()))

    def why_not(self, debt: str) -> str | None:
        """What keeps a call of this debt kind from being started."""
        if (paused := self._book.modes.why_paused(debt)) is not None:
            return paused
        return None if debt in self._open_now() else "架電できる時間が終わりました"

    def mode_of(self, debt: str) -> Mode:
        """As chosen or set, also when nobody may be called now."""
        return self._book.modes.of(debt)

    def chosen_modes(self) -> list[dict[str, str]]:
        """Of debt kinds that are called otherwise than the settings say, for people."""
        modes = self._book.modes
        debts = [debt for debt in self.city.debts if modes.of(debt.key) is not modes.default]
        return [
            {"debt": debt.key, "mode": modes.of(debt.key), "text": f"{debt.name}: {modes.chosen[debt.key].text}"}
            for debt in debts
        ]

    def _open_now(self) -> Mapping[str, Mode]:
        """The debt kinds for which the calendar allows calls now (T-034), with their modes."""
        minute = self._clock.now().replace(second=0, microsecond=0)
        if minute != self._minute:
            calendar, modes = self._book.calendar, self._book.modes
            debts = (debt.key for debt in self.city.debts)
            self._open = {debt: modes.of(debt) for debt in debts if calendar.calls_at(minute, debt).is_open}
            self._minute = minute
        return self._open

    def tick(self) -> None:
        if not self._planning:
            self._planning = True
            self._tasks.spawn(self._plan(self._clock.now(), self._book))
        ringing = [one.attempt for one in self._calls.live.values() if one.call.answered_at is None]
        if ringing and not self._asking:
            self._asking = True
            self._tasks.spawn(self._ask_withdrawn(ringing))

    async def _plan(self, now: datetime, book: Rulebook) -> None:
        """Cases to which something happened and plans that ran out; once a day, and by new rules, every case."""
        today, planned = now.astimezone(TOKYO).date(), 0
        try:
            while done := await self._store.plan(self._city, now):
                planned += done
            if today != self._planned_on:
                planned += await self._store.plan_all(self._city, now)
                self._planned_on = today if _plan_alike(book, self._book) else None
        except StoreUnavailable as away:
            log.warning("cannot plan", why=str(away))
        finally:
            self._tasks.post(partial(self._planned, planned))

    def _planned(self, count: int) -> None:
        self._planning = False
        if count:
            log.info("planned", cases=count)
            self._on_planned()

    async def _ask_withdrawn(self, ringing: Sequence[AttemptId]) -> None:
        """A stop or a payment that comes while the telephone rings (C-012)."""
        try:
            withdrawn = await self._store.withdrawn(ringing)
            self._tasks.post(partial(self._withdraw, withdrawn))
        except StoreUnavailable as away:
            log.warning("cannot ask what was withdrawn", why=str(away))
        finally:
            self._asking = False

    def _withdraw(self, attempts: frozenset[AttemptId]) -> None:
        for attempt in attempts & self._calls.live.keys():
            self._calls.withdraw(self._calls.live[attempt])


def _plan_alike(book: Rulebook, other: Rulebook) -> bool:
    """No plan goes by who of the operators takes what."""
    return replace(book, groups=other.groups) == other
