"""The whole network in one object: `async with Network(plan) as network: …`. Leaves nothing behind."""

import asyncio
import contextlib
import os
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from dialer.media.speech import write_wav
from simnet.arrivals import Arrival
from simnet.behaviours import PICK_UP_SECONDS, texts_of
from simnet.call import Call
from simnet.callers import Caller, Shows, Stay, Talk, Wait, showing
from simnet.carrier import Carrier, PhoneLines, Place
from simnet.log import CallLog, CallRecord, Direction, EndedBy
from simnet.media import Media
from simnet.notices import Notice, parsed
from simnet.phones import Registrations, write_secrets
from simnet.record import record_of, tape_of
from simnet.sipp import LOOPBACK, Setup, Sipp, SippFailed
from simnet.sound import decoded, tone
from simnet.subscribers import Subscriber
from simnet.voices import Voices

GOODBYE_SECONDS = 0.3  # for the calls that are up when the network closes
GOODBYE_TIMES = 5
LOG_FILE = "calls.jsonl"
HUM_HERTZ, HUM_SECONDS, HUM_DB = 400.0, 1.0, -25.0


@dataclass(frozen=True, slots=True)
class Plan:
    folder: Path  # the log, SIPp's own files
    carrier_port: int
    exchange: str  # host:port of its SIP
    subscribers: Mapping[str, Subscriber]
    phones: Mapping[str, str] = field(default_factory=dict)  # name → secret
    phone_port: int | None = None
    speech_folder: Path | None = None  # where spoken texts are kept; the folder's own by default
    phones_hum: bool = False  # a low tone whenever nobody speaks: it tells when the other side begins to hear them
    seed: int = 0
    silent_after_seconds: float = 3.0  # an exchange not heard for so long is asked whether it lives


class Network:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.voices = Voices(plan.speech_folder or plan.folder / "speech")
        self.ended: list[CallRecord] = []
        self._stack = contextlib.AsyncExitStack()
        self._next_end = asyncio.Event()
        self._waiting: set[asyncio.TimerHandle] = set()
        self._callers: Sipp | None = None
        self._sipps: list[Sipp] = []

    @property
    def log_file(self) -> Path:
        return self.plan.folder / LOG_FILE

    @property
    def open_calls(self) -> list[Call]:
        return [*self.place.calls.values()]

    @property
    def sipp_pids(self) -> list[int]:
        return [sipp.pid for sipp in self._sipps if sipp.pid is not None]

    async def __aenter__(self) -> Self:
        self.plan.folder.mkdir(parents=True, exist_ok=True)
        os.chmod(self.plan.folder, 0o700)
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for handle in self._waiting:
            handle.cancel()
        await self.end_calls()
        await self._stack.aclose()

    def call(
        self,
        from_number: str,
        to_number: str,
        *,
        seconds: float = 10.0,
        patience_seconds: float = 60.0,
        speaks: bool = True,
        identity: str | None = None,
    ) -> Call:
        """A subscriber calls the exchange, talks for so long and hangs up; the call is in the log when it has ended.

        `identity` is the header line that says who calls; P-Asserted-Identity with the number by default.
        """
        shows = Shows(from_number, more=(identity,)) if identity else showing(from_number)
        steps = (Wait(PICK_UP_SECONDS), Talk()) if speaks else (Stay(),)
        return self.start(Caller(to_number, shows, steps, patience_seconds, hangs_up_after_seconds=seconds))

    def start(self, caller: Caller) -> Call:
        """Somebody begins to call the exchange."""
        assert self._callers is not None
        return self.place.place_call(self._callers, caller)

    async def until_ended(self, call: Call) -> CallRecord:
        while True:
            for one in self.ended:
                if one.call_id == call.call_id:
                    return one
            await self.until_next_end()

    async def callers(self, arrivals: Iterable[Arrival]) -> list[CallRecord]:
        """Each calls at his moment from now on; when all calls have ended, their records in the same order."""
        crowd = list(arrivals)
        await self.voices.prepare({text for one in crowd for text in one.caller.texts})
        begun = asyncio.get_running_loop().time()

        async def comes(one: Arrival) -> CallRecord:
            await asyncio.sleep(begun + one.at_seconds - asyncio.get_running_loop().time())
            return await self.until_ended(self.start(one.caller))

        return [*await asyncio.gather(*(comes(one) for one in crowd))]

    def until_next_end(self) -> Coroutine[object, object, bool]:
        """Until one more call has ended and is in the log: counted from now, not from when it is first awaited."""
        return self._next_end.wait()

    async def until_dead(self) -> str:
        """Until a SIPp has died, which it should never; says which."""
        ends = [asyncio.create_task(sipp.ended(), name=sipp.name) for sipp in self._sipps]
        try:
            done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            return done.pop().get_name()
        finally:
            for end in ends:
                end.cancel()

    async def _start(self) -> None:
        plan = self.plan
        log = CallLog(self.log_file)
        self._stack.callback(log.close)
        self._log = log
        await self.voices.prepare(texts_of(plan.subscribers.values()))
        self.media = Media(LOOPBACK)
        self._stack.push_async_callback(self.media.close)
        self.place = Place(self.media, self.voices, plan.seed, plan.silent_after_seconds, self._ended)
        self.carrier = Carrier(self.place, plan.subscribers)
        host, _, port = plan.exchange.partition(":")
        keys = {"exchange_host": host, "exchange_port": port}
        secrets = write_secrets(plan.folder, plan.phones)
        self._stack.callback(secrets.unlink, missing_ok=True)
        inject = ("-inf", secrets.name, "-infindex", secrets.name, "0", "-auth_uri", plan.exchange)
        self.carrier.sipp = await self._sipp(
            "carrier", Setup("incoming.xml", plan.carrier_port, keys, inject), self.carrier.hear_of
        )
        self._callers = await self._sipp("callers", Setup("caller.xml", None, keys), self._caller_hears)
        self.registrations = Registrations(list(plan.phones))
        if plan.phones:
            await self._start_phones(keys, inject)
        self.media.start()

    async def _start_phones(self, keys: Mapping[str, str], inject: tuple[str, ...]) -> None:
        if self.plan.phone_port is None:
            raise SippFailed("phones need a port of their own: set the phone port")
        hum = tone(HUM_HERTZ, HUM_SECONDS, HUM_DB) if self.plan.phones_hum else None
        lines = PhoneLines(self.place, self.registrations, hum)
        lines.sipp = await self._sipp(
            "phones", Setup("incoming.xml", self.plan.phone_port, keys, inject), lines.hear_of
        )
        self.registrations.start(lines.sipp)
        self._stack.push_async_callback(self.registrations.stop)

    async def _sipp(self, name: str, setup: Setup, on_notice: Callable[[Notice], None]) -> Sipp:
        sipp = Sipp(name, self.plan.folder, setup, on_notice)
        self._stack.push_async_callback(sipp.stop)
        await sipp.start()
        self._sipps.append(sipp)
        return sipp

    def _caller_hears(self, notice: Notice) -> None:
        call = self.place.calls.get(notice.call_id)
        if call is not None and call.party is not None and notice.message:
            call.party.exchange = parsed(notice.message).audio or call.party.exchange
        self.place.hear_of(notice)

    def _ended(self, call: Call) -> None:
        tape = tape_of(call)
        record = record_of(call, tape)
        if tape is not None and record.recording is not None:
            write_wav(decoded(tape), self.plan.folder / record.recording)
        self.ended.append(record)
        self._log.append(record)
        self._next_end.set()
        self._next_end = asyncio.Event()
        who = self.carrier.subscribers.get(call.number)
        if call.direction is not Direction.TO_SUBSCRIBER or who is None or not who.calls_back_seconds:
            return
        if call.ended_by is EndedBy.EXCHANGE and call.answered_at is None and call.identity.from_number:
            self._call_back(who, call.identity.from_number)

    def _call_back(self, who: Subscriber, shown: str) -> None:
        """Somebody saw the number on the display and calls it."""
        handle = asyncio.get_running_loop().call_later(who.calls_back_seconds, self.call, who.number, shown)
        self._waiting.add(handle)

    async def end_calls(self) -> None:
        """Everybody hangs up, so that the exchange need not wait for a silence."""
        for _ in range(GOODBYE_TIMES):  # so many words at once may be too many for SIPp's socket
            for call in self.open_calls:
                answered = call.answered_at is not None or call.direction is Direction.TO_EXCHANGE
                call.say("HANGSUP" if answered else "REFUSES480")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(GOODBYE_SECONDS):
                    while self.open_calls:
                        await self.until_next_end()
        for call in self.open_calls:
            call.give_up()
