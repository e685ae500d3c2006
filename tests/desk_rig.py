"""The desk as it is served, over the real Postgres; the engine's half is played by the rows that it would write."""

import asyncio
import json
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
from aiohttp import ClientResponse, web
from psycopg.rows import dict_row

from dialer.config import Settings, load_settings
from dialer.core.callers import Route
from dialer.core.channel_ids import channel_id
from dialer.core.city import City
from dialer.core.rulebook import Rulebook
from dialer.core.values import AttemptId, CallId, CaseId, PhoneNumber
from dialer.import_process import Teller, carried_out
from dialer.media.speech import wav_bytes
from dialer.ports import StoreUnavailable
from dialer.store.inbound import Arrival, InboundStore
from dialer.store.postgres import PostgresStore
from dialer.store.words import NumberGiven
from dialer.web.desk_parts import DESK, add_desk
from dialer.web.ended_sessions import add_ended_sessions
from dialer.web.floor_live import add_floor
from dialer.web.import_job import IMPORTER, Job, News
from dialer.web.imports import add_imports
from dialer.web.listening_watch import add_listening_watch
from dialer.web.parts import PARTS
from dialer.web.special import SPECIAL
from dialer.web.system import DOCTOR
from dialer.web.warden import add_warden
from tests.adapters.store_rows import put_case, put_person
from tests.books import weekdays
from tests.hand_doctor import HandDoctor
from tests.hand_machine import HandMachine
from tests.waiting import until
from tests.web_rig import Browser, Rig, web_rig

CITY = "nagaoka"
ITEMS = [
    {"name": "固定資産税", "year": "2026", "term": "第2期", "due_on": "2026-07-31", "amount_yen": 45_600},
    {"name": "市県民税", "year": "2026", "term": "第1期", "due_on": "2026-06-30", "amount_yen": 32_100},
]
AMOUNTS = ("45,600", "45600", "32,100", "32100", "77,700", "77700")
"""As the case's amounts may be written; none of them may be sent before the identity step."""


class FixedRules:
    """`next`: as they are from now on."""

    def __init__(self, book: Rulebook) -> None:
        self._book = book
        self.next: Rulebook | None = None

    async def book(self, now: datetime) -> Rulebook:
        return self._book

    async def changed(self, now: datetime) -> Rulebook | None:
        found, self.next = self.next, None
        return found


class Stream:
    """The events of one page, as they come."""

    def __init__(self, answer: ClientResponse) -> None:
        self._answer = answer
        self.versions: list[int] = []

    async def event(self) -> tuple[str, str]:
        """Name and data of the next."""
        name = data = ""
        async with asyncio.timeout(20):
            while True:
                line = (await self._answer.content.readline()).decode()
                if not line:
                    raise EOFError
                key, _, value = line.rstrip("\n").partition(": ")
                if key == "event":
                    name = value
                elif key == "data":
                    data = value
                elif not key and name:
                    return name, data

    async def line(self, waiting: int) -> Mapping[str, Any]:
        """How many callers wait, told by itself or with the rest of the page, as soon as it is so many."""
        async with asyncio.timeout(20):
            while True:
                name, data = await self.event()
                found: dict[str, Any] = json.loads(data) if name in ("desk", "line") else {}
                line: dict[str, Any] = found if name == "line" else found.get("line", {})
                if line.get("waiting") == waiting:
                    return {"told": name, **line}

    async def snapshot(self, wanted: Callable[[Mapping[str, Any]], bool] = lambda _: True) -> Mapping[str, Any]:
        """The next one that is as wanted."""
        async with asyncio.timeout(20):
            while True:
                name, data = await self.event()
                if name != "desk":
                    continue
                found: dict[str, Any] = json.loads(data)
                self.versions.append(found["version"])
                if wanted(found):
                    return found

    def close(self) -> None:
        self._answer.close()


class Spoken:
    """Keeps what a page sets; a tone stands for the voice."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    async def known(self) -> list[dict[str, Any]]:
        return self.messages

    async def say(self, text: str) -> bytes | str:
        return wav_bytes(np.zeros(8000, dtype=np.int16))

    async def set(self, text: str, *, first: str | None, last: str | None, reason: str, by: str) -> str | None:
        self.messages.append({"version": 1, "text": text, "valid_from": first, "valid_until": last, "by": by})
        return None

    async def withdraw(self, version: int, *, reason: str, by: str) -> str | None:
        self.messages.clear()
        return None


class ImportingHere:
    """Reads lists and takes them over without a process of its own."""

    def __init__(self, settings: Settings, city: City) -> None:
        self._settings, self._city = settings, city

    async def work(self, job: Job) -> AsyncGenerator[News]:
        yield News(done=0, of=1)
        yield await carried_out(self._settings, self._city, job, datetime.now(UTC), Teller(lambda _: None))


@dataclass(slots=True)
class DeskRig:
    rig: Rig
    url: str
    store: PostgresStore
    rules: FixedRules
    spoken: Spoken = field(default_factory=Spoken)
    orders: list[tuple[str, str, Mapping[str, Any]]] = field(default_factory=list)
    """Phone, kind and detail of each order that came."""
    streams: list[Stream] = field(default_factory=list)
    machine: HandMachine = field(default_factory=HandMachine)
    called: int = 0

    def do(self, statement: str, **values: object) -> list[dict[str, Any]]:
        with psycopg.connect(self.url, row_factory=dict_row) as connection:
            done = connection.execute(statement.encode(), values)
            return done.fetchall() if done.description is not None else []

    def person(self, name: str = "見本 太郎", kana: str = "ミホン タロウ", **more: str) -> CaseId:
        """With a case and all that a list can say of it. `more`: columns of the list, and `household`."""
        person = put_person(self.url, "0258001234", "09000001234")
        case = put_case(self.url, person)
        row = {"生年月日": "1975-04-12", "住所": "見本町1丁目2番3号", "備考欄": "金額77,700円", **more}
        self.do("UPDATE person SET name = %(name)s, kana = %(kana)s WHERE id = %(id)s", name=name, kana=kana, id=person)
        self.do(
            "UPDATE cases SET amount_yen = 77700, items = %(items)s, raw = %(raw)s WHERE id = %(id)s",
            items=json.dumps(ITEMS),
            raw=json.dumps([row]),
            id=case,
        )
        return case

    def ring(self, case: CaseId) -> AttemptId:
        """The engine has claimed and dials."""
        attempt = AttemptId(str(uuid.uuid4()))
        self.do(
            "WITH called AS ("
            " INSERT INTO call SELECT %(id)s, city, 'attempt' FROM cases WHERE id = %(case)s)"
            " INSERT INTO attempt (id, city, case_id, household, phone_number_id, number, caller_id, fence, claimed_at,"
            " placed_at)"
            " SELECT %(id)s, cases.city, cases.id, 'p' || cases.person_id, phone_number.id, phone_number.number,"
            " '0258009001', 1, %(now)s, %(now)s"
            " FROM cases JOIN phone_number USING (person_id) WHERE cases.id = %(case)s ORDER BY position LIMIT 1",
            id=attempt,
            case=case,
            now=self.rig.clock.now(),
        )
        self.do("INSERT INTO call_case SELECT id, case_id, city FROM attempt WHERE id = %(id)s", id=attempt)
        return attempt

    async def call_in(self, number: str | None = None, given: NumberGiven = NumberGiven.WITHHELD) -> CallId:
        """Somebody calls the city's number; as the server for callers writes it."""
        self.called += 1
        call, now = CallId(channel_id(f"a-{self.called + 10**9}.1")), self.rig.clock.now()
        callers = InboundStore(self.rig.parts.database, self.rig.parts.city)
        known = None if number is None else PhoneNumber(number)
        who = await callers.recognise(known, "tax", now)
        given = given if known is None else NumberGiven.GIVEN
        await callers.arrive(Arrival(call, now, "0258009001", "tax", Route.WAITING, given, known, who=who))
        return call

    def reserve(self, call: CallId, phone: str = "op01") -> None:
        """It still rings on the other side."""
        self.desk(phone, state="reserved", call_id=call, pause_reason=None)

    def desk(self, phone: str = "op01", **columns: object) -> None:
        """As the engine writes it."""
        sets = ", ".join(f"{name} = %({name})s" for name in columns)
        self.do(
            f"UPDATE operator SET {sets}, since = %(now)s WHERE phone = %(phone)s",
            phone=phone,
            now=self.rig.clock.now(),
            **columns,
        )

    def more_seats(self, *phones: str) -> None:
        for phone in phones:
            self.do("INSERT INTO operator (city, phone, state) VALUES ('nagaoka', %(phone)s, 'offline')", phone=phone)

    def sit(self, login: str, phone: str = "op01", seat: str = "phone") -> None:
        self.desk(phone, account=login, seat=seat, state="paused", pause_reason="signed_in", leg_state="up")

    def join(self, attempt: CallId, phone: str = "op01") -> None:
        for table in ("attempt", "inbound_call"):
            self.do(
                f"UPDATE {table} SET operator = %(phone)s, answered_at = %(now)s, joined_at = %(now)s,"
                " account = (SELECT account FROM operator WHERE phone = %(phone)s) WHERE id = %(id)s",
                id=attempt,
                phone=phone,
                now=self.rig.clock.now(),
            )
        self.desk(phone, state="talking", call_id=attempt, pause_reason=None)

    def hang_up(self, attempt: CallId, phone: str = "op01", outcome: str = "talked") -> None:
        """The talk is over; the result is awaited."""
        for table in ("attempt", "inbound_call"):
            self.do(
                f"UPDATE {table} SET outcome = %(outcome)s, reason = '通話', ended_by = 'far_end', evidence = '{{}}',"
                " ended_at = %(now)s WHERE id = %(id)s",
                id=attempt,
                outcome=outcome,
                now=self.rig.clock.now(),
            )
        self.desk(phone, state="wrap_up", wrap_up_until=self.rig.clock.now())

    def talk(self, case: CaseId, phone: str = "op01") -> AttemptId:
        """In one go."""
        attempt = self.ring(case)
        self.join(attempt, phone)
        return attempt

    async def answer_orders(self) -> None:
        """Says yes to everything, and does what a page has to see: seats, pauses, the end of a wrap-up."""
        while True:
            await self.store.await_orders()
            for order in await self.store.take_orders(CITY, self.rig.clock.now()):
                self.orders.append((order.phone, order.kind, order.detail))
                match order.kind:
                    case "take_seat":
                        self.sit(order.by, order.phone, str(order.detail["seat"]))
                    case "ready":
                        self.desk(order.phone, state="free", pause_reason=None)
                    case "pause":
                        self.desk(order.phone, state="paused", pause_reason=order.detail["reason"])
                    case "hold" | "unhold":
                        self.desk(order.phone, on_hold=order.kind == "hold")
                    case "finish" | "relieve":
                        self.desk(order.phone, state="free", call_id=None, wrap_up_until=None)
                await self.store.answer_order(order.id, "ok")

    def kinds(self) -> list[str]:
        return [kind for _, kind, _ in self.orders]

    async def follow(self, page: Browser) -> Stream:
        answer = await page.get("/desk/events", headers={"Accept": "text/event-stream"})
        assert answer.status == 200, await answer.text()
        self.streams.append(Stream(answer))
        return self.streams[-1]

    async def operator(self, login: str = "hanako", roles: tuple[str, ...] = ("operator",)) -> Browser:
        """Signed in, with what speaks to the server as the page does."""
        return await self.rig.visitor(login, roles, name="見本 花子")


async def rules_are_read(app: web.Application) -> None:
    """As a process has done long before anybody asks for a page."""

    def known() -> bool:
        try:
            return app[DESK].live.parts is not None
        except StoreUnavailable:
            return False

    await until(known)


@asynccontextmanager
async def desk_rig(
    store: PostgresStore,
    database_url: str,
    state: Path,
    *,
    book: Rulebook | None = None,
    also: Callable[[web.Application], None] = lambda _: None,
    **web_settings: Any,
) -> AsyncIterator[DeskRig]:
    """`also`: what else belongs to the application."""
    spoken, rules = Spoken(), FixedRules(book or weekdays())

    def prepare(app: web.Application) -> None:
        add_desk(app, database_url, rules)
        add_listening_watch(app)
        add_floor(app, database_url)
        add_ended_sessions(app, database_url)
        app[SPECIAL] = spoken
        app[DOCTOR] = HandDoctor()
        app[IMPORTER] = ImportingHere(load_settings(state_dir=state, database_url=database_url), app[PARTS].city)
        add_imports(app)
        add_warden(app, machine)
        also(app)

    machine = HandMachine()
    async with web_rig(database_url, state, prepare=prepare, **web_settings) as rig:
        await rules_are_read(rig.app)
        made = DeskRig(rig, database_url, store, rules, spoken, machine=machine)
        engine = asyncio.create_task(made.answer_orders())
        try:
            yield made
        finally:
            for one in made.streams:
                one.close()
            engine.cancel()
            await asyncio.gather(engine, return_exceptions=True)


class Wire:
    """Between a page and its server; it can be cut."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._server: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        self._ways: set[asyncio.Task[None]] = set()
        self.port = 0

    async def mend(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        assert self._server is not None
        self._server.close()
        for end in list(self._ends):
            end.transport.abort()
        await asyncio.gather(*self._ways, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._ways.add(task)
        there, back = await asyncio.open_connection("127.0.0.1", self._to)
        self._ends |= {writer, back}
        try:
            await asyncio.gather(_pass_on(reader, back), _pass_on(there, writer))
        finally:
            self._ends -= {writer, back}
            self._ways.discard(task)
            for end in (writer, back):
                end.transport.abort()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    writer.transport.abort()


@asynccontextmanager
async def wire_to(rig: Rig) -> AsyncIterator[Wire]:
    assert rig.url.port is not None
    wire = Wire(rig.url.port)
    await wire.mend()
    try:
        yield wire
    finally:
        await wire.cut()
