"""What of a centre does its work, from what its programs say of themselves and of each other."""

import os
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dialer.config import Settings
from dialer.core.health import NAMES, Part, PartState, ProgramSeen, Pulse, is_well, parts_now
from dialer.folders import write_json
from dialer.health import Machine, programs_seen, stack_file
from dialer.telling import tell, told_file

WELL, AWAY, FROZEN, RESTARTED = PartState.WELL, PartState.AWAY, PartState.FROZEN, PartState.RESTARTED
ENGINE = {"ready": True, "lead": "leads", "exchange": True, "held": None}
CENTRE = {
    name: ProgramSeen(name, True, 3600, 0, silent, told)
    for name, silent, told in (
        ("postgres", None, {}),
        ("asterisk-a", None, {}),
        ("ear", 0.4, {"ready": True}),
        ("agi", 0.4, {"ready": True}),
        ("engine", 0.4, ENGINE),
        ("web", 0.4, {"ready": True}),
    )
}
FRESH, OLD = Pulse(1.0, ENGINE), Pulse(20.0, ENGINE)


def seen(
    *, database: bool | None = True, pulse: Pulse | None = FRESH, programs: bool = True, **changes: Mapping[str, object]
) -> tuple[Part, ...]:
    """The centre with these programs changed."""
    changed = {name: replace(one, **changes.get(name, {})) for name, one in CENTRE.items()}  # type: ignore[arg-type]
    return parts_now(list(changed.values()) if programs else [], database=database, pulse=pulse)


def ill(parts: tuple[Part, ...]) -> dict[str, PartState]:
    return {one.key: one.state for one in parts if one.state is not WELL}


def test_all_that_runs_is_well() -> None:
    parts = seen()
    assert [one.key for one in parts] == ["database", "exchange", "engine", "ear", "agi", "web"]
    assert (ill(parts), is_well(parts)) == ({}, True)


DOWN: Mapping[str, object] = {"is_up": False}
STILL: Mapping[str, object] = {"silent_seconds": 6.0}


@pytest.mark.parametrize(
    ("program", "change", "part", "state", "calls_go_on"),
    [
        ("postgres", DOWN, "database", AWAY, False),
        ("asterisk-a", DOWN, "exchange", AWAY, False),
        ("engine", DOWN, "engine", AWAY, False),
        ("engine", STILL, "engine", FROZEN, False),
        ("ear", DOWN, "ear", AWAY, True),
        ("ear", STILL, "ear", FROZEN, True),
        ("agi", DOWN, "agi", AWAY, True),
        ("agi", STILL, "agi", FROZEN, True),
        ("web", DOWN, "web", AWAY, True),
        ("web", STILL, "web", FROZEN, True),
        ("ear", {"restarts": 1, "up_seconds": 4.0}, "ear", RESTARTED, True),
        ("ear", {"restarts": 1, "up_seconds": 40.0}, None, None, True),
        ("engine", {"told": {**ENGINE, "exchange": False}}, "exchange", AWAY, False),
        ("engine", {"told": {**ENGINE, "held": "文面がありません"}}, "texts", AWAY, False),
    ],
)
def test_each_part_that_dies_or_freezes_alone_is_named(
    program: str, change: Mapping[str, object], part: str | None, state: PartState | None, calls_go_on: bool
) -> None:
    changes: dict[str, Any] = {program: change, "pulse": OLD if program == "engine" and change is STILL else FRESH}
    parts = seen(**changes)
    assert ill(parts) == ({part: state} if part else {})
    assert is_well(parts) is calls_go_on


def test_a_database_that_does_not_answer_is_told_also_where_nobody_could_ask_it() -> None:
    assert ill(seen(database=False, pulse=OLD)) == {"database": AWAY}
    unsure: Mapping[str, object] = {"told": {**ENGINE, "lead": "unsure"}}
    assert ill(seen(database=None, pulse=None, engine=unsure)) == {"database": AWAY}


def test_pages_on_another_machine_know_the_engine_by_what_it_tells() -> None:
    assert ill(seen(programs=False)) == {}
    assert ill(seen(programs=False, pulse=OLD)) == {"engine": FROZEN}
    no_exchange = Pulse(1.0, {**ENGINE, "exchange": False})
    assert ill(seen(programs=False, pulse=no_exchange)) == {"exchange": AWAY}


def test_an_engine_that_stands_by_is_not_enough() -> None:
    stands_by: Mapping[str, object] = {"told": {**ENGINE, "lead": "stands_by"}}
    assert ill(seen(engine=stands_by)) == {}
    assert ill(seen(engine=stands_by, pulse=OLD)) == {"engine": FROZEN}


def test_what_an_engine_said_before_it_froze_counts_no_more() -> None:
    frozen: Mapping[str, object] = {"silent_seconds": 60.0, "told": {**ENGINE, "exchange": False}}
    assert ill(seen(engine=frozen, pulse=OLD)) == {"engine": FROZEN}


def test_an_engine_that_cannot_write_its_file_but_tells_of_its_floor_is_well() -> None:
    still: dict[str, Any] = {"engine": STILL}
    assert ill(seen(pulse=FRESH, **still)) == {}


def test_each_part_has_a_name_for_people() -> None:
    assert [Part(key, WELL).text for key in NAMES][:2] == ["データベース: 正常", "交換機: 正常"]
    assert Part("ear-2", AWAY, "起動中").text == "応答の判定（2）: 停止しています（起動中）"


# --- this machine


def test_a_supervisor_s_programs_are_seen_by_what_it_and_they_tell(tmp_path: Path) -> None:
    assert programs_seen(tmp_path) == ()
    child = {"pid": os.getpid(), "state": "ready", "since": time.time() - 60, "restarts": 0}
    children = {
        "migrate": {**child, "pid": None, "state": "done"},
        "asterisk-a": child,
        "ear-2": child,
        "engine": {**child, "state": "down", "restarts": 3},
        "agi": child,
        "web": {**child, "pid": 2**22 + 1},  # nobody has this one
    }
    (tmp_path / "run").mkdir()
    write_json(stack_file(tmp_path), {"children": children})
    tell(told_file(tmp_path, "ear", os.getpid()), {"ready": True, "streams": 3})
    found = {one.name: one for one in programs_seen(tmp_path)}
    assert {name: one.state for name, one in found.items()} == {
        "migrate": WELL,
        "asterisk-a": WELL,
        "ear-2": WELL,
        "engine": AWAY,
        "agi": FROZEN,  # up for a minute, and has never told of itself
        "web": AWAY,
    }
    assert found["ear-2"].told["streams"] == 3


def test_a_machine_knows_its_disk_and_that_nobody_sets_its_clock(tmp_path: Path) -> None:
    machine = Machine(Settings(state_dir=tmp_path, operator_phones=10), records=True)
    disk = machine.disk()
    assert disk is not None
    assert disk.hours == pytest.approx(disk.free_bytes / (10 * 32_000 * 3600))
    assert [machine.clock().stepped_seconds for _ in range(2)] == [0.0, 0.0]
    machine._ahead = (machine._ahead or 0.0) - 90  # as after somebody has set it forward
    assert machine.clock().stepped_seconds == pytest.approx(90, abs=1)
    assert machine.clock().stepped_seconds == pytest.approx(90, abs=1)
    quiet = Machine(Settings(state_dir=tmp_path), records=False).disk()
    assert quiet is not None
    assert quiet.hours is None
