"""Somebody whose right is limited to a group, and an office of two groups."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from dialer.core.values import AttemptId
from tests.desk_rig import DeskRig
from tests.web_rig import Browser

MOVED = (
    "INSERT INTO group_choice (city, account, group_key, reason, by, at)"
    " VALUES ('nagaoka', %(login)s, %(group)s, '担当', 'boss', now())"
)
OUT = "この権限は担当グループ（市税）に限られています。"


@dataclass(slots=True)
class Office:
    """Taro and Hanako take tax and insurance, Jiro both; each talks. Reiko leads those who take tax."""

    rig: DeskRig
    page: Browser
    tax: AttemptId
    insurance: AttemptId
    both: AttemptId  # Jiro's, about insurance

    async def refused(self, path: str, asked: Mapping[str, object]) -> None:
        """With a sentence and a row of the log, and nothing is done."""
        before = self.state()
        answer = await self.page.ask("POST", path, json=asked)
        assert (answer.status, (await answer.json())["message"].startswith(OUT)) == (403, True), (path, asked)
        after = self.state()
        assert after == ([*before[0], ["reiko", "refuse", "group"]], before[1])

    def state(self) -> tuple[list[list[str]], dict[str, int]]:
        """What the log has of her, and how many rows there are of all that can be done here."""
        tables = ("mode_choice", "pace_choice", "group_choice", "notice", "result_duty", "wall_link", "desk_order")
        rows = ", ".join(f"(SELECT count(*) FROM {table}) AS {table}" for table in tables)
        seen = "(SELECT count(*) FROM warning WHERE acknowledged_at IS NOT NULL) AS seen"
        log = (
            "(SELECT array_agg(ARRAY[by, function, what] ORDER BY id) FROM operation"
            " WHERE by = 'reiko' AND function <> 'view') AS log"
        )
        (found,) = self.rig.do(f"SELECT {rows}, {seen}, {log}")
        return found.pop("log") or [], found


async def led(rig: DeskRig) -> Browser:
    """Reiko is signed in, to lead those who take tax."""
    await rig.rig.person("reiko", [], name="見本 礼子")
    await rig.rig.grant("reiko", "supervisor", groups=["tax"])
    browser = rig.rig.browser()
    assert (await browser.sign_in("reiko")).status == 200
    return browser


def seat(phone: str, kind: str, **detail: str) -> dict[str, object]:
    return {"phone": phone, "kind": kind, "detail": detail}


async def visitor(rig: DeskRig, page: Browser) -> Any:
    found = await rig.rig.parts.sessions.find(page.secret or "", rig.rig.clock.now())
    assert found is not None
    return found


@asynccontextmanager
async def followed(page: Browser) -> AsyncIterator[Any]:
    stream = await page.get("/floor/events", headers={"Accept": "text/event-stream"})
    assert stream.status == 200
    try:
        yield stream
    finally:
        stream.close()


async def next_event(stream: Any, *wanted: str) -> tuple[str, Any]:
    name = ""
    async with asyncio.timeout(10):
        while line := (await stream.content.readline()).decode().rstrip("\n"):
            key, _, value = line.partition(": ")
            if key == "event":
                name = value
            elif key == "data" and name in wanted:
                await stream.content.readline()
                return name, value if name == "locked" else json.loads(value)
            elif key == "data":
                await stream.content.readline()
    raise EOFError
