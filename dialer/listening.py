"""What the engine does with what the ear says: whom it lets meet an operator, whom it leaves to the ear, whom it ends.

The ear may be late, wrong or gone. Whoever it has not judged in time is undecided, and that is a person.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from dialer.core import ear_events as ear
from dialer.core.briefing import Briefing, written
from dialer.core.call import Call, GaveUp
from dialer.core.ear_events import Answerer, EarHeard
from dialer.core.events import ChannelEvent, ChannelId
from dialer.core.machine_outcomes import frees_the_line
from dialer.core.values import AttemptId
from dialer.ports import Accepted, Claimed, Clock, Outgoing, Switch, SwitchNotReady

log = structlog.get_logger()

LATE_SECONDS = 0.5  # a verdict that is so late does not come
LISTENS_ON_SECONDS = 4.0  # how long the ear may ask for, when a machine is likely
MACHINE_SECONDS = 180.0  # greeting, tone and message; longer and the ear is not well
EARLY_SECONDS = 5.0
NO_EAR = "聞き取りの判定が届かないため、人の応答として扱います"


@dataclass(frozen=True, slots=True)
class EarRules:
    place: str  # host:port to which Asterisk streams calls
    undecided_seconds: float
    early_media: bool
    brief: Callable[[Claimed], Briefing] = lambda claimed: Briefing()


@dataclass(slots=True)
class Listened:
    """The ear's part of one live call."""

    expected: bool = False  # the ear hears it, or will at the answer
    briefing: str = ""


@dataclass(frozen=True, slots=True)
class Steps:
    """What Calls can do with a call."""

    say: Callable[[ChannelEvent], None]  # as if it had been heard
    meet: Callable[[AttemptId], None]
    end: Callable[[AttemptId], None]
    give_up: Callable[[AttemptId, GaveUp], None]
    wait: Callable[[AttemptId, float, Callable[[AttemptId], None]], None]  # one timer for each call
    room: Callable[[], None]


@dataclass(slots=True)
class Listening:
    rules: EarRules | None
    steps: Steps
    switch: Switch
    clock: Clock
    spawn: Callable[..., None]
    calls: dict[AttemptId, Listened] = field(default_factory=dict)

    def variables(self, claimed: Claimed, *, hears_first: bool = True) -> dict[str, str]:
        """What the dialplan needs to bring the call to the ear; nothing when there is none."""
        if self.rules is None:
            return {}
        briefing = _briefed(self.rules, claimed)
        self.calls[claimed.attempt] = Listened(hears_first, briefing)
        return {"EAR": self.rules.place, "BRIEFING": briefing}

    def listens(self, attempt: AttemptId, call: Call) -> bool:
        """The ear has it, and has not said yet who answered."""
        listened = self.calls.get(attempt)
        return listened is not None and listened.expected and call.answerer is None

    def forget(self, attempt: AttemptId | None = None) -> None:
        """One call that is over, or all of them."""
        if attempt is None:
            self.calls.clear()
        else:
            self.calls.pop(attempt, None)

    # --- what happens to a call

    def answered(self, attempt: AttemptId) -> bool:
        """True when the ear hears it first."""
        listened = self.calls.get(attempt)
        if self.rules is None or listened is None or not listened.expected:
            return False
        self.steps.wait(attempt, self.rules.undecided_seconds + LATE_SECONDS, self._no_verdict)
        return True

    def progressed(self, attempt: AttemptId) -> None:
        """The network may be speaking: two more channels for as long as nobody has answered."""
        listened = self.calls.get(attempt)
        if self.rules is not None and self.rules.early_media and listened is not None:
            self.spawn(self._spy(attempt, self.rules.place, listened.briefing))

    def resumed(self, attempt: AttemptId, call: Call, application: str) -> bool:
        """After a restart. True when the call is the ear's, who goes on with it."""
        if self.rules is None or application != "AudioSocket":
            return False
        self.calls[attempt] = Listened(True)
        if call.is_with_machine:
            self.steps.wait(attempt, MACHINE_SECONDS, self.steps.end)
        elif call.answerer is None:
            self.steps.wait(attempt, self.rules.undecided_seconds + LATE_SECONDS, self._no_verdict)
        else:
            return False
        return True

    def heard(self, attempt: AttemptId, before: Call, call: Call, event: ChannelEvent) -> None:
        """An event of the ear, already folded into the call."""
        match event:
            case EarHeard(early=True) if before.announced is None and frees_the_line(event):
                self.steps.give_up(attempt, GaveUp.ANNOUNCED)
            case EarHeard(early=False) if before.heard is None and call.is_up:
                log.info("heard", attempt_id=attempt, what=event.what, after_ms=event.decided_ms)
                self._judged(attempt, call)
            case ear.EarListensOn() if self.listens(attempt, call):
                self.steps.wait(attempt, LISTENS_ON_SECONDS + LATE_SECONDS, self._no_verdict)
            case ear.PersonCame() if before.person_came_at is None and call.joined_at is None:
                self._judged(attempt, call)
            case ear.EarEnded() if call.is_up and call.joined_at is None:
                self._ended(attempt, call)
            case ear.VerdictCorrected() if call.is_up:
                self._corrected(attempt, call)
            case _:
                pass

    def _judged(self, attempt: AttemptId, call: Call) -> None:
        if call.is_with_machine:
            self.steps.wait(attempt, MACHINE_SECONDS, self.steps.end)
            self.steps.room()  # it will need no operator
        elif call.joined_at is None:
            self.steps.meet(attempt)

    def _ended(self, attempt: AttemptId, call: Call) -> None:
        """The dialplan goes on without the ear."""
        if (listened := self.calls.get(attempt)) is not None:
            listened.expected = False
        if call.is_with_machine:
            self.steps.end(attempt)
        elif call.answerer is None:
            self._undecided(attempt)

    def _corrected(self, attempt: AttemptId, call: Call) -> None:
        match call.corrected:
            case Answerer.VOICEMAIL | Answerer.SCREENING if call.name is not None:
                self.steps.wait(attempt, MACHINE_SECONDS, self.steps.end)
                self.spawn(self._leave_message(attempt, call.name))
            case Answerer.FAX | Answerer.ANNOUNCEMENT:
                self.steps.end(attempt)
            case _ if call.joined_at is None:
                self.steps.meet(attempt)

    def _no_verdict(self, attempt: AttemptId) -> None:
        log.warning("no verdict of the ear", attempt_id=attempt)
        self._undecided(attempt)

    def _undecided(self, attempt: AttemptId) -> None:
        self.steps.say(EarHeard(ChannelId(attempt), self.clock.now(), Answerer.UNDECIDED.value, 0, reason=NO_EAR))

    # --- orders

    async def _leave_message(self, attempt: AttemptId, channel: str) -> None:
        try:
            await self.switch.leave_message(channel)
        except SwitchNotReady as away:
            log.warning("cannot leave a message", attempt_id=attempt, why=str(away))

    async def _spy(self, attempt: AttemptId, place: str, briefing: str) -> None:
        """Nothing depends on it: without it the network's code must do."""
        stream = str(uuid.uuid4())
        variables = {"_ATTEMPT": attempt, "_STREAM": stream, "_EAR": place, "_BRIEFING": briefing}
        spy = Outgoing(ChannelId(stream), "Local/listen@early/n", "early", "spy", None, EARLY_SECONDS, variables)
        result = await self.switch.start(spy)
        if not isinstance(result, Accepted):
            log.warning("cannot listen to what the network says", attempt_id=attempt, why=result.why)


def _briefed(rules: EarRules, claimed: Claimed) -> str:
    """A call whose briefing fails is placed all the same: a machine then gets no message."""
    try:
        return written(rules.brief(claimed))
    except Exception:
        log.exception("no briefing", attempt_id=claimed.attempt)
        return ""
