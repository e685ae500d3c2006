"""What a caller does, told with the words of `Line`."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import assert_never

from simnet import texts
from simnet.callers import Caller, HearBegin, HearEnd, HearTone, Press, Say, Stay, Step, Talk, Wait
from simnet.line import Line
from simnet.log import StepEnd
from simnet.sound import tone

NETWORK_SECONDS = 180.0  # longer the network lets no telephone ring


class GaveUp(Exception):
    """Patience came to its end."""


async def call_in(line: Line, caller: Caller) -> None:
    """The story from the first digit to the hang-up; the end of the call cuts it off."""
    patience = NETWORK_SECONDS if caller.patience_seconds is None else caller.patience_seconds
    try:
        async with asyncio.timeout(patience):
            await line.dial(caller.dials, caller.shows)
            await line.until_answered()
    except TimeoutError:
        await line.hang_up()
        return
    if caller.hums_hertz is not None and line.call.party is not None:
        line.call.party.background = tone(caller.hums_hertz, 1.0)
    with contextlib.suppress(TimeoutError, GaveUp):
        async with asyncio.timeout(caller.hangs_up_after_seconds):
            for step in caller.steps:
                await _taken(line, step)
    line.quieten()
    await line.hang_up()


async def _taken(line: Line, step: Step) -> None:
    """With its begin and its end in the record."""
    end = StepEnd.CUT
    line.call.begin_step(type(step).__name__)
    try:
        await _does(line, step)
        end = StepEnd.DONE
    except GaveUp:
        end = StepEnd.GAVE_UP
        raise
    finally:
        line.call.end_step(end)


async def _does(line: Line, step: Step) -> None:
    match step:
        case Wait(seconds):
            await line.wait(seconds)
        case Stay():
            await asyncio.Event().wait()
        case HearBegin(patience):
            async with _patience(patience):
                await line.until_something_sounds()
        case HearEnd(silence, patience):
            async with _patience(patience):
                await line.until_their_turn_ends(silence)
        case HearTone(hertz, seconds, patience):
            async with _patience(patience):
                await line.until_tone(hertz, seconds)
        case Press(keys, every, down):
            await line.press(keys, every, down)
        case Say(text):
            await line.say(text)
        case Talk(seconds, opening):
            await _talk(line, seconds, opening)
        case never:
            assert_never(never)


@contextlib.asynccontextmanager
async def _patience(seconds: float | None) -> AsyncIterator[None]:
    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            yield
    except TimeoutError:
        if limit.expired():
            raise GaveUp from None
        raise


async def _talk(line: Line, seconds: float | None, opening: str) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await line.say(opening)
            while True:
                await line.until_their_turn_ends()
                await line.say(line.chance.choice(texts.REPLIES))
    line.quieten()
