"""`dialer rules replay`: a history in, the decision out. No database, no clock.

The round of the input is the authority: the city's hours and day patterns hold, its contract period and its calling
periods do not, and the days that the input excludes are closed.

Some tenders have evening or holiday work only on days that are agreed with the city, so and so many a month. A replay
knows of no agreement, and a decision must not hang on one it has never seen: unless `round.agreed` names the days
(`[{"date", "pattern"}]`), those patterns are taken as agreed on every day on which they may be used, beside the usual
hours of that day. The answer says so in `assumed`. What a tender only allows, without asking for it (a quota), is not.
"""

import json
import sys
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from dialer.calendar_commands import CannotAnswer
from dialer.core.calendar.days import CLASS_NAMES, CalendarView
from dialer.core.calendar.rules import Change, ChangeKind, CityCalendar, Pattern
from dialer.core.calendar.seasons import campaign_for
from dialer.core.calendar.values import CalendarError, DayClass, Holidays, Hours
from dialer.core.city import City
from dialer.core.decide import Decision, KnownCase, Rulebook, decide
from dialer.core.explain import NUMBER_STATE_NAMES, headline, why_now
from dialer.core.plan.slots import SlotTable
from dialer.core.plan.values import Plan, PlanKind
from dialer.core.plan.words import at_minute, on
from dialer.core.rules.reading import AgreedDay, Problems, Replay, replay_from
from dialer.core.values import CASE_STATE_NAMES
from dialer.holidays import national_holidays
from dialer.profiles import cities, load_city


@dataclass(frozen=True, slots=True)
class Answer:
    """What the rules say of one history at one moment."""

    now: datetime
    decision: Decision
    why_not: str | None  # why no call may be made now; None when one may
    assumed: str | None

    def as_dict(self) -> dict[str, Any]:
        standing, said = self.decision.standing, headline(self.decision)
        told: dict[str, Any] = {
            "state": standing.state.value,
            "reason": said.reason,
            "clause": said.clause,
            "numbers": [
                {"state": number.state.value, "counted_attempts": number.counted_attempts}
                for number in standing.numbers
            ],
            "next": _next(self.decision.plan),
            "may_call_now": self.why_not is None,
        }
        if self.why_not is not None:
            told["why_not"] = self.why_not
        told |= {"contacted": standing.contacted, "sms_candidate": standing.sms_candidate, "assumed": self.assumed}
        return told

    def as_text(self) -> str:
        standing, plan, said = self.decision.standing, self.decision.plan, headline(self.decision)
        lines = [
            f"{at_minute(self.now)} 現在: {CASE_STATE_NAMES[standing.state]}",
            f"理由: {said.reason}（{said.clause}）",
        ]
        for place, number in enumerate(standing.numbers, 1):
            lines.append(f"番号{place}: {NUMBER_STATE_NAMES[number.state]}、架電回数 {number.counted_attempts}回")
        if plan is not None:
            times = f"{at_minute(plan.not_before)}～{plan.not_after:%H:%M}"
            lines.append(f"次の架電: {times} 番号{plan.number + 1}。{plan.reason}（{plan.clause}）")
        else:
            lines.append("次の架電: なし")
        lines.append("いま架電できます" if self.why_not is None else f"いまは架電できません: {self.why_not}")
        contacted = "あり" if standing.contacted else "なし"
        lines.append(f"接触: {contacted}、SMS候補: {'はい' if standing.sms_candidate else 'いいえ'}")
        return "\n".join([*lines, *([f"前提: {self.assumed}"] if self.assumed else [])])


def replay_file(file: Path) -> Answer:
    """Of a file, or of the standard input for `-`."""
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8-sig")
        found = replay(json.loads(text))
    except OSError as error:
        raise CannotAnswer(f"{file}: 読めません（{error.strerror}）。ファイル名を確かめてください。") from None
    except UnicodeDecodeError:
        raise CannotAnswer(f"{file}: 文字コードが UTF-8 ではありません。UTF-8 で保存してください。") from None
    except json.JSONDecodeError as wrong:
        raise CannotAnswer(f"{file}: JSON として読めません（{wrong.lineno}行{wrong.colno}文字目）。") from None
    if isinstance(found, Problems):
        raise CannotAnswer("\n".join(f"{file}: {line}" for line in found.lines))
    return found


def replay(document: object) -> Answer | Problems:
    """The answer to the whole input, or every problem in it."""
    found = replay_from(document)
    if isinstance(found, Problems):
        return found
    if problems := _unknown(found):
        return Problems(tuple(problems))
    city = load_known_city(found.history.city)
    history = replace(found.history, debt=_debt(city, found.history.debt))
    debt = history.debt
    calendar, assumed = replayed_calendar(city, debt, assume=found.agreed is None)
    changes = tuple(_change(one, found.now) for one in found.agreed or ())
    view = CalendarView(calendar, _holidays(), changes)
    book = Rulebook(replace(city, calendar=calendar), view, SlotTable.empty(city.plan))
    try:
        decision = decide(KnownCase(history), book, found.now)
        why_not = None if decision.may_call(found.now) else why_now(decision, book, debt, found.now).reason
        return Answer(found.now, decision, why_not, assumed)
    except CalendarError as wrong:
        return Problems((f"round: {wrong}",))


@lru_cache
def load_known_city(key: str) -> City:
    return load_city(key)


@lru_cache
def _holidays() -> Holidays:
    return national_holidays()


def _unknown(found: Replay) -> list[str]:
    """Names that only the profile knows."""
    history = found.history
    if history.city not in cities():
        return [f"city: 知らない委託者です。{'、'.join(cities())} のいずれか"]
    city = load_known_city(history.city)
    problems: list[str] = []
    if history.debt is not None and _debt(city, history.debt) is None:
        known = "、".join(debt.key for debt in city.debts)
        problems.append(f"case.debt: {city.name}にない科目です。{known} のいずれか")
    holidays = _holidays()
    if not holidays.first_year <= history.round.first.year <= history.round.last.year <= holidays.last_year:
        problems.append(
            f"round: 祝日が分かるのは{holidays.first_year}～{holidays.last_year}年です。期間を直してください"
        )
    for place, one in enumerate(found.agreed or ()):
        pattern = city.calendar.pattern(one.pattern)
        if pattern is None:
            known = "、".join(each.key for each in city.calendar.patterns)
            problems.append(f"round.agreed[{place}].pattern: {city.name}にないパターンです。{known} のいずれか")
        elif not set(pattern.on) & set(_holidays().classes(one.day)):
            days = "・".join(CLASS_NAMES[kind] for kind in pattern.on)
            problems.append(f"round.agreed[{place}].date: {pattern.name}は{on(one.day)}に実施できません（{days}のみ）")
    return problems


def _debt(city: City, word: str | None) -> str | None:
    """By its key or by its name."""
    return next((debt.key for debt in city.debts if word in (debt.key, debt.name)), None)


def _change(one: AgreedDay, now: datetime) -> Change:
    return Change(one.day, ChangeKind.OPEN, "協議による", "replay", now, one.pattern)


def replayed_calendar(city: City, debt: str | None, *, assume: bool) -> tuple[CityCalendar, str | None]:
    """Open all year by the patterns that the debt has inside its calling periods; and what had to be assumed for it."""
    calendar = city.calendar
    usual = dict(calendar.usual)
    campaigns = calendar.campaigns
    if debt is not None:
        campaign = campaign_for(campaigns, debt)
        campaigns = (campaign,) if campaign else ()
    for campaign in campaigns:
        usual |= campaign.usual
    patterns = list(calendar.patterns)
    by_agreement = _by_agreement(calendar, usual, debt) if assume else []
    for kind in DayClass:
        if either := [pattern for pattern in by_agreement if kind in pattern.on]:
            ordinary = calendar.pattern(usual.get(kind, ""))
            merged = _either(kind, [*([ordinary] if ordinary else []), *either])
            patterns.append(merged)
            usual[kind] = merged.key
    opened = replace(calendar, patterns=tuple(patterns), usual=usual, operation=(), campaigns=())
    return opened, _assumed(by_agreement)


def _by_agreement(calendar: CityCalendar, usual: dict[DayClass, str], debt: str | None) -> list[Pattern]:
    """Patterns that the tender asks for on so many days, and that no day has by itself."""
    asked = {
        key
        for quota in calendar.quotas
        if quota.at_least > 0 and (debt is None or quota.debt in (None, debt))
        for key in quota.patterns
    }
    return [one for one in calendar.patterns if one.key in asked - set(usual.values()) and one.calls is not None]


def _either(kind: DayClass, patterns: list[Pattern]) -> Pattern:
    """A day that could have any of them: open when one of them is."""
    calls = [pattern.calls for pattern in patterns if pattern.calls is not None]
    hours = Hours(min(one.opens for one in calls), max(one.closes for one in calls))
    key = "_or_".join([kind.value, *(pattern.key for pattern in patterns)])
    last = patterns[-1]
    return Pattern(key, "・".join(pattern.name for pattern in patterns), last.clause, (kind,), hours, hours)


def _assumed(patterns: list[Pattern]) -> str | None:
    if not patterns:
        return None
    named = "、".join(
        f"{one.name}（{'・'.join(CLASS_NAMES[kind] for kind in one.on)} {one.calls}）" for one in patterns
    )
    return f"実施日が協議で決まるパターンを、実施できる日のすべてで協議済みと仮定しました: {named}"


def _next(plan: Plan | None) -> dict[str, Any] | None:
    if plan is None:
        return None
    return {
        "kind": "appointment" if plan.kind is PlanKind.APPOINTMENT else "retry",
        "number": plan.number,
        "not_before": plan.not_before.isoformat(),
        "not_after": plan.not_after.isoformat(),
        "slot": str(plan.slot),
    }
