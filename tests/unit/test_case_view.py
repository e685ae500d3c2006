"""What of a case's view may leave the server, and when."""

import inspect
import json
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.core import case_view
from dialer.core.case_view import (
    GATED,
    CaseView,
    DebtShown,
    FormShown,
    HistoryLine,
    ItemShown,
    Named,
    PersonShown,
    RecordShown,
    StandingShown,
    as_json,
)
from dialer.core.script import Branch, NoScript, Step, TalkScript, filled

NOW = datetime(2026, 11, 25, 1, tzinfo=UTC)
DAY = date(2026, 11, 25)
SCRIPT = TalkScript(
    "reminder",
    "納付のお願い",
    1,
    (
        Step("opening", "名乗り", "{name}様でしょうか", branches=(Branch("本人", "matter", confirms=True),)),
        Step("matter", "用件", "{terms}、合わせて{amount}、全部で{total}です", note="{amount}", completes=True),
    ),
)


def view(yen: list[int]) -> CaseView:
    """With another sum wherever a sum can stand."""
    debt, item, other, listed, promised, noted, record, why = yen
    words = {"name": "見本", "amount": f"{debt:,}円", "total": f"{debt + other:,}円", "terms": f"第3期 {item:,}円"}
    return CaseView(
        city="nagaoka",
        city_name="長岡市",
        case=1,
        made_at=NOW,
        person=PersonShown(1, "0000000001", "見本", "ミホン"),
        warnings=(),
        debts=(
            _debt(1, debt, (ItemShown("車", "令和7", "第3期", DAY, item),), ((Named("滞納額", f"{listed:,}"),),)),
            _debt(2, other, (), ((Named("未納額", str(listed)),),)),
        ),
        numbers=(),
        standing=StandingShown(
            "open", "継続", "未架電", "000 §10(4)", None, may_call_now=False, why_now="", why_now_clause=""
        ),
        history=(HistoryLine(NOW, "talk", "番号1に架電", "市税", promise_yen=promised, note=f"{noted:,}円なら"),),
        form=FormShown((), (), (), (), (), 1000, DAY, None, 15, DAY),
        script=filled(SCRIPT, words),
        records=(
            RecordShown(
                1,
                NOW,
                "sato",
                "promise",
                "納付約束",
                "self",
                identity_confirmed=True,
                note=f"{noted}円",
                promise_day=DAY,
                promise_yen=record,
                why=f"{why}円の誤り",
            ),
        ),
    )


def _debt(case: int, yen: int, items: tuple[ItemShown, ...], imported: tuple[tuple[Named, ...], ...]) -> DebtShown:
    names = ("city_tax", "市税", "収納課", "open", "継続", "")
    return DebtShown(case, *names, DAY, DAY, None, yen, items, is_this=case == 1, imported=imported)


SUMS = st.lists(st.integers(1_000_000, 99_999_999_999), min_size=8, max_size=8, unique=True)
"""So large that no other number of the view looks like one."""


@given(SUMS)
def test_no_sum_is_in_what_leaves_before_the_identity_is_confirmed(yen: list[int]) -> None:
    told = json.dumps(as_json(view(yen), amounts=False), ensure_ascii=False)
    sums = [*yen, yen[0] + yen[2]]
    assert not [one for one in sums if str(one) in told or f"{one:,}" in told]


@given(SUMS)
def test_every_sum_is_there_afterwards(yen: list[int]) -> None:
    told = json.dumps(as_json(view(yen), amounts=True), ensure_ascii=False)
    assert not [one for one in [*yen, yen[0] + yen[2]] if str(one) not in told and f"{one:,}" not in told]


def shapes() -> list[type]:
    found = inspect.getmembers(case_view, lambda one: inspect.isclass(one) and is_dataclass(one))
    return [one for _, one in found if one.__module__ == case_view.__name__]


@pytest.mark.parametrize("shape", shapes(), ids=lambda one: one.__name__)
def test_whatever_may_hold_a_sum_is_gated_or_inside_of_what_is(shape: type) -> None:
    """A field that is added later is gated as well, or this fails."""
    suspicious = {
        one.name for one in fields(shape) if "yen" in one.name or one.name in ("items", "imported", "note", "why")
    }
    outside = {"ItemShown": {"yen"}, "PersonWarning": {"note"}, "NumberShown": {"why"}}.get(shape.__name__, set())
    assert suspicious - set(GATED.get(shape, ())) == outside


def test_what_is_gated_is_null_and_not_missing() -> None:
    told: Any = as_json(view([10**7 + place for place in range(8)]), amounts=False)
    assert (told["amounts"], told["total_yen"]) == (False, None)
    (first, _), (record,) = told["debts"], told["records"]
    assert (first["yen"], first["items"], first["imported"]) == (None, None, None)
    assert (record["promise_yen"], record["note"], record["promise_day"]) == (None, None, "2026-11-25")


def test_without_a_script_it_is_said_why() -> None:
    told = as_json(replace(view([10**7] * 8), script=NoScript("承認前")), amounts=True)
    assert told["script"] == {"key": None, "why": "承認前", "steps": []}


def test_moments_are_told_in_tokyo() -> None:
    assert as_json(view([10**7] * 8), amounts=True)["made_at"] == "2026-11-25T10:00:00+09:00"
