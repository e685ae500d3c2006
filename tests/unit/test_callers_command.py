"""What the command line tells of a day's callers."""

from datetime import date, timedelta

import pytest

from dialer.callers_command import CallersOfDay
from dialer.core.callers import InboundOutcome
from dialer.core.city import Measure
from dialer.profiles import load_city
from dialer.store.inbound_figures import InboundFigures

DAY = date(2026, 5, 12)


@pytest.mark.parametrize(
    ("city", "day", "target"),
    [
        ("saitama", date(2026, 5, 1), 0.90),
        ("saitama", date(2026, 5, 31), 0.90),
        ("saitama", date(2026, 6, 1), 0.95),
        ("nagaoka", DAY, None),
    ],
)
def test_the_target_of_the_answer_rate_is_the_one_of_that_day(city: str, day: date, target: float | None) -> None:
    assert load_city(city).target_of(Measure.ANSWER_RATE, day) == target


def test_the_answer_rate_leaves_out_who_gave_up_within_five_seconds() -> None:
    figures = InboundFigures(
        arrivals=25,
        in_hours=22,
        answered=18,
        abandoned_at_once=2,
        abandoned_later=2,
        wait_mean=timedelta(seconds=12.34),
        wait_longest=timedelta(seconds=61),
        by_outcome={InboundOutcome.TALKED: 18, InboundOutcome.GUIDED: 3},
        menu={"1": 2},
        tests=1,
    )
    found = CallersOfDay(load_city("saitama"), DAY, figures, 0.90)
    told = found.as_dict()
    assert (told["total"], told["answer_rate"], told["answer_rate_target"]) == (20, 0.9, 0.9)
    text = found.as_text()
    assert "応答率 90.0%（目標 90.0%）" in text
    assert "平均 12.3秒、最長 61.0秒" in text
    assert "音声案内 1番 2回" in text
    assert "テスト着信 1件" in text


def test_a_day_without_a_caller_has_no_rate() -> None:
    found = CallersOfDay(load_city("niigata"), DAY, InboundFigures(0, 0, 0, 0, 0, None, None), None)
    assert found.as_dict()["answer_rate"] is None
    assert "応答率 -" in found.as_text()
