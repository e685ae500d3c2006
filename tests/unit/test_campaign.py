"""Why a debt kind is not being called, the first reason first."""

from dataclasses import replace
from datetime import datetime

import pytest

from dialer.core.campaign import NOBODY_TAKES_IT, NOTHING_DUE, why_not_called
from dialer.core.groups import Group
from dialer.core.modes import ModeChoice, Modes
from dialer.core.values import TOKYO, Mode
from tests.books import of_two_groups, weekdays

BOOK = of_two_groups(weekdays(), {})
NOW = datetime(2026, 11, 25, 10, tzinfo=TOKYO)
EVENING = NOW.replace(hour=21)
PAUSED = ModeChoice("city_tax", Mode.PAUSED, "市の指示", "reiko", NOW)


@pytest.mark.parametrize(
    ("mode", "now", "due", "at_work", "why"),
    [
        (PAUSED, EVENING, 0, [], "この科目の架電は休止中です（市の指示）"),
        (None, EVENING, 0, [], "架電時間（09:00～20:00）の外です: 平日（平日）"),
        (None, NOW, 0, [], NOTHING_DUE),
        (None, NOW, 3, [], NOBODY_TAKES_IT),
        (None, NOW, 3, ["insurance"], NOBODY_TAKES_IT),
        (None, NOW, 3, ["insurance", None], None),
        (None, NOW, 3, ["tax"], None),
    ],
)
def test_the_first_reason_is_told(
    mode: ModeChoice | None, now: datetime, due: int, at_work: list[Group], why: str | None
) -> None:
    book = replace(BOOK, modes=Modes.of_choices(Mode.PROGRESSIVE, [mode] if mode else []))
    assert why_not_called(book, "city_tax", now, due=due, at_work=at_work) == why
