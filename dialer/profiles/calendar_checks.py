"""What `[calendar]` cannot say of itself: usual days, calling periods and quotas that contradict each other."""

from collections.abc import Callable, Iterator
from typing import Any

from dialer.core.calendar.values import DayClass
from dialer.holidays import FIRST_YEAR, LAST_YEAR
from dialer.profiles.document import at, entries, first_and_last, keys, span, table, unknown, words
from dialer.profiles.problems import Document, Loc, Problem


def calendar_contradictions(document: Document) -> Iterator[Problem]:
    rules: tuple[Callable[[Document], Iterator[Problem]], ...] = (
        _usual_days,
        _patterns,
        _campaigns,
        _years,
        _quotas,
    )
    for rule in rules:
        yield from rule(document)


def _usual_days(document: Document) -> Iterator[Problem]:
    """The pattern of a kind of day exists and may be used on such days."""
    on = {str(one.get("key")): words(one.get("on")) for _, one in entries(document, "calendar", "pattern")}
    never = words(at(document, "calendar", "never_on"))
    tables: list[tuple[Loc, dict[str, Any]]] = [(("calendar", "usual"), table(document, "calendar", "usual"))]
    for loc, campaign in entries(document, "calendar", "campaign"):
        tables.append(((*loc, "usual"), campaign["usual"] if isinstance(campaign.get("usual"), dict) else {}))
    for loc, usual in tables:
        for kind, pattern in usual.items():
            if not isinstance(pattern, str) or kind not in set(DayClass):
                continue
            if pattern not in on:
                yield unknown((*loc, kind), pattern, list(on), "パターン")
            elif kind not in on[pattern]:
                yield Problem((*loc, kind), f"パターン「{pattern}」の on に {kind} がありません。on に足してください")
            elif kind in never:
                yield Problem((*loc, kind), f"never_on の {kind} は開けられません。どちらかを消してください")


def _patterns(document: Document) -> Iterator[Problem]:
    for loc, one in entries(document, "calendar", "pattern"):
        if not (one.get("calls") or one.get("inbound")):
            yield Problem(loc, "calls も inbound もありません。どちらかの時間を書いてください")
        limit = span(one.get("limit"))
        for name in ("calls", "inbound"):
            hours = span(one.get(name))
            if limit and hours and not (limit[0] <= hours[0] and hours[1] <= limit[1]):
                yield Problem((*loc, name), "limit の外に出ています。limit を広げるか時間を縮めてください")


def _campaigns(document: Document) -> Iterator[Problem]:
    """Every debt has its calling period, and one only."""
    campaigns = list(entries(document, "calendar", "campaign"))
    general = [loc for loc, one in campaigns if not one.get("debts")]
    for loc in general[1:]:
        yield Problem((*loc, "debts"), "debts のない架電期間は一つだけ置けます。科目を書いてください")
    named: dict[str, Loc] = {}
    for loc, one in campaigns:
        if not (one.get("season") or one.get("round")):
            yield Problem(loc, "season も round もありません。架電期間を書いてください")
        for debt in words(one.get("debts")):
            if debt in named:
                yield Problem((*loc, "debts"), f"科目「{debt}」は別の架電期間にもあります。片方から消してください")
            named.setdefault(debt, loc)
    if campaigns and not general:
        for debt in keys(document, "debt"):
            if debt not in named:
                yield Problem(("calendar", "campaign"), f"科目「{debt}」の架電期間がありません。debts に足してください")


def _years(document: Document) -> Iterator[Problem]:
    """Rounds lie in the contract, and the contract in the years whose holidays are known."""
    operation = [
        (loc, days) for loc, one in entries(document, "calendar", "operation") if (days := first_and_last(one))
    ]
    for loc, (first, last) in operation:
        if not FIRST_YEAR < first.year <= last.year < LAST_YEAR:
            what = f"祝日が分かるのは {FIRST_YEAR + 1}～{LAST_YEAR - 1} 年だけです。期間を縮めてください"
            yield Problem(loc, what)
    for loc, campaign in entries(document, "calendar", "campaign"):
        rounds = campaign.get("round")
        for place, one in enumerate(rounds if isinstance(rounds, list) else []):
            days = first_and_last(one) if isinstance(one, dict) else None
            inside = [first <= days[0] and days[1] <= last for _, (first, last) in operation] if days else []
            if inside and not any(inside):
                yield Problem(
                    (*loc, "round", place), "calendar.operation のどの期間にも収まりません。日付を直してください"
                )


def _quotas(document: Document) -> Iterator[Problem]:
    for loc, one in entries(document, "calendar", "quota"):
        least, most = one.get("at_least", 0), one.get("at_most")
        if not least and most is None:
            yield Problem(loc, "at_least も at_most もありません。どちらかの日数を書いてください")
        if isinstance(least, int) and isinstance(most, int) and least > most:
            yield Problem((*loc, "at_least"), f"at_most（{most}）より大きい値です。どちらかを直してください")
    if words(at(document, "calendar", "exchanged")) and not at(document, "calendar", "exchange_clause"):
        yield Problem(("calendar", "exchange_clause"), "ありません。exchanged の根拠を書いてください")
    low_high = at(document, "calendar", "round_days")
    numbers = isinstance(low_high, list) and len(low_high) == 2 and all(isinstance(one, int) for one in low_high)
    if numbers and low_high[0] > low_high[1]:
        yield Problem(("calendar", "round_days"), "最少が最多より大きい値です。入れ替えてください")
