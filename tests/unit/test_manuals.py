"""Which version of a manual is used: by its decision and the clock alone."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.core.manuals import Manual, ManualKind, in_force, may_be_used, next_change, of_document
from dialer.core.versions import Decision, VersionState

NOW = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
REMINDER = (ManualKind.SCRIPT, "reminder")


def version(number: int, decision: Decision | None = None, key: str = "reminder") -> Manual:
    return Manual("nagaoka", ManualKind.SCRIPT, key, number, {}, "yamada", NOW, decision=decision)


def approved(days_ago: float, first: float | None = None, last: float | None = None) -> Decision:
    """`first`, `last`: in days from now."""
    begins, ends = (None if one is None else NOW + timedelta(days=one) for one in (first, last))
    return Decision(VersionState.APPROVED, "suzuki", NOW - timedelta(days=days_ago), begins, ends)


WITHDRAWN = Decision(VersionState.WITHDRAWN, "suzuki", NOW - timedelta(days=1))


@pytest.mark.parametrize(
    ("versions", "used", "rehearsed"),
    [
        ([version(1)], None, 1),
        ([version(1), version(2)], None, 2),
        ([version(1, approved(5)), version(2)], 1, 1),
        ([version(1, approved(5)), version(2, approved(2))], 2, 2),
        ([version(1, approved(1)), version(2, approved(2))], 1, 1),  # an earlier one again
        ([version(1, approved(5)), version(2, WITHDRAWN)], 1, 1),
        ([version(1, approved(5)), version(2, approved(2, -1, 0))], 1, 1),  # for some days, and they are over
        ([version(1, approved(5)), version(2, approved(2, 1))], 1, 1),  # from tomorrow
        ([version(1, approved(5, None, -1)), version(2)], None, 2),
        ([version(1, WITHDRAWN)], None, None),
    ],
)
def test_of_the_approved_versions_that_hold_the_one_decided_last_is_used(
    versions: list[Manual], used: int | None, rehearsed: int | None
) -> None:
    def chosen(*, drafts: bool) -> int | None:
        found = in_force(versions, NOW, drafts=drafts).get(REMINDER)
        return None if found is None else found.version

    assert (chosen(drafts=False), chosen(drafts=True)) == (used, rehearsed)


def test_documents_do_not_stand_in_each_others_way() -> None:
    known = [version(1, approved(3)), version(4, approved(1), "filing")]
    assert {key: one.version for (_, key), one in in_force(known, NOW).items()} == {"reminder": 1, "filing": 4}
    assert [one.version for one in of_document([version(1), version(2), version(1, key="x")], *REMINDER)] == [2, 1]


def test_the_next_change_is_the_next_beginning_or_end_of_a_validity() -> None:
    known = [version(1, approved(1, None, 5)), version(2, approved(1, 2)), version(3, replace(WITHDRAWN))]
    assert next_change(known, NOW) == NOW + timedelta(days=2)
    assert next_change(known, NOW + timedelta(days=2)) == NOW + timedelta(days=5)
    assert next_change(known, NOW + timedelta(days=5)) is None


def test_who_works_on_an_old_version_is_known_to_have_missed_the_newer() -> None:
    assert not replace(version(4), based_on=3).missed_a_newer
    assert replace(version(5), based_on=3).missed_a_newer
    assert not version(1).missed_a_newer


days = st.one_of(st.none(), st.integers(-3, 3))


@st.composite
def decisions(draw: Callable[..., object]) -> Decision | None:
    state = draw(st.sampled_from(["draft", "approved", "withdrawn"]))
    first, last = draw(days), draw(days)
    if state == "draft" or (first is not None and last is not None and first >= last):  # type: ignore[operator]
        return None
    made = approved(draw(st.integers(-2, 5)), first, last)  # type: ignore[arg-type]
    return made if state == "approved" else replace(made, state=VersionState.WITHDRAWN)


@given(st.lists(decisions(), max_size=6))
def test_with_a_real_carrier_nothing_is_used_that_is_not_approved_and_holds(said: list[Decision | None]) -> None:
    versions = [version(number, decision) for number, decision in enumerate(said, 1)]
    used = may_be_used(versions, NOW)
    assert all(one.decision and one.state is VersionState.APPROVED and one.decision.holds(NOW) for one in used)
    assert used == sorted(used, key=lambda one: (one.decision.at, one.version), reverse=True)  # type: ignore[union-attr]
    rehearsed = may_be_used(versions, NOW, drafts=True)
    assert rehearsed[: len(used)] == used
    assert all(one.state is VersionState.DRAFT for one in rehearsed[len(used) :])
