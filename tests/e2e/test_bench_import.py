"""Small samples of the benches of lists and persons: the tender's eight files, each once and once again; a town."""

from pathlib import Path

from rich.console import Console

from dialer.bench.imports import FILES, bench_imports
from dialer.bench.search import bench_search
from dialer.config import load_settings
from tests.places import LIB


def test_eight_files_are_taken_over_and_the_second_time_nothing_is_added(centre_folder: Path) -> None:
    settings = load_settings(state_dir=centre_folder, lib_dir=LIB)
    figures = bench_imports(settings, Console(quiet=True), seed=2, share=0.004)
    assert figures.rows >= len(FILES) * 3
    assert (figures.planned > 0, figures.added_again) == (True, 0)
    assert figures.worked


def test_in_a_small_town_whoever_is_looked_for_is_found_at_once(centre_folder: Path) -> None:
    settings = load_settings(state_dir=centre_folder, lib_dir=LIB)
    figures = bench_search(settings, Console(quiet=True), seed=2, share=0.002)
    assert (figures.worked, all(one.scanned for name, one in figures.ways.items() if "page" not in name)) == (
        True,
        True,
    )
