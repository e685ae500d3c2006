"""A supervisor's page in a real Chromium, while a floor works: what it takes of the terminal, and whether it grows."""

import asyncio
import shutil
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from dialer.bench.figures import BenchFailed
from dialer.simulated_page import DeskClient

SETTLES_SECONDS = 20.0  # before the first look: everybody arrives
LOOK_SECONDS = 20.0
GOAL_PERCENT = 5.0


@dataclass(frozen=True, slots=True)
class Look:
    busy_percent: float  # of one core: the page's own thread, since the look before
    drawn: float  # times a second
    heap_mb: float  # what is left after tidying up
    nodes: int


@dataclass(slots=True)
class FloorPage:
    looks: list[Look] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        if not self.looks:
            return {}
        first, last, count = self.looks[0], self.looks[-1], len(self.looks)
        return {
            "minutes": round(count * LOOK_SECONDS / 60, 1),
            "busy_percent": round(sum(one.busy_percent for one in self.looks) / count, 2),
            "busiest_percent": round(max(one.busy_percent for one in self.looks), 2),
            "drawn_a_second": round(sum(one.drawn for one in self.looks) / count, 2),
            "heap_mb": [round(first.heap_mb, 2), round(last.heap_mb, 2)],
            "nodes": [first.nodes, last.nodes],
        }

    def line(self) -> str:
        told = self.as_dict()
        if not told:
            return "  the floor's page was not looked at: the shift was too short"
        return (
            f"  the floor's page in Chromium: {told['busy_percent']:g} % of a core (busiest {LOOK_SECONDS:.0f} s "
            f"{told['busiest_percent']:g} %, goal {GOAL_PERCENT:g}), drawn {told['drawn_a_second']:g} times a second, "
            f"{told['minutes']:g} minutes: {told['heap_mb'][0]:g} MB became {told['heap_mb'][1]:g}, "
            f"{told['nodes'][0]} nodes {told['nodes'][1]}"
        )

    async def watch(self, client: DeskClient) -> None:
        """Until it is cancelled; with the session of this client."""
        async with _page(client) as page:
            wire = await page.context.new_cdp_session(page)
            await wire.send("Performance.enable", {"timeDomain": "threadTicks"})
            await asyncio.sleep(SETTLES_SECONDS)
            before = await _measured(wire)
            while True:
                await asyncio.sleep(LOOK_SECONDS)
                await page.keyboard.press("Shift")  # somebody is there: else the page locks itself
                now = await _measured(wire)
                took = now["at"] - before["at"]
                self.looks.append(
                    Look(
                        busy_percent=100 * (now["TaskDuration"] - before["TaskDuration"]) / took,
                        drawn=(now["LayoutCount"] - before["LayoutCount"]) / took,
                        heap_mb=await _heap(wire),
                        nodes=int(now["Nodes"]),
                    )
                )
                before = await _measured(wire)


@asynccontextmanager
async def _page(client: DeskClient) -> AsyncGenerator[Any]:
    """The floor, opened by whoever this client is signed in as."""
    from playwright.async_api import async_playwright  # only who watches needs it

    program = shutil.which("chromium")
    if program is None:
        raise BenchFailed("Chromium is missing: ./run test installs it")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            context = await browser.new_context(viewport={"width": 1366, "height": 768}, ignore_https_errors=True)
            await context.add_cookies(
                [{"name": name, "value": value, "url": client.origin} for name, value in client.cookies]
            )
            page = await context.new_page()
            await page.goto(f"{client.origin}/floor")
            yield page
        finally:
            await browser.close()


async def _measured(wire: Any) -> dict[str, float]:
    told = await wire.send("Performance.getMetrics")
    return {one["name"]: one["value"] for one in told["metrics"]} | {"at": time.monotonic()}


async def _heap(wire: Any) -> float:
    await wire.send("HeapProfiler.collectGarbage")
    return (await _measured(wire))["JSHeapUsedSize"] / 1e6
