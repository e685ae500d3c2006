"""Waiting for something real to happen, with an end."""

import asyncio
from collections.abc import Callable

LOOK_SECONDS = 0.01


async def until(happened: Callable[[], bool], within: float = 20.0) -> None:
    async with asyncio.timeout(within):
        while not happened():
            await asyncio.sleep(LOOK_SECONDS)
