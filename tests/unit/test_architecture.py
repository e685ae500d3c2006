"""Imports point only downwards, and the core touches nothing but values."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

LAYERS: list[set[str]] = [
    {"dialer.core"},
    {"dialer.config", "dialer.ports", "dialer.log", "dialer.telephone"},
    {"dialer.ami", "dialer.store", "dialer.media", "dialer.embedded", "dialer.profiles", "dialer.witness_file"},
    {"dialer.engine"},
    {"dialer.main", "dialer.cli", "dialer.__main__", "dialer.demo", "dialer.bench"},
    {"agi", "webhooks"},
]


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
