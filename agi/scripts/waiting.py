"""Whoever waits for an operator: is greeted, hears music, learns the place in line, and may ask to be called back.

The engine takes the call away at any moment; the script then simply ends. After a change of server it begins anew with
what the call's variables say: GREETED, UNTIL.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from agi.steps import Get, Listen, Music, Note, Say, Script, Set, Step, Tell, Wish, say
from dialer.core.city import InboundRules, Overflow
from dialer.core.messages import MessagePurpose
from dialer.core.values import PhoneNumber
from dialer.core.variants import AFTER, BEFORE, PLAIN, minutes_said, place_said

Sound = Callable[[MessagePurpose, str], str | None]
"""What may be said now for a purpose, in a variant; None: nothing."""

WISHES = "1"
YES, NO = "1", "2"
ASKED = 2  # times, for the number
TRANSFER_AGAIN_SECONDS = 120.0  # to a department that did not take the call: it rings for up to 40


@dataclass(frozen=True, slots=True)
class Waiting:
    rules: InboundRules
    sound: Sound
    number: PhoneNumber | None  # to call back; none: nobody whom we can
    seconds_left: float  # of the longest wait
    greeted: bool = False
    department_is_there: bool = False  # the one that takes who has waited for long


Talk = Generator[Step, Any, bool]
"""Whether the call is over with it."""


def waiting(now: Waiting) -> Script:
    if not now.greeted:
        yield Set("GREETED", "yes")
        yield from say(now.sound(MessagePurpose.SPECIAL, PLAIN))
        yield from say(now.sound(MessagePurpose.WAITING, PLAIN))
    finished = yield from _in_line(now)
    if not finished:
        yield from _nobody_came(now)
    yield Set("FINISHED", "yes")


def _in_line(now: Waiting) -> Talk:
    """False: as long as one may wait, nobody came."""
    rules, at, keys = now.rules, 0.0, ""
    announced_at: float | None = None
    offered_at: float | None = None
    while at < now.seconds_left:
        if _due(announced_at, at, rules.announce_seconds) and (yield from _announce(now)):
            announced_at = at
        if rules.overflow is Overflow.TRANSFER:
            if at >= rules.overflow_after_seconds and _due(offered_at, at, TRANSFER_AGAIN_SECONDS):
                offered_at = at
                yield from _overflow(now)
        elif at >= rules.overflow_after_seconds and _due(offered_at, at, rules.announce_seconds):
            if rules.overflow is Overflow.MESSAGE:
                return False
            if rules.overflow is Overflow.WISH and now.number is not None:
                offered_at, keys = at, WISHES
                offer = yield from say(now.sound(MessagePurpose.OFFER, PLAIN), keys)
                if offer.key == WISHES and (yield from _wish(now)):
                    return True
        heard = yield Music(keys)
        if heard.key == WISHES and (yield from _wish(now)):
            return True
        at = heard.at
    return False


def _due(last: float | None, at: float, every_seconds: float) -> bool:
    return last is None or at - last >= every_seconds


def _overflow(now: Waiting) -> Script:
    """The engine calls the department, and takes the call away when it answers. Without an engine one waits on."""
    if now.department_is_there:
        yield from say(now.sound(MessagePurpose.TRANSFER, PLAIN))
        yield Tell("CallerOverflows")


def _announce(now: Waiting) -> Talk:
    """What the engine keeps up to date. False: it says nothing, and so do we."""
    place = _number((yield Get("PLACE")))
    minutes = _number((yield Get("EXPECTED_MINUTES")))
    words = (
        (MessagePurpose.PLACE, place_said(place) if place else None),
        (MessagePurpose.EXPECTED, minutes_said(minutes) if minutes else None),
    )
    sounds = [sound for purpose, word in words if word and (sound := now.sound(purpose, word))]
    for sound in sounds:
        yield Say(sound)
    return bool(sounds)


def _wish(now: Waiting) -> Talk:
    """The number is confirmed first."""
    assert now.number is not None
    for _ in range(ASKED):
        key = yield from _confirmed(now, now.number)
        if key == NO:
            yield Note("wish_declined", {})
            return False
        if key == YES:
            break
    else:
        return False
    if not (yield Wish(now.number)):
        yield from say(now.sound(MessagePurpose.WISH_FAILED, PLAIN))
        return False
    yield Tell("CallerWished")
    yield from say(now.sound(MessagePurpose.WISHED, PLAIN))
    return True


def _confirmed(now: Waiting, number: PhoneNumber) -> Generator[Step, Any, str | None]:
    keys = YES + NO
    for variant in (BEFORE, *number, AFTER):
        heard = yield from say(now.sound(MessagePurpose.WISH_NUMBER, variant), keys)
        if heard.key:
            return str(heard.key)
    heard = yield Listen(keys)
    return str(heard.key) if heard.key else None


def _nobody_came(now: Waiting) -> Script:
    sound = now.sound(MessagePurpose.INBOUND, PLAIN)
    if sound is None:
        return
    heard = yield Say(sound)
    if heard.played:
        yield Tell("CallerTold")


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 and int(text) > 0 else None
