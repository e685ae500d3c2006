"""Desks as they are now, pushed to their pages: one connection listens to Postgres, every page follows its operator.

A page gets whole snapshots, each newer than the one before, so that it may miss any number of them. What was not told
because the database was away is looked up when it is back.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.city import City
from dialer.core.decide import Rulebook
from dialer.core.talk_results import Json
from dialer.core.values import CallId
from dialer.ports import Operator, StoreUnavailable
from dialer.store import queries
from dialer.store.case_view import ViewParts
from dialer.store.database import Database
from dialer.store.leadership import is_led
from dialer.store.notices import Notice
from dialer.store.operators import operator_of
from dialer.store.wakes import Wakes
from dialer.web.caller_rows import CallerShown, Line, caller_shown, line_now
from dialer.web.desk_rows import confirmed_for, in_tokyo
from dialer.web.desk_transfers import transfers_shown
from dialer.web.live_followers import Followers
from dialer.web.live_rows import of_a_desk
from dialer.web.live_scripts import LiveScripts
from dialer.web.live_snapshot import Rules, Snapshot, campaign, may, operator_shown
from dialer.web.live_views import Views, shown
from dialer.web.parts import Clock
from dialer.web.security import Visitor

log = structlog.get_logger()

BEAT_SECONDS = 5.0
LOOK_SECONDS = 2.0
TIDY_EVERY = 15  # looks around
NO_DATABASE = "データベースに接続できません。自動で接続し直しています。"
NO_ENGINE = "管理者に知らせてください。"


class Live:
    """Of one city. `start` in a running loop, `close` in the same."""

    def __init__(
        self,
        url: str,
        database: Database,
        city: str,
        rules: Rules,
        scripts: LiveScripts,
        clock: Clock,
        *,
        drafts: bool,
        followed: Callable[[City], None] = lambda _: None,
    ) -> None:
        """`followed` is told of a profile that has changed."""
        self._followed = followed
        self._database, self._city, self._rules, self._clock = database, city, rules, clock
        self._scripts, self._drafts = scripts, drafts
        self._book: Rulebook | None = None
        self._parts: ViewParts | None = None
        self._operators: dict[str, Operator] = {}
        self._is_led = False
        self._is_away = False  # the database
        self._is_over = False
        self._version = 0
        self._followers = Followers()
        self._line = Line()
        self._unread: dict[str, Sequence[Notice]] = {}  # by login, as long as nothing else is told
        self._notices_told = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._told = asyncio.Event()
        self.moved = asyncio.Event()  # a seat has changed; who waits for it clears it
        self.views = Views(database, city, lambda: self.parts, clock.now)
        told = {
            "operator": self._operator_told,
            "attempt": self._attempt_told,
            "caller": self._caller_told,
            "notice": self._notice_told,
        }
        self._wakes = Wakes(url, told, name="yobikake live")

    def start(self) -> None:
        self._wakes.start()
        self._tasks.add(asyncio.create_task(self._look()))

    async def end(self, _app: object = None) -> None:
        """The process ends: pages ask the next one."""
        self._is_over = True
        self._followers.tell_all()

    async def close(self) -> None:
        await self._wakes.close()
        tasks, self._tasks = self._tasks, set()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.views.close()

    @property
    def parts(self) -> ViewParts:
        if self._parts is None:
            raise StoreUnavailable("the rules of the city have not been read yet")
        return self._parts

    @property
    def operators(self) -> dict[str, Operator]:
        return self._operators

    def desk_of(self, login: str) -> Operator | None:
        return next((one for one in self._operators.values() if one.account == login), None)

    def is_followed(self, login: str) -> bool:
        """Whether a page of theirs is open, and not locked."""
        return login in self._followers

    def tell(self, login: str) -> None:
        """Something that this operator's page shows has changed."""
        self._followers.tell(login)

    async def follow(self, visitor: Visitor) -> AsyncGenerator[Snapshot | Line | None]:
        """The newest snapshot whenever there is a newer one, or only the line of callers; None as a sign of life."""
        last: Snapshot | None = None
        with self._followers.following(visitor.account_login) as page:
            while not self._is_over:
                is_stale, page.is_stale = page.is_stale, False
                page.changed.clear()
                try:
                    last = await self.snapshot(visitor) if is_stale else last
                    yield last if is_stale else self._line
                except StoreUnavailable:
                    last = last and self._cut_off(last)
                    yield last
                with suppress(TimeoutError):
                    async with asyncio.timeout(BEAT_SECONDS):  # not wait_for: on 3.11 it can swallow a cancellation
                        await page.changed.wait()
                if not page.changed.is_set():
                    page.is_stale = True
                    yield None

    async def snapshot(self, visitor: Visitor) -> Snapshot:
        """StoreUnavailable while Postgres is away."""
        login, now, version = visitor.account_login, self._clock.now(), self._next_version()
        desk, book = self.desk_of(login), self.parts.book
        call = desk.attempt if desk else None
        view = await self.views.of(call) if call else None  # before the draft, which closes before the case changes
        operators = self._operators
        unread, told = self._unread.get(login), self._notices_told
        has = await self._database.ask(
            lambda connection: of_a_desk(connection, book.city, login, operators, now, unread)
        )
        if told == self._notices_told:
            self._unread[login] = has.notices
        preview = await self.views.of_case(desk.preview) if desk and desk.preview else None
        amounts = view is not None and confirmed_for(has.draft or {}, view.case)
        debt = view.this.debt if view else has.caller and has.caller.debt(book.city)
        content: Json = {
            "version": version,
            "at": in_tokyo(self._clock.now()),
            "city": {"key": self._city, "name": book.city.name},
            "campaign": campaign(book, now),
            "login": login,
            "name": visitor.name,
            "operator": operator_shown(desk, visitor.name, book.city) if desk else None,
            "engine": {"ready": self._is_led, "why": "" if self._is_led else NO_ENGINE},
            "call": {"attempt": call} if call else None,
            "line": self._line.as_json(),
            "view": shown(view, amounts=amounts, operator_name=visitor.name) if view else None,
            "next": shown(preview, amounts=False, operator_name=visitor.name) if preview else None,
            "can": may(visitor, book.city.talk),
            "transfers": transfers_shown(book, debt, now) if debt else [],
            **has.as_json(self.views.parts_of(call), visitor.name),
        }
        cases = [debt.case for one in (view, preview) if one for debt in one.debts]
        found = has.caller.cases if has.caller else ()
        return Snapshot(version, content, call, tuple(dict.fromkeys([*cases, *found])))

    async def caller(self, call: CallId) -> CallerShown | None:
        """None for a call of ours."""
        city = self.parts.book.city
        return await self._database.ask(lambda connection: caller_shown(connection, city, call))

    async def debt_of(self, call: CallId) -> str | None:
        """What a call is about: who has called us and is not known yet has dialled a number of some debts."""
        view = await self.views.of(call)
        if view is not None:
            return view.this.debt
        caller = await self.caller(call)
        return None if caller is None else caller.debt(self.parts.book.city)

    # --- inside

    def _next_version(self) -> int:
        """Also after a restart newer than whatever a page has seen."""
        self._version = max(self._version + 1, int(self._clock.now().timestamp() * 1000))
        return self._version

    def _cut_off(self, last: Snapshot) -> Snapshot:
        """What was known last, and that more is not known."""
        version = self._next_version()
        content = {**last.content, "version": version, "engine": {"ready": False, "why": NO_DATABASE}}
        return Snapshot(version, content, last.attempt, last.cases)

    def _operator_told(self, told: str | None) -> None:
        if told is None or told.split(" ")[0] == self._city:
            self._told.set()

    def _attempt_told(self, told: str | None) -> None:
        city, _, attempt = (told or "").partition(" ")
        if city == self._city and self._parts is not None:
            self.views.prepare(CallId(attempt))

    def _caller_told(self, told: str | None) -> None:
        """Somebody calls, has been recognised, or has gone."""
        city, _, call = (told or self._city).partition(" ")
        if city != self._city:
            return
        self._told.set()
        for one in self._operators.values():
            if one.account is not None and one.attempt is not None and call in ("", one.attempt):
                self.views.forget(one.attempt)
                self.tell(one.account)

    def _notice_told(self, told: str | None) -> None:
        """A supervisor lets somebody know something, or it has been read."""
        city, _, login = (told or self._city).partition(" ")
        if city != self._city:
            return
        self._notices_told += 1
        if login:
            self._unread.pop(login, None)
            self.tell(login)
        else:
            self._unread.clear()
            self._followers.tell_all()

    async def _look(self) -> None:
        """Whenever something is told, and now and then without."""
        clock = asyncio.get_running_loop().time
        next_around, looks = clock(), 0
        while True:
            self._told.clear()
            try:
                await self._read()
                if clock() >= next_around:
                    await self._look_around(tidies=looks % TIDY_EVERY == 0)
                    next_around, looks = clock() + LOOK_SECONDS, looks + 1
                self._be_away(False)
            except StoreUnavailable:
                self._be_away(True)
            except Exception as fault:  # its text may quote data
                log.error("fault while looking after the desks", kind=type(fault).__name__)
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._told.wait()

    def _be_away(self, is_away: bool) -> None:
        if is_away != self._is_away:
            self._is_away = is_away
            self._followers.tell_all()

    async def _read(self) -> None:
        rows, line = await self._database.ask(lambda connection: _rows(connection, self._city))
        before, self._operators = self._operators, {one.phone: one for one in rows}
        if self._operators != before:
            self.moved.set()
        for phone, one in self._operators.items():
            old = before.get(phone)
            if one.attempt is not None and (old is None or old.attempt != one.attempt):
                self.views.freshen(one.attempt)
            if one != old:
                for login in {one.account, old.account if old else None} - {None}:
                    self.tell(str(login))
        if line != self._line:
            self._line = line
            self._followers.tell_of_the_line()

    async def _look_around(self, *, tidies: bool) -> None:
        now = self._clock.now()
        if self._book is None:
            self._book = await self._rules.book(now)
            if self._book.city.talk.own:  # the profile itself is known; an approved list in its place is not
                self._followed(self._book.city)
        elif book := await self._rules.changed(now):
            self._book = book
            self._followed(book.city)
        scripts, parts = await self._scripts.of(self._book.city, now), self._parts
        if parts is None or parts.book is not self._book or parts.scripts is not scripts:
            self._parts = ViewParts(self._book, scripts, self._drafts)
            self._followers.tell_all()
        led = await self._database.ask(lambda connection: is_led(connection, self._city))
        if led != self._is_led:
            self._is_led = led
            self._followers.tell_all()
        if tidies:
            await self.views.tidy({one.attempt for one in self._operators.values() if one.attempt})


async def _rows(connection: AsyncConnection, city: str) -> tuple[list[Operator], Line]:
    operators = [operator_of(row) for row in await connection.execute(queries.OPERATORS, {"city": city})]
    return operators, await line_now(connection, city)
