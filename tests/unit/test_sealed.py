"""A chain of sealed rows: whatever is done to it is found, and the row is named."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from dialer.core.calendar.values import Period
from dialer.core.log_keeping import LogRules, kept_from
from dialer.core.sealed import Chain, ChainCheck, Fault, Finding, Head, Row, seal_of

CHAIN = Chain("operation", "nagaoka")


def sealed(count: int) -> list[Row]:
    rows, before = [], CHAIN.beginning
    for seq in range(1, count + 1):
        content = f'{{"seq": {seq}, "by": "hanako"}}'
        before = seal_of(before, content)
        rows.append(Row(seq + 100, seq, before, content))
    return rows


def found(rows: Sequence[Row], *heads: Head, **where: object) -> list[Finding]:
    check = ChainCheck(CHAIN, heads, **where)  # type: ignore[arg-type]
    return [*check.read(rows), *check.end()]


def head(rows: Sequence[Row]) -> Head:
    return Head(CHAIN, rows[-1].seq, rows[-1].seal)


def changed(row: Row) -> Row:
    return replace(row, content=row.content.replace("hanako", "taro"))


def test_a_chain_that_nobody_touched_is_sound() -> None:
    rows = sealed(50)
    assert found(rows, head(rows), head(rows[:20])) == []
    assert found([]) == []


def test_a_changed_row_is_named_and_no_other() -> None:
    rows = sealed(50)
    rows[30] = changed(rows[30])
    (one,) = found(rows)
    assert (one.fault, one.first, one.row and one.row.id) == (Fault.CHANGED, 31, 131)


def test_a_changed_row_with_a_seal_made_to_fit_breaks_the_next_one() -> None:
    rows = sealed(50)
    forged = changed(rows[30])
    rows[30] = replace(forged, seal=seal_of(rows[29].seal, forged.content))
    assert [(one.fault, one.first) for one in found(rows)] == [(Fault.CHANGED, 32)]


def test_rows_that_are_gone_are_named() -> None:
    rows = sealed(50)
    assert [(one.fault, one.first, one.last) for one in found(rows[:9] + rows[12:])] == [(Fault.MISSING, 10, 12)]
    assert [(one.fault, one.first, one.last) for one in found(rows[3:])] == [(Fault.MISSING, 1, 3)]


def test_rows_that_changed_places_are_both_named() -> None:
    rows = sealed(50)
    rows[4], rows[9] = replace(rows[9], seq=5), replace(rows[4], seq=10)
    assert {5, 10} <= {one.first for one in found(rows)}


def test_a_row_of_a_place_that_is_taken_is_named() -> None:
    rows = sealed(50)
    rows.insert(8, replace(rows[7], id=999))
    assert [(one.fault, one.first, one.row and one.row.id) for one in found(rows)] == [(Fault.TWICE, 8, 999)]


def test_a_cut_tail_is_found_by_a_head_that_was_kept() -> None:
    rows = sealed(50)
    kept = head(rows)
    assert found(rows[:40]) == []
    assert [(one.fault, one.first, one.last) for one in found(rows[:40], kept)] == [(Fault.CUT, 41, 50)]


def test_a_chain_made_anew_is_found_by_a_head_that_was_kept() -> None:
    rows = sealed(50)
    kept, forged, before = head(rows), [], CHAIN.beginning
    for row in rows:
        content = row.content.replace("hanako", "taro")
        before = seal_of(before, content)
        forged.append(replace(row, content=content, seal=before))
    assert found(forged) == []
    assert [(one.fault, one.first) for one in found(forged, kept)] == [(Fault.OTHER_HEAD, 50)]


def test_what_was_pruned_is_not_missed_and_what_follows_is_still_proved() -> None:
    rows = sealed(50)
    stub = {"pruned_to": 20, "pruned_seal": rows[19].seal}
    assert found(rows[20:], head(rows), head(rows[:10]), head(rows[:20]), **stub) == []
    assert [one.fault for one in found(rows[19:], **stub)] == [Fault.PRUNED]
    assert [(one.fault, one.first) for one in found([changed(rows[20]), *rows[21:]], **stub)] == [(Fault.CHANGED, 21)]
    other = {"pruned_to": 20, "pruned_seal": rows[3].seal}
    assert [(one.fault, one.first) for one in found(rows[20:], **other)] == [(Fault.CHANGED, 21)]


@pytest.mark.parametrize("seed", range(200))
def test_whatever_is_done_at_random_is_found(seed: int) -> None:
    chance = random.Random(seed)
    rows = sealed(chance.randint(2, 40))
    kept, before = head(rows), list(rows)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(rows))
        match chance.choice(("change", "delete", "swap", "insert", "cut")):
            case "change":
                rows[place] = changed(rows[place])
            case "delete" if len(rows) > 1:
                del rows[place]
            case "swap" if len(rows) > 1:
                other = chance.randrange(len(rows))
                one, two = rows[place], rows[other]
                rows[place], rows[other] = replace(two, seq=one.seq), replace(one, seq=two.seq)
            case "insert":
                rows.insert(place, replace(rows[place], id=999, content="{}"))
            case _:
                del rows[max(1, place) :]
    rows.sort(key=lambda row: (row.seq, row.id))
    assert rows == before or found(rows, kept) != []


CONTRACT = (Period(date(2025, 11, 1), date(2026, 10, 31)),)


@pytest.mark.parametrize(
    ("rules", "contracts", "today", "kept"),
    [
        (LogRules(), CONTRACT, date(2040, 1, 1), None),
        (LogRules(1), CONTRACT, date(2026, 11, 1), None),
        (LogRules(1), CONTRACT, date(2027, 10, 31), None),
        (LogRules(1), CONTRACT, date(2027, 11, 1), date(2026, 11, 1)),
        (LogRules(1), (), date(2040, 1, 1), None),
        (LogRules(1, after_contract=False), CONTRACT, date(2026, 3, 1), date(2025, 3, 1)),
        (LogRules(1, after_contract=False), (), date(2028, 2, 29), date(2027, 2, 28)),
    ],
)
def test_nothing_goes_before_its_time(
    rules: LogRules, contracts: tuple[Period, ...], today: date, kept: date | None
) -> None:
    assert kept_from(rules, contracts, today) == kept
