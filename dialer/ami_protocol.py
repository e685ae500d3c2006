"""One AMI connection, from its first byte to its last, over panoramisk's protocol with its hazards guarded.

Of panoramisk (1.4) only the framing and the messages are used. Its Manager keeps unanswered actions and sends them
again after a reconnect, so a person would be called twice; here every connection is a new object, what was not answered
on it fails, and nothing is ever sent a second time.

    AmiError
    ├── UnsafeValue   a value that must not be written to AMI; nothing was written
    ├── NotSent       the connection was already gone; nothing was written
    └── NoAnswer      written, but the answer did not come: the link broke, or the time was over
"""

import asyncio
import codecs
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog
from panoramisk.actions import Action
from panoramisk.ami_protocol import AMIProtocol

from dialer.ami_events import Message, text

log = structlog.get_logger()

LONGEST_MESSAGE = 1 << 20  # characters without an empty line: whoever sends that speaks no AMI

SILENT = logging.Logger("panoramisk", logging.CRITICAL + 1)
"""panoramisk's own log lines would spell out whole messages, with the numbers in them."""

Headers = Mapping[str, str | Sequence[str]]


class AmiError(Exception):
    pass


class UnsafeValue(AmiError):
    """Names the header, never the value."""


class NotSent(AmiError):
    pass


class NoAnswer(AmiError):
    pass


def ami_value(header: str, value: str) -> str:
    """The one way into an AMI message: a line break in a value would begin a header, or an action, of its own."""
    if not (value.isascii() and value.isprintable()):
        raise UnsafeValue(f"{header}: only printable ASCII may be written to AMI")
    return value


@dataclass(slots=True)
class _Pending:
    last_event: str | None  # the event that ends a list; None: one answer only
    done: asyncio.Future[bool]  # False: the connection ended first
    messages: list[Message] = field(default_factory=list)

    def add(self, message: Message) -> None:
        self.messages.append(message)
        if "Event" in message:
            is_last = text(message, "Event") == self.last_event
        else:
            is_last = self.last_event is None or text(message, "Response") != "Success"
        if is_last:
            self.end(True)

    def end(self, answered: bool) -> None:
        if not self.done.done():
            self.done.set_result(answered)


class Connection(AMIProtocol):  # type: ignore[misc]  # panoramisk has no types
    """`on_event` hears every event in order; `on_lost` is called once, after the last of them."""

    def __init__(self, on_event: Callable[[Message], None], on_lost: Callable[[str], None]) -> None:
        self._on_event, self._on_lost = on_event, on_lost
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")  # a letter may come in two pieces
        self._pending: dict[str, _Pending] = {}
        self._why = ""
        self.lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    # --- asking

    @property
    def is_open(self) -> bool:
        return not (self.lost.done() or self.transport.is_closing())

    @property
    def unanswered(self) -> int:
        return len(self._pending)

    async def ask(self, headers: Headers, seconds: float, last_event: str | None = None) -> list[Message]:
        """The answer to one action; with `last_event`, everything up to that event."""
        checked = {name: _checked(name, value) for name, value in headers.items()}
        action = Action(checked)
        if not self.is_open:
            raise NotSent("the link is down")
        if action.id in self._pending:
            raise NoAnswer("the same order is already under way")
        pending = self._pending[action.id] = _Pending(last_event, asyncio.get_running_loop().create_future())
        try:
            self.transport.write(str(action).encode("ascii"))
            await asyncio.wait({pending.done}, timeout=seconds)
        finally:
            self._pending.pop(action.id, None)
        if not pending.done.done():
            raise NoAnswer(f"no answer within {seconds:g} s")
        if not pending.done.result():
            raise NoAnswer(f"the link broke before the answer came: {self._why}")
        return pending.messages

    async def end(self, seconds: float) -> None:
        """What is written still goes out, unless the other side does not take it within the time."""
        if not self.lost.done():
            self._why = self._why or "closed by us"
            self.transport.close()
            await asyncio.wait({self.lost}, timeout=seconds)
            self.abort(self._why)
            await asyncio.wait({self.lost})

    def abort(self, why: str) -> None:
        if not self.lost.done():
            self._why = why
            self.transport.abort()

    # --- what asyncio and panoramisk call

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self.log = SILENT
        self.encoding = "utf-8"

    def data_received(self, data: bytes) -> None:
        super().data_received(self._decoder.decode(data).encode("utf-8"))
        if len(self.queue[0]) > LONGEST_MESSAGE:
            self.abort("the other side does not speak AMI")

    def handle_message(self, message: Message) -> None:
        """What goes wrong with one message must not end the link or lose the next message."""
        try:
            self._hear(message)
        except Exception:
            log.exception("AMI message not understood", event_name=text(message, "Event"))

    def _hear(self, message: Message) -> None:
        """An event is an answer only to an action that waits for a list: OriginateResponse bears its order's id."""
        pending = self._pending.get(text(message, "ActionID"))
        is_event = "Event" in message
        if pending is not None and (pending.last_event is not None or not is_event):
            pending.add(message)
        elif is_event:
            self._on_event(message)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.lost.done():
            return
        self._why = self._why or (str(exc) if exc else "Asterisk closed the connection")
        self.lost.set_result(self._why)
        for pending in self._pending.values():
            pending.end(False)
        self._on_lost(self._why)


def _checked(header: str, value: str | Sequence[str]) -> str | list[str]:
    if isinstance(value, str):
        return ami_value(header, value)
    return [ami_value(header, one) for one in value]
