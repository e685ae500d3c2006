"""No call goes to a page that nobody looks at."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dialer.store.postgres import PostgresStore
from dialer.web.attendance import AGAIN_SECONDS, GONE_SECONDS, Attendance
from dialer.web.desk_parts import DESK
from tests.desk_rig import DeskRig, desk_rig
from tests.waiting import until

PAGE_GONE = ("op01", "pause", {"reason": "page_gone"})


@pytest.fixture
async def rig(store: PostgresStore, database_url: str, tmp_path: Path) -> AsyncIterator[DeskRig]:
    async with desk_rig(store, database_url, tmp_path) as opened:
        yield opened


async def seated(rig: DeskRig) -> Attendance:
    """Hanako takes calls at op01."""
    rig.sit("hanako")
    rig.desk("op01", state="free", pause_reason=None)
    desk = rig.rig.app[DESK]
    await until(lambda: (found := desk.live.desk_of("hanako")) is not None and found.state == "free")
    return Attendance(desk, rig.rig.parts)


async def test_an_operator_whose_page_has_gone_is_paused_after_a_while(rig: DeskRig) -> None:
    page = await rig.operator()
    attendance = await seated(rig)
    pushed = await rig.follow(page)
    await pushed.snapshot()
    await attendance.look(0.0)
    await attendance.look(GONE_SECONDS * 10)
    assert rig.orders == [], "the page is open"
    pushed.close()
    live = rig.rig.app[DESK].live
    await until(lambda: not live.is_followed("hanako"), 20)
    await attendance.look(GONE_SECONDS * 11 - 0.1)
    assert rig.orders == [], "it may only have been reloaded"
    await attendance.look(GONE_SECONDS * 11)
    await until(lambda: rig.orders == [PAGE_GONE])
    await until(lambda: live.operators["op01"].pause_reason == "page_gone")
    await attendance.look(GONE_SECONDS * 11 + AGAIN_SECONDS)
    assert rig.orders == [PAGE_GONE], "who is paused is left alone"


async def test_the_order_is_not_repeated_while_the_engine_is_away(rig: DeskRig) -> None:
    attendance = await seated(rig)
    await attendance.look(0.0)
    for later in range(1, 4):
        rig.desk("op01", state="free", pause_reason=None)
        live = rig.rig.app[DESK].live
        await until(lambda: live.operators["op01"].pause_reason is None)  # noqa: B023
        await attendance.look(GONE_SECONDS + later)
        await until(lambda: rig.orders == [PAGE_GONE])


@pytest.mark.parametrize(
    ("path", "order"), [("/sign-out", ("op01", "leave_seat", {})), ("/lock", PAGE_GONE)], ids=["signs out", "locks"]
)
async def test_who_leaves_the_page_takes_no_more_calls(rig: DeskRig, path: str, order: object) -> None:
    page = await rig.operator()
    await seated(rig)
    answer = await page.ask("POST", path, json={})
    assert answer.status == 200
    await until(lambda: rig.orders == [order])


async def test_whose_seat_was_freed_is_signed_out_then_and_who_sits_down_again_meanwhile_is_not(rig: DeskRig) -> None:
    page, attendance = await rig.operator(), await seated(rig)
    desk = rig.rig.app[DESK]
    desk.leaving["hanako"] = "reiko"
    rig.desk("op01", leaving=True)
    await until(lambda: (found := desk.live.desk_of("hanako")) is not None and found.leaving)
    await attendance.look(0.0)
    assert desk.leaving == {"hanako": "reiko"}, "still talks"
    rig.desk("op01", leaving=False)
    await until(lambda: (found := desk.live.desk_of("hanako")) is not None and not found.leaving)
    await attendance.look(1.0)
    await attendance.look(2.0)
    assert desk.leaving == {}
    rig.desk("op01", state="offline", account=None, seat=None)
    await until(lambda: desk.live.desk_of("hanako") is None)
    await attendance.look(3.0)
    assert (await page.get("/visit")).status == 200
