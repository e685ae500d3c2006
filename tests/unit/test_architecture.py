"""Imports point only downwards, and the core touches nothing but values."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

OURS = ("dialer", "agi", "webhooks")
LAYERS: dict[str, int] = {
    "dialer.core": 0,
    **dict.fromkeys(("dialer.config", "dialer.folders", "dialer.log", "dialer.ports"), 1),
    **dict.fromkeys(("dialer.origins", "dialer.pace_ports", "dialer.recorder", "dialer.telling"), 1),
    **dict.fromkeys(("dialer.ami", "dialer.ami_events", "dialer.ami_orders", "dialer.ami_protocol"), 2),
    "dialer.ami_strangers": 2,
    **dict.fromkeys(("dialer.ear", "dialer.embedded", "dialer.holidays", "dialer.lists", "dialer.media"), 2),
    **dict.fromkeys(("dialer.profiles", "dialer.staffing", "dialer.store", "dialer.web"), 2),
    **dict.fromkeys(("dialer.rotating", "dialer.supervisor", "dialer.telephone", "dialer.witness_file"), 2),
    **dict.fromkeys(("dialer.caller_files", "dialer.pace_record"), 2),
    **dict.fromkeys(("dialer.manual_book", "dialer.result_book", "dialer.script_book"), 2),
    **dict.fromkeys(("dialer.calls", "dialer.desks", "dialer.engine", "dialer.journal", "dialer.listening"), 3),
    **dict.fromkeys(("dialer.planning", "dialer.settlement", "dialer.showing", "dialer.tasks"), 3),
    **dict.fromkeys(("dialer.legs", "dialer.manual", "dialer.ordering", "dialer.seating"), 3),
    **dict.fromkeys(("dialer.pacing", "dialer.placing", "dialer.preview", "dialer.tapes", "dialer.watcher"), 3),
    **dict.fromkeys(("dialer.passing", "dialer.taking_back", "dialer.talking", "dialer.transferring"), 3),
    **dict.fromkeys(
        ("dialer.caller_look", "dialer.caller_parts", "dialer.callers", "dialer.lines", "dialer.live_call"), 3
    ),
    **dict.fromkeys(("dialer.giving_way", "dialer.meeting", "dialer.monitoring", "dialer.seen", "dialer.wishes"), 3),
    **dict.fromkeys(("dialer.answered", "dialer.claiming", "dialer.supervising", "dialer.teams"), 3),
    **dict.fromkeys(("dialer.owed", "dialer.shift_plan"), 3),
    **dict.fromkeys(("dialer.cli", "dialer.__main__", "dialer.main", "dialer.stack", "dialer.daemon"), 4),
    **dict.fromkeys(("dialer.agreeing", "dialer.calendar_commands", "dialer.case_commands", "dialer.commands"), 4),
    **dict.fromkeys(("dialer.callers_command", "dialer.group_command"), 4),
    **dict.fromkeys(("dialer.decide_command", "dialer.flag_command", "dialer.mode_command", "dialer.pace_command"), 4),
    **dict.fromkeys(("dialer.shift_commands", "dialer.table_files", "dialer.work_plan_commands"), 4),
    **dict.fromkeys(("dialer.hearing_command", "dialer.list_commands", "dialer.replay", "dialer.rulebooks"), 4),
    **dict.fromkeys(("dialer.simulated", "dialer.simulated_operators", "dialer.demo", "dialer.bench"), 4),
    **dict.fromkeys(("dialer.simulated_desks", "dialer.simulated_greetings", "dialer.simulated_page"), 4),
    **dict.fromkeys(("dialer.briefings", "dialer.ear_process"), 4),
    **dict.fromkeys(("dialer.account_commands", "dialer.audit_commands", "dialer.command_log"), 4),
    **dict.fromkeys(("dialer.health", "dialer.web_process"), 4),
    **dict.fromkeys(("dialer.prompt_approvals", "dialer.prompt_commands", "dialer.script_commands"), 4),
    **dict.fromkeys(("dialer.manual_commands", "dialer.result_commands"), 4),
    **dict.fromkeys(("dialer.prompt_keeper", "dialer.prompt_recording", "dialer.prompt_saying", "dialer.trials"), 4),
    **dict.fromkeys(("dialer.special_messages", "dialer.texts"), 4),
    **dict.fromkeys(("dialer.backup", "dialer.backup_commands", "dialer.doctor", "dialer.doctor_command"), 4),
    **dict.fromkeys(("dialer.database_command", "dialer.services"), 4),
    **dict.fromkeys(("dialer.recording_commands", "dialer.recording_keeper"), 4),
    **dict.fromkeys(("dialer.import_process", "dialer.importing", "dialer.list_words"), 4),
    "agi": 5,
    "webhooks": 5,
}
"""A module imports from its own layer and from those below. Adapters (2) and the engine (3) do not know each other."""


def layer_of(name: str) -> int | None:
    """None for what is not ours."""
    parts = name.split(".")
    known = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    found = next((part for part in known if part in LAYERS), None)
    assert found or parts[0] not in ("dialer", "agi", "webhooks") or name == "dialer", (
        f"{name} has no layer: give it one"
    )
    return LAYERS[found] if found else None


def modules(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py") if "versions" not in path.parts)


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: write the whole name of what is imported"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", modules("dialer/core"), ids=lambda path: path.stem)
def test_the_core_imports_only_the_standard_library_numpy_and_itself(path: Path) -> None:
    for name in imports(path):
        top = name.split(".")[0]
        assert top in sys.stdlib_module_names or top == "numpy" or name.startswith("dialer.core"), name


FORBIDDEN = {"asyncio", "logging", "socket", "subprocess", "random", "time", "os", "pathlib"}
CLOCKS = {"now", "utcnow", "today", "time", "monotonic"}


@pytest.mark.parametrize("path", modules("dialer/core"), ids=lambda path: path.stem)
def test_the_core_has_no_io_no_clock_and_no_chance(path: Path) -> None:
    assert not {name.split(".")[0] for name in imports(path)} & FORBIDDEN
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not any(isinstance(node, ast.AsyncFunctionDef | ast.Await) for node in ast.walk(tree))
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
        ):
            assert not (node.func.value.id in {"datetime", "date"} and node.func.attr in CLOCKS), ast.unparse(node)


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@pytest.mark.parametrize("path", modules(*OURS), ids=name_of)
def test_imports_point_only_downwards(path: Path) -> None:
    name = name_of(path)
    here = layer_of(name)
    for imported in imports(path):
        there = layer_of(imported)
        if here is None or there is None:
            continue
        assert there <= here, f"{name} imports {imported}"
        assert (here, there) != (3, 2), f"the engine knows ports, not adapters: {name} imports {imported}"
        assert here != 5 or there != 5 or name.split(".")[0] == imported.split(".")[0], f"{name} imports {imported}"


@pytest.mark.parametrize("path", modules(*OURS), ids=name_of)
def test_only_rehearsals_know_the_simulated_network(path: Path) -> None:
    allowed = ("dialer.simulated", "dialer.demo", "dialer.bench")
    assert name_of(path).startswith(allowed) or not any(name.startswith("simnet") for name in imports(path))


@pytest.mark.parametrize("path", modules(*OURS), ids=name_of)
def test_only_the_bench_of_the_ear_knows_its_laboratory(path: Path) -> None:
    assert name_of(path) == "dialer.bench.ear" or not any(name.startswith("earlab") for name in imports(path))


@pytest.mark.parametrize("path", modules("dialer", "sip-sim"), ids=name_of)
def test_nothing_that_has_to_end_waits_in_a_way_that_can_swallow_its_end(path: Path) -> None:
    """On Python 3.11 asyncio.wait_for loses a cancellation that comes together with what is waited for."""
    found = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Attribute)]
    assert [ast.unparse(node) for node in found if node.attr == "wait_for"] == []
