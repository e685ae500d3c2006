"""Which calls a list is asked for, by its address."""

from datetime import date, datetime, timedelta

import pytest
from multidict import MultiDict

from dialer.core.calendar.values import Period, Rung
from dialer.core.day_figures import QUARTER, Figure
from dialer.core.plan.values import SlotDay
from dialer.core.values import TOKYO
from dialer.profiles import load_city
from dialer.store.words import CallKind
from dialer.web.day_asked import Asked, WronglyAsked, calls_asked, span_of

CITY = load_city("niigata")
TODAY = date(2026, 11, 25)
MIDNIGHT = datetime(2026, 11, 25, tzinfo=TOKYO)


def asked(*query: tuple[str, str]) -> Asked:
    return calls_asked(MultiDict(query), CITY, TODAY)


def test_without_a_word_all_calls_of_today_are_meant() -> None:
    found = asked()
    assert (found.wanted.since, found.wanted.until) == (MIDNIGHT, MIDNIGHT + timedelta(days=1))
    assert (found.wanted.figure, found.wanted.debts, found.wanted.skip, found.page) == (None, (), 0, 1)
    assert found.words == ("2026年11月25日",)


def test_a_quarter_of_an_hour_and_a_figure() -> None:
    found = asked(("day", "2026-11-24"), ("quarter", "09:15"), ("figure", "contacts"))
    first = datetime(2026, 11, 24, 9, 15, tzinfo=TOKYO)
    assert (found.wanted.since, found.wanted.until) == (first, first + QUARTER)
    assert found.wanted.figure is Figure.CONTACTS
    assert found.words == ("2026年11月24日 09:15～09:30", "接触（架電）")


def test_an_hour_of_the_week_over_some_days() -> None:
    found = asked(("first", "2026-11-01"), ("last", "2026-11-20"), ("weekday", "mon"), ("hour", "17"), ("page", "3"))
    assert (found.wanted.slot_day, found.wanted.hour, found.wanted.skip) == (SlotDay.MON, 17, 200)
    assert found.span == Period(date(2026, 11, 1), date(2026, 11, 20))
    assert found.words == ("2026年11月1日から2026年11月20日まで", "月曜日", "17時台")


def test_an_outcome_a_target_and_an_operator() -> None:
    over = asked(("direction", "attempt"), ("outcome", "machine")).wanted
    assert (over.direction, over.outcome, over.is_open) == (CallKind.ATTEMPT, "machine", False)
    going_on = asked(("direction", "inbound"), ("outcome", "open"))
    assert (going_on.wanted.outcome, going_on.wanted.is_open) == (None, True)
    assert going_on.words[-1] == "応対中"
    wanted = asked(("debt", "city_tax"), ("debt", "nursery"), ("rung", "evening"), ("operator", "hanako")).wanted
    assert (wanted.debts, wanted.rung, wanted.account) == (("city_tax", "nursery"), Rung.EVENING, "hanako")


@pytest.mark.parametrize(
    "query",
    [
        "day=2026-13-01",
        "day=today",
        "day=9999-12-31",
        "first=2026-11-20&last=2026-11-01",
        "first=2026-08-01&last=2026-11-20",
        "figure=gold",
        "direction=up",
        "outcome=machine",  # of no direction: of people who call, and no outcome of theirs
        "direction=inbound&outcome=no_answer",
        "quarter=09:20",
        "quarter=nine",
        "quarter=09:15:01",
        "first=2026-11-01&last=2026-11-20&quarter=09:15",
        "weekday=monday",
        "hour=24",
        "hour=-1",
        "hour=９",
        "page=0x1",
        "page=99999999999999",
        "debt=gold",
        "rung=night",
    ],
)
def test_what_is_no_word_of_ours_is_refused(query: str) -> None:
    with pytest.raises(WronglyAsked):
        asked(*(tuple(part.split("=")) for part in query.split("&")))  # type: ignore[arg-type]


def test_a_span_has_what_is_usual_where_nothing_is_said() -> None:
    usual = Period(date(2026, 11, 1), TODAY)
    assert span_of({}, usual) == usual
    assert span_of({"first": "2026-11-10"}, usual) == Period(date(2026, 11, 10), TODAY)
    with pytest.raises(WronglyAsked):
        span_of({"first": "2026-11-26"}, usual)
