"""The record of pacing on disk: a day a file, compressed when it is over, thrown away when it is old."""

import gzip
from datetime import date
from pathlib import Path

import pytest

from dialer.calendar_commands import CannotAnswer
from dialer.config import Settings, load_settings
from dialer.core.pacing.learned import Learned
from dialer.core.pacing.ledger import Ledger
from dialer.core.pacing.record import RecordingPacer
from dialer.core.pacing.values import PaceRules, Snapshot
from dialer.pace_command import replayed
from dialer.pace_record import PaceRecord, lines_of

DAY, NEXT_DAY, MUCH_LATER = date(2026, 12, 1), date(2026, 12, 2), date(2027, 3, 1)
CITY = "nagaoka"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(state_dir=tmp_path)


def test_lines_come_back_in_their_order_also_after_the_day_was_compressed(tmp_path: Path) -> None:
    record = PaceRecord(tmp_path, CITY, keep_days=14)
    for number in range(3):
        record.note(DAY, {"number": number})
    record.note(NEXT_DAY, {"number": 9})
    record.close()
    assert [line["number"] for line in lines_of(tmp_path, CITY, DAY)] == [0, 1, 2]
    assert [line["number"] for line in lines_of(tmp_path, CITY, NEXT_DAY)] == [9]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "nagaoka-2026-12-01.jsonl.gz",
        "nagaoka-2026-12-02.jsonl",
    ]


def test_an_old_day_is_thrown_away_and_another_city_is_not_touched(tmp_path: Path) -> None:
    other = tmp_path / "niigata-2026-12-01.jsonl.gz"
    with gzip.open(other, "wt") as file:
        file.write("{}\n")
    for day in (DAY, NEXT_DAY, MUCH_LATER):
        record = PaceRecord(tmp_path, CITY, keep_days=14)
        record.note(day, {"day": day.isoformat()})
        record.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["nagaoka-2027-03-01.jsonl", other.name]


def test_a_line_that_a_killed_engine_left_half_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "nagaoka-2026-12-01.jsonl").write_text('{"number":1}\n{"numb')
    assert [line["number"] for line in lines_of(tmp_path, CITY, DAY)] == [1]


def test_a_record_that_cannot_be_kept_costs_no_call(tmp_path: Path) -> None:
    (tmp_path / "pace").write_text("a file where the folder should be")
    PaceRecord(tmp_path / "pace", CITY, keep_days=14).note(DAY, {"number": 1})


def test_the_command_decides_a_day_again(settings: Settings) -> None:
    record = PaceRecord(settings.pace_records, CITY, keep_days=14)
    pacer = RecordingPacer(PaceRules(), Learned(), Ledger(), lambda line: record.note(DAY, line))
    for free in (3, 0):
        pacer.decide(Snapshot(free=free), float(free))
    record.close()
    found = replayed(settings, CITY, DAY, target=None)
    assert found.as_dict() | {"decisions": 2, "calls": 3, "different": 0} == found.as_dict()
    assert "all the same" in found.as_text()


@pytest.mark.parametrize("target", [None, 0.5])
def test_a_day_without_a_record_and_a_target_that_cannot_be_are_told(settings: Settings, target: float | None) -> None:
    with pytest.raises(CannotAnswer, match="no record" if target is None else "target"):
        replayed(settings, CITY, DAY, target)


def test_a_record_that_is_none_is_told_with_its_line(settings: Settings) -> None:
    settings.pace_records.mkdir()
    (settings.pace_records / "nagaoka-2026-12-01.jsonl").write_text('{"told":"sung"}\n')
    with pytest.raises(CannotAnswer, match="line 1"):
        replayed(settings, CITY, DAY, None)
