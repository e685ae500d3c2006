"""What an operator can offer: times of the round's hours, open days of offices, departments that are there."""

from dataclasses import replace
from datetime import date, time

import pytest

from dialer.core.calendar.values import Hours
from dialer.core.city import Department
from dialer.core.offered import calling_days, departments_now, paying_days
from dialer.core.rulebook import Rulebook
from dialer.core.talk_form import FieldProblems
from dialer.core.values import PhoneNumber
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


@pytest.mark.parametrize(
    ("now", "closed"),
    [
        ("8/20 8:30", None),
        ("8/20 17:14", None),
        ("8/20 8:29", "収納課は受付時間（08:30～17:15）の外です。次は8月20日（木）08:30に開きます"),
        ("8/21 17:15", "収納課は受付時間（08:30～17:15）の外です。次は8月24日（月）08:30に開きます"),
        ("8/22 10:00", "収納課は閉庁日（土曜日）です。次は8月24日（月）08:30に開きます"),
        ("12/31 10:00", "収納課は閉庁日（年末年始）です。次は1月4日（月）08:30に開きます"),
    ],
)
def test_a_department_is_there_in_its_hours_on_open_days(now: str, closed: str | None) -> None:
    (found,) = departments_now(with_hours(Hours(time(8, 30), time(17, 15))), "city_tax", moment(now))
    assert found.closed == closed


def test_a_department_of_whose_hours_nothing_is_known_is_never_taken_for_closed() -> None:
    (found,) = departments_now(with_hours(None), "city_tax", moment("12/31 23:00"))
    assert found.closed is None


def with_hours(hours: Hours | None) -> Rulebook:
    department = Department("collection", "収納課", PhoneNumber("0258009501"), hours=hours)
    return replace(NAGAOKA, city=replace(NAGAOKA.city, departments=(department,)))
