"""Rates of calls, and the quarters of an hour that a page shows."""

from datetime import date, datetime, timedelta

import pytest

from dialer.core.day_figures import FIGURE_NAMES, Figure, answer_rate, contact_rate, day_span, left_alone_rate, quarters
from dialer.core.values import TOKYO


def test_a_rate_of_nothing_is_none() -> None:
    counts = dict.fromkeys(Figure, 0)
    assert (contact_rate(counts), left_alone_rate(counts), answer_rate(counts)) == (None, None, None)
    counts |= {Figure.CONTACTS: 3, Figure.TRIED: 12, Figure.LEFT_ALONE: 1, Figure.PERSONS: 100}
    counts |= {Figure.CALLERS_ANSWERED: 19, Figure.CALLERS: 20}
    assert (contact_rate(counts), left_alone_rate(counts), answer_rate(counts)) == (0.25, 0.01, 0.95)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("09:10", "09:44", ["09:00", "09:15", "09:30"]),
        ("09:15", "09:15", ["09:15"]),
        ("09:14", "09:30", ["09:00", "09:15", "09:30"]),
    ],
)
def test_quarters_hold_both_moments(first: str, last: str, expected: list[str]) -> None:
    of_day = (datetime.fromisoformat(f"2026-11-25T{clock}:59+09:00") for clock in (first, last))
    assert [f"{at:%H:%M}" for at in quarters(*of_day)] == expected


def test_a_day_is_that_of_the_clock_in_tokyo() -> None:
    first, last = day_span(date(2026, 11, 25))
    assert first == datetime(2026, 11, 25, tzinfo=TOKYO)
    assert last - first == timedelta(days=1)


def test_every_figure_has_a_name_of_its_own() -> None:
    assert len(set(FIGURE_NAMES.values())) == len(Figure)
