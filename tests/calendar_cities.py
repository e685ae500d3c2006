"""The five calendars of the tenders as values, for tests: the shape that a profile's TOML maps to."""

from dataclasses import replace
from datetime import date, datetime, time

from dialer.core.calendar.days import CalendarView
from dialer.core.calendar.due import (
    Base,
    ByAgreement,
    CalendarDays,
    DayOfFiscalYear,
    DayOfMonth,
    DueRule,
    NthOpenDay,
    OpenDays,
)
from dialer.core.calendar.office import Closure
from dialer.core.calendar.rules import Change, ChangeKind, CityCalendar, Pattern, Per, Quota
from dialer.core.calendar.seasons import ALL_YEAR, Campaign, Season
from dialer.core.calendar.values import TOKYO, DayClass, Hours, MonthDay, Move, Period
from dialer.holidays import national_holidays

HOLIDAYS = national_holidays()

WEEKDAY, SATURDAY, SUNDAY, HOLIDAY = DayClass.WEEKDAY, DayClass.SATURDAY, DayClass.SUNDAY, DayClass.HOLIDAY
REST = (SATURDAY, SUNDAY, HOLIDAY)


def day(text: str) -> date:
    return date.fromisoformat(text)


def period(text: str) -> Period:
    """2024-09-11～2024-09-20"""
    first, last = text.split("～")
    return Period(day(first), day(last))


def hours(text: str) -> Hours:
    """9:00-17:00"""
    opens, closes = (time.fromisoformat(half.zfill(5)) for half in text.split("-"))
    return Hours(opens, closes)


def new_year(clause: str, firm: bool = False) -> Closure:
    return Closure(MonthDay(12, 29), MonthDay(1, 3), "年末年始", clause, firm)


OFFICE = (new_year("A-09"),)


def within(key: str, name: str, clause: str, on: tuple[DayClass, ...], calls: str, limit: str = "") -> Pattern:
    """A pattern whose calls and inbound have the same hours, and a limit for agreed ones."""
    return Pattern(key, name, clause, on, hours(calls), hours(calls), hours(limit or calls))


NAGAOKA = CityCalendar(
    name="長岡市",
    clause="000 §6(2)ア(ア)",
    patterns=(
        within("weekday", "平日", "000 §6(2)ア(イ)", (WEEKDAY,), "9:00-20:00"),
        within("rest", "土日祝日", "000 §6(2)ア(イ)", REST, "9:00-17:00"),
    ),
    usual={WEEKDAY: "weekday", SATURDAY: "rest", SUNDAY: "rest", HOLIDAY: "rest"},
    evening_from=time(17),
    operation=period("2024-08-01～2025-03-31"),
    campaigns=(
        Campaign(
            "monthly",
            "電話催告",
            "000 §6(2)ア(ア)",
            rounds=(
                period("2024-08-19～2024-08-30"),
                period("2024-09-11～2024-09-20"),
                period("2024-12-19～2024-12-28"),
            ),
        ),
    ),
    inbound_follows_campaigns=True,
    quotas=(
        Quota("毎月の実施", "000 §6(2)ア(ウ)", Per.MONTH, at_least=1),
        Quota("土日祝日の実施", "000 §6(2)ア(イ)", Per.MONTH, ("rest",), at_least=1),
    ),
    rounds_from_week=3,
    round_days=(8, 12),
    office_closures=OFFICE,
)

NIIGATA = CityCalendar(
    name="新潟市",
    clause="001 §7(1)ア",
    patterns=(
        Pattern("day", "平日催告", "001 §7(1)ア", (WEEKDAY,), hours("9:00-17:00"), hours("9:00-17:00")),
        Pattern("evening", "平日夜間催告", "001 §7(1)ア", (WEEKDAY,), hours("12:00-20:00"), hours("12:00-20:00")),
        Pattern("rest", "休日催告", "001 §7(1)ア", REST, hours("9:00-17:00"), hours("9:00-17:00")),
    ),
    usual={WEEKDAY: "day"},
    evening_from=time(17),
    operation=period("2023-10-01～2027-03-31"),
    closures=(new_year("001 §7(1)ア", firm=True),),
    campaigns=(
        Campaign("all", "通年", "001 §7(1)ア", seasons=(ALL_YEAR,)),
        Campaign(
            "nursery",
            "保育料等",
            "001 §8の2",
            debts=("nursery",),
            seasons=(Season(MonthDay(9, 1), MonthDay(10, 31)), Season(MonthDay(2, 1), MonthDay(3, 31))),
        ),
    ),
    quotas=(
        Quota("平日夜間催告", "001 §7(1)ア", Per.MONTH, ("evening",), 8, 8),
        Quota("休日催告", "001 §7(1)ア", Per.MONTH, ("rest",), 2, 2),
    ),
    exchanged=("rest",),
    exchange_clause="001 §7(1)ア",
    office_closures=OFFICE,
)

SAITAMA = CityCalendar(
    name="埼玉県",
    clause="002 §6(2)ア(ア)",
    patterns=(
        Pattern("day", "平日", "002 §6(2)", (WEEKDAY,), hours("8:30-17:15"), hours("8:30-17:15")),
        Pattern("evening", "夜間納税しょうよう", "002 §6(2)", (WEEKDAY,), hours("8:30-20:00"), hours("8:30-17:15")),
        Pattern("rest", "休日納税しょうよう", "002 §6(2)", REST, hours("8:30-17:15"), None),
        Pattern("reception", "臨時応答業務", "002 §6(2)ア(ア)", REST, None, hours("8:30-17:15")),
    ),
    usual={WEEKDAY: "day"},
    evening_from=time(17, 15),
    operation=period("2024-01-01～2026-12-31"),
    closures=(new_year("002 §6(2)ア(ア)"),),
    campaigns=(
        Campaign(
            "car_tax",
            "自動車税",
            "002 §6(2)イ",
            debts=("car_tax",),
            seasons=(Season(MonthDay(8, 1), MonthDay(9, 30), Move.NEXT, Move.NEXT),),
            usual={SUNDAY: "rest"},
        ),
        Campaign(
            "business_tax",
            "個人事業税",
            "002 §6(2)ウ",
            debts=("business_tax",),
            seasons=(
                Season(MonthDay(10, 1), MonthDay(11, 30), Move.NEXT, Move.PREVIOUS),
                Season(MonthDay(1, 4), MonthDay(2, 28), Move.NEXT, Move.PREVIOUS),
            ),
        ),
    ),
    quotas=(
        Quota("夜間（自動車税）", "002 §6(2)イ", Per.WEEK, ("evening",), 1, 2, "car_tax"),
        Quota("夜間（自動車税）", "002 §6(2)イ", Per.FISCAL_YEAR, ("evening",), 15, 15, "car_tax"),
        Quota("夜間（個人事業税）", "002 §6(2)ウ", Per.MONTH, ("evening",), 1, 1, "business_tax"),
        Quota("夜間（個人事業税）", "002 §6(2)ウ", Per.FISCAL_YEAR, ("evening",), 4, 4, "business_tax"),
        Quota("休日（個人事業税）", "002 §6(2)ウ", Per.MONTH, ("rest",), 1, 1, "business_tax"),
        Quota("休日（個人事業税）", "002 §6(2)ウ", Per.FISCAL_YEAR, ("rest",), 4, 4, "business_tax"),
    ),
    office_closures=(new_year("002 §6(2)ア(ア)"),),
)

KURUME = CityCalendar(
    name="久留米市",
    clause="003 §7",
    patterns=(
        within("day", "平日", "003 §7(2)イ", (WEEKDAY,), "9:00-19:00"),
        within("rest", "休日実施", "003 §10(4)", REST, "9:00-19:00"),
    ),
    usual={WEEKDAY: "day"},
    evening_from=time(17),
    operation=period("2025-11-01～2030-10-31"),
    closures=(new_year("003 §7(1)"),),
    office_closures=(new_year("003 §7(1)"),),
)

SENDAI = CityCalendar(
    name="仙台市",
    clause="004 §5(1)ア",
    patterns=(
        within("day", "平日", "004 §5(1)イ", (WEEKDAY,), "8:30-17:00", "8:30-20:00"),
        within("extended", "業務延長", "004 §5(1)イ", (WEEKDAY,), "8:30-20:00"),
        replace(
            within("weekend", "週休日の業務日", "004 §5(1)ア", (SATURDAY, SUNDAY), "8:30-17:00", "8:30-20:00"),
            decided_by=25,
        ),
    ),
    usual={WEEKDAY: "day"},
    evening_from=time(17),
    operation=period("2024-04-01～2027-03-31"),
    never_on=(HOLIDAY,),
    quotas=(Quota("週の業務日", "004 §5(1)ア", Per.WEEK, at_most=5),),
    office_closures=OFFICE,
)

CITIES = {"nagaoka": NAGAOKA, "niigata": NIIGATA, "saitama": SAITAMA, "kurume": KURUME, "sendai": SENDAI}

NOON = time(12)
DUE = {
    "nagaoka": (
        DueRule("daily", "日次報告", "000 §12(1)", OpenDays(1), NOON),
        DueRule("sms", "SMS送信結果", "000 §12(1)", OpenDays(3)),
        DueRule("candidates", "SMS送信候補者", "000 §12(2)", OpenDays(1), NOON),
        DueRule("monthly", "月次報告データ", "000 §12(2)", OpenDays(3)),
    ),
    "niigata": (
        DueRule("daily", "業務日報", "001 §12(3)ア", OpenDays(1)),
        DueRule("monthly", "業務月報", "001 §12(3)イ", DayOfMonth(10, 1, Move.NEXT)),
        DueRule("annual", "業務年報", "001 §12(3)ウ", DayOfFiscalYear(4, 10, 1, Move.NEXT)),
        DueRule("workplan", "勤務計画書", "001 §12(2)ア", DayOfMonth(25, -1, Move.NEXT)),
        DueRule(
            "yearplan", "業務計画書", "001 §12(1)ア", DayOfFiscalYear(3, 31, -1, instead=((2023, date(2023, 9, 30)),))
        ),
    ),
    "saitama": (
        DueRule("monthly", "業務完了報告書", "002 §11(1)", OpenDays(3, Base.MONTH_END)),
        DueRule("workplan", "人員配置計画", "002 §6(3)イ(イ)a", DayOfMonth(20, -1, Move.PREVIOUS)),
        DueRule("entries", "滞納整理支援システム入力", "002 別紙5", DayOfFiscalYear(7, 31)),
        DueRule("deputy", "代替総括責任者の届出", "002 別紙9", CalendarDays(-3)),
    ),
    "kurume": (
        DueRule("monthly", "月次報告", "003 §15(3)イ", ByAgreement("月次定例会の日（委託者が定める日）に提出します")),
        DueRule("workplan", "月間業務計画", "003 §8(2)ア", OpenDays(-1, Base.MONTH_START)),
    ),
    "sendai": (
        DueRule("monthly", "定例報告書", "004 別表1", NthOpenDay(5, 1)),
        DueRule("workplan", "週休日の業務日", "004 §5(1)ア", DayOfMonth(25, -1)),
        DueRule("manuals", "改訂した手順書", "004 別表1", CalendarDays(7)),
    ),
}


def due_rule(city: str, what: str) -> DueRule:
    return next(rule for rule in DUE[city] if rule.what == what)


def agreed(
    day_text: str,
    pattern: str | None,
    reason: str = "協議による",
    *,
    at: str = "2023-01-01T09:00",
    calls: str | None = None,
    debts: tuple[str, ...] = (),
    exchanged_for: str | None = None,
    kind: ChangeKind | None = None,
) -> Change:
    """An agreed change; without a pattern the day is closed."""
    return Change(
        day(day_text),
        kind or (ChangeKind.OPEN if pattern else ChangeKind.CLOSE),
        reason,
        "user-7",
        datetime.fromisoformat(at).replace(tzinfo=TOKYO),
        pattern,
        hours(calls) if calls else None,
        None,
        debts,
        day(exchanged_for) if exchanged_for else None,
    )


def view(city: str, *changes: Change) -> CalendarView:
    return CalendarView(CITIES[city], HOLIDAYS, changes)
