"""How people who called were served on a day, beside what the city's tender wants."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from dialer.commands import opened_store
from dialer.config import Settings
from dialer.core.callers import INBOUND_OUTCOME_NAMES
from dialer.core.city import City, Measure
from dialer.core.values import TOKYO
from dialer.profiles import load_city
from dialer.store.inbound_figures import InboundFigures


@dataclass(frozen=True, slots=True)
class CallersOfDay:
    city: City
    day: date
    figures: InboundFigures
    target: float | None  # of the answer rate

    def as_dict(self) -> dict[str, Any]:
        told, rate = self.figures, self.figures.answer_rate
        return {
            "city": self.city.key,
            "day": self.day.isoformat(),
            "arrivals": told.arrivals,
            "total": told.total,
            "answered": told.answered,
            "answer_rate": None if rate is None else round(rate, 4),
            "answer_rate_target": self.target,
            "abandoned_within_5_s": told.abandoned_at_once,
            "abandoned_later": told.abandoned_later,
            "wait_mean_s": _seconds(told.wait_mean),
            "wait_longest_s": _seconds(told.wait_longest),
            "outcomes": {outcome.value: count for outcome, count in told.by_outcome.items()},
            "menu": dict(told.menu),
            "tests": told.tests,
        }

    def as_text(self) -> str:
        told, rate = self.figures, self.figures.answer_rate
        target = "" if self.target is None else f"（目標 {self.target:.1%}）"
        lines = [
            f"{self.city.name} {self.day.isoformat()} の着信: {told.arrivals}件（時間内 {told.in_hours}件）",
            f"  応答 {told.answered}件、応答率 {'-' if rate is None else f'{rate:.1%}'}{target}",
            f"  放棄 {told.abandoned_later}件、5秒以内の放棄 {told.abandoned_at_once}件（応答率には数えません）",
        ]
        if told.wait_mean is not None:
            longest = _seconds(told.wait_longest)
            lines.append(f"  担当者につながるまで 平均 {_seconds(told.wait_mean)}秒、最長 {longest}秒")
        lines += [f"  {INBOUND_OUTCOME_NAMES[outcome]} {count}件" for outcome, count in told.by_outcome.items()]
        lines += [f"  音声案内 {item}番 {count}回" for item, count in told.menu.items()]
        if told.tests:
            lines.append(f"  テスト着信 {told.tests}件（上の件数に含みません）")
        return "\n".join(lines)


async def callers_of(settings: Settings, day: date) -> CallersOfDay:
    begins = datetime.combine(day, time(), TOKYO)
    async with opened_store(settings, settings.city) as store:
        figures = await store.inbound_figures(settings.city, begins, begins + timedelta(days=1))
    city = load_city(settings.city)
    return CallersOfDay(city, day, figures, city.target_of(Measure.ANSWER_RATE, day))


def _seconds(wait: timedelta | None) -> float | None:
    return None if wait is None else round(wait.total_seconds(), 1)
