"""One call of the network: what SIPp and the audio say about it, until it has ended and goes to the log."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field

from simnet.log import Direction, EndedBy, StepEnd, StepTaken
from simnet.media import Media
from simnet.notices import Notice
from simnet.party import Party
from simnet.sipp import Sipp

ACK_SECONDS = (0.5, 1.0, 2.0)  # the answer is said again after each, and given up after the last
CONFIRM_SECONDS = 1.0
ASK_SECONDS = 1.0
ASKED_TIMES = 2


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the exchange said it was calling as."""

    from_number: str | None = None
    p_asserted: str | None = None
    p_preferred: str | None = None
    privacy: str | None = None
    prefix_186: bool = False
    prefix_184: bool = False


@dataclass(slots=True)
class Call:
    call_id: str
    direction: Direction
    number: str
    behaviour: str
    identity: Identity
    invited_at: float
    sipp: Sipp
    media: Media
    on_ended: Callable[["Call"], None]
    silent_after_seconds: float  # without a packet of the exchange for so long, it is asked
    party: Party | None = None
    progressed_at: float | None = None
    ringing_at: float | None = None
    answered_at: float | None = None
    ended_at: float | None = None
    final_code: int | None = None
    ended_by: EndedBy | None = None
    steps: list[StepTaken] = field(default_factory=list)
    _step: tuple[str, float] | None = None
    _script: asyncio.Task[None] | None = None
    _watch: asyncio.Task[None] | None = None
    _acknowledge: asyncio.Task[None] | None = None
    _alive_at: float = 0.0  # when the exchange last answered a question
    _confirmed: dict[str, asyncio.Event] = field(default_factory=dict)

    def run(self, script: Coroutine[object, object, None]) -> None:
        """The subscriber's behaviour; it is cancelled when the call ends."""
        self._script = asyncio.create_task(script, name=f"simnet {self.behaviour}")
        self._script.add_done_callback(self._complain)

    def say(self, word: str, headers: Mapping[str, str] | None = None, body: str = "") -> None:
        rtp = {"X-Rtp": str(self.party.port)} if self.party else {}
        self.sipp.say(word, self.call_id, {**rtp, **(headers or {})}, body)

    async def do(self, word: str, headers: Mapping[str, str] | None = None, body: str = "") -> None:
        """Says the word to SIPp until it is carried out. A word that came too late waits for the end of the call."""
        done = self.happened(word)
        while not done.is_set():
            self.say(word, headers, body)
            with contextlib.suppress(TimeoutError):
                # not wait_for: on 3.11 it swallows the cancellation that comes with the word that ends the call
                async with asyncio.timeout(CONFIRM_SECONDS):
                    await done.wait()

    def hear_of(self, notice: Notice) -> None:
        """What SIPp did or met, in its order."""
        if self.ended_at is not None:
            return
        kind, at = notice.kind, notice.at
        self.happened(kind).set()
        if kind == "CALLS":
            self.invited_at = at
        elif kind in ("RINGS", "RUNG"):
            self.ringing_at = self.ringing_at or at
            self._begin_watch()
        elif kind in ("SPEAKS", "PROGRESS"):
            self.progressed_at = self.progressed_at or at
            self._send_audio()
            self._begin_watch()
        elif kind == "ALIVE":
            self._alive_at = asyncio.get_running_loop().time()
        elif kind == "DEAD":
            self.give_up()
        elif kind in ("ANSWERS", "ACCEPTED"):
            self._answered(at)
        elif kind == "BYE":
            self.end(at, EndedBy.EXCHANGE, 200)
        elif kind == "CANCEL":
            self.end(at, EndedBy.EXCHANGE, 487)
        elif kind == "HANGSUP":
            self.end(at, EndedBy.FAR_END, 487 if self.answered_at is None else 200)
        elif kind.startswith("REFUSES"):
            self.end(at, EndedBy.FAR_END, int(kind.removeprefix("REFUSES")))
        elif kind.startswith("FAILED"):
            self.end(at, EndedBy.EXCHANGE, int(kind.removeprefix("FAILED")))
        elif kind == "GONE":
            self.end(at, EndedBy.TIMEOUT, self.final_code)

    def end(self, at: float, by: EndedBy, code: int | None) -> None:
        if self.ended_at is not None:
            return
        self.ended_at, self.ended_by, self.final_code = at, by, code
        self.end_step(StepEnd.CUT)
        for task in (self._script, self._watch, self._acknowledge):
            if task is not None:
                task.cancel()
        if self.party is not None:
            self.media.close_party(self.party)
        self.on_ended(self)

    def give_up(self) -> None:
        """The exchange is heard no more: SIPp is told, and the call ends here."""
        if self.ended_at is not None:
            return
        self.say("REFUSES480" if self.answered_at is None else "HANGSUP")
        self.end(time.time(), EndedBy.TIMEOUT, 200 if self.answered_at else None)

    def begin_step(self, step: str) -> None:
        """Of a caller's story."""
        self._step = (step, time.time())

    def end_step(self, end: StepEnd) -> None:
        if self._step is not None:
            step, began_at = self._step
            self.steps.append(StepTaken(step, round(began_at, 3), round(time.time(), 3), end))
            self._step = None

    def _answered(self, at: float) -> None:
        if self.answered_at is not None:
            return
        self.answered_at, self.final_code = at, 200
        self._send_audio()
        self._begin_watch()

    def _send_audio(self) -> None:
        if self.party is not None:
            self.party.sends = True

    # --- is the exchange still there?

    def _begin_watch(self) -> None:
        """A call that the exchange placed has a dialog in which it can be asked from the first 18x on."""
        placed_by_us = self.direction is Direction.TO_EXCHANGE
        if self._watch is None and not (placed_by_us and self.answered_at is None):
            self._watch = asyncio.create_task(self._until_lost(), name="simnet watch")
            self._watch.add_done_callback(self._complain)
        if self.answered_at is not None and not placed_by_us:
            self._acknowledge = asyncio.create_task(self._until_acknowledged(), name="simnet acknowledge")
            self._acknowledge.add_done_callback(self._complain)

    async def _until_acknowledged(self) -> None:
        """The answer is said again until its ACK comes."""
        for seconds in ACK_SECONDS:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self.happened("ACK").wait()
                return
            self.say("ANSWERS")
        self.give_up()

    async def _until_lost(self) -> None:
        """Asks an exchange that has sent nothing for long, and gives the call up when it does not answer."""
        loop = asyncio.get_running_loop()
        self._alive_at = loop.time()
        while True:
            left = self._heard_at() + self.silent_after_seconds - loop.time()
            if left > 0:
                await asyncio.sleep(left)
                continue
            asked_at = loop.time()
            for _ in range(ASKED_TIMES):
                self.say("ASKS")
                await asyncio.sleep(ASK_SECONDS)
                if self._heard_at() >= asked_at:
                    break
            else:
                self.give_up()
                return

    def _heard_at(self) -> float:
        packet_at = self.party.heard.last_packet_at if self.party else None
        return max(self._alive_at, packet_at or 0.0)

    def happened(self, kind: str) -> asyncio.Event:
        """Set when SIPp has met or done it."""
        return self._confirmed.setdefault(kind, asyncio.Event())

    def _complain(self, task: asyncio.Task[None]) -> None:
        """A story that fails is told to the loop's exception handler, and its call does not hang."""
        if task.cancelled() or task.exception() is None:
            return
        what = {"message": f"{task.get_name()} failed", "exception": task.exception(), "task": task}
        task.get_loop().call_exception_handler(what)
        self.give_up()
