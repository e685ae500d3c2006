"""What an operator can offer: times of the round's hours, and days on which the city's offices are open."""

from datetime import date

import pytest

from dialer.core.offered import calling_days, paying_days
from dialer.core.talk_form import FieldProblems
from tests.planning_city import BOOKS
from tests.talk_forms import accepted, judged_form, of
from tests.unit.case_table import ROUND, moment

NAGAOKA = BOOKS["nagaoka"]


def test_times_go_to_the_end_of_the_round_in_the_steps_of_the_profile() -> None:
    days = calling_days(NAGAOKA, "city_tax", ROUND, moment("8/26 10:07"))
    assert [one.day.isoformat() for one in days] == ["2026-08-26", "2026-08-27", "2026-08-28"]
    first = days[0].times
    assert (first[0], first[1], first[-1]) == (moment("8/26 10:15"), moment("8/26 10:30"), moment("8/26 19:45"))
    assert days[1].times[0] == moment("8/27 9:00")


def test_a_rest_day_is_offered_in_its_own_hours() -> None:
    (saturday, *_) = calling_days(NAGAOKA, "city_tax", ROUND, moment("8/21 20:00"))
    assert (saturday.day, saturday.times[-1]) == (date(2026, 8, 22), moment("8/22 16:45"))


def test_nothing_is_offered_after_the_round() -> None:
    assert calling_days(NAGAOKA, "city_tax", ROUND, moment("8/28 19:46")) == ()


@pytest.mark.parametrize("city", BOOKS)
def test_whatever_is_offered_is_taken(city: str) -> None:
    given = of(city)
    for day in calling_days(given.book, given.debt, given.round, given.began):
        for at in (day.times[0], day.times[-1]):
            assert accepted("call_back", given, appointment_at=at.isoformat()).talk.home_at == at


@pytest.mark.parametrize("city", BOOKS)
def test_a_day_is_taken_exactly_when_it_is_offered_as_open(city: str) -> None:
    given = of(city)
    for day in paying_days(given.book, date(2026, 8, 18), date(2026, 9, 25)):
        found = judged_form("promise", given, promise_day=day.day.isoformat())
        assert isinstance(found, FieldProblems) is (day.closed is not None), day


def test_closed_days_say_why() -> None:
    closed = {one.day.isoformat(): one.closed for one in paying_days(NAGAOKA, date(2026, 9, 18), date(2026, 9, 24))}
    assert closed == {
        "2026-09-18": None,
        "2026-09-19": "土曜日",
        "2026-09-20": "日曜日",
        "2026-09-21": "敬老の日",
        "2026-09-22": "国民の休日",
        "2026-09-23": "秋分の日",
        "2026-09-24": None,
    }
