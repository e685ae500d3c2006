"""The files by which Asterisk answers people alone: for each number and day, in step with the sounds."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from dialer.caller_files import AHEAD_DAYS, are_old, write_caller_files
from dialer.core.calendar.days import CalendarView
from dialer.core.calendar.openings import openings_ahead
from dialer.core.calendar.rules import Change, ChangeKind
from dialer.core.messages import Message, MessagePurpose
from dialer.core.versions import Decision, VersionState
from dialer.holidays import national_holidays
from dialer.media.prompt_book import FOR_ALL, PromptBook, Source, sound_key, write_book
from tests.caller_sounds import place_sounds, sound_of
from tests.city_profiles import CITY

NOW = datetime(2026, 11, 30, 3, 0, tzinfo=UTC)
SAITAMA, KURUME = CITY["saitama"], CITY["kurume"]


def view(*changes: Change, city: str = "saitama") -> CalendarView:
    return CalendarView(CITY[city].calendar, national_holidays(), changes)


@pytest.fixture
def book(tmp_path: Path) -> PromptBook:
    place_sounds(tmp_path / "prompts", SAITAMA, openings_ahead(view(), NOW, 21))
    return PromptBook(tmp_path / "prompts", drafts=True)


def test_a_line_for_each_part_of_a_day_and_both_numbers_say_the_same(tmp_path: Path, book: PromptBook) -> None:
    folder = tmp_path / "callers"
    assert write_caller_files(folder, SAITAMA, view(), book, NOW) == 2 * (AHEAD_DAYS + 1)
    lines = (folder / "0258009021" / "2026-11-30").read_text().splitlines()
    first, second = (sound_of(MessagePurpose.GUIDE, key) for key in ("20261130-0830-1715", "20261201-0830-1715"))
    full = sound_of(MessagePurpose.FULL)
    assert lines == [
        f"0000,guide,saitama,tax,20,1,900,{first},,{full},.",
        f"0830,waiting,saitama,tax,20,1,900,,,{full},.",
        f"1715,guide,saitama,tax,20,1,900,{second},,{full},.",
    ]
    assert (folder / "0258009029" / "2026-11-30").read_text().splitlines() == lines


def test_a_day_beyond_the_sounds_made_says_the_notice_without_hours(tmp_path: Path, book: PromptBook) -> None:
    folder = tmp_path / "callers"
    write_caller_files(folder, SAITAMA, view(), book, NOW)
    last = (folder / "0258009021" / "2026-12-28").read_text().splitlines()
    assert sound_of(MessagePurpose.GUIDE, "none") in last[-1]


def test_nothing_is_written_twice_and_what_is_over_or_nobodys_goes(tmp_path: Path, book: PromptBook) -> None:
    folder = tmp_path / "callers"
    write_caller_files(folder, SAITAMA, view(), book, NOW)
    assert write_caller_files(folder, SAITAMA, view(), book, NOW) == 0
    (folder / "0258009999").mkdir()
    tomorrow = NOW + timedelta(days=1)
    assert are_old(folder, SAITAMA, view(), tomorrow)
    assert write_caller_files(folder, SAITAMA, view(), book, tomorrow) == 2
    assert not (folder / "0258009999").exists()
    assert not (folder / "0258009021" / "2026-11-30").exists()
    assert not are_old(folder, SAITAMA, view(), tomorrow)


def test_an_agreed_day_makes_them_old_and_is_in_the_next(tmp_path: Path, book: PromptBook) -> None:
    folder = tmp_path / "callers"
    write_caller_files(folder, SAITAMA, view(), book, NOW)
    change = Change(date(2026, 12, 1), ChangeKind.CLOSE, "協議による", "user-7", NOW)
    assert are_old(folder, SAITAMA, view(change), NOW)
    assert (
        write_caller_files(folder, SAITAMA, view(change), book, NOW) == 4
    )  # both numbers, that day and the one before
    assert "waiting" not in (folder / "0258009021" / "2026-12-01").read_text()


def test_the_citys_message_stands_in_the_parts_in_which_it_is_valid(tmp_path: Path) -> None:
    begins, ends = datetime(2026, 11, 30, 5, tzinfo=UTC), datetime(2026, 11, 30, 7, tzinfo=UTC)
    decision = Decision(VersionState.APPROVED, "user-7", NOW, begins, ends)
    message = Message("kurume", MessagePurpose.SPECIAL, None, "ja", 1, "お知らせです。", None, decision)
    folder = tmp_path / "prompts"
    (folder / "kurume").mkdir(parents=True)
    write_book(folder, "kurume", Source.STORE, {message: {sound_key(FOR_ALL, ""): "sound/s"}}, {"sound/s": 1.0})
    write_caller_files(tmp_path / "callers", KURUME, view(city="kurume"), PromptBook(folder), NOW)
    lines = (tmp_path / "callers" / "0258009032" / "2026-11-30").read_text().splitlines()
    assert [(line[:4], "sound/s" in line) for line in lines] == [
        ("0000", False), ("0900", False), ("1400", True), ("1600", False), ("1900", False),
    ]  # fmt: skip


def test_a_city_that_has_approved_nothing_has_files_without_sounds(tmp_path: Path) -> None:
    write_caller_files(tmp_path / "callers", KURUME, view(city="kurume"), PromptBook(tmp_path / "prompts"), NOW)
    lines = (tmp_path / "callers" / "0258009031" / "2026-11-30").read_text().splitlines()
    assert lines[0] == "0000,closed,kurume,tax,10,1,900,,,,."
