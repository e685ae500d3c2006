"""How far rights reach that are given for a whole city, or for some groups of its debt kinds."""

from itertools import product

import pytest

from dialer.core.reach import Reach, covers, limits_of, narrower, widest
from dialer.core.rights import Right

TAX, INSURANCE = frozenset({"tax"}), frozenset({"insurance"})
BOTH = TAX | INSURANCE
REACHES: tuple[Reach, ...] = (None, frozenset(), TAX, INSURANCE, BOTH)
GROUPS = ("tax", "insurance", "nursery", None)


@pytest.mark.parametrize(("one", "other"), list(product(REACHES, REACHES)))
def test_what_both_cover_and_what_either_covers(one: Reach, other: Reach) -> None:
    for group in GROUPS:
        assert covers(narrower(one, other), group) == (covers(one, group) and covers(other, group))
        assert covers(widest([one, other]), group) == (covers(one, group) or covers(other, group))


def test_what_is_of_nobodys_group_is_covered_by_the_whole_city_alone() -> None:
    assert [reach for reach in REACHES if covers(reach, None)] == [None]


def test_of_several_grants_the_widest_counts_right_by_right() -> None:
    given = [
        *((right, ["tax"]) for right in (Right.WATCH, Right.SUPERVISE)),
        *((right, ["insurance"]) for right in (Right.WATCH, Right.LISTEN)),
        (Right.LISTEN, None),
        (Right.DESK, None),
    ]
    assert limits_of(given) == {Right.WATCH: BOTH, Right.SUPERVISE: TAX}
    assert limits_of([]) == {}
