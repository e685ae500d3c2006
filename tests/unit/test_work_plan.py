"""The work plan: tables of tenders are read as they are printed, and held against what was done."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

import pytest

from dialer.core.progress import CallDay, CallerDay, Counted, Prospect
from dialer.core.typed_table import BadTable
from dialer.core.values import TOKYO
from dialer.core.work_plan import (
    Channel,
    PlanChange,
    PlanKey,
    Planned,
    changes,
    in_force,
    subjects_of,
    unlikely,
)
from dialer.core.work_plan_file import PlanTable, read_plan
from dialer.core.work_progress import Done, PlanRow, plan_rows
from tests.books import weekdays
from tests.city_profiles import CITY
from tests.niigata_plan import PRINTED, SUM_IS_WRONG

NIIGATA = CITY["niigata"]
SUBJECTS = subjects_of(NIIGATA)
MONTHS = ",".join(f"{month}月" for month in (*range(4, 13), *range(1, 4)))
NOVEMBER = date(2026, 11, 1)


def totals(table: PlanTable) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for (subject, channel, _), count in table.counts.items():
        found[subject, channel.value] = found.get((subject, channel.value), 0) + (count or 0)
    return found


def test_the_printed_tables_of_a_tender_are_read_as_they_are_and_a_wrong_sum_is_told() -> None:
    table = read_plan(PRINTED, SUBJECTS, 2026)
    assert (table.rows, table.years, table.warnings) == (12, (2026,), (SUM_IS_WRONG,))
    assert totals(table) == {
        ("city_tax", "calls"): 64_000,
        ("city_tax", "sms"): 4_100,
        ("city_tax", "inbound"): 7_000,
        ("city_tax", "letters"): 30_000,
        ("insurance", "calls"): 72_000,
        ("insurance", "sms"): 2_700,
        ("insurance", "inbound"): 5_100,
        ("insurance", "letters"): 13_000,
        ("insurance", "slips"): 3_500,
        ("nursery", "calls"): 260,
        ("nursery", "sms"): 120,
        ("nursery", "inbound"): 40,
    }
    assert table.counts["city_tax", Channel.CALLS, date(2026, 4, 1)] == 5_500
    assert table.counts["insurance", Channel.LETTERS, date(2027, 1, 1)] == 1_640
    assert table.counts["nursery", Channel.CALLS, date(2026, 4, 1)] is None


@pytest.mark.parametrize(
    "text",
    [
        "科目,種別,11月\n市税,架電,4500\n",
        '科目,種別,11月\n市税,架電件数,"4,500"\n',
        "年度,科目,種別,11月\n2026,city_tax,calls,4500\n",
        "年度,科目,種別,11月\n令和8年度,市税,架電,４５００\n",
        "\n種別,科目,11月,計\n架電,市税,4500,4500\n",
    ],
)
def test_a_plan_may_be_written_in_several_ways(text: str) -> None:
    table = read_plan(text, SUBJECTS, None if "年度" in text else 2026)
    assert table.counts == {("city_tax", Channel.CALLS, NOVEMBER): 4_500}
    assert table.warnings == ()


@pytest.mark.parametrize(
    ("text", "year", "said"),
    [
        ("", 2026, "見出しは「科目,種別,4月,…,3月」にしてください"),
        ("こんにちは\n", 2026, "見出しは"),
        ("科目,種別,11月,11月\n市税,架電,1,2\n", 2026, "見出しは"),
        ("科目,種別,11月\n", 2026, "計画の行がありません"),
        ("科目,種別,11月\n市税,架電,1\n", None, "年度が分かりません"),
        ("年度,科目,種別,11月\n昨年,市税,架電,1\n", 2026, "行 2 列「年度」: 2026 のように"),
        ("科目,種別,11月\n水道料,架電,1\n", 2026, "行 2 列「科目」: 「水道料」はありません。あるのは 市税、3保険料"),
        ("科目,種別,11月\n市税,FAX,1\n", 2026, "行 2 列「種別」: 「FAX」はありません。あるのは 架電、うち夜間"),
        ("科目,種別,11月\n市税,架電,多数\n", 2026, "行 2 列「11月」: 「多数」は件数として読めません"),
        ("科目,種別,11月\n市税,架電,1.5\n", 2026, "は件数として読めません"),
        ("科目,種別,11月\n市税,架電,=1+1\n", 2026, "は件数として読めません"),
        ("科目,種別,11月\n市税,架電,10000000\n", 2026, "0から9,999,999まで"),
        ("科目,種別,11月\n市税,架電,-5\n", 2026, "は件数として読めません"),
        ("科目,種別,11月\n市税,架電,1\n,架電,2\n", 2026, "市税 架電 2026年11月が2回あります"),
        ('科目,種別,11月\n市税,架電,"1\n', 2026, "CSVとして読めません"),
    ],
)
def test_what_cannot_be_read_is_told_in_one_line(text: str, year: int | None, said: str) -> None:
    with pytest.raises(BadTable) as bad:
        read_plan(text, SUBJECTS, year)
    assert len(bad.value.problems) == 1
    assert said in bad.value.problems[0]


def test_only_what_is_different_is_a_change_and_a_dash_takes_a_plan_back() -> None:
    table = read_plan("科目,種別,10月,11月,12月\n市税,架電,5600,4500,－\n", SUBJECTS, 2026)
    october, december = NOVEMBER.replace(month=10), NOVEMBER.replace(month=12)
    calls = "city_tax", Channel.CALLS
    planned = {(*calls, october): 5_600, (*calls, december): 6_200}
    assert changes(planned, table.counts) == (
        PlanChange((*calls, NOVEMBER), None, 4_500),
        PlanChange((*calls, december), 6_200, None),
    )


def test_more_calls_in_the_evening_than_at_all_are_told_and_not_refused() -> None:
    planned = {("city_tax", Channel.CALLS, NOVEMBER): 10, ("city_tax", Channel.EVENING_CALLS, NOVEMBER): 11}
    assert unlikely(planned, SUBJECTS) == ("市税 うち夜間 2026年11月（11件）が、架電（10件）より多くなっています",)
    assert unlikely({("city_tax", Channel.EVENING_CALLS, NOVEMBER): 11}, SUBJECTS) == ()


# --- against what was done

TODAY = date(2026, 11, 24)
DAYS = [date(2026, 11, day) for day in (16, 17, 18, 19, 20)]


def rows(planned: dict[PlanKey, int], counted: Counted, first: date | None = DAYS[0]) -> tuple[PlanRow, ...]:
    book = weekdays()
    city = replace(NIIGATA, calendar=book.calendar.city)
    return plan_rows(city, planned, Done(counted, first), book.calendar, 2026, TODAY)


def calls(debt: str, counts: Sequence[int], *, evening: bool = False) -> list[CallDay]:
    return [CallDay(debt, day, evening, count) for day, count in zip(DAYS, counts, strict=True)]


def plan(subject: str, channel: Channel, count: int) -> dict[PlanKey, int]:
    return {(subject, channel, NOVEMBER): count}


def november(row: PlanRow) -> tuple[int | None, int | None]:
    (found,) = (one for one in row.months if one.month == NOVEMBER)
    return found.planned, found.actual


def test_a_group_is_the_sum_of_its_debt_kinds_and_ends_where_its_days_lead() -> None:
    counted = Counted(
        [*calls("national_health", [8] * 5), *calls("nursing_care", [2] * 5), *calls("city_tax", [9] * 5)]
    )
    (row,) = rows(plan("insurance", Channel.CALLS, 100), counted)
    assert november(row) == (100, 50)
    assert (row.planned, row.actual, row.share) == (100, 50, 0.5)
    assert row.progress is not None
    assert row.progress.forecast is not None
    assert (row.progress.days_left, row.progress.forecast.middle) == (5, 100)
    assert row.progress.prospect is Prospect.LIKELY


def test_evening_calls_are_a_part_of_all_calls() -> None:
    counted = Counted([*calls("city_tax", [8] * 5), *calls("city_tax", [3] * 5, evening=True)])
    planned = plan("city_tax", Channel.CALLS, 60) | plan("city_tax", Channel.EVENING_CALLS, 15)
    assert [november(row) for row in rows(planned, counted)] == [(60, 55), (15, 15)]


def test_callers_belong_to_the_number_that_they_called_and_so_to_no_single_debt_kind_of_several() -> None:
    counted = Counted(callers=[CallerDay(DAYS[0], 4, 5, "tax"), CallerDay(DAYS[0], 7, 7, "insurance")])
    planned = {
        key: count
        for subject in ("city_tax", "national_health", "all")
        for key, count in plan(subject, Channel.INBOUND, 10).items()
    }
    tax, health, every = rows(planned, counted)
    assert (november(tax), november(health), november(every)) == ((10, 4), (10, None), (10, 11))
    assert "科目ごとの受電は分かりません" in (health.not_counted or "")


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.LETTERS, Channel.SLIPS, Channel.VISITS])
def test_of_what_is_not_recorded_there_is_no_figure_but_the_reason(channel: Channel) -> None:
    (row,) = rows(plan("city_tax", channel, 10), Counted(calls("city_tax", [1] * 5)))
    assert (november(row), row.actual, row.share, row.progress) == ((10, None), None, None, None)
    assert "記録がありません" in (row.not_counted or "")


def test_months_before_the_first_record_and_after_today_have_no_figure() -> None:
    (row,) = rows(plan("city_tax", Channel.CALLS, 10), Counted(calls("city_tax", [1] * 5)))
    assert {one.month.month for one in row.months if one.actual is not None} == {11}
    (row,) = rows(plan("city_tax", Channel.CALLS, 10), Counted(), first=date(2026, 9, 15))
    assert [one.actual for one in row.months] == [None] * 5 + [0, 0, 0] + [None] * 4
    (row,) = rows(plan("city_tax", Channel.CALLS, 10), Counted(), first=None)
    assert row.actual is None


def test_the_newest_entry_of_a_month_counts_and_one_without_a_count_ends_it() -> None:
    first, *later = [
        Planned("city_tax", Channel.CALLS, NOVEMBER, count, "見本", "reiko", datetime(2026, 4, 1, tzinfo=TOKYO))
        for count in (10, 20, None)
    ]
    assert in_force([first, later[0]]) == {first.key: 20}
    assert in_force([first, *later]) == {}
