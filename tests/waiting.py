"""Waiting for something real to happen, with an end."""

import asyncio
from collections.abc import Callable
from pathlib import Path

LOOK_SECONDS = 0.01


async def until(happened: Callable[[], bool], within: float = 20.0) -> None:
    try:
        async with asyncio.timeout(within):
            while not happened():
                await asyncio.sleep(LOOK_SECONDS)
    except TimeoutError:
        asked = happened.__code__
        place = f"{Path(asked.co_filename).name}:{asked.co_firstlineno}"
        raise TimeoutError(f"still not so after {within:g} seconds: {place}") from None
