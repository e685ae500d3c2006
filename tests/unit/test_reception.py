"""Where a call goes, for each city and each state of its calendar, and what Asterisk is told of a whole day."""

from datetime import UTC, date, datetime, time

import pytest

from dialer.core.calendar.days import CalendarView
from dialer.core.calendar.rules import Change, ChangeKind
from dialer.core.callers import Route
from dialer.core.messages import MessagePurpose
from dialer.core.reception import notice_for, parts_of, route_for, special_for
from dialer.core.values import TOKYO
from dialer.holidays import national_holidays
from dialer.media.shipped_texts import shipped_messages
from tests.city_profiles import CITY

NUMBER = {"nagaoka": "0258009001", "niigata": "0258009012", "saitama": "0258009021", "kurume": "0258009032",
          "sendai": "0258009045"}  # fmt: skip
AGREED = datetime(2026, 10, 1, tzinfo=UTC)


def view(city: str, *changes: Change) -> CalendarView:
    return CalendarView(CITY[city].calendar, national_holidays(), changes)


def at(local: str) -> datetime:
    return datetime.fromisoformat(local).replace(tzinfo=TOKYO)


def sound(group: str, purpose: MessagePurpose, now: datetime, variant: str) -> str | None:
    return f"{group}/{purpose.value}{f'-{variant}' if variant else ''}"


@pytest.mark.parametrize(
    ("city", "when", "route"),
    [
        ("nagaoka", "2026-11-18T09:00", Route.WAITING),  # a weekday of the round
        ("nagaoka", "2026-11-18T19:59", Route.WAITING),
        ("nagaoka", "2026-11-18T20:00", Route.CLOSED),
        ("nagaoka", "2026-11-21T16:59", Route.WAITING),  # a Saturday of the round
        ("nagaoka", "2026-11-21T17:00", Route.CLOSED),
        ("nagaoka", "2026-11-30T10:00", Route.CLOSED),  # outside the round (I-005)
        ("nagaoka", "2027-04-01T10:00", Route.CLOSED),  # after the contract
        ("niigata", "2026-11-30T09:00", Route.WAITING),
        ("niigata", "2026-11-30T17:00", Route.CLOSED),
        ("niigata", "2026-11-28T10:00", Route.CLOSED),  # a Saturday
        ("niigata", "2026-12-29T10:00", Route.CLOSED),  # new year
        ("saitama", "2026-11-30T08:30", Route.WAITING),
        ("saitama", "2026-11-30T08:29", Route.GUIDE),
        ("saitama", "2026-11-30T17:15", Route.GUIDE),
        ("saitama", "2026-11-29T10:00", Route.GUIDE),  # a Sunday
        ("saitama", "2026-11-23T10:00", Route.GUIDE),  # a holiday
        ("kurume", "2026-11-30T18:59", Route.WAITING),
        ("kurume", "2026-11-30T19:00", Route.CLOSED),
        ("kurume", "2026-12-31T10:00", Route.CLOSED),
        ("sendai", "2026-11-30T10:00", Route.WAITING),
        ("sendai", "2026-11-30T17:00", Route.CLOSED),
        ("sendai", "2026-11-23T10:00", Route.CLOSED),
    ],
)
def test_in_the_hours_to_the_line_outside_as_the_city_wants(city: str, when: str, route: Route) -> None:
    assert route_for(CITY[city], view(city), NUMBER[city], 1, at(when)) is route


def test_niigatas_morning_before_evening_hours_is_closed() -> None:
    change = Change(date(2026, 12, 1), ChangeKind.OPEN, "夜間", "user-7", AGREED, pattern="evening")
    calendar = view("niigata", change)
    found = [route_for(CITY["niigata"], calendar, NUMBER["niigata"], 1, at(f"2026-12-01T{hour}:30"))
             for hour in ("11", "12", "19", "20")]  # fmt: skip
    assert found == [Route.CLOSED, Route.WAITING, Route.WAITING, Route.CLOSED]


def test_both_numbers_of_saitama_reach_the_same_people() -> None:
    saitama = CITY["saitama"]
    assert [saitama.group_called(number) for number in ("0258009021", "0258009029")] == ["tax", "tax"]
    assert saitama.numbers_called == ("0258009021", "0258009029")


@pytest.mark.parametrize("number", ["", "0258009999", "0258009001", "110", "99999999999999999999"])
def test_a_number_that_nobody_has_set_up_is_not_ours(number: str) -> None:
    assert route_for(CITY["saitama"], view("saitama"), number, 1, at("2026-11-30T10:00")) is Route.NOT_OURS


def test_places_are_counted_with_the_call_itself() -> None:
    saitama, calendar, now = CITY["saitama"], view("saitama"), at("2026-11-30T10:00")
    places = saitama.inbound.places
    found = [route_for(saitama, calendar, "0258009021", line, now) for line in (places, places + 1)]
    assert found == [Route.WAITING, Route.FULL]
    assert notice_for(saitama, calendar, sound, "tax", Route.FULL, now) == "tax/full"


def test_the_notice_names_the_next_opening() -> None:
    now = at("2026-11-30T19:00")
    closed = notice_for(CITY["kurume"], view("kurume"), sound, "insurance", Route.CLOSED, now)
    assert closed == "insurance/closed-20261201-0900-1900"
    guide = notice_for(CITY["saitama"], view("saitama"), sound, "tax", Route.GUIDE, now)
    assert guide == "tax/guide-20261201-0830-1715"
    after = notice_for(CITY["nagaoka"], view("nagaoka"), sound, "tax", Route.CLOSED, at("2027-04-01T10:00"))
    assert after == "tax/closed-none"


def test_kurume_says_that_it_is_outside_the_hours() -> None:
    """003 §13(3)"""
    (notice,) = [one for one in shipped_messages(CITY["kurume"]) if one.purpose is MessagePurpose.CLOSED]
    assert "受付時間外です" in notice.text


@pytest.mark.parametrize(
    ("route", "told"),
    [(Route.WAITING, True), (Route.CLOSED, True), (Route.GUIDE, True), (Route.FULL, False), (Route.NOT_OURS, False)],
)
def test_the_citys_message_is_said_to_whoever_waits_or_is_told_the_hours(route: Route, told: bool) -> None:
    assert bool(special_for(sound, "tax", route, AGREED)) is told


def test_a_day_is_told_in_parts_with_the_hours_and_with_texts_that_begin_and_end() -> None:
    changes = [at("2026-11-30T12:00"), at("2026-11-30T15:30:10"), at("2026-12-01T10:00")]
    parts = list(parts_of(CITY["saitama"], view("saitama"), sound, "0258009029", date(2026, 11, 30), changes))
    assert [(part.begins, part.route) for part in parts] == [
        (time(0, 0), Route.GUIDE),
        (time(8, 30), Route.WAITING),
        (time(12, 0), Route.WAITING),
        (time(15, 31), Route.WAITING),
        (time(17, 15), Route.GUIDE),
    ]
    assert [part.notice for part in parts if part.notice] == ["tax/guide-20261130-0830-1715",
                                                              "tax/guide-20261201-0830-1715"]  # fmt: skip
    assert {part.full for part in parts} == {"tax/full"}


def test_a_closed_day_is_one_part() -> None:
    parts = list(parts_of(CITY["kurume"], view("kurume"), sound, "0258009031", date(2026, 11, 29)))
    assert [(part.begins, part.route, part.notice) for part in parts] == [
        (time(0, 0), Route.CLOSED, "tax/closed-20261130-0900-1900")
    ]
