"""Settings: every problem at once, and the same for a child process."""

from pathlib import Path
from typing import Any

import pytest

from dialer.config import Dialling, SettingsError, Trunk, Web, as_environment, load_settings

NETWORKS: dict[str, Any] = {"metrics_from": ["192.0.2.0/24"]}


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YOBIKAKE_STATE_DIR", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)


def write(folder: Path, text: str) -> None:
    (folder / "settings.toml").write_text(text, encoding="utf-8")


def test_all_problems_are_told_at_once_with_their_places(tmp_path: Path) -> None:
    write(
        tmp_path,
        '[dialling]\nmin_ring_seconds = 0\n[trunk]\nlines = 0\nidentity = "none"\n[web]\nmetrics_from = ["all"]\n',
    )
    with pytest.raises(SettingsError) as wrong:
        load_settings()
    assert {line.partition(":")[0] for line in str(wrong.value).splitlines()} == {
        "dialling.min_ring_seconds",
        "trunk.lines",
        "trunk.identity",
        "web.metrics_from.0",
    }


def test_a_word_that_is_no_setting_is_not_passed_over(tmp_path: Path) -> None:
    write(tmp_path, "lines = 4\n")
    with pytest.raises(SettingsError, match="lines"):
        load_settings()


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    write(tmp_path, "city = \n")
    with pytest.raises(SettingsError, match=r"settings\.toml"):
        load_settings()


def test_the_environment_comes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "[dialling]\nmin_ring_seconds = 40\nwrap_up_seconds = 5\n")
    monkeypatch.setenv("YOBIKAKE_DIALLING__MIN_RING_SECONDS", "50")
    dialling = load_settings().dialling
    assert (dialling.min_ring_seconds, dialling.wrap_up_seconds) == (50, 5)


def test_calling_at_any_hour_is_only_for_a_simulated_carrier() -> None:
    with pytest.raises(SettingsError, match="any_hour"):
        load_settings(trunk=Trunk(host="192.0.2.1"), dialling=Dialling(any_hour=True))


def test_a_child_process_reads_the_same_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = load_settings(
        database_url="postgresql://u:secret@/d", trunk=Trunk(lines=7), city="sendai", web=Web(**NETWORKS)
    )
    for name, value in as_environment(ours).items():
        monkeypatch.setenv(name, value)
    assert load_settings() == ours


def test_the_password_of_the_database_does_not_show() -> None:
    assert "hidden" not in repr(load_settings(database_url="postgresql://u:hidden@/d"))
