"""What the process tells of the centre: health, figures for a monitoring system, and warnings as they come and go."""

import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from dialer.core.stages import Stage
from dialer.core.warning_values import ClockSeen, DiskSeen
from dialer.embedded.postgres import PostgresCluster
from dialer.store.postgres import PostgresStore
from dialer.web.floor_live import FLOOR
from dialer.web.prometheus import Metric, Sample, Type, written
from dialer.web.warden import WARDEN, Warden
from tests.adapters.test_web_away import nobody_comes_in
from tests.desk_rig import DeskRig, desk_rig
from tests.floor_rig import PACE, call, floor, operator, ringing, tell
from tests.waiting import until

WELL = {"is_up": True, "silent_seconds": 0.3}


@pytest.fixture
async def rig(store: PostgresStore, database_url: str, tmp_path: Path) -> AsyncIterator[DeskRig]:
    async with desk_rig(store, database_url, tmp_path) as opened:
        yield opened


def warden_of(rig: DeskRig) -> Warden:
    return rig.rig.app[WARDEN]


async def health(rig: DeskRig) -> tuple[int, dict[str, str]]:
    answer = await rig.rig.browser().get("/health")
    told = await answer.json()
    assert told["ok"] is (answer.status == 200)
    return answer.status, {one["part"]: one["state"] for one in told["ill"]}


@pytest.mark.parametrize(
    ("program", "change", "status", "ill"),
    [
        ("web", WELL, 200, {}),
        ("asterisk-a", {"is_up": False}, 503, {"exchange": "away"}),
        ("engine", {"is_up": False}, 503, {"engine": "away"}),
        ("engine", {"silent_seconds": 9.0}, 503, {"engine": "frozen"}),
        ("ear", {"is_up": False}, 200, {"ear": "away"}),
        ("agi", {"silent_seconds": 9.0}, 200, {"agi": "frozen"}),
    ],
)
async def test_health_names_what_is_not_well_and_is_503_when_no_call_can_be_made(
    rig: DeskRig, program: str, change: Mapping[str, object], status: int, ill: Mapping[str, str]
) -> None:
    await until(lambda: warden_of(rig).figures.parts is not None)
    rig.machine.change(program, **change)
    assert await health(rig) == (status, ill)


async def test_an_engine_of_another_machine_that_tells_nothing_is_away(rig: DeskRig) -> None:
    rig.machine.seen.clear()
    await tell(rig, floor(rig, health={"exchange": False, "held": None}))
    await until(lambda: warden_of(rig).floor is not None)
    assert await health(rig) == (503, {"exchange": "away"})
    rig.rig.clock.pass_time(seconds=30)
    assert await health(rig) == (503, {"engine": "frozen"})


async def look(rig: DeskRig) -> list[str]:
    """What stands afterwards."""
    await warden_of(rig).look()
    return [f"{one['kind']} {one['subject']}".strip() for one in warden_of(rig).shown["warnings"]]


async def test_warnings_come_and_go_with_what_the_engine_and_the_machine_tell(rig: DeskRig) -> None:
    assert await look(rig) == []
    call_in = await rig.call_in("0258001234")
    busy = floor(
        rig,
        operators=[operator(rig, "op01", "talking", 700), operator(rig, "op02", "wrap_up", 10)],
        callers=[call(rig, call_in, Stage.WAITING, 75, place=1)],
        open=[],
        pace=PACE | {"persons": 100, "left_alone": 4},
    )
    await tell(rig, busy)
    await until(lambda: warden_of(rig).floor == busy)
    rig.machine.disk_seen, rig.machine.clock_seen = DiskSeen(10**9, 1.0), ClockSeen(False)
    rig.machine.change("ear", is_up=False)
    found = ["abandoned", "caller_waits", "disk_fills", "talks_long op01", "part_away ear", "clock_wrong sync"]
    assert await look(rig) == found
    await tell(rig, floor(rig, open=[]))
    await until(lambda: warden_of(rig).floor != busy)
    rig.machine.change("ear", is_up=True)
    assert await look(rig) == ["disk_fills", "clock_wrong sync"]
    stand = rig.do("SELECT kind, ended_at IS NULL AS stands FROM warning ORDER BY id")
    assert {one["kind"]: one["stands"] for one in stand} == {
        name.split(" ")[0]: name in ("disk_fills", "clock_wrong sync") for name in found
    }
    assert rig.do("SELECT count(*) AS told FROM outbox") == [{"told": len(found) + 4}]


async def test_an_engine_that_says_nothing_ends_no_warning_of_what_nobody_knows_then(rig: DeskRig) -> None:
    long = floor(rig, operators=[operator(rig, "op01", "talking", 700)], open=[])
    await tell(rig, long)
    await until(lambda: warden_of(rig).floor is not None)
    assert await look(rig) == ["talks_long op01"]
    rig.rig.clock.pass_time(seconds=30)
    assert await look(rig) == ["part_away engine", "talks_long op01"]


async def test_a_list_that_runs_dry_is_told_while_somebody_calls_it(rig: DeskRig) -> None:
    free = operator(rig, "op01", "free")
    await tell(rig, floor(rig, operators=[free]))
    await until(lambda: warden_of(rig).floor is not None)
    assert await look(rig) == ["list_runs_dry city_tax"]
    await tell(rig, floor(rig, operators=[free], modes={"city_tax": "paused"}))
    await until(lambda: (warden_of(rig).floor or {}).get("modes") == {"city_tax": "paused"})
    rig.rig.clock.pass_time(seconds=1)
    warden_of(rig)._next.pop("lists")
    assert await look(rig) == []


async def test_what_happened_while_the_database_was_away_is_written_when_it_is_back(
    rig: DeskRig, postgres: PostgresCluster, database_url: str
) -> None:
    await look(rig)
    rig.machine.change("ear", is_up=False)
    with nobody_comes_in(postgres, database_url):
        await look(rig)  # once may be chance
        assert await look(rig) == ["part_away database", "part_away ear"]
        assert [one["id"] for one in warden_of(rig).shown["warnings"]] == [None, None]
        assert await health(rig) == (503, {"database": "away", "ear": "away"})
        began = rig.rig.clock.now()
        rig.rig.clock.pass_time(seconds=3)
    rig.machine.change("ear", is_up=True)
    await until_database(rig)
    assert await look(rig) == []
    rows = rig.do("SELECT subject, raised_at, ended_at IS NOT NULL AS over FROM warning ORDER BY subject")
    assert rows == [{"subject": name, "raised_at": began, "over": True} for name in ("database", "ear")]


async def until_database(rig: DeskRig) -> None:
    """A look that reaches it."""
    for _ in range(50):
        await warden_of(rig).look()
        if not [one for one in warden_of(rig).parts() if one.key == "database" and not one.is_well]:
            return
    raise AssertionError("the database does not come back")


# --- figures for a monitoring system

LINE = re.compile(
    r"# (?:HELP|TYPE) [a-z_]+ .+"
    r"|[a-z_]+(?:\{[a-z_]+=\"(?:[^\"\\\n]|\\[\\n\"])*\"(?:,[a-z_]+=\"(?:[^\"\\\n]|\\[\\n\"])*\")*\})? -?[0-9.e+-]+"
)


def test_figures_are_written_as_prometheus_reads_them() -> None:
    found = written(
        [
            Metric("a", "Says \\ and\nmore", [Sample(1.0, {"x": 'a "b"\\\n'}), Sample(0.25)]),
            Metric("nothing", "Of which nothing is known", []),
            Metric("b_total", "So many", [Sample(12)], Type.COUNTER),
        ]
    )
    assert found == (
        "# HELP a Says \\\\ and\\nmore\n# TYPE a gauge\n"
        'a{x="a \\"b\\"\\\\\\n"} 1\na 0.25\n'
        "# HELP b_total So many\n# TYPE b_total counter\nb_total 12\n"
    )
    assert all(LINE.fullmatch(line) for line in found.splitlines())


async def test_the_figures_of_a_busy_centre_are_told_without_anybody_s_name_or_number(rig: DeskRig) -> None:
    attempts = [ringing(rig, place) for place in range(3)]
    waits = await rig.call_in("0258001234")
    over = attempts.pop()
    rig.hang_up(over, outcome="no_answer")
    busy = floor(
        rig,
        operators=[operator(rig, "op01", "talking"), operator(rig, "op02", "free")],
        calls=[call(rig, one, Stage.RINGING) for one in attempts],
        callers=[call(rig, waits, Stage.WAITING, 20, place=1)],
        lines={"all": 30, "used": 3, "kept_for_callers": 0},
        pace=PACE | {"persons": 10},
        health={"exchange": True, "held": None, "loop_delay_p99_ms": 2.5},
    )
    await tell(rig, busy)
    await until(lambda: warden_of(rig).floor is not None)
    await look(rig)
    answer = await rig.rig.browser().get("/metrics")
    text = await answer.text()
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert [line for line in text.splitlines() if not LINE.fullmatch(line)] == []
    for line in (
        "yobikake_up 1",
        'yobikake_part_up{part="exchange"} 1',
        'yobikake_calls{stage="ringing"} 2',
        'yobikake_operators{state="talking"} 1',
        "yobikake_callers_waiting 1",
        "yobikake_caller_longest_wait_seconds 20",
        "yobikake_lines_used 3",
        'yobikake_attempts_total{outcome="no_answer"} 1',
        "yobikake_persons_answered_total 10",
        "yobikake_engine_loop_delay_seconds 0.0025",
        "yobikake_ear_streams 7",
        "yobikake_disk_recording_hours 180",
        "yobikake_clock_synchronised 1",
    ):
        assert f"\n{line}\n" in f"\n{text}", line
    assert not re.search(r"0258|op0|見本", text)


async def test_who_is_elsewhere_gets_no_figures(store: PostgresStore, database_url: str, tmp_path: Path) -> None:
    async with desk_rig(store, database_url, tmp_path) as rig:
        browser = rig.rig.browser()
        assert (await browser.get("/metrics")).status == 200
        for name in ("X-Forwarded-For", "Forwarded"):  # a proxy on this machine
            assert (await browser.get("/metrics", headers={name: "192.0.2.1"})).status == 403
    async with desk_rig(store, database_url, tmp_path, metrics_from=["127.0.0.0/8"]) as rig:
        forwarded = await rig.rig.browser().get("/metrics", headers={"X-Forwarded-For": "192.0.2.1"})
        assert forwarded.status == 200  # the proxy itself is named


# --- acknowledging


async def test_a_supervisor_acknowledges_and_it_is_in_the_log(rig: DeskRig) -> None:
    rig.machine.change("ear", is_up=False)
    await look(rig)
    (one,) = warden_of(rig).shown["warnings"]
    page, other = await rig.operator("reiko", ("supervisor",)), await rig.operator("hanako")
    path = f"/floor/warnings/{one['id']}/acknowledge"
    assert (await other.ask("POST", path, json={})).status == 403
    assert (await page.ask("POST", "/floor/warnings/999999/acknowledge", json={})).status == 404
    answers = [await page.ask("POST", path, json={}) for _ in range(2)]
    assert [(await answer.json())["first"] for answer in answers] == [True, False]
    await until(lambda: warden_of(rig).shown["warnings"][0]["acknowledged_by"] == "見本 花子")
    logged = rig.do("SELECT function, what, ids, by FROM operation WHERE ids = %(ids)s", ids=[str(one["id"])])
    assert logged == [{"function": "acknowledge", "what": "warning", "ids": [str(one["id"])], "by": "reiko"}] * 2
    assert rig.rig.app[FLOOR].beside()["warnings"][0]["acknowledged_by"] == "見本 花子"
