"""How each kind of subscriber behaves, as a story: one coroutine for each, told with the words of `Line`.

A story is cut off wherever it is when the exchange hangs up. One that comes to its end hangs up (or, unanswered, is
refused by the network with 480).
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Mapping

from simnet import texts
from simnet.line import Line
from simnet.sound import Sound, fax_answer, music, ringing_tone, silence, tone
from simnet.subscribers import Behaviour, Subscriber

Story = Callable[[Line, Subscriber], Awaitable[None]]

PICK_UP_SECONDS = 0.3  # from the ear piece to the first word
OVERTIME_SECONDS = 30.0  # a person who leaves the hang-up to the exchange does not stay for ever


async def _rings(line: Line, who: Subscriber) -> None:
    await line.wait(who.setup_seconds)
    await line.ring()
    await line.wait(who.ring_seconds)


async def _talks(line: Line, who: Subscriber) -> None:
    """Opens, listens, answers in turns until the talk is over."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(who.talk_seconds):
            await line.wait(PICK_UP_SECONDS)
            if who.opening != texts.SAYS_NOTHING:
                await line.say(who.opening)
            if await _leaves_silence(line, who.patience_seconds):
                return
            while True:
                await line.say(line.chance.choice(texts.REPLIES))
                await line.until_their_turn_ends()
    line.quieten()
    if who.hangs_up == "exchange":
        await line.wait(OVERTIME_SECONDS)


async def _leaves_silence(line: Line, patience_seconds: float) -> bool:
    """Nobody ever stays on a line on which nothing is heard; True when the person has had enough."""
    for word in (texts.STILL_THERE, None):
        try:
            async with asyncio.timeout(patience_seconds / 2):
                await line.until_their_turn_ends()
                return False
        except TimeoutError:
            if line.heard_anything:  # a long first sentence: keep listening
                await line.until_their_turn_ends()
                return False
            if word is not None:
                await line.say(word)
    return True


async def person(line: Line, who: Subscriber) -> None:
    await _rings(line, who)
    await line.answer()
    await _talks(line, who)
    await line.hang_up()


async def hangs_up_at_once(line: Line, who: Subscriber) -> None:
    await _rings(line, who)
    await line.answer()
    await line.wait(who.talk_seconds)
    await line.hang_up()


async def machine(line: Line, who: Subscriber) -> None:
    """Greeting, tone, and then it records or it does not."""
    await _rings(line, who)
    await line.answer(noisy=False)
    await line.wait(PICK_UP_SECONDS)
    await line.say(who.greeting, who.pause_seconds)
    await line.play(silence(who.pause_seconds) + tone(who.tone_hz, who.tone_seconds))
    if who.record_seconds:
        line.record()
    await line.wait(who.record_seconds)
    await line.hang_up()


async def no_answer(line: Line, who: Subscriber) -> None:
    """Rings until the exchange has had enough, or at last the network."""
    await _rings(line, who)
    await line.refuse(480)


def refused_at_once(code: int) -> Story:
    async def story(line: Line, who: Subscriber) -> None:
        await line.wait(who.setup_seconds)
        await line.refuse(code)

    return story


async def rejected(line: Line, who: Subscriber) -> None:
    await _rings(line, who)
    await line.refuse(603)


def announced(code: int) -> Story:
    """The network speaks before any answer and then refuses."""

    async def story(line: Line, who: Subscriber) -> None:
        await line.wait(who.setup_seconds)
        await line.open_early()
        await line.wait(PICK_UP_SECONDS)
        await _announces(line, who)
        await line.refuse(code)

    return story


async def answered_by_announcement(line: Line, who: Subscriber) -> None:
    """The same words, but the call is answered, without any ringing: some gateways do so."""
    await line.wait(who.setup_seconds)
    await line.answer(noisy=False)
    await line.wait(PICK_UP_SECONDS)
    await _announces(line, who)
    await line.hang_up()


async def _announces(line: Line, who: Subscriber) -> None:
    for _ in range(round(who.repeats)):
        await line.say(who.greeting, who.pause_seconds)
        await line.play(silence(who.pause_seconds))


async def fax(line: Line, who: Subscriber) -> None:
    await _rings(line, who)
    await line.answer(noisy=False)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(who.talk_seconds):
            await line.play_on(fax_answer() + silence(0.5))
    await line.hang_up()


async def screening(line: Line, who: Subscriber) -> None:
    """A device answers before the bell rings, asks who calls, and the person takes over when something was said."""
    await _rings(line, who)
    await line.answer(noisy=False)
    await line.wait(PICK_UP_SECONDS)
    await line.say(who.greeting, who.pause_seconds)
    try:
        async with asyncio.timeout(who.record_seconds):
            await line.until_their_turn_ends()
    except TimeoutError:
        await line.hang_up()  # nobody said who is calling
        return
    await _talks(line, who)
    await line.hang_up()


async def false_ringback(line: Line, who: Subscriber) -> None:
    """A fax-phone answers before anybody can, finds no fax and rings by itself until a person comes."""
    await line.wait(who.setup_seconds)
    await line.ring()
    await line.answer(noisy=False)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(who.ring_seconds):
            await line.play_on(ringing_tone())
    await _talks(line, who)
    await line.hang_up()


async def falls_dead(line: Line, who: Subscriber) -> None:
    """Somebody answers, and then not a single packet comes: a mobile in a tunnel."""
    await _rings(line, who)
    await line.answer()
    await line.wait(PICK_UP_SECONDS)
    line.fall_dead()
    await line.wait(who.talk_seconds)
    await line.hang_up()


def with_music(story: Story) -> Story:
    """Early media with music where a ringing tone is expected; 183 only, never a 180."""

    async def told(line: Line, who: Subscriber) -> None:
        await line.wait(who.setup_seconds)
        await line.open_early()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(who.ring_seconds):
                await line.play_on(music())
        await story(line, who)

    return told


async def _answers_and_talks(line: Line, who: Subscriber) -> None:
    await line.answer()
    await _talks(line, who)
    await line.hang_up()


async def _gives_up_ringing(line: Line, who: Subscriber) -> None:
    await line.refuse(480)


STORIES: Mapping[Behaviour, Story] = {
    Behaviour.PERSON: person,
    Behaviour.HANGS_UP_AT_ONCE: hangs_up_at_once,
    Behaviour.ANSWERING_MACHINE: machine,
    Behaviour.MOBILE_VOICEMAIL: machine,
    Behaviour.NO_ANSWER: no_answer,
    Behaviour.BUSY: refused_at_once(486),
    Behaviour.NOT_IN_USE: announced(404),
    Behaviour.NUMBER_CHANGED: announced(410),
    Behaviour.UNPAID: announced(480),
    Behaviour.OUT_OF_AREA: announced(480),
    Behaviour.OUT_OF_AREA_ANSWERS: answered_by_announcement,
    Behaviour.REJECTED: rejected,
    Behaviour.CONGESTION: refused_at_once(503),
    Behaviour.FAX: fax,
    Behaviour.SCREENING: screening,
    Behaviour.FALSE_RINGBACK: false_ringback,
    Behaviour.FALLS_DEAD: falls_dead,
    Behaviour.MUSIC_PERSON: with_music(_answers_and_talks),
    Behaviour.MUSIC_NO_ANSWER: with_music(_gives_up_ringing),
}


async def operator(line: Line, hum: Sound | None = None) -> None:
    """An operator's phone takes every call at once, greets whoever comes on the line and talks on in turns."""
    await line.answer()
    if hum is not None and line.call.party is not None:
        line.call.party.background = hum
    while True:
        await line.until_their_turn_ends()
        await line.say(texts.OPERATOR_GREETING if line.is_new_voice() else line.chance.choice(texts.OPERATOR_REPLIES))


def texts_of(subscribers: Iterable[Subscriber]) -> set[str]:
    """All that may be said by anybody, so that it can be spoken before the first call."""
    own = {text for who in subscribers for text in (who.opening, who.greeting) if text} - {texts.SAYS_NOTHING}
    return {
        *own, *texts.REPLIES, texts.STILL_THERE, texts.OPERATOR_GREETING, *texts.OPERATOR_REPLIES, texts.CALLER_WORDS,
    }  # fmt: skip
