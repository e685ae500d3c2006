"""What use of the system somebody should look at."""

import ast
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dialer.core.calendar.values import Hours
from dialer.core.log_words import FUNCTION_NAMES, KIND_NAMES, REASON_NAMES, SIGN_IN_NAMES, WHAT_NAMES
from dialer.core.rights import RefusedBecause, SignInKind
from dialer.core.unusual import Kind, Span, Thresholds, Used, is_outside, notices, span_of
from dialer.core.values import TOKYO

ROOT = Path(__file__).resolve().parents[2]
NINE = datetime(2026, 11, 25, 9, 0, tzinfo=TOKYO)
RULES = Thresholds(views_an_hour=100, views_a_day=300, refused_a_day=3, tries_a_day=10, margin_minutes=90)
DAY = Hours.from_text("09:00-20:00")


def usual(at: datetime) -> Span:
    """The 26th is closed."""
    return span_of(at, () if at.astimezone(TOKYO).day == 26 else (DAY, None), RULES)


def used(minutes: int = 0, *, by: str = "hanako", uses: int = 1, **counts: int) -> Used:
    return Used(by, (NINE + timedelta(minutes=minutes)).astimezone(UTC), uses, **counts)


def told(*done: Used) -> list[tuple[Kind, str, int]]:
    return [(one.kind, one.by, one.count) for one in notices(done, usual, RULES)]


@pytest.mark.parametrize(
    ("done", "what"),
    [
        ([used(views=100)], []),
        ([used(views=60), used(15, views=41)], [(Kind.MANY_AN_HOUR, 101)]),
        ([used(45, views=60), used(60, views=60)], []),
        ([used(60 * hour, views=60) for hour in range(5)], []),
        ([used(60 * hour, views=61) for hour in range(5)], [(Kind.MANY_A_DAY, 305)]),
        ([used(refused=2)], []),
        ([used(refused=2), used(300, refused=1)], [(Kind.REFUSED, 3)]),
        ([used(tries=9)], []),
        ([used(tries=10)], [(Kind.TRIES, 10)]),
        ([used(-90)], []),
        ([used(-91)], [(Kind.OUTSIDE, 1)]),
        ([used(12 * 60 + 29)], []),
        ([used(12 * 60 + 30), used(12 * 60 + 45, uses=4)], [(Kind.OUTSIDE, 5)]),
        ([used(24 * 60)], [(Kind.OUTSIDE, 1)]),
        ([used(-91, uses=0, tries=1)], []),
    ],
)
def test_what_is_told_and_what_is_not(done: list[Used], what: list[tuple[Kind, int]]) -> None:
    assert told(*done) == [(kind, "hanako", count) for kind, count in what]


def test_people_and_days_are_counted_apart_and_the_newest_is_told_first() -> None:
    one, two = used(views=101), used(60, by="taro", views=200)
    assert told(one, two, used(views=50, by="jiro")) == [
        (Kind.MANY_AN_HOUR, "taro", 200),
        (Kind.MANY_AN_HOUR, "hanako", 101),
    ]


def test_a_notice_says_from_when_until_when_and_beside_which_threshold() -> None:
    (one,) = notices([used(15, refused=1), used(30, refused=2), used(45)], usual, RULES)
    assert (one.first, one.last, one.threshold) == (NINE + timedelta(minutes=15), NINE + timedelta(minutes=30), 3)


def test_at_night_everything_is_outside() -> None:
    assert is_outside(NINE, None)
    assert not is_outside(NINE, usual(NINE))


def test_every_word_of_the_logs_has_a_name_for_people() -> None:
    assert {*Kind} == {*KIND_NAMES}
    assert {*SignInKind} == {*SIGN_IN_NAMES}
    assert {*RefusedBecause} <= {*REASON_NAMES}
    used_words = [words for path in (ROOT / "dialer").rglob("*.py") for words in _logged(path)]
    assert {function for function, _ in used_words} <= {*FUNCTION_NAMES}
    assert {what for _, what in used_words} <= {*WHAT_NAMES}
    assert len(used_words) > 10


def _logged(path: Path) -> list[tuple[str, str]]:
    """Function and what of each call of log_operation, as far as they stand there as words."""
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    ours = [one.args for one in calls if isinstance(one.func, ast.Name) and one.func.id == "log_operation"]
    return [
        (function.value, what.value)
        for _, function, what, *_ in ours
        if isinstance(function, ast.Constant) and isinstance(what, ast.Constant)
        if isinstance(function.value, str) and isinstance(what.value, str)
    ]
