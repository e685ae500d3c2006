"""Units for systemd: of the settings in force, readable by systemd, and nothing in them that it misreads."""

import configparser
import shutil
import subprocess
from pathlib import Path

import pytest

from dialer.calendar_commands import CannotAnswer
from dialer.config import Backup, Dialling, Settings
from dialer.services import BACKUP, CENTRE, TIMER, units, write_units

ANALYZE = shutil.which("systemd-analyze")


def settings_of(state: Path, **more: object) -> Settings:
    return Settings(state_dir=state, dialling=Dialling(drain_seconds=90), **more)  # type: ignore[arg-type]


def read(text: str) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(text)
    return parser


def test_the_centre_is_started_again_by_what_kills_it_and_not_by_who_stops_it(tmp_path: Path) -> None:
    service = read(units(settings_of(tmp_path), "yobikake")[CENTRE])["Service"]
    assert service["User"] == "yobikake"
    assert service["ExecStart"].endswith("-m dialer supervise")
    assert service["Restart"] == "on-failure"
    assert int(service["TimeoutStopSec"]) >= 90 + 60
    assert str(tmp_path) in service["ReadWritePaths"]
    assert service["ProtectSystem"] == "strict"


def test_backups_are_made_every_night_once_it_is_known_where_to(tmp_path: Path) -> None:
    assert list(units(settings_of(tmp_path), "yobikake")) == [CENTRE]
    backup = Backup(folder=tmp_path / "away", key_file=tmp_path / "key")
    made = units(settings_of(tmp_path, backup=backup), "yobikake")
    assert list(made) == [CENTRE, BACKUP, TIMER]
    assert str(tmp_path / "away") in read(made[BACKUP])["Service"]["ReadWritePaths"]
    assert str(tmp_path / "away") not in read(made[CENTRE])["Service"]["ReadWritePaths"]


def test_a_foreign_postgres_is_waited_for(tmp_path: Path) -> None:
    foreign = settings_of(tmp_path, database_url="postgresql://yobikake:geheim@127.0.0.1/yobikake")
    text = units(foreign, "yobikake")[CENTRE]
    assert "postgresql.service" in read(text)["Unit"]["After"]
    assert "geheim" not in text


@pytest.mark.skipif(ANALYZE is None, reason="systemd is not on this machine")
@pytest.mark.parametrize("name", ["state", "with space", "100%", 'quo"te'])
def test_systemd_itself_finds_nothing_to_say_of_them(tmp_path: Path, name: str) -> None:
    assert ANALYZE is not None
    state = tmp_path / name
    backup = Backup(folder=state / "away", key_file=state / "key")
    made = write_units(settings_of(state, backup=backup), tmp_path / "units", "root")
    files = [str(made.folder / one) for one in made.names]
    done = subprocess.run([ANALYZE, "verify", *files], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("user", ["", "Root", "a b", "x\nExecStart=/bin/sh", "-x"])
def test_an_account_that_cannot_be_one_is_refused_and_nothing_is_written(tmp_path: Path, user: str) -> None:
    with pytest.raises(CannotAnswer):
        write_units(settings_of(tmp_path), tmp_path / "units", user)
    assert not (tmp_path / "units").exists()


def test_a_path_with_a_line_break_makes_no_unit(tmp_path: Path) -> None:
    with pytest.raises(CannotAnswer, match="制御文字"):
        write_units(settings_of(tmp_path / "a\nUser=root"), tmp_path / "units", "yobikake")
    assert not (tmp_path / "units").exists()
