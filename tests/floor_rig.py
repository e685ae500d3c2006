"""A busy floor as an engine tells it: operators in every state, calls in every stage, callers who wait."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from playwright.async_api import Page, expect

from dialer.core.stages import Stage
from dialer.core.values import AttemptId, CallId
from dialer.store.database import Database
from dialer.store.floor import FloorTeller
from tests.desk_rig import DeskRig
from tests.waiting import until
from tests.web_browser import sign_in
from tests.web_rig import PASSWORD

STATES = ("free", "talking", "wrap_up", "paused", "offline")


PACE = {
    "persons": 0,
    "left_alone": 0,
    "lost_by_ear": 0.0,
    "by_debt": {},
    "target": 0.01,
    "ceiling": 0.03,
    "risk": 0.01,
    "progressive_because": None,
}
"""Nobody has answered yet."""


def floor(rig: DeskRig, **parts: object) -> dict[str, Any]:
    """An empty one, but for these parts."""
    empty: dict[str, Any] = {
        "at": rig.rig.clock.now().isoformat(),
        "why": "担当者の空きを待っています",
        "operators": [],
        "calls": [],
        "callers": [],
        "wishes": 0,
        "lines": {"all": 60, "used": 0, "kept_for_callers": 0},
        "modes": {"city_tax": "predictive"},
        "open": ["city_tax"],
        "pace": PACE,
    }
    return empty | parts


def ago(rig: DeskRig, seconds: float) -> str:
    return (rig.rig.clock.now() - timedelta(seconds=seconds)).isoformat()


def operator(rig: DeskRig, phone: str, state: str, seconds: float = 30, **more: object) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "phone": phone,
        "state": state,
        "since": ago(rig, seconds),
        "seat": None if state == "offline" else "phone",
        "account": None,
        "leg": "none" if state == "offline" else "up",
        "call": None,
        "preview": None,
        "pause": "meal" if state == "paused" else None,
        "wrap_up_until": None,
        "on_hold": False,
        "muted": False,
        "help": False,
        "consulting": None,
        "leaving": False,
        "listens_to": None,
        "listens_how": None,
    }
    return plain | more


def call(rig: DeskRig, attempt: AttemptId | CallId, stage: Stage, seconds: float = 8, **more: object) -> dict[str, Any]:
    since = ago(rig, seconds)
    return {"call": attempt, "stage": stage.value, "since": since, "began": since, "operator": None, **more}


def ringing(rig: DeskRig, place: int) -> AttemptId:
    """A call to somebody with a number of his own."""
    case = rig.person()
    rig.do(
        "UPDATE phone_number SET number = %(number)s || position FROM cases"
        " WHERE cases.person_id = phone_number.person_id AND cases.id = %(case)s",
        number=f"0258001{place:02d}",
        case=case,
    )
    return rig.ring(case)


LISTENS = """
SELECT FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'yobikake floor' AND state = 'idle' AND query <> ''
"""


async def tell(rig: DeskRig, content: Mapping[str, Any]) -> None:
    """As the engine does, when a page has asked for it; who listens is there by then."""
    await until(lambda: bool(rig.do(LISTENS)))
    database = Database(rig.url)
    teller = FloorTeller(rig.url, database, "nagaoka")
    await teller.tell(content)
    await teller.close()
    await database.close()


async def opened(page: Page) -> None:
    """Reiko looks at it."""
    await sign_in(page, "reiko", PASSWORD)
    await page.goto("/floor")
    await expect(page.locator("#health")).to_have_text("接続済み")
