"""Answers that take long are made once for all who ask."""

import asyncio
from typing import Any

from dialer.web.day_period import ANEW_SECONDS, MOST_KEPT, Kept
from tests.web_rig import HandClock


class Counting:
    def __init__(self) -> None:
        self.made = 0
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def __call__(self) -> dict[str, Any]:
        await self.go_on.wait()
        self.made += 1
        return {"made": self.made}


async def test_who_asks_while_an_answer_is_made_gets_that_one() -> None:
    kept, counting = Kept(HandClock()), Counting()
    counting.go_on.clear()
    asking = [asyncio.create_task(kept.answer("targets", counting, seconds=600)) for _ in range(3)]
    counting.go_on.set()
    assert await asyncio.gather(*asking) == [{"made": 1}] * 3


async def test_an_answer_is_made_anew_when_it_is_old_or_somebody_wants_it_but_not_at_every_click() -> None:
    clock, counting = HandClock(), Counting()
    kept = Kept(clock)
    await kept.answer("targets", counting, seconds=600)
    assert await kept.answer("targets", counting, seconds=600, anew=True) == {"made": 1}
    clock.pass_time(seconds=ANEW_SECONDS)
    assert await kept.answer("targets", counting, seconds=600) == {"made": 1}
    assert await kept.answer("targets", counting, seconds=600, anew=True) == {"made": 2}
    clock.pass_time(seconds=600)
    assert await kept.answer("targets", counting, seconds=600) == {"made": 3}


async def test_only_the_last_spans_are_kept() -> None:
    kept, counting = Kept(HandClock()), Counting()
    for span in range(MOST_KEPT + 1):
        await kept.answer(span, counting, seconds=600)
    assert await kept.answer(1, counting, seconds=600) == {"made": 2}
    assert await kept.answer(0, counting, seconds=600) == {"made": MOST_KEPT + 2}


async def test_what_failed_is_asked_for_again() -> None:
    kept, counting = Kept(HandClock()), Counting()

    async def fails() -> dict[str, Any]:
        raise ConnectionError

    asking = (kept.answer("targets", make, seconds=600) for make in (fails, counting))
    answers = await asyncio.gather(*asking, return_exceptions=True)
    assert isinstance(answers[0], ConnectionError)
    assert answers[1] == {"made": 1}
