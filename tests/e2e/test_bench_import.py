"""A small sample of the import bench: the tender's eight files, each once and once again."""

from pathlib import Path

from rich.console import Console

from dialer.bench.imports import FILES, bench_imports
from dialer.config import load_settings
from tests.places import LIB


def test_eight_files_are_taken_over_and_the_second_time_nothing_is_added(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    figures = bench_imports(load_settings(state_dir=tmp_path, lib_dir=LIB), Console(quiet=True), seed=2, share=0.004)
    assert figures.worked
    assert figures.rows >= len(FILES) * 3
    assert figures.as_dict()["added_again"] == 0
