"""One browser's worth of the desk's addresses, over HTTPS as a page would ask them. How long each took is kept."""

import json
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

from dialer.core.orders import OrderKind

Json = dict[str, Any]

SILENT_SECONDS = 15.0  # the server says something every 5 s


@dataclass(slots=True)
class Timings:
    """As a page would feel them."""

    answers: dict[str, list[float]] = field(default_factory=dict)  # seconds, by address
    shown: dict[str, float] = field(default_factory=dict)  # by attempt: when the whole case was here, of the clock
    seen: dict[str, float] = field(default_factory=dict)  # by attempt: when a supervisor's page had the talk

    def note(self, what: str, seconds: float) -> None:
        self.answers.setdefault(what, []).append(seconds)


class DeskRefused(Exception):
    """What the server answered that is no success."""

    def __init__(self, status: int, answer: Json) -> None:
        super().__init__(f"HTTP {status}: {answer.get('message', '')}")
        self.status, self.answer = status, answer


class DeskClient:
    """One browser's worth of the desk's addresses. `async with`: signed in inside."""

    def __init__(self, origin: str, certificate: Path, login: str, password: str, timings: Timings) -> None:
        self.login, self.timings = login, timings
        self._password = password
        self.origin = origin.rstrip("/")
        self._trusted = ssl.create_default_context(cafile=str(certificate))
        self._token = ""

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=self._trusted),
            cookie_jar=aiohttp.CookieJar(unsafe=True),  # the address may be a number
            headers={"Origin": self.origin, "Accept": "application/json"},
            timeout=aiohttp.ClientTimeout(total=10),
        )
        try:
            await self.sign_in()
        except BaseException:
            await self._http.close()
            raise
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _fault: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self._http.close()

    async def sign_in(self) -> None:
        answer = await self._ask("POST", "/sign-in", {"login": self.login, "password": self._password})
        self._token = str(answer["token"])

    @property
    def cookies(self) -> list[tuple[str, str]]:
        """Names and values: with them a browser goes on in this session."""
        return [(one.key, one.value) for one in self._http.cookie_jar]

    async def order(self, kind: OrderKind, phone: str | None = None, **detail: object) -> str:
        """`ok`, or why not."""
        body: Json = {"kind": kind.value, "detail": detail, **({"phone": phone} if phone else {})}
        return str((await self._ask("POST", "/desk/orders", body))["answer"])

    async def identity(self, attempt: str, how: str) -> Json:
        return await self._ask("POST", "/desk/identity", {"attempt": attempt, "confirmed": True, "how": how})

    async def draft(self, attempt: str, content: Mapping[str, object]) -> None:
        await self._ask("PUT", "/desk/draft", {"attempt": attempt, "content": dict(content)})

    async def days(self, attempt: str) -> Json:
        return await self._ask("GET", f"/desk/appointments?attempt={attempt}", named="/desk/appointments")

    async def talk(self, attempt: str) -> Json:
        return await self._ask("GET", f"/desk/talks/{attempt}", named="/desk/talks")

    async def result(self, attempt: str, expected_number: int, form: Mapping[str, object]) -> None:
        await self._ask("POST", "/desk/results", {"attempt": attempt, "expected_number": expected_number, **form})

    async def page(self, page: str) -> None:
        """As a browser opens it."""
        await self._text(f"/{page}")

    async def stay(self) -> None:
        """Somebody is there: else the page is locked."""
        await self._ask("POST", "/active")

    async def follow(self, page: str) -> AsyncIterator[Json]:
        """What /desk/events or /floor/events tells, until the server ends it. aiohttp's errors are the caller's."""
        quiet = aiohttp.ClientTimeout(total=None, sock_read=SILENT_SECONDS)
        async with self._http.get(f"{self.origin}/{page}/events", timeout=quiet) as answer:
            if answer.status != HTTPStatus.OK:
                raise DeskRefused(answer.status, {})
            kind = ""
            async for raw in _lines(answer.content):
                name, _, value = raw.partition(": ")
                if name == "event":
                    kind = value
                elif name == "data" and kind in (page, "changes"):
                    yield json.loads(value)
                elif name == "data" and kind == "locked":
                    return

    async def _ask(self, method: str, path: str, body: Json | None = None, named: str = "") -> Json:
        began = time.perf_counter()
        headers = {"X-Yobikake-Token": self._token} if self._token else {}
        async with self._http.request(method, f"{self.origin}{path}", json=body, headers=headers) as answer:
            told = await answer.json() if answer.content_type == "application/json" else {}
            self.timings.note(f"{method} {named or path}", time.perf_counter() - began)
            if answer.status not in (HTTPStatus.OK, HTTPStatus.NO_CONTENT):
                raise DeskRefused(answer.status, told)
            return dict(told)

    async def _text(self, path: str) -> str:
        began = time.perf_counter()
        async with self._http.get(f"{self.origin}{path}", headers={"Accept": "text/html"}) as answer:
            text = await answer.text()
            self.timings.note(f"GET {path}", time.perf_counter() - began)
            if answer.status != HTTPStatus.OK:
                raise DeskRefused(answer.status, {})
            return text


async def _lines(content: aiohttp.StreamReader) -> AsyncIterator[str]:
    """Of any length: a whole case is one line."""
    rest = b""
    async for chunk in content.iter_any():
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line.decode()
