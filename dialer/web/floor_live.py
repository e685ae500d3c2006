"""The floor for the pages that watch it: what the engine tells and what the tables add, looked up once."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import suppress
from datetime import datetime

import structlog
from aiohttp import web

from dialer.core.attention import NEED_NAMES, Limits, Need, Seen, need_of
from dialer.core.city import City, DebtKind
from dialer.core.day_figures import Figure
from dialer.core.reach import Reach
from dialer.core.stages import STAGE_NAMES, Stage
from dialer.core.values import LegState, OperatorState
from dialer.ports import StoreFault, StoreUnavailable
from dialer.store.floor import ASK_SECONDS, FloorListener
from dialer.web.floor_changes import Told
from dialer.web.floor_rows import Rows, answered_today, calls_shown, cases_shown, operators_shown
from dialer.web.floor_views import Pushed, Views
from dialer.web.parts import PARTS, WebParts

log = structlog.get_logger()

BEAT_SECONDS = 5.0
SILENT_SECONDS = 3.0  # the engine tells something every second
DAYS_SECONDS = 15.0  # between two counts of the operators' days
OF_A_DAY = (Figure.ALL_TALKS.value, "contact_rate", "talk_mean", "wrap_up_mean")
CASES_SECONDS = 60.0  # between two counts of all cases
NO_ENGINE = "架電の制御から応答がありません。担当者の画面と「./run status」で状況を確かめてください。"


class FloorLive:
    def __init__(self, url: str, parts: WebParts) -> None:
        self._parts, self._database, self._clock = parts, parts.database, parts.clock
        self._listener = FloorListener(url, parts.database, parts.city.key, self._told)
        self._views = Views()
        self._raw: Told | None = None
        self._told_at = 0.0  # monotonic
        self._pulse: Told = {}  # the last floor that was told, also while nobody watches
        self._pulse_at = parts.clock.monotonic()
        self.beside: Callable[[], Told] = dict  # what is shown besides the floor
        self._calls: Rows = {}
        self._operators: Rows = {}
        self._answered: Told = {}
        self._cases: Rows = {}
        self._cases_at = 0.0  # monotonic: when they are counted again
        self._counted_at, self._is_counted_for = 0.0, frozenset[str]()
        self.content: Told = {}
        self._is_over = False
        self._watched, self._fresh = asyncio.Event(), asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def _city(self) -> City:
        return self._parts.city

    @property
    def pulse(self) -> tuple[Told, float]:
        """What the engine told last, whoever watches, and so many seconds ago; empty: nothing yet."""
        return self._pulse, self._clock.monotonic() - self._pulse_at

    def refresh(self) -> None:
        """What is shown besides has changed."""
        self._fresh.set()

    def start(self) -> None:
        self._listener.listen()
        for work in (self._ask(), self._prepare()):
            self._tasks.add(asyncio.create_task(work))

    async def end(self, _app: object = None) -> None:
        """The process ends: pages ask the next one."""
        self._is_over = True
        self._views.wake()

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._listener.close()

    async def follow(self, reach: Reach = None) -> AsyncGenerator[Pushed | None]:
        """Each newest content as JSON, whole or as changes to the one before; None as a sign of life.

        `reach`: the groups that may be seen of it.
        """
        changed, has = asyncio.Event(), 0
        if not self._views:
            self._raw, self.content = None, {}  # the engine has yet to be asked
            self._told_at = self._clock.monotonic()
        view = self._views.add(reach, changed)
        self._watched.set()
        self._fresh.set()
        try:
            while not self._is_over:
                with suppress(TimeoutError):
                    async with asyncio.timeout(BEAT_SECONDS):
                        await changed.wait()
                if changed.is_set() and view.content:
                    newest, has = view.since(has), view.number
                    yield newest
                else:
                    yield None
                changed.clear()
        finally:
            self._views.discard(reach, changed)
            if not self._views:
                self._watched.clear()

    def _told(self, floor: Told) -> None:
        self._raw, self._told_at = floor, self._clock.monotonic()
        self._pulse, self._pulse_at = floor, self._told_at
        self._fresh.set()

    async def _ask(self) -> None:
        """As long as somebody watches, the engine is asked to tell."""
        while True:
            await self._watched.wait()
            with suppress(StoreUnavailable, StoreFault):
                await self._listener.ask()
            await asyncio.sleep(ASK_SECONDS)

    async def _prepare(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(SILENT_SECONDS):
                    await self._fresh.wait()
            self._fresh.clear()
            if not self._views:
                continue
            try:
                content = await self._content()
            except (StoreUnavailable, StoreFault) as away:
                log.warning("cannot show the floor", why=str(away))
                continue
            except Exception:  # of one look, as of an engine of another version: the next may go well
                log.exception("the floor was not understood")
                continue
            if content is not None:
                self.content = {"limited": None, **content, **self.beside()}
                self._views.show(self.content)

    async def _content(self) -> Told | None:
        """None while the engine may still answer."""
        raw, silent = self._raw, self._clock.monotonic() - self._told_at
        if silent > SILENT_SECONDS:
            self._raw = None
            return {"now": self._clock.now().isoformat(), "away": NO_ENGINE}
        if raw is None:
            return None
        await self._look_up(raw)
        stages = {one["call"]: one for one in (*raw["calls"], *raw["callers"])}
        now = datetime.fromisoformat(raw["at"])
        operators = [self._operator(one, stages, now) for one in raw["operators"]]
        return {
            "now": raw["at"],
            "away": None,
            "why": raw["why"],
            "operators": sorted(operators, key=lambda one: (one["need"], one["state"] == "offline", one["phone"])),
            "calls": [self._call(one) for one in raw["calls"]],
            "callers": [self._call(one) for one in raw["callers"]],
            "wishes": raw["wishes"],
            "lines": raw["lines"],
            "pace": raw["pace"],
            "teams": raw.get("teams", []),
            "answered": self._answered,
            "debts": [_debt(debt, raw) | {"cases": self._cases.get(debt.key)} for debt in self._city.debts],
        }

    async def _look_up(self, raw: Told) -> None:
        """What is not known yet; the operators' days now and then, and when a talk has ended."""
        here = {one["call"] for one in (*raw["calls"], *raw["callers"])}
        self._calls = {call: shown for call, shown in self._calls.items() if call in here and shown["case"]}
        city = self._city.key
        if unknown := here - self._calls.keys():
            self._calls |= await self._database.ask(lambda connection: calls_shown(connection, self._city, unknown))
        logins = frozenset(one["account"] for one in raw["operators"] if one["account"])
        now = self._clock.monotonic()
        if now >= self._cases_at:
            self._cases_at = now + CASES_SECONDS
            moment = self._clock.now()
            self._cases = await self._database.ask(lambda connection: cases_shown(connection, city, moment))
        if logins != self._is_counted_for or now - self._counted_at > DAYS_SECONDS:
            today = self._clock.now()
            self._operators = await self._database.ask(
                lambda connection: operators_shown(connection, self._city, logins, today)
            )
            self._answered = await self._database.ask(lambda connection: answered_today(connection, self._city, today))
            self._counted_at, self._is_counted_for = now, logins

    def _operator(self, one: Told, calls: Mapping[str, Told], now: datetime) -> Told:
        call = calls.get(one["call"])
        held = call["since"] if call is not None and call["stage"] == Stage.HELD else None
        seen = Seen(
            OperatorState(one["state"]), _moment(one["since"]), LegState(one["leg"]), one["help"], _moment(held)
        )
        need = need_of(seen, now, Limits.of(self._city.warnings))
        shown = self._operators.get(one["account"], {})
        return {
            **one,
            "name": shown.get("name"),
            **{figure: shown.get(figure) for figure in OF_A_DAY},
            "need": int(need),
            "needs": NEED_NAMES.get(need),
            "urgent": need is not Need.NOTHING,
            "case": self._calls.get(one["call"], {}).get("case"),
        }

    def _call(self, one: Told) -> Told:
        return {**one, "stage_name": STAGE_NAMES[Stage(one["stage"])], **self._calls.get(one["call"], {})}


def _debt(debt: DebtKind, raw: Told) -> Told:
    key = debt.key
    alone = raw["pace"]["by_debt"].get(key)
    of = {"key": key, "name": debt.name, "group": debt.group}
    return {**of, "mode": raw["modes"].get(key), "open": key in raw["open"], "alone": alone}


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


FLOOR: web.AppKey[FloorLive] = web.AppKey("floor", FloorLive)


def add_floor(app: web.Application, url: str) -> None:
    """`url`: of the database, where one connection listens."""
    app[FLOOR] = FloorLive(url, app[PARTS])
    app.cleanup_ctx.append(_running)
    app.on_shutdown.append(app[FLOOR].end)


async def _running(app: web.Application) -> AsyncGenerator[None]:
    app[FLOOR].start()
    yield
    await app[FLOOR].close()
