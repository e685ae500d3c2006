"""What operators did with their day."""

from datetime import timedelta

import pytest

from dialer.core.orders import OrderKind
from dialer.core.shifts import SeatOrder, Shift, Talked, lasting, shifts, utilisation, utilisation_by_part
from tests.event_table import START

ORDERS = {
    "sits": "take_seat",
    "ready": "ready",
    "pauses": "pause",
    "leaves": "leave_seat",
    "rested": "give_break",
    "freed": "free_seat",
}


def day_of(told: str, until: float = 60.0) -> dict[str, Shift]:
    """`hanako 0 sits; hanako 5 talks 10 13 noted 14; …`, in minutes; a talk with `…` for its end goes on."""
    orders, talks = [], []
    for told_one in filter(None, map(str.strip, told.split(";"))):
        who, what, *more = told_one.split()
        if what == "talks":
            joined, ended, *noted = more
            over = None if ended == "…" else START + timedelta(minutes=float(ended))
            result = START + timedelta(minutes=float(noted[1])) if noted else None
            talks.append(Talked(who, START + timedelta(minutes=float(joined)), over, result))
        else:
            (minute, *by) = more
            moment = START + timedelta(minutes=float(minute))
            orders.append(SeatOrder("op01", OrderKind(ORDERS[what]), by[0] if by else who, moment))
    return dict(shifts(orders, talks, START + timedelta(minutes=until)))


def minutes(spans: object) -> float:
    return lasting(spans) / timedelta(minutes=1)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("told", "talks", "wrap_ups", "at_work", "pauses"),
    [
        ("hanako sits 0; hanako ready 10; hanako leaves 40", 0, 0, 30, 10),
        ("hanako sits 0; hanako ready 10; hanako talks 20 25 noted 27; hanako leaves 40", 5, 2, 30, 10),
        ("hanako sits 0; hanako ready 0; hanako talks 20 25 noted 24; hanako leaves 40", 5, 0, 40, 0),
        # a pause that is asked for in a talk begins after its result
        (
            "hanako sits 0; hanako ready 0; hanako talks 20 30 noted 32; hanako pauses 22; hanako leaves 40",
            10,
            2,
            32,
            8,
        ),
        # the result came after the seat was left, or when the next talk was on already
        ("hanako sits 0; hanako ready 0; hanako talks 20 30 noted 50; hanako leaves 35", 10, 5, 35, 0),
        ("hanako sits 0; hanako ready 0; hanako talks 10 20 noted 50; hanako talks 22 30 noted 30", 18, 2, 60, 0),
        ("hanako sits 0; hanako ready 0; hanako talks 10 20", 10, 40, 60, 0),
        ("hanako sits 0; hanako ready 30; hanako talks 40 …", 0, 0, 30, 30),
        # at the seat since yesterday: from the first order on
        ("hanako ready 20; hanako pauses 30", 0, 0, 10, 30),
        ("hanako pauses 20", None, None, None, None),
        # nothing is known of the seat
        ("hanako talks 10 20 noted 20", 10, 0, 0, 0),
    ],
)
def test_time_is_work_talk_result_or_pause(
    told: str, talks: float | None, wrap_ups: float, at_work: float, pauses: float
) -> None:
    found = day_of(told).get("hanako")
    if talks is None:
        assert found is None
        return
    assert found is not None
    assert minutes(found.talks) == talks
    assert minutes(found.wrap_ups) == wrap_ups
    assert minutes(found.at_work) == at_work
    assert minutes(found.pauses) == pauses


def test_whoever_takes_the_seat_next_has_the_time_from_then_on() -> None:
    found = day_of("hanako sits 0; hanako ready 0; jiro sits 20; jiro ready 30; jiro leaves 50")
    assert (minutes(found["hanako"].at_work), minutes(found["jiro"].at_work)) == (20, 20)


def test_a_pause_that_a_supervisor_sets_is_of_whoever_sits_there() -> None:
    found = day_of("hanako sits 0; hanako ready 0; hanako rested 20 reiko; hanako freed 30 reiko")
    assert set(found) == {"hanako"}
    assert (minutes(found["hanako"].at_work), minutes(found["hanako"].pauses)) == (20, 10)


def test_utilisation_is_talk_and_result_of_the_time_at_work_also_while_a_talk_goes_on() -> None:
    told = "hanako sits 0; hanako ready 0; hanako talks 10 14 noted 16; hanako talks 50 …; jiro talks 0 30 noted 30"
    found = day_of(told)
    assert utilisation(found.values()) == pytest.approx(16 / 60)
    parts = utilisation_by_part(found.values(), START, timedelta(minutes=15))
    assert parts == {0: pytest.approx(5 / 15), 1: pytest.approx(1 / 15), 2: 0, 3: pytest.approx(10 / 15)}


def test_where_nobody_is_at_work_there_is_no_utilisation() -> None:
    found = day_of("hanako sits 0").values()
    assert utilisation(found) is None
    assert utilisation_by_part(found, START, timedelta(minutes=15)) == {}
