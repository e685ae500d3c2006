"""One customer's call, folded from its events.

Events may repeat (watched live, read again from the witness) and neighbours may swap places by a millisecond, so every
step keeps the first moment it hears of and none depends on the order of another.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import reduce

from dialer.core.ear_events import (
    Answerer,
    EarHeard,
    MessageEnded,
    MessageStarted,
    PersonCame,
    ToneHeard,
    VerdictCorrected,
)
from dialer.core.events import (
    Answered,
    ApologyPlayed,
    BridgeEntered,
    ChannelCreated,
    ChannelEvent,
    DialEnded,
    FarEndHungUp,
    Held,
    HungUp,
    OperatorHungUp,
    Passed,
    Progressed,
    RingingStarted,
    TransferOrdered,
    Transferred,
)


class GaveUp(StrEnum):
    """Why we ended a call that nobody had answered."""

    RANG_ENOUGH = "rang_enough"  # T-016: the required seconds of ringing were heard
    NEVER_RANG = "never_rang"  # the network neither rang nor refused
    ANNOUNCED = "announced"  # the network said why there will be no answer
    WITHDRAWN = "withdrawn"  # the city stopped the case, or payment came
    GAVE_WAY = "gave_way"  # a caller has its operator now
    NO_OPERATOR = "no_operator"  # who was free for it pauses, has gone, or has something else to do
    NOT_RUNG = "not_rung"  # before its first ring: whoever answered would probably have met nobody
    OPERATOR = "operator"  # who had dialled it


@dataclass(frozen=True, slots=True)
class Message:
    """What was said to a machine. A message that began anew at a later tone is judged by its last beginning."""

    tone_at: datetime | None = None
    started_at: datetime | None = None
    after_tone: bool = False
    complete: bool | None = None  # None: its end was never told, so it was cut


@dataclass(frozen=True, slots=True)
class Holding:
    """How long the person has waited with music. What is read again lies before `back_at` and changes nothing."""

    since: datetime | None = None  # waits now
    back_at: datetime | None = None
    waited: timedelta = timedelta()  # in all, without the wait that goes on

    def held(self, at: datetime) -> "Holding":
        if self.back_at is not None and at <= self.back_at:
            return self
        return replace(self, since=_first(self.since, at))

    def back(self, at: datetime) -> "Holding":
        if self.since is None or at <= self.since:
            return self
        return Holding(None, at, self.waited + (at - self.since))


ORIGINATE_TIMED_OUT = 3  # Reason of OriginateResponse when Asterisk's own time-out ended the call


@dataclass(frozen=True, slots=True)
class Call:
    name: str | None = None  # Asterisk's channel name, what actions address
    placed_at: datetime | None = None
    progressed_at: datetime | None = None
    ringing_at: datetime | None = None
    answered_at: datetime | None = None
    joined_at: datetime | None = None
    holding: Holding = Holding()
    transfers: tuple[TransferOrdered, ...] = ()  # by their numbers
    transferred_at: datetime | None = None
    transferred: int | None = None  # by which of them the person was handed over
    passed_at: datetime | None = None
    passed_to: str | None = None  # the seat that has the talk now, when it began at another
    heard: EarHeard | None = None  # what the ear said of who answered
    announced: EarHeard | None = None  # what it heard the network announce before any answer
    corrected: Answerer | None = None  # an operator's word, which counts more
    corrected_at: datetime | None = None
    person_came_at: datetime | None = None  # after a machine
    message: Message = Message()
    apology_complete: bool | None = None  # None: none was played
    far_end_at: datetime | None = None  # when the far end asked for the end
    operator_ended_at: datetime | None = None  # when the operator did
    ended_at: datetime | None = None
    cause: int | None = None  # Q.850
    sip_code: int | None = None
    dial_reason: int | None = None
    gave_up: GaveUp | None = None

    @property
    def is_up(self) -> bool:
        return self.answered_at is not None and self.ended_at is None

    @property
    def is_ringing(self) -> bool:
        return self.ringing_at is not None and self.answered_at is None and self.ended_at is None

    @property
    def is_silent(self) -> bool:
        """Nobody can have heard of it yet."""
        return self.ringing_at is None and self.progressed_at is None and self.answered_at is None

    @property
    def answerer(self) -> Answerer | None:
        """Who is on the line, as far as it is known; None while the ear listens, and without an ear."""
        if self.corrected is not None:
            return self.corrected
        if self.person_came_at is not None:
            return Answerer.PERSON
        return Answerer.of(self.heard.what) if self.heard is not None else None

    @property
    def transferred_to(self) -> str | None:
        """The department that has the person now, by its key."""
        return next((one.department for one in self.transfers if one.number == self.transferred), None)

    @property
    def is_held(self) -> bool:
        return self.holding.since is not None and self.ended_at is None

    @property
    def is_with_machine(self) -> bool:
        return self.answerer is not None and not self.answerer.may_be_person

    @property
    def person_since(self) -> datetime | None:
        """From when it was known that a person, or perhaps one, is on the line. None: not yet."""
        if self.answerer is None or self.is_with_machine:
            return None
        if self.corrected is not None:
            return self.corrected_at
        return self.person_came_at or (self.heard.at if self.heard else None)

    @property
    def ring_seconds(self) -> float | None:
        """How long it rang, from the first 180 to the answer or the end; None when that is not known."""
        until = self.answered_at or self.far_end_at or self.ended_at
        if self.ringing_at is None or until is None:
            return None
        return max(0.0, (until - self.ringing_at).total_seconds())

    @property
    def timed_out(self) -> bool:
        """Asterisk's own time-out ended it: the 480 that then shows was sent by nobody."""
        return self.dial_reason == ORIGINATE_TIMED_OUT


def fold(call: Call, event: ChannelEvent) -> Call:
    """The call after one more event. Events that say nothing about a customer's call leave it as it is."""
    at = event.at
    match event:
        case ChannelCreated(name=name):
            return replace(call, name=call.name or name, placed_at=_first(call.placed_at, at))
        case Progressed():
            return replace(call, progressed_at=_first(call.progressed_at, at))
        case RingingStarted():
            return replace(call, ringing_at=_first(call.ringing_at, at))
        case Answered():
            return replace(call, answered_at=_first(call.answered_at, at))
        case BridgeEntered(with_channels=count) if count >= 2:
            return replace(call, joined_at=_first(call.joined_at, at), holding=call.holding.back(at))
        case BridgeEntered():  # the other one follows: nobody waits alone there
            return replace(call, holding=call.holding.back(at))
        case Held():
            return replace(call, holding=call.holding.held(at))
        case TransferOrdered(number=number) if number not in {one.number for one in call.transfers}:
            return replace(call, transfers=(*call.transfers, event))
        case Transferred(number=number):
            return replace(call, transferred_at=_first(call.transferred_at, at), transferred=number)
        case Passed(seat=seat) if call.passed_at is None or at >= call.passed_at:
            return replace(call, passed_at=at, passed_to=seat)
        case ApologyPlayed(complete=complete):
            return replace(call, apology_complete=complete or bool(call.apology_complete))
        case EarHeard(early=True):
            return replace(call, announced=_earlier(call.announced, event))
        case EarHeard():
            return replace(call, heard=_earlier(call.heard, event))
        case PersonCame():
            return replace(call, person_came_at=_first(call.person_came_at, at))
        case VerdictCorrected(what=what) if call.corrected_at is None or at >= call.corrected_at:
            return replace(call, corrected=Answerer.of(what), corrected_at=at)
        case ToneHeard() | MessageStarted() | MessageEnded():
            return replace(call, message=_message(call.message, event))
        case FarEndHungUp():
            return replace(call, far_end_at=_first(call.far_end_at, at))
        case OperatorHungUp():
            return replace(call, operator_ended_at=_first(call.operator_ended_at, at))
        case DialEnded(answered=False, reason=reason):
            return replace(call, dial_reason=reason)
        case HungUp(cause=cause, sip_code=sip_code):
            return replace(
                call,
                ended_at=_first(call.ended_at, at),
                holding=call.holding.back(at),
                cause=call.cause or cause,  # a plain BYE says 0
                sip_code=call.sip_code or sip_code,
            )
        case _:
            return call


def folded(events: Iterable[ChannelEvent], start: Call | None = None) -> Call:
    return reduce(fold, events, start or Call())


def _message(message: Message, event: ToneHeard | MessageStarted | MessageEnded) -> Message:
    match event:
        case ToneHeard(at=at):
            return replace(message, tone_at=max(at, message.tone_at or at))
        case MessageStarted(at=at, after_tone=after_tone):
            if message.started_at is not None and at < message.started_at:
                return message
            return replace(message, started_at=at, after_tone=after_tone)
        case MessageEnded(complete=complete):
            return replace(message, complete=complete or bool(message.complete))


def _earlier(known: EarHeard | None, event: EarHeard) -> EarHeard:
    return event if known is None or event.at < known.at else known


def _first(known: datetime | None, at: datetime) -> datetime:
    return at if known is None else min(known, at)
