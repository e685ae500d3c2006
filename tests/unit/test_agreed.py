"""What agreed changes would do, before they are entered."""

from datetime import UTC, date, datetime, time

import pytest

from dialer.core.agreed import Wish, changes_from, proposed
from dialer.core.calendar.days import CalendarView
from dialer.core.calendar.rules import ChangeKind
from dialer.core.calendar.values import CalendarError
from dialer.core.city import City
from dialer.holidays import national_holidays
from dialer.profiles import load_city

NOW = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
NIIGATA, NAGAOKA = load_city("niigata"), load_city("nagaoka")


def view_of(city: City) -> CalendarView:
    return CalendarView(city.calendar, national_holidays())


def test_a_worked_rest_day_and_its_closed_weekday_are_entered_together() -> None:
    wish = Wish("2026-12-12", ChangeKind.OPEN, "休日催告", "boss", pattern="rest", closes="2026-12-15")
    opened, closed = changes_from(NIIGATA, wish, NOW)
    assert (closed.day, closed.kind, closed.exchanged_for) == (date(2026, 12, 15), ChangeKind.CLOSE, opened.day)
    found = proposed(view_of(NIIGATA), (opened, closed))
    assert [(before.is_closed, after.is_closed) for before, after in found.days] == [(True, False), (False, True)]
    assert not any("振り替える平日の休業日がありません" in one.text for one in found.found)


def test_a_worked_rest_day_alone_is_warned_of() -> None:
    wish = Wish("2026-12-12", ChangeKind.OPEN, "休日催告", "boss", pattern="rest")
    found = proposed(view_of(NIIGATA), changes_from(NIIGATA, wish, NOW))
    assert any("振り替える平日の休業日がありません" in one.text for one in found.found)


def test_where_nothing_is_exchanged_no_weekday_is_closed_for_it() -> None:
    wish = Wish("2026-12-19", ChangeKind.OPEN, "追加", "boss", pattern="rest", closes="2026-12-21")
    with pytest.raises(CalendarError, match="振り替えて休みにすることはありません"):
        changes_from(NAGAOKA, wish, NOW)


def test_callers_of_a_closed_day_hear_when_it_is_open_next() -> None:
    changes = changes_from(NAGAOKA, Wish("2026-12-17", ChangeKind.CLOSE, "停電", "boss"), NOW)
    early, open_hours = proposed(view_of(NAGAOKA), changes).heard
    assert (early.first, early.until) == (time(0, 0), time(9, 0))
    assert "12月17日、木曜日" in early.before
    assert "12月18日、金曜日" in early.after
    assert (open_hours.first, open_hours.until, open_hours.before) == (time(9, 0), time(20, 0), "受付中")
    assert "12月18日、金曜日" in open_hours.after


def test_other_hours_are_told_as_far_as_they_differ() -> None:
    wish = Wish("2026-12-17", ChangeKind.OPEN, "短縮", "boss", pattern="weekday", calls="09:00-17:00")
    found = proposed(view_of(NAGAOKA), changes_from(NAGAOKA, wish, NOW))
    ((before, after),) = found.days
    assert (str(before.calls), str(after.calls)) == ("09:00～20:00", "09:00～17:00")
    assert found.heard == ()  # the reception stays as it was


def test_a_change_that_changes_nothing_says_so() -> None:
    changes = changes_from(NAGAOKA, Wish("2026-12-17", ChangeKind.RESTORE, "元どおり", "boss"), NOW)
    found = proposed(view_of(NAGAOKA), changes)
    assert all(before == after for before, after in found.days)
    assert (found.found, found.mended, found.heard) == ((), (), ())
