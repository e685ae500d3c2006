"""Simulated operators at their desks: the pages' own addresses over HTTPS, a telephone beside it, no back door.

Each signs in, takes a seat, gets ready, confirms who is on the line, follows the script, enters a result and goes on.
What a page would do with a snapshot is done here; what a person would think about is drawn from the attempt's id.
"""

import asyncio
import random
import secrets
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp
import structlog

from dialer.account_commands import add_account
from dialer.config import Settings
from dialer.core.city import City
from dialer.core.orders import OrderKind
from dialer.core.values import LegState, OperatorState, Seat
from dialer.simulated_operators import NOT_WISHED
from dialer.simulated_page import DeskClient, DeskRefused, Json, Timings
from dialer.staffing import Actor, NewAccount
from dialer.web.home import WAYS
from dialer.web.tls import certificate_files

log = structlog.get_logger()

OPERATOR_ROLE, SUPERVISOR_ROLE = "operator", "supervisor"
EVERY_PAGE = (SUPERVISOR_ROLE, OPERATOR_ROLE, "administrator", "auditor", "data_handler")
STAYS_SECONDS = 120.0  # a page that nobody touches is locked after a while
AGAIN_SECONDS = 0.5
SECONDS_APART = 0.25  # they come to work one after the other
TRIES = 5  # what the desk does not take is filled in otherwise

Works = Callable[[DeskClient], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Manner:
    """How long things take; a rehearsal may be in a hurry."""

    identify_seconds: float = 4.0  # into the talk
    wrap_up_seconds: tuple[float, float] = (5.0, 40.0)


class SimulatedOperator:
    """`work()` until it is cancelled; comes back by itself when the server or the network was away."""

    def __init__(self, client: DeskClient, phone: str, manner: Manner) -> None:
        self._client, self._phone, self._manner = client, phone, manner
        self._at: dict[str, asyncio.Task[None]] = {}  # what is being done, and has been
        self.results = 0

    async def work(self) -> None:
        try:
            while True:
                with suppress(aiohttp.ClientError, TimeoutError, DeskRefused):
                    await self._client.page("desk")
                    async for snapshot in self._client.follow("desk"):
                        await self._look(snapshot)
                await asyncio.sleep(AGAIN_SECONDS)
                with suppress(aiohttp.ClientError, TimeoutError, DeskRefused):
                    await self._client.sign_in()
        finally:
            for task in self._at.values():
                task.cancel()
            await asyncio.gather(*self._at.values(), return_exceptions=True)

    async def _look(self, snapshot: Json) -> None:
        operator, call = snapshot["operator"], snapshot["call"]
        if operator is None or operator["state"] == OperatorState.OFFLINE:
            await self._client.order(OrderKind.TAKE_SEAT, self._phone, seat=Seat.PHONE.value)
            return
        may_begin = operator["pause_reason"] in NOT_WISHED
        if operator["state"] == OperatorState.PAUSED and operator["leg_state"] == LegState.UP and may_begin:
            await self._client.order(OrderKind.READY)
        if call is not None and snapshot["view"] is not None:
            self._see(str(call["attempt"]), operator, snapshot["view"])
        for old in snapshot["unfinished"]:
            self._do(f"unfinished {old['attempt']}", self._enter_late(str(old["attempt"])))

    def _see(self, attempt: str, operator: Json, view: Json) -> None:
        if operator["state"] == OperatorState.TALKING:
            self._client.timings.shown.setdefault(attempt, time.time())
            self._do(f"talk {attempt}", self._talk(attempt, view))
        elif operator["state"] == OperatorState.WRAP_UP:
            self._do(f"wrap up {attempt}", self._wrap_up(attempt))

    def _do(self, what: str, work: Coroutine[Any, Any, None]) -> None:
        """Each thing once."""
        if what in self._at:
            work.close()
            return
        self._at[what] = asyncio.create_task(self._guarded(work))

    async def _guarded(self, work: Awaitable[None]) -> None:
        try:
            await work
        except (aiohttp.ClientError, TimeoutError) as away:
            log.warning("desk away", login=self._client.login, why=type(away).__name__)
        except DeskRefused as refused:
            log.warning("desk refused", login=self._client.login, status=refused.status)

    async def _talk(self, attempt: str, view: Json) -> None:
        await asyncio.sleep(self._manner.identify_seconds)
        await self._client.identity(attempt, view["form"]["identity"][0]["key"])
        await self._client.draft(attempt, {"note": "（見本）お話を伺っています"})

    async def _wrap_up(self, attempt: str) -> None:
        chance = random.Random(attempt)  # noqa: S311 (an invented talk)
        await asyncio.sleep(chance.uniform(*self._manner.wrap_up_seconds))
        await self._enter(attempt, chance)

    async def _enter_late(self, attempt: str) -> None:
        await self._enter(attempt, random.Random(attempt))  # noqa: S311

    async def _enter(self, attempt: str, chance: random.Random) -> None:
        told = await self._client.talk(attempt)
        view = told["view"]
        if view["records"]:
            return
        if not (told["draft"] or {}).get("identity_confirmed"):
            view = (await self._client.identity(attempt, view["form"]["identity"][0]["key"]))["view"]
        days = await self._client.days(attempt)
        for _ in range(TRIES):
            form = filled(view, days, chance)
            try:
                await self._client.result(attempt, view["expected_number"], form)
            except DeskRefused as refused:
                if refused.status != HTTPStatus.UNPROCESSABLE_ENTITY:
                    raise
                log.warning("result refused", result=form["result"], fields=sorted(refused.answer.get("problems", {})))
            else:
                self.results += 1
                return


WEIGHTS: Mapping[str, float] = {"spoke_completed": 0.55, "promise": 0.2}
OTHER_WEIGHT = 0.02


def filled(view: Json, days: Json, chance: random.Random) -> Json:
    """A result that can be entered for this talk, filled in as its list asks."""
    first_day = next((one["day"] for one in days["promise"][1:] if not one["why"]), None)
    slot = next(((one["day"], one["times"][0]) for one in days["appointment"] if one["times"]), None)
    able = {
        "promise": first_day is not None and bool(view["total_yen"]),
        "appointment": slot is not None,
        "department": bool(view["form"]["departments"]),
        "new_number": False,  # nobody would answer there
    }
    fitting = [one for one in view["form"]["results"] if all(able.get(need, True) for need in one["needs"])]
    weights = [WEIGHTS.get(one["key"], OTHER_WEIGHT) for one in fitting]
    result = chance.choices(fitting, weights)[0]
    asked: Json = {
        "promise": {
            "promise_day": first_day,
            "promise_yen": view["total_yen"],
            "promise_way": view["form"]["ways"][0]["key"],
        },
        "appointment": {"appointment_at": f"{slot[0]}T{slot[1]}" if slot else None},
        "department": {"department": view["form"]["departments"][0]["key"] if view["form"]["departments"] else None},
        "relation": {"relation": view["form"]["relations"][0]["key"]},
        "note": {"note": "（見本）お話を伺いました。"},
    }
    form: Json = {"result": result["key"], "talker": result["talkers"][0]["key"]}
    for need in result["needs"]:
        form |= asked[need]
    script = view["script"]
    if script["key"]:
        form |= {"script_key": script["key"], "script_version": script["version"]}
        form["steps"] = [one["key"] for one in script["steps"]]
    return form


async def watch(client: DeskClient) -> None:
    """A supervisor looks at the floor."""
    stayed = time.monotonic()
    while True:
        await client.page("floor")
        before: set[str] | None = None  # talks that were going on when the page was opened
        async for floor in client.follow("floor"):
            operators = floor.get("operators", ())  # all of them, or those that have changed
            rows = operators["rows"] if isinstance(operators, dict) else operators
            talks = {one["call"] for one in rows if one["state"] == OperatorState.TALKING and one["call"]}
            before = talks if before is None and rows else before
            for talk in talks - (before or set()):
                client.timings.seen.setdefault(talk, time.time())
            if time.monotonic() - stayed > STAYS_SECONDS:
                stayed = time.monotonic()
                await client.stay()


async def read_all(client: DeskClient) -> None:
    """Somebody opens every page that there is, one after the other."""
    while True:
        for page, *_ in WAYS:
            await client.page(page.removeprefix("/"))
            await asyncio.sleep(AGAIN_SECONDS)


def _password() -> str:
    """Pairs, so that chance never makes a row of letters that the rules refuse."""
    return "-".join(["Aa1!", *(secrets.token_hex(1) for _ in range(10))])


class Room:
    """All the operators of a rehearsal, and supervisors, each with an account of their own."""

    def __init__(
        self,
        settings: Settings,
        city: City,
        manner: Manner,
        supervisors: Sequence[Works] = (),
        readers: Sequence[Works] = (),
    ) -> None:
        self._settings, self._city, self._manner = settings, city, manner
        self._supervisors = {f"rehearsal-supervisor{place}": works for place, works in enumerate(supervisors, 1)}
        self._readers = {f"rehearsal-reader{place}": works for place, works in enumerate(readers, 1)}
        self._at_work: list[asyncio.Task[None]] = []
        self._timings: list[Timings] = []

    async def open(self) -> None:
        """Somebody for every telephone, once. Passwords are of this rehearsal alone."""
        if self._at_work:
            return
        now = datetime.now(UTC)
        certificate, _ = certificate_files(self._settings, now)
        people: list[tuple[str, tuple[str, ...], Works]]
        people = [(f"rehearsal-{phone}", (OPERATOR_ROLE,), self._operator(phone)) for phone in self._settings.phones]
        people += [(login, (SUPERVISOR_ROLE,), works) for login, works in self._supervisors.items()]
        people += [(login, EVERY_PAGE, works) for login, works in self._readers.items()]
        passwords = {login: _password() for login, _, _ in people}
        for login, roles, _ in people:
            account = NewAccount(login, f"見本 {login}", roles, passwords[login], their_own=True)
            await add_account(self._settings, self._city, account, Actor("rehearsal", now))
        for place, (login, _, works) in enumerate(people):
            self._timings.append(Timings())
            work = self._arrive(place * SECONDS_APART, login, passwords[login], works, certificate, self._timings[-1])
            self._at_work.append(asyncio.create_task(work))

    def _operator(self, phone: str) -> Works:
        return lambda client: SimulatedOperator(client, phone, self._manner).work()

    async def close(self) -> list[Timings]:
        """They stop where they are; what their pages have felt."""
        for one in self._at_work:
            one.cancel()
        await asyncio.gather(*self._at_work, return_exceptions=True)
        self._at_work.clear()
        return self._timings

    async def _arrive(
        self, after: float, login: str, password: str, works: Works, certificate: Path, timings: Timings
    ) -> None:
        await asyncio.sleep(after)
        address = f"https://{self._settings.web.host}:{self._settings.web.port}"
        while True:
            try:
                async with DeskClient(address, certificate, login, password, timings) as client:
                    await works(client)
            except (aiohttp.ClientError, TimeoutError, DeskRefused) as away:
                log.warning("cannot sign in", login=login, why=type(away).__name__)
                await asyncio.sleep(AGAIN_SECONDS)
