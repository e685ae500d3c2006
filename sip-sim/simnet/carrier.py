"""The carrier: takes the exchange's calls, looks the dialled number up and lets its subscriber behave."""

import asyncio
import random
import re
import time
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from simnet.behaviours import STORIES, operator
from simnet.call import Call, Identity
from simnet.caller_story import call_in
from simnet.callers import Caller
from simnet.line import Line
from simnet.log import Direction
from simnet.media import Media
from simnet.notices import Notice, SipMessage, parsed
from simnet.phones import Registrations
from simnet.sipp import Sipp
from simnet.sound import Sound
from simnet.subscribers import Subscriber
from simnet.tape import Tape
from simnet.voices import Voices

PREFIX = re.compile(r"^(184|186)(?=0)")

UNKNOWN = "unknown_number"  # 404
WITHHELD = "withheld"  # 184: reminder calls must show their number; 403
ENGAGED = "engaged"  # the subscriber is in another call; 486
NO_AUDIO = "no_audio"  # the exchange offers no µ-law; 488


@dataclass(slots=True)
class Place:
    """What the carrier and the phones have in common: how a call is taken and kept."""

    media: Media
    voices: Voices
    seed: int
    silent_after_seconds: float
    on_ended: Callable[[Call], None]
    calls: dict[str, Call] = field(default_factory=dict)
    _taken: Counter[str] = field(default_factory=Counter)  # calls by number

    def hear_of(self, notice: Notice) -> None:
        call = self.calls.get(notice.call_id)
        if call is not None:
            call.hear_of(notice)

    def take(self, sipp: Sipp, notice: Notice, direction: Direction, dialled: str, invite: SipMessage) -> Call:
        prefix = PREFIX.match(dialled)
        call = Call(
            call_id=notice.call_id,
            direction=direction,
            number=PREFIX.sub("", dialled),
            behaviour=UNKNOWN,
            identity=Identity(
                from_number=invite.user("From"),
                p_asserted=invite.user("P-Asserted-Identity"),
                p_preferred=invite.user("P-Preferred-Identity"),
                privacy=invite.header("Privacy"),
                prefix_186=prefix is not None and prefix[1] == "186",
                prefix_184=prefix is not None and prefix[1] == "184",
            ),
            invited_at=notice.at,
            sipp=sipp,
            media=self.media,
            on_ended=self._ended,
            silent_after_seconds=self.silent_after_seconds,
        )
        if invite.audio is not None:
            call.party = self.media.open(invite.audio)
        self.calls[call.call_id] = call
        return call

    def place_call(self, sipp: Sipp, caller: Caller) -> Call:
        """A call of our own into the exchange; its audio is opened when the exchange says where."""
        shows = caller.shows
        call = Call(
            call_id=f"{uuid.uuid4()}@caller",
            direction=Direction.TO_EXCHANGE,
            number=caller.dials,
            behaviour="caller",
            identity=Identity(from_number=shows.user or None, p_asserted=shows.asserted, privacy=shows.privacy),
            invited_at=time.time(),
            sipp=sipp,
            media=self.media,
            on_ended=self._ended,
            silent_after_seconds=self.silent_after_seconds,
        )
        call.party = self.media.open(None)
        if caller.keeps_tape:
            call.party.tape = Tape(asyncio.get_running_loop().time())
        self.calls[call.call_id] = call
        call.run(call_in(self.line(call), caller))
        return call

    def line(self, call: Call) -> Line:
        """Chance is drawn from the number and how often it was called: a run with the same seed repeats itself."""
        self._taken[call.number] += 1
        return Line(call, self.voices, random.Random(f"{self.seed}:{call.number}:{self._taken[call.number]}"))

    def _ended(self, call: Call) -> None:
        self.calls.pop(call.call_id, None)
        self.on_ended(call)


class Carrier:
    def __init__(self, place: Place, subscribers: Mapping[str, Subscriber]) -> None:
        self.place = place
        self.subscribers = dict(subscribers)
        self.sipp: Sipp | None = None

    def hear_of(self, notice: Notice) -> None:
        if notice.kind == "INVITE":
            self._called(notice)
        else:
            self.place.hear_of(notice)

    def _called(self, notice: Notice) -> None:
        assert self.sipp is not None
        invite = parsed(notice.message)
        call = self.place.take(self.sipp, notice, Direction.TO_SUBSCRIBER, invite.request_user, invite)
        who = self.subscribers.get(call.number)
        refusal = self._refusal(call, who)
        if refusal is not None:
            call.behaviour, code = refusal
            call.run(self.place.line(call).refuse(code))
            return
        assert who is not None
        call.behaviour = who.behaviour
        call.run(_told(self.place.line(call), who))

    def _refusal(self, call: Call, who: Subscriber | None) -> tuple[str, int] | None:
        if call.party is None:
            return NO_AUDIO, 488
        if call.identity.prefix_184:
            return WITHHELD, 403
        if who is None:
            return UNKNOWN, 404
        if any(_holds_line_of(one, who) for one in self.place.calls.values() if one is not call):
            return ENGAGED, 486
        return None


def _holds_line_of(call: Call, who: Subscriber) -> bool:
    if call.direction is Direction.TO_EXCHANGE:
        return call.identity.from_number == who.number
    return call.number == who.number and call.behaviour == who.behaviour  # a refused call holds no line


async def _told(line: Line, who: Subscriber) -> None:
    """The story, and an end for one that comes to none."""
    await STORIES[who.behaviour](line, who)
    await (line.refuse(480) if line.call.answered_at is None else line.hang_up())


class PhoneLines:
    """The operators' phones take whatever the exchange calls them for."""

    def __init__(self, place: Place, registrations: Registrations, hum: Sound | None = None) -> None:
        self.place = place
        self.registrations = registrations
        self.hum = hum
        self.sipp: Sipp | None = None

    def hear_of(self, notice: Notice) -> None:
        if notice.kind != "INVITE":
            self.registrations.hear_of(notice)
            self.place.hear_of(notice)
            return
        assert self.sipp is not None
        invite = parsed(notice.message)
        call = self.place.take(self.sipp, notice, Direction.TO_PHONE, invite.request_user, invite)
        call.behaviour = "phone"
        line = self.place.line(call)
        call.run(operator(line, self.hum) if call.party is not None else line.refuse(488))
