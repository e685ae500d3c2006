"""The link to one Asterisk over its management interface: kept up for ever, and honest about what it does not know.

What is heard is translated (`ami_events`) and put into the inbox in order; what is ordered is checked (`ami_orders`)
and written once (`ami_protocol`). Events that came while the link was away are gone: after every LinkUp, whoever reads
the inbox looks at Asterisk itself.
"""

import asyncio
import hashlib
import ipaddress
import random
import ssl
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Never

import structlog

from dialer import ami_orders
from dialer.ami_events import Garbled, Message, channel_event, channel_up, started_at, text
from dialer.ami_protocol import AmiError, Connection, Headers, NoAnswer, NotSent, UnsafeValue
from dialer.ami_strangers import Strangers
from dialer.core.events import ChannelId, LinkLost, LinkUp
from dialer.core.values import Ear
from dialer.ports import Accepted, ChannelUp, Clock, Inbox, Outgoing, Refused, StartResult, SwitchNotReady, Unknown

log = structlog.get_logger()

BESIDE_SECONDS = 5.0
GONE = ("No such channel", "Channel does not exist", "Redirect failed, channel not up")


@dataclass(frozen=True, slots=True)
class LinkTimes:
    connect_seconds: float = 5.0
    answer_seconds: float = 4.0  # less than core.settle.GRACE
    ping_every_seconds: float = 2.0
    ping_answer_seconds: float = 3.0
    shortest_pause_seconds: float = 0.1
    longest_pause_seconds: float = 5.0


class LoginRefused(AmiError):
    """Trying again soon is of no use: somebody must mend the settings."""


class AmiLink:
    """Implements the Switch port. `run` keeps the link until it is cancelled or `close` is called."""

    def __init__(
        self,
        host: str,
        port: int,
        user: str,
        secret: str,
        inbox: Inbox,
        clock: Clock,
        *,
        tls: ssl.SSLContext | None = None,
        times: LinkTimes | None = None,
        chance: Callable[[], float] | None = None,
    ) -> None:
        if tls is None and not _is_near(host):
            raise ValueError(f"AMI at {host}: numbers would cross a public network in clear; use TLS or a private one")
        self._host, self._port, self._user, self._secret = host, port, user, secret
        self._inbox, self._clock = inbox, clock
        self._chance = chance or random.SystemRandom().random
        self._tls, self._times = tls, times or LinkTimes()
        self._connection: Connection | None = None  # only while it is logged in and Asterisk is booted
        self._booted: asyncio.Future[int | None] | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._closed = False
        self._said = ""
        self._strangers = Strangers()

    # --- the link

    @property
    def ready(self) -> bool:
        return self._connection is not None and self._connection.is_open

    @property
    def unanswered(self) -> int:
        """Orders that wait for their answer now."""
        return self._connection.unanswered if self._connection is not None else 0

    async def run(self) -> None:
        assert self._keeper is None, "the link is already being kept"
        if self._closed:
            return
        self._keeper = asyncio.create_task(self._keep_up())
        try:
            await asyncio.wait({self._keeper})
        finally:
            await self.close()
        if not self._keeper.cancelled():
            self._keeper.result()  # a fault of our own does not end the link in silence

    async def close(self) -> None:
        """Ends `run`, wherever it is, and the connection with it. Orders already written still go out."""
        self._closed = True
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)

    async def _keep_up(self) -> None:
        waits = pauses(self._times, self._chance)
        while True:
            pause, began = next(waits), self._clock.monotonic()
            try:
                await self._one_connection()
            except LoginRefused as refused:
                self._say_once(str(refused))
                pause = self._times.longest_pause_seconds
            except (AmiError, OSError, TimeoutError) as away:
                self._say_once(str(away) or "it did not answer in time")
                if self._clock.monotonic() - began > self._times.longest_pause_seconds:
                    waits = pauses(self._times, self._chance)  # that one lasted: the next may be there at once
                    pause = next(waits)
            except Exception:
                log.exception("AMI link failed", at=self._at)
                pause = self._times.longest_pause_seconds
            await asyncio.sleep(pause)

    async def _one_connection(self) -> Never:
        """Raises when it has ended."""
        booted = self._booted = asyncio.get_running_loop().create_future()
        async with asyncio.timeout(self._times.connect_seconds):
            _, connection = await asyncio.get_running_loop().create_connection(
                lambda: Connection(self._heard, self._lost), self._host, self._port, ssl=self._tls
            )
        try:
            await self._log_in(connection)
            await self._watch(connection, booted)
            await self._up(connection, booted.result())
            await self._watch(connection, connection.lost)
            raise NoAnswer(connection.lost.result())
        finally:
            await connection.end(self._times.ping_answer_seconds)

    async def _log_in(self, connection: Connection) -> None:
        """By challenge, so that the secret itself is never on the wire."""
        challenge = await self._answer(connection, {"Action": "Challenge", "AuthType": "MD5"})
        proof = hashlib.md5((text(challenge, "Challenge") + self._secret).encode(), usedforsecurity=False).hexdigest()
        answer = await self._answer(
            connection,
            {"Action": "Login", "AuthType": "MD5", "Username": self._user, "Key": proof, "Events": "on"},
        )
        if text(answer, "Response") != "Success":
            raise LoginRefused(
                f"user {self._user} was refused ({text(answer, 'Message')}): "
                "compare the secret with the one in manager.conf, then reload the manager module"
            )

    async def _up(self, connection: Connection, uptime_seconds: int | None) -> None:
        status = await self._answer(connection, {"Action": "CoreStatus"})
        if not connection.is_open:
            return
        now = self._clock.now()
        self._connection, self._said = connection, ""
        self._inbox.put_nowait(LinkUp(now, started_at(status, uptime_seconds, now)))

    async def _watch(self, connection: Connection, wanted: "asyncio.Future[int | None] | asyncio.Future[str]") -> None:
        """Waits for `wanted`, and notices a peer that has fallen silent."""
        times = self._times
        waits: set[asyncio.Future[int | None] | asyncio.Future[str]] = {wanted, connection.lost}
        while not wanted.done():
            await asyncio.wait(waits, timeout=times.ping_every_seconds, return_when=asyncio.FIRST_COMPLETED)
            if wanted.done():
                return
            if connection.lost.done():
                raise NoAnswer(connection.lost.result())
            if wanted is self._booted:
                self._say_once("logged in, but not fully booted; if it stays so, the AMI user lacks read=system")
            try:
                await connection.ask({"Action": "Ping"}, times.ping_answer_seconds)
            except NoAnswer as silent:
                connection.abort(f"Asterisk fell silent ({silent})")

    def _lost(self, why: str) -> None:
        if self._connection is not None:
            self._connection = None
            self._inbox.put_nowait(LinkLost(self._clock.now(), why))

    def _say_once(self, why: str) -> None:
        """A link that cannot come up says why, not how often."""
        if why != self._said:
            self._said = why
            log.warning("no AMI link, still trying", at=self._at, why=why)

    @property
    def _at(self) -> str:
        return f"{self._host}:{self._port}"

    def _heard(self, message: Message) -> None:
        now = self._clock.now()
        if text(message, "Event") == "FullyBooted":
            if self._booted is not None and not self._booted.done():
                self._booted.set_result(_uptime(message))
            return
        if self._strangers.heard(message, self._clock.monotonic()):
            return
        event = channel_event(message, now)
        if event is not None:
            self._inbox.put_nowait(event)

    # --- orders

    async def start(self, call: Outgoing) -> StartResult:
        """Written once at most, whatever happens."""
        connection = self._connection
        if connection is None:
            return Refused("the AMI link is down")
        try:
            answer = await self._answer(connection, ami_orders.originate(call))
        except (UnsafeValue, NotSent) as refused:
            return Refused(str(refused))
        except NoAnswer as lost:
            return Unknown(str(lost))
        match text(answer, "Response"):
            case "Success":
                return Accepted()
            case "Error":
                return Refused(text(answer, "Message"))
            case other:
                return Unknown(f"answered {other!r}")

    async def join(self, customer: str, operator: str) -> bool:
        return await self._done(ami_orders.name_operator, customer, operator) and await self._done(
            ami_orders.redirect, customer, "join"
        )

    async def leave_message(self, customer: str) -> bool:
        """Send the customer's channel to the ear, which leaves the message at once; False when it has gone."""
        return await self._done(ami_orders.redirect, customer, "message")

    async def hold(self, customer: str) -> bool:
        return await self._done(ami_orders.redirect, customer, "hold")

    async def consult(self, department: str, operator: str) -> bool:
        return await self._done(ami_orders.name_operator, department, operator) and await self._done(
            ami_orders.redirect, department, "consult", "department"
        )

    async def confer(self, seat: str, operator: str) -> bool:
        return await self._done(ami_orders.name_operator, seat, operator) and await self._done(
            ami_orders.redirect, seat, "confer", "operator"
        )

    async def part(self, department: str) -> bool:
        return await self._done(ami_orders.redirect, department, "answered", "department")

    async def hand_over(self, customer: str, department: str) -> bool:
        return await self._done(ami_orders.name_operator, customer, department) and await self._done(
            ami_orders.redirect, customer, "transfer"
        )

    async def listen(self, supervisor: str, operator: str, how: Ear) -> bool:
        return await self._done(ami_orders.name_operator, supervisor, operator) and await self._done(
            ami_orders.redirect, supervisor, how.value, "monitor"
        )

    async def back_to_waiting(self, leg: str) -> bool:
        return await self._done(ami_orders.redirect, leg, "wait", "operator")

    async def mute(self, operator: str, *, on: bool) -> bool:
        return await self._done(ami_orders.mute, operator, "on" if on else "off")

    async def chime(self, operator: str) -> bool:
        return await self._beside("chime", {"TO": operator})

    async def set_variables(self, channel: str, variables: Mapping[str, str]) -> bool:
        """All of them, or False when the channel has gone."""
        for name, value in variables.items():
            if not await self._done(ami_orders.set_variable, channel, name, value):
                return False
        return True

    async def tell_room(self, callers: int, until: datetime) -> bool:
        return await self._done(ami_orders.set_for_all, "ROOM", f"{until.timestamp():.0f} {callers}")

    async def send_digits(self, channel: str, digits: str) -> bool:
        """Asterisk's own action would keep every other order waiting while a key sounds."""
        return await self._beside("digits", {"DIGITS": digits, "TO": channel})

    async def tell(self, name: str, channel: str, details: Mapping[str, str]) -> bool:
        """A UserEvent of that channel, for whoever else listens to this Asterisk."""
        return await self._done(ami_orders.user_event, name, channel, details)

    async def end(self, channel: str, cause: int = 16) -> bool:
        return await self._done(ami_orders.hang_up, channel, cause)

    async def end_by_id(self, channel: str, cause: int = 16) -> bool:
        """As `end`, for whoever knows the call's id only."""
        return await self._done(ami_orders.hang_up_by_id, channel, cause)

    async def channels_up(self) -> Sequence[ChannelUp]:
        """All of them, or SwitchNotReady: a list cut short would declare calls dead."""
        first, *lines = await self._asked({"Action": "CoreShowChannels"}, "CoreShowChannelsComplete")
        if text(first, "Response") != "Success" or not lines:
            raise SwitchNotReady(f"the channels cannot be listed: {text(first, 'Message')}")
        *channels, last = lines
        if text(last, "EventList") != "Complete" or text(last, "ListItems") != str(len(channels)):
            raise SwitchNotReady("the list of channels is not complete")
        try:
            return [channel_up(line) for line in channels]
        except Garbled as garbled:
            raise SwitchNotReady(f"the list of channels cannot be read: {garbled}") from None

    async def _beside(self, context: str, variables: dict[str, str]) -> bool:
        """By a Local channel of this context, beside the call that it works on."""
        if not self.ready:
            raise SwitchNotReady("the AMI link is down")
        own = ChannelId(str(uuid.uuid4()))
        match await self.start(
            Outgoing(own, f"Local/wait@{context}/n", context, "send", None, BESIDE_SECONDS, variables)
        ):
            case Accepted():
                return True
            case Refused(why=why) | Unknown(why=why):
                log.error("not sent", what=context, why=why)
                return False

    async def _done(self, order: Callable[..., Headers], *parts: str | int | Mapping[str, str]) -> bool:
        """False when Asterisk would not: as a rule the channel has gone."""
        try:
            headers = order(*parts)
            answer, *_ = await self._asked(headers)
        except UnsafeValue as unsafe:
            log.error("order not sent", order=order.__name__, why=str(unsafe))
            return False
        if text(answer, "Response") == "Success":
            return True
        why = text(answer, "Message")
        if not why.startswith(GONE):
            log.error("order refused by Asterisk", order=order.__name__, why=why)
        return False

    async def _asked(self, headers: Headers, last_event: str | None = None) -> list[Message]:
        if self._connection is None:
            raise SwitchNotReady("the AMI link is down")
        try:
            return await self._connection.ask(headers, self._times.answer_seconds, last_event)
        except (NotSent, NoAnswer) as away:
            raise SwitchNotReady(str(away)) from None

    async def _answer(self, connection: Connection, headers: Headers) -> Message:
        return (await connection.ask(headers, self._times.answer_seconds))[0]


def pauses(times: LinkTimes, chance: Callable[[], float]) -> Iterator[float]:
    """Before each next try: ever longer, and never in step with other links."""
    most = 2 * times.shortest_pause_seconds
    while True:
        yield most / 2 * (1 + chance())
        most = min(2 * most, times.longest_pause_seconds)


def _uptime(message: Message) -> int | None:
    seconds = text(message, "Uptime")
    return int(seconds) if seconds.isdecimal() else None


def _is_near(host: str) -> bool:
    """This machine, or a private network."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host == "localhost"
