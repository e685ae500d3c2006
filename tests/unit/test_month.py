"""A small month of each city in virtual time: nothing outside the hours, nothing after the end of a case."""

from datetime import date

import pytest

from dialer.bench.month import lines, month_of_city
from dialer.core.values import CaseState
from dialer.profiles import cities


@pytest.mark.parametrize("key", cities())
def test_a_month_breaks_no_rule_and_finishes_most_cases(key: str) -> None:
    counts = month_of_city(key, date(2026, 9, 1), cases=40, seed=3)
    assert counts.attempts > counts.cases
    assert counts.breaches == 0
    assert counts.states[CaseState.OPEN.value] < counts.cases / 4
    assert sum(counts.states.values()) == counts.cases


def test_the_same_seed_gives_the_same_month() -> None:
    once, again = (month_of_city("saitama", date(2026, 9, 1), cases=15, seed=7) for _ in range(2))
    assert once.as_dict() == again.as_dict()


def test_a_month_without_calling_days_has_no_cases() -> None:
    counts = month_of_city("nagaoka", date(2026, 6, 1), cases=10, seed=1)
    assert (counts.cases, counts.attempts, counts.calling_days) == (0, 0, 0)
    assert "0件" in next(lines([counts]))
