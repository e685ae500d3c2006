"""Who takes what: groups of operators, and how free operators and lines are dealt out among them."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from dialer.core.groups import Group, GroupChoice, Groups, dealt, lacking, takes
from dialer.profiles import load_city

AT = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
NIIGATA = load_city("niigata")
GROUPS: tuple[Group, ...] = (None, "tax", "insurance", "nursery")
GROUP = some.sampled_from(GROUPS)


def chosen(account: str, group: Group) -> GroupChoice:
    return GroupChoice(account, group, "応援", "op-lead", AT)


def test_who_is_in_no_group_takes_every_debt_kind_and_the_newest_choice_counts() -> None:
    groups = NIIGATA.grouped([chosen("anna", "tax"), chosen("ben", "tax"), chosen("ben", "insurance")])
    assert [groups.of(login) for login in ("anna", "ben", "chris", None)] == ["tax", "insurance", None, None]
    assert groups.debts("insurance") == {"national_health", "late_elderly", "nursing_care"}
    assert groups.debts(None) == {debt.key for debt in NIIGATA.debts}
    assert Groups().of("anna") is None


def test_a_group_that_the_profile_does_not_know_any_more_is_none() -> None:
    assert NIIGATA.grouped([chosen("anna", "water")]).of("anna") is None


def test_groups_have_names_for_people() -> None:
    assert [NIIGATA.group_name(group) for group in (*NIIGATA.groups, None)] == ["市税", "3保険料", "保育料等", "全科目"]


@pytest.mark.parametrize(
    ("wanted", "there", "given_"),
    [((3, 3), 4, [2, 2]), ((5, 1), 4, [3, 1]), ((1, 0, 2), 9, [1, 0, 2]), ((2, 2), 1, [1, 0]), ((2,), 0, [0])],
)
def test_what_there_is_of_lines_is_dealt_out_one_by_one(wanted: tuple[int, ...], there: int, given_: list[int]) -> None:
    assert dealt(wanted, there) == given_


@given(some.lists(GROUP, max_size=4), some.lists(GROUP, max_size=4))
def test_as_many_lack_an_operator_as_no_dealing_out_can_mend(free: list[Group], needed: list[Group]) -> None:
    operators: list[Group | int] = [*free, *range(len(needed))]  # a number takes nobody

    def met(dealt_out: Sequence[Group | int]) -> int:
        pairs = zip(dealt_out, needed, strict=True)
        return sum(not isinstance(own, int) and takes(own, wanted) for own, wanted in pairs)

    best = max(met(order) for order in set(permutations(operators, len(needed))))
    assert lacking(Counter(free), Counter(needed)) == len(needed) - best
