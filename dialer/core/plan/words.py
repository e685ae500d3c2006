"""The reasons of plans and holds, as an operator and a city clerk read them. No telephone number, no name."""

from datetime import date, datetime

from dialer.core.plan.days import Window
from dialer.core.plan.outlook import Relaxed
from dialer.core.plan.values import PlanKind, Priority
from dialer.core.rules.happenings import RESULT_NAMES, Result, Round
from dialer.core.values import TOKYO

PRIORITY_NAMES: dict[Priority, str] = {
    Priority.APPOINTMENT: "指定時刻（最優先）",
    Priority.EXPIRING: "架電期間の残りわずか",
    Priority.FRESH: "未架電",
    Priority.REPEATED: "再架電",
}
RESERVED = "担当者を確保する架電（最優先）"
RELAXED = {
    Relaxed.NOTHING: "",
    Relaxed.WEEKDAY: "架電期間の残りに別の曜日がないため、同じ曜日の別の日・別の時間帯とします",
    Relaxed.BAND: "架電期間の残りに別の時間帯がないため、同じ時間帯の別の日とします",
}

AWAITS_RESULT = "通話の結果が未入力のため、入力されるまで架電しません"
NO_NUMBER = "架電できる電話番号がありません"


def on(day: date) -> str:
    """8月17日（月）"""
    return f"{day.month}月{day.day}日（{'月火水木金土日'[day.weekday()]}）"


def at_minute(moment: datetime) -> str:
    """8月17日（月）18:00"""
    local = moment.astimezone(TOKYO)
    return f"{on(local.date())}{local:%H:%M}"


def promised(day: date) -> str:
    return f"納付約束（{on(day)}）の期日が過ぎるまで架電しません"


def round_over(calling: Round) -> str:
    return f"架電期間（{on(calling.last)}まで）が終わりました"


def no_hours_left(calling: Round) -> str:
    return f"架電期間（{on(calling.last)}まで）に、架電できる日時が残っていません"


def no_slot_left(calling: Round) -> str:
    return f"架電期間（{on(calling.last)}まで）に、前回までと別の日で架電できる日時が残っていません"


def no_rung_left(calling: Round) -> str:
    return f"架電期間（{on(calling.last)}まで）に残る日時は、日中に連絡が取れなかった方だけの夜間・休日です"


def appointed(at: datetime, number: int) -> str:
    return f"指定時刻（{at_minute(at)}）に番号{number + 1}へ架電します"


def reserved(reason: str, left_alone_at: datetime) -> str:
    """Nobody is left alone twice."""
    return f"{reason}。{at_minute(left_alone_at)}の架電で担当者につながらなかった方のため、担当者を確保してからかけます"


def planned(
    kind: PlanKind,
    number: int,
    window: Window,
    *,
    times: int,
    last: tuple[date, str] | None,
    after: tuple[datetime, Result] | None,
    missed: datetime | None,
    relaxed: Relaxed,
    other_weekday: bool,
    days_left: int | None,
    percent: int | None,
) -> str:
    """One sentence for what, and one for each reason behind it. `last` is the day and the name of the band."""
    where = f"{on(window.day)}{window.band_name}"
    what = "初回の架電" if kind is PlanKind.FIRST else f"{times}回目の架電"
    sentences = [f"番号{number + 1}へ{what}（{where}）"]
    if missed is not None:
        sentences.append(f"指定時刻（{at_minute(missed)}）に架電できなかったため、できるだけ早くかけます")
    if kind is PlanKind.AGAIN and after is not None:
        at, result = after
        sentences.append(f"{at_minute(at)}の{RESULT_NAMES[result]}は架電回数に数えないため、間をおいてかけ直します")
    if last is not None:
        day, band_name = last
        if relaxed is Relaxed.NOTHING and day != window.day:
            others = "別の日・別の時間帯・別の曜日" if other_weekday else "別の日・別の時間帯"
            sentences.append(f"前回（{on(day)}{band_name}）とは{others}")
        elif relaxed is not Relaxed.NOTHING:
            sentences.append(f"前回は{on(day)}{band_name}。{RELAXED[relaxed]}")
    if days_left is not None:
        sentences.append(f"架電期間の残りが{days_left}日のため優先します")
    if percent is not None:
        sentences.append(f"この時間帯のつながる見込みは約{percent}％")
    return "。".join(sentences)
