"""What the ear does in a call: from who it hears to what it says, tells and leaves to others. Pure.

    listening ── person, undecided ──► tell, leave: an operator is joined
        ├── voicemail ──► wait for the tone ──► the message, to its end ──► hang up
        ├── screening ──► wait for its silence, say who calls ──► a person comes: tell, leave
        └── fax, announcement ──► tell, hang up

Whoever uses it feeds what the detector said, the time since the stream began, and when a sound has been sent to its
end; it answers with acts, to be done in their order.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from dialer.core.briefing import Briefing, Order
from dialer.core.ear_events import Answerer
from dialer.core.hearing.values import (
    KNOWS_ON_MS,
    LISTENS_ON_MS,
    Announcement,
    Figures,
    Happening,
    Heard,
    Verdict,
    What,
)

ANSWERERS = {
    What.PERSON: Answerer.PERSON,
    What.SILENT: Answerer.UNDECIDED,  # many people wait for an unknown caller to speak first
    What.VOICEMAIL: Answerer.VOICEMAIL,
    What.SCREENING: Answerer.SCREENING,
    What.FAX: Answerer.FAX,
    What.ANNOUNCEMENT: Answerer.ANNOUNCEMENT,
}

MACHINE_IS_LIKELY = 0.75
"""Above this chance a call goes on listening past its deadline, for its grace: soon it will be clear."""


class Sound(StrEnum):
    OPENING = "opening"
    MESSAGE = "message"
    SCREENING = "screening"


@dataclass(frozen=True, slots=True)
class Told:
    """Who or what it is."""

    what: Answerer
    decided_ms: int
    reason: str
    announcement: Announcement | None = None
    figures: Figures = field(default_factory=dict)


class Word(StrEnum):
    TONE_HEARD = "tone_heard"
    MESSAGE_AFTER_TONE = "message_after_tone"
    MESSAGE_WITHOUT_TONE = "message_without_tone"
    MESSAGE_COMPLETE = "message_complete"
    MESSAGE_CUT = "message_cut"
    PERSON_CAME = "person_came"
    LISTENS_ON = "listens_on"  # past the time: a machine is likely


@dataclass(frozen=True, slots=True)
class Say:
    sound: Sound


class Do(StrEnum):
    HUSH = "hush"
    LEAVE = "leave"  # the call goes on without the ear
    HANG_UP = "hang_up"


Act = Told | Word | Say | Do


@dataclass(frozen=True, slots=True)
class Manners:
    """Milliseconds."""

    opening_after_ms: int = 1200  # not into a person's first word
    no_tone_after_ms: int = 2500  # of silence after a machine's words: it records without a tone
    tone_for_ms: int = 60_000  # from the verdict; some greetings are long
    another_tone_ms: int = 3000  # a tone so soon after the message began: that first one was not the last
    lingers_ms: int = 300  # after the last frame: the far end was still there
    message_at_ms: int = 300  # into a stream that an operator ordered
    screening_after_ms: int = 4000  # of a machine that goes on speaking: say who calls
    person_for_ms: int = 45_000  # a screening device rings its owner meanwhile
    grace_ms: int = LISTENS_ON_MS  # a machine is likely, and which one will soon be known
    known_grace_ms: int = KNOWS_ON_MS  # a machine is known, and which one will soon be
    longest_tone_ms: int = 6000  # what sounds longer was no tone, or its end was not heard


class Stage(StrEnum):
    LISTENING = "listening"
    MACHINE = "machine"  # its tone is awaited
    MESSAGE = "message"
    LINGERING = "lingering"
    SCREENED = "screened"
    OVER = "over"


@dataclass(slots=True)
class Attendant:
    order: Order
    briefing: Briefing
    manners: Manners = field(default_factory=Manners)
    stage: Stage = Stage.LISTENING
    _since_ms: int = 0  # of the stage
    _opened: bool = False
    _listened_on: int = 0  # how often it was told: each time stands for one more grace
    _introduced: bool = False  # to a screening device
    _tone_from_ms: int | None = None  # a tone sounds
    _after_tone: bool = False
    _quiet_from_ms: int | None = None  # the machine has stopped speaking
    _sent_ms: int | None = None  # the message was sent to its end

    def verdict(self, verdict: Verdict, now_ms: int) -> Iterator[Act]:
        if self.stage is not Stage.LISTENING or self.order is Order.MESSAGE:
            return
        what = ANSWERERS[verdict.what]
        if self.order is Order.EARLY:
            if what is Answerer.ANNOUNCEMENT:
                yield self._told(verdict, what)
            yield self._over(Do.LEAVE)
            return
        yield self._told(verdict, what)
        match what:
            case Answerer.PERSON | Answerer.UNDECIDED:
                yield self._over(Do.LEAVE)
            case Answerer.VOICEMAIL if self.briefing.message:
                yield Do.HUSH
                self._enter(Stage.MACHINE, now_ms)
            case Answerer.SCREENING:
                yield Do.HUSH
                self._enter(Stage.SCREENED, now_ms)
            case _:
                yield self._over(Do.HANG_UP)

    def happening(self, heard: Heard, now_ms: int) -> Iterator[Act]:
        match heard.what, self.stage:
            case Happening.PERSON_CAME, Stage.MACHINE | Stage.SCREENED | Stage.MESSAGE:
                yield Word.PERSON_CAME
                yield self._over(Do.LEAVE)
            case Happening.TONE_BEGAN, Stage.MACHINE | Stage.SCREENED:
                self._tone_from_ms, self._quiet_from_ms = now_ms, None
            case Happening.TONE_BEGAN, Stage.MESSAGE | Stage.LINGERING:
                yield from self._tone_in_message(now_ms)
            case Happening.TONE_ENDED, Stage.MACHINE | Stage.SCREENED:
                self._tone_from_ms = None
                if self.briefing.message and (self.stage is Stage.MACHINE or self._introduced):
                    yield Word.TONE_HEARD
                    yield from self._message(now_ms, after_tone=True)
            case Happening.SPEECH_ENDED | Happening.FELL_SILENT, Stage.MACHINE | Stage.SCREENED:
                self._quiet_from_ms = self._quiet_from_ms or max(heard.at_ms, 1)
            case Happening.SPEECH_BEGAN, Stage.MACHINE | Stage.SCREENED:
                self._quiet_from_ms = None
            case Happening.SPEECH_BEGAN, Stage.MESSAGE if not self._after_tone and self._soon(now_ms):
                yield Do.HUSH  # no tone had come, and the greeting goes on
                self._quiet_from_ms = None
                self._enter(Stage.MACHINE, now_ms)
            case _:
                pass

    def time(self, now_ms: int, *, machine_likely: bool = False, machine_known: bool = False) -> Iterator[Act]:
        """Called every 20 ms, also when nothing at all is heard."""
        lasted, manners = now_ms - self._since_ms, self.manners
        match self.stage:
            case Stage.LISTENING if self.order is Order.MESSAGE:
                if now_ms >= manners.message_at_ms:
                    yield from self._message(now_ms, after_tone=False)
            case Stage.LISTENING if self.order is Order.LISTEN:
                late_ms = now_ms - self.briefing.undecided_ms
                if 0 <= late_ms < (manners.known_grace_ms if machine_known else manners.grace_ms) and machine_likely:
                    if late_ms >= self._listened_on * manners.grace_ms:
                        self._listened_on += 1
                        yield Word.LISTENS_ON
                elif late_ms >= 0:
                    yield Told(Answerer.UNDECIDED, now_ms, "判定できないため、人の応答として扱います")
                    yield self._over(Do.LEAVE)
                elif not self._opened and self.briefing.opening and now_ms >= manners.opening_after_ms:
                    self._opened = True
                    yield Say(Sound.OPENING)
            case Stage.MACHINE:
                if self._tone_from_ms is not None and now_ms - self._tone_from_ms > manners.longest_tone_ms:
                    self._tone_from_ms, self._quiet_from_ms = None, now_ms
                if self._tone_from_ms is None and self._quiet(now_ms, manners.no_tone_after_ms):
                    yield from self._message(now_ms, after_tone=False)
                elif lasted >= manners.tone_for_ms:
                    yield self._over(Do.HANG_UP)
            case Stage.SCREENED:
                if not self._introduced and (self._quiet(now_ms, 0) or lasted >= manners.screening_after_ms):
                    self._introduced = True
                    if self.briefing.screening:
                        yield Say(Sound.SCREENING)
                elif lasted >= manners.person_for_ms:
                    yield self._over(Do.HANG_UP)
            case Stage.LINGERING if lasted >= manners.lingers_ms:
                yield Word.MESSAGE_COMPLETE
                yield self._over(Do.HANG_UP)
            case _:
                pass

    def sent(self, sound: Sound, now_ms: int) -> Iterator[Act]:
        """The sound's last frame has gone out."""
        if sound is Sound.MESSAGE and self.stage is Stage.MESSAGE:
            self._enter(Stage.LINGERING, now_ms)
        yield from ()

    def cannot_say(self, sound: Sound, now_ms: int) -> Iterator[Act]:
        """There is no such sound: a machine gets no message, and the rest goes on in silence."""
        if sound is Sound.MESSAGE and self.stage is Stage.MESSAGE:
            yield Word.MESSAGE_CUT
            yield self._over(Do.HANG_UP)

    # --- inside

    def _told(self, verdict: Verdict, what: Answerer) -> Told:
        return Told(what, verdict.decided_at_ms, verdict.reason, verdict.announcement, verdict.figures)

    def _message(self, now_ms: int, *, after_tone: bool) -> Iterator[Act]:
        self._after_tone, self._tone_from_ms = after_tone, None
        self._enter(Stage.MESSAGE, now_ms)
        yield Word.MESSAGE_AFTER_TONE if after_tone else Word.MESSAGE_WITHOUT_TONE
        yield Say(Sound.MESSAGE)

    def _tone_in_message(self, now_ms: int) -> Iterator[Act]:
        yield Do.HUSH
        if self.stage is Stage.MESSAGE and self._soon(now_ms):
            self._tone_from_ms, self._quiet_from_ms = now_ms, None
            self._enter(Stage.MACHINE, now_ms)
            return
        yield Word.MESSAGE_CUT  # the machine's time was over before ours
        yield self._over(Do.HANG_UP)

    def _soon(self, now_ms: int) -> bool:
        return now_ms - self._since_ms <= self.manners.another_tone_ms

    def _quiet(self, now_ms: int, for_ms: int) -> bool:
        return self._quiet_from_ms is not None and now_ms - self._quiet_from_ms >= for_ms

    def _enter(self, stage: Stage, now_ms: int) -> None:
        self.stage, self._since_ms = stage, now_ms

    def _over(self, end: Do) -> Do:
        self.stage = Stage.OVER
        return end


WORDS: Mapping[Word, tuple[str, dict[str, str]]] = {
    Word.TONE_HEARD: ("ToneHeard", {}),
    Word.MESSAGE_AFTER_TONE: ("MessageStarted", {"AfterTone": "yes"}),
    Word.MESSAGE_WITHOUT_TONE: ("MessageStarted", {"AfterTone": "no"}),
    Word.MESSAGE_COMPLETE: ("MessageEnded", {"Complete": "yes"}),
    Word.MESSAGE_CUT: ("MessageEnded", {"Complete": "no"}),
    Word.PERSON_CAME: ("PersonCame", {}),
    Word.LISTENS_ON: ("EarListensOn", {}),
}
"""As they are said over AMI."""
