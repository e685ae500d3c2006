"""Logs stay within their bounds, and whoever writes goes on writing."""

from pathlib import Path

from dialer.rotating import Bounds, aside, rotate

BOUNDS = Bounds(most_bytes=10, files=2)


def test_a_log_that_is_small_enough_or_not_there_is_left_alone(tmp_path: Path) -> None:
    log = tmp_path / "engine.log"
    log.write_text("0123456789")
    assert rotate([log, tmp_path / "ear.log"], BOUNDS) == []
    assert [path.name for path in tmp_path.iterdir()] == ["engine.log"]


def test_what_was_said_is_put_aside_in_order_and_the_oldest_goes(tmp_path: Path) -> None:
    log = tmp_path / "engine.log"
    with log.open("ab", buffering=0) as program:  # which keeps it open all the time
        for said in (b"first said.", b"then said..", b"third said.", b"last said..."):
            program.write(said)
            assert rotate([log], BOUNDS) == [log]
            assert log.stat().st_size == 0
        program.write(b"now")
    assert log.read_bytes() == b"now"
    assert [aside(log, number).read_bytes() for number in (1, 2)] == [b"last said...", b"third said."]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["engine.log", "engine.log.1", "engine.log.2"]
    assert aside(log, 1).stat().st_mode & 0o777 == 0o600


def test_fewer_are_kept_when_the_setting_is_lowered(tmp_path: Path) -> None:
    log = tmp_path / "engine.log"
    for number in range(1, 6):
        aside(log, number).write_text("old")
    log.write_text("more than ten bytes")
    rotate([log], Bounds(10, 1))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["engine.log", "engine.log.1"]


def test_a_log_that_cannot_be_put_aside_is_made_empty_all_the_same(tmp_path: Path) -> None:
    log = tmp_path / "engine.log"
    log.write_text("more than ten bytes")
    aside(log, 1).mkdir()
    (aside(log, 1) / "held").write_text("")
    aside(log, 2).mkdir()
    (aside(log, 2) / "held").write_text("")
    assert rotate([log], BOUNDS) == [log]
    assert log.stat().st_size == 0
