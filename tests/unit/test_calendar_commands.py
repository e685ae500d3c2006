"""The answers of `dialer calendar` and `dialer due`, as scripts and people read them, from the real profiles."""

from datetime import date

import pytest

from dialer.calendar_commands import CannotAnswer, DueAnswer, Month, due_of_city, month_of_city
from dialer.core.calendar.rules import Change
from tests.city_profiles import CITY, HOLIDAYS, agreed


def month(city: str, named: str, *changes: Change, debt: str | None = None) -> Month:
    return month_of_city(CITY[city], named, HOLIDAYS, changes, debt)


def answer(city: str, what: str, for_day: str) -> DueAnswer:
    return due_of_city(CITY[city], what, for_day, HOLIDAYS)


@pytest.mark.parametrize(
    ("city", "day", "expected"),
    [
        ("saitama", "2024-01-01", (None, None, None, "年末年始のため休業です")),
        ("saitama", "2024-01-04", ("day", ["08:30", "17:15"], ["08:30", "17:15"], "平日（平日）")),  # its first day
        ("saitama", "2024-04-01", ("day", None, ["08:30", "17:15"], "架電期間の外です。受電のみ（平日）")),
        ("saitama", "2026-08-02", (None, None, None, "日曜日のため休業です")),  # 1 August is a Saturday: moved
        ("saitama", "2026-08-09", ("rest", ["08:30", "17:15"], None, "休日納税しょうよう（日曜日）")),
        ("nagaoka", "2026-11-25", ("weekday", ["09:00", "20:00"], ["09:00", "20:00"], "平日（平日）")),
        ("nagaoka", "2026-11-30", (None, None, None, "架電期間の外です")),
        ("nagaoka", "2026-06-01", (None, None, None, None)),  # between two contracts
        ("sendai", "2026-11-23", (None, None, None, "祝日（勤労感謝の日）は業務日にできません")),
        ("kurume", "2026-11-25", ("day", ["09:00", "19:00"], ["09:00", "19:00"], "平日（平日）")),
    ],
)
def test_a_day_is_told_with_its_pattern_its_hours_and_why(
    city: str, day: str, expected: tuple[str | None, list[str] | None, list[str] | None, str | None]
) -> None:
    (one,) = [one for one in month(city, day[:7]).as_dict()["days"] if one["date"] == day]
    pattern, out, inbound, reason = expected
    assert (one["pattern"], one["out"], one["in"]) == (pattern, out, inbound)
    assert one["reason"] == reason or (
        reason is None and "2024-08-01～2025-03-31、2026-08-01～2027-03-31" in one["reason"]
    )
    assert one["clause"]


@pytest.mark.parametrize("city", CITY)
@pytest.mark.parametrize("named", ["2024-02", "2026-11", "2026-12", "2027-03", "2030-12"])
def test_a_month_has_all_its_days_each_with_a_reason_and_closed_ones_without_hours(city: str, named: str) -> None:
    told = month(city, named).as_dict()
    assert (told["city"], told["month"]) == (city, named)
    assert [one["date"][:7] for one in told["days"]] == [named] * len(told["days"])
    assert len(told["days"]) in (29, 30, 31)
    for one in told["days"]:
        assert one["reason"]
        assert (one["pattern"] is None) == (one["out"] is None and one["in"] is None)


def test_agreed_days_and_what_is_still_to_be_mended_are_in_the_answer() -> None:
    bare = month("niigata", "2026-12")
    assert bare.as_dict()["warnings"] == [
        "平日夜間催告: 2026年12月は0日（8日）。8日足りません（001 §7(1)ア）",
        "休日催告: 2026年12月は0日（2日）。2日足りません（001 §7(1)ア）",
    ]
    agreed_days = month("niigata", "2026-12", agreed("2026-12-02", "evening"), agreed("2026-12-05", "rest"))
    told = agreed_days.as_dict()
    assert told["days"][1]["out"] == ["12:00", "20:00"]
    assert told["days"][4]["pattern"] == "rest"
    assert told["warnings"][0] == "平日夜間催告: 2026年12月は1日（8日）。7日足りません（001 §7(1)ア）"
    assert any("振り替える平日の休業日がありません" in warning for warning in told["warnings"])


def test_a_debt_kind_has_its_own_month() -> None:
    def calling(debt: str | None) -> list[str]:
        return [one["date"] for one in month("niigata", "2026-11", debt=debt).as_dict()["days"] if one["out"]]

    assert calling("nursery") == []
    assert calling("city_tax") == calling(None) != []


def test_people_read_a_month_line_by_line() -> None:
    lines = month("niigata", "2026-12").as_text().split("\n")
    assert lines[0] == "新潟市 2026年12月"
    assert lines[1] == " 1日（火）  架電 09:00～17:00  受電 09:00～17:00  平日催告（平日）"
    assert lines[29] == "29日（火）  架電 －－－－－－  受電 －－－－－－  年末年始のため休業です"
    assert lines[32].startswith("注意: 平日夜間催告: ")


def test_people_read_a_due_date_with_its_derivation_and_clause() -> None:
    found = answer("niigata", "monthly", "2026-09-01")
    assert found.as_text() == (
        "業務月報: 2026年10月10日（土）は閉庁日（土曜日）のため翌開庁日（閉庁: 10/11 日曜日、10/12 スポーツの日）"
        " → 2026年10月13日（火）（001 §12(3)イ）"
    )


@pytest.mark.parametrize(
    ("city", "what", "why"),
    [
        ("kurume", "monthly", "月次定例会の日（委託者が定める日）"),
        ("kurume", "annual", "年次報告会の日（委託者が定める日）"),
        ("kurume", "daily", "委託者との協議"),
        ("saitama", "daily", "県が指定した期間ごと"),
        ("nagaoka", "result", "委託料の請求と同時"),
    ],
)
def test_a_date_by_agreement_is_none_and_says_so(city: str, what: str, why: str) -> None:
    told = answer(city, what, "2026-11-25").as_dict()
    assert told["due"] is None
    assert why in told["derivation"]
    assert told["clause"]


@pytest.mark.parametrize(
    ("city", "what", "for_day", "told"),
    [
        (
            "kurume",
            "sms",
            "2026-11-25",
            "久留米市の仕様書に「sms」の期限はありません。あるのは daily（日次報告）、monthly",
        ),
        ("sendai", "daily", "2026-11-25", "あるのは monthly（定例報告書）、workplan（週休日の業務日）、manuals"),
        ("niigata", "annual", "2026-02-30", "日付「2026-02-30」は読めません"),
        ("niigata", "annual", "20261125", "日付「20261125」は読めません"),
        ("niigata", "annual", "2040-01-01", "2040年の祝日は不明です。答えられるのは2022～2031年だけです"),
        ("niigata", "annual", "2031-12-31", "2032-04-10 の祝日は不明です"),
    ],
)
def test_a_due_date_that_cannot_be_told_is_one_line_that_says_what_there_is(
    city: str, what: str, for_day: str, told: str
) -> None:
    with pytest.raises(CannotAnswer) as wrong:
        answer(city, what, for_day)
    assert told in str(wrong.value)
    assert "\n" not in str(wrong.value)


@pytest.mark.parametrize(
    ("named", "debt", "told"),
    [
        ("2026-13", None, "月「2026-13」は読めません"),
        ("2026-1", None, "月「2026-1」は読めません"),
        ("２０２６-11", None, "は読めません。2026-11 のように"),
        ("2040-01", None, "2040年の祝日は不明です"),
        ("2026-11", "water", "仙台市に科目「water」はありません。あるのは national_health、"),
    ],
)
def test_a_month_that_cannot_be_told_is_one_line_that_says_how_to_ask(named: str, debt: str | None, told: str) -> None:
    with pytest.raises(CannotAnswer) as wrong:
        month("sendai", named, debt=debt)
    assert told in str(wrong.value)


def test_nagaoka_can_be_called_in_every_month_of_both_contracts() -> None:
    months = [date(year, number, 1) for year in (2024, 2026) for number in range(8, 13)]
    months += [date(year, number, 1) for year in (2025, 2027) for number in range(1, 4)]
    for first in months:
        calling = [one for one in month("nagaoka", f"{first:%Y-%m}").days if one.calls]
        assert 8 <= len(calling) <= 12
        assert any(one.is_rest_day for one in calling)
        assert any(not one.is_rest_day for one in calling)
