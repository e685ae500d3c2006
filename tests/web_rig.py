"""The pages as they are served: over TLS, on a port of their own, over the real Postgres."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import ClientResponse, ClientSession, CookieJar, TCPConnector, web
from argon2 import PasswordHasher
from yarl import URL

from dialer.config import Settings
from dialer.core.city import City
from dialer.profiles import load_city
from dialer.store.database import Database
from dialer.store.queries import SAVE_CITY
from dialer.store.staff import NewPassword
from dialer.store.staff_grants import GrantOrder
from dialer.web.app import PAGES, build_app
from dialer.web.cookies import COOKIE
from dialer.web.parts import WebParts, web_parts
from dialer.web.passwords import Passwords
from dialer.web.server import OwnRunner
from dialer.web.tls import certificate_files, server_context

NOW = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)  # a Wednesday, ten in the morning
PASSWORD = "Hanabi!Yoru-2871"
PATIENCE_SECONDS = 10.0  # a busy machine may stand still for a while; what happens then is tested elsewhere
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Argon2id as in earnest, without the wait."""


class HandClock:
    """Stands still until it is moved."""

    def __init__(self, now: datetime = NOW) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._now.timestamp()

    def pass_time(self, **time: float) -> None:
        self._now += timedelta(**time)


@dataclass(slots=True)
class Browser:
    """Asks as a page of ours does: its cookies, where it comes from, the token of the last page it saw."""

    rig: "Rig"
    session: ClientSession
    token: str = ""

    async def ask(
        self,
        method: str,
        path: str,
        *,
        form: Mapping[str, str] | None = None,
        json: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> ClientResponse:
        """A page when a form is sent or nothing, JSON when JSON is sent. Redirections are not followed."""
        given = {"Accept": "text/html" if json is None else "application/json", "Origin": self.rig.origin}
        if json is not None:
            given["X-Yobikake-Token"] = self.token
        data = None if form is None else {"token": self.token, **form}
        answer = await self.session.request(
            method,
            self.rig.origin + path,
            data=data,
            json=json,
            headers={**given, **(headers or {})},
            allow_redirects=False,
        )
        if answer.content_type == "text/html" and (
            found := re.search(r'name="token" content="(\w+)"', await answer.text())
        ):
            self.token = found[1]
        return answer

    async def get(self, path: str, **more: Mapping[str, str]) -> ClientResponse:
        return await self.ask("GET", path, **more)

    async def sign_in(self, login: str, password: str = PASSWORD) -> ClientResponse:
        answer = await self.ask("POST", "/sign-in", json={"login": login, "password": password})
        if answer.status == 200:
            self.token = (await answer.json())["token"]
        return answer

    @property
    def secret(self) -> str | None:
        cookies = self.session.cookie_jar.filter_cookies(self.rig.url)
        return cookies[COOKIE].value if COOKIE in cookies else None


@dataclass(slots=True)
class Rig:
    parts: WebParts
    app: web.Application
    clock: HandClock
    origin: str
    certificate: Path
    _browsers: list[ClientSession] = field(default_factory=list)

    @property
    def url(self) -> URL:
        return URL(self.origin)

    def browser(self) -> Browser:
        """A new one, without cookies."""
        trusted = ssl.create_default_context(cafile=str(self.certificate))
        session = ClientSession(connector=TCPConnector(ssl=trusted), cookie_jar=CookieJar(unsafe=True))
        self._browsers.append(session)
        return Browser(self, session)

    async def person(
        self,
        login: str,
        roles: Collection[str] = ("operator",),
        *,
        name: str = "見本 花子",
        city: str | None = None,
        must_change: bool = False,
    ) -> str:
        """Somebody with an account, the usual password and these roles."""
        known = await self.parts.passwords.hash(PASSWORD)
        assert await self.parts.staff.add(login, name, NewPassword(known, "test", must_change), self.clock.now())
        for role in roles:
            await self.grant(login, role, city=city)
        return login

    async def grant(
        self, login: str, role: str, *, city: str | None = None, granted: bool = True, groups: Collection[str] = ()
    ) -> None:
        """`groups`: of debt kinds, to which it is limited."""
        key = city or self.parts.city.key
        await self.know_city(key)
        order = GrantOrder(key, role, "test", "", self.clock.now(), granted=granted, groups=tuple(groups))
        assert await self.parts.staff.grant(login, order, self.clock.now())

    async def know_city(self, key: str) -> None:
        await self.parts.database.ask(lambda connection: connection.execute(SAVE_CITY, {"key": key, "name": key}))

    async def visitor(self, login: str, roles: Collection[str] = ("operator",), *, name: str = "見本 花子") -> Browser:
        """Somebody who is signed in."""
        await self.person(login, roles, name=name)
        browser = self.browser()
        assert (await browser.sign_in(login)).status == 200
        return browser

    async def close(self) -> None:
        for session in self._browsers:
            await session.close()


@asynccontextmanager
async def web_rig(
    database_url: str,
    state: Path,
    *,
    pages: Iterable[Iterable[web.AbstractRouteDef]] = PAGES,
    clock: HandClock | None = None,
    city: City | None = None,
    prepare: Callable[[web.Application], None] | None = None,
    **web_settings: object,
) -> AsyncIterator[Rig]:
    """Of Nagaoka, unless said. `prepare`: what else belongs to the application. `web_settings`: of the part [web]."""
    settings = Settings(state_dir=state, web=web_settings)  # type: ignore[arg-type]
    clock = clock or HandClock()
    database = Database(database_url, name="web under test", patience_seconds=PATIENCE_SECONDS)
    parts = web_parts(settings, database, city or load_city("nagaoka"), clock, Passwords(QUICK))
    app = build_app(parts, pages)
    if prepare is not None:
        prepare(app)
    runner = OwnRunner(app, shutdown_seconds=1)
    await runner.setup()
    moment = datetime.now(UTC)  # the client looks at its own clock
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=server_context(settings, moment))
    await site.start()
    (address, *_) = runner.addresses
    rig = Rig(parts, app, clock, f"https://127.0.0.1:{address[1]}", certificate_files(settings, moment)[0])
    try:
        yield rig
    finally:
        await rig.close()
        await runner.cleanup()
        parts.passwords.close()
        await database.close()
        await asyncio.sleep(0)  # TLS connections of the client close in the next step
