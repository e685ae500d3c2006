"""What the ear tells of a call: who or what answered, and what was said to it. Events of the customer's channel."""

from dataclasses import dataclass
from enum import StrEnum

from dialer.core.events import ChannelEvent


class Answerer(StrEnum):
    """As the ear heard it, or as an operator put it right."""

    PERSON = "person"
    UNDECIDED = "undecided"  # treated as a person
    VOICEMAIL = "voicemail"
    SCREENING = "screening"
    FAX = "fax"
    ANNOUNCEMENT = "announcement"

    @classmethod
    def of(cls, word: str) -> "Answerer":
        """A word of another version says nothing, and who is not known is a person."""
        return cls(word) if word in set(cls) else cls.UNDECIDED

    @property
    def may_be_person(self) -> bool:
        return self in (Answerer.PERSON, Answerer.UNDECIDED)


@dataclass(frozen=True, slots=True)
class EarHeard(ChannelEvent):
    what: str  # an Answerer; another word of a later version is kept as it is
    decided_ms: int  # after the answer, or after the stream began
    announcement: str = ""  # of hearing.values.Announcement
    early: bool = False  # before any answer
    reason: str = ""
    figures: str = ""  # JSON


@dataclass(frozen=True, slots=True)
class EarListensOn(ChannelEvent):
    """The time to decide is over, but a machine is likely: a moment more."""


@dataclass(frozen=True, slots=True)
class ToneHeard(ChannelEvent):
    """The recording tone is over: from here on a machine records."""


@dataclass(frozen=True, slots=True)
class MessageStarted(ChannelEvent):
    after_tone: bool  # False: no tone came, or nobody waited for one


@dataclass(frozen=True, slots=True)
class MessageEnded(ChannelEvent):
    complete: bool  # every frame was sent and the far end was still there


@dataclass(frozen=True, slots=True)
class PersonCame(ChannelEvent):
    """After a machine: a person speaks now."""


@dataclass(frozen=True, slots=True)
class EarEnded(ChannelEvent):
    """The dialplan goes on without the ear."""

    result: str  # TRYSTATUS: SUCCESS, or FAILED when there was no ear


@dataclass(frozen=True, slots=True)
class VerdictCorrected(ChannelEvent):
    """An operator's key, or a supervisor's: what it really is."""

    what: str


@dataclass(frozen=True, slots=True)
class EarBriefed(ChannelEvent):
    """For the ear: a stream of this call is about to begin."""

    stream: str
    order: str
    briefing: str
