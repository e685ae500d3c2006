"""`./run bench month`: a month of a city in virtual time: the real rules, calendar and plans, invented debtors.

No telephone and no database: what is shown is what the rules decide. Every call is held against what the tender asks
(inside the hours, nothing after the end of a case, no retry on the same day or in the same band), and each breach is
counted.
"""

import calendar
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from dialer.bench.month_days import agreed_days
from dialer.bench.month_people import Answer, Debtor, answer, called_back, invent
from dialer.core.calendar.days import CalendarView
from dialer.core.calendar.values import Period, Rung
from dialer.core.city import City
from dialer.core.decide import Decision, KnownCase, Rulebook, decide
from dialer.core.plan.outlook import Relaxed
from dialer.core.plan.slots import SlotTable
from dialer.core.plan.values import NumberType, PlanKind, Slot
from dialer.core.plan.words import RELAXED
from dialer.core.rules import happenings
from dialer.core.rules.happenings import Attempt, Callback, CaseHistory, Happening, Paid, Result, Round, Stop
from dialer.core.values import CASE_STATE_NAMES, TOKYO, CaseState
from dialer.holidays import national_holidays
from dialer.profiles import load_city

STEP = timedelta(minutes=5)
RING = {Result.NO_ANSWER: 36.0, Result.SHORT_RING: 12.0, Result.MACHINE: 15.0}
PAID_A_DAY, STOPPED_A_DAY, CALLS_BACK = 0.008, 0.001, 0.05


@dataclass(slots=True)
class Counts:
    """What a month came to."""

    city: str
    month: str
    seed: int
    cases: int
    calling_days: int = 0
    attempts: int = 0
    by_rung: Counter[str] = field(default_factory=Counter)
    results: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    ended_by: Counter[str] = field(default_factory=Counter)  # clause and reason
    contacted: int = 0
    sms_candidates: int = 0
    appointments_kept: int = 0
    appointments_late: int = 0
    outside_hours: int = 0
    after_the_end: int = 0
    same_day_or_band: int = 0
    band_left: int = 0  # in the same band because the rest of the round has no other: said so, and no breach

    @property
    def breaches(self) -> int:
        return self.outside_hours + self.after_the_end + self.same_day_or_band + self.appointments_late

    def as_dict(self) -> dict[str, Any]:
        told = asdict(self)
        return {name: dict(one.most_common()) if isinstance(one, Counter) else one for name, one in told.items()}


@dataclass(slots=True)
class _Case:
    debtor: Debtor
    debt: str
    history: CaseHistory
    decision: Decision
    calls: list[tuple[int, Slot, datetime, bool]] = field(default_factory=list)  # number, slot, when, counted

    @property
    def is_open(self) -> bool:
        return self.decision.standing.state is CaseState.OPEN


def month_of_city(key: str, month: date, *, cases: int, seed: int, calls_per_step: int = 12) -> Counts:
    """Every case of the month from its import to the month's end."""
    city, holidays = load_city(key), national_holidays()
    days = Period(month, month.replace(day=calendar.monthrange(month.year, month.month)[1]))
    view = CalendarView(city.calendar, holidays, agreed_days(city, month, holidays))
    return _Month(city, view, days, cases, seed, calls_per_step).run()


class _Month:
    def __init__(self, city: City, view: CalendarView, days: Period, cases: int, seed: int, pace: int) -> None:
        self._city, self._view, self._days, self._pace = city, view, days, pace
        self._chance = random.Random(f"{city.key} {days} {seed}")  # noqa: S311 (invented people)
        self._book = Rulebook(city, view, SlotTable.empty(city.plan))
        self._learned: dict[tuple[NumberType, Slot], tuple[int, int]] = {}
        self._pending: list[tuple[datetime, _Case, Happening]] = []
        debts = [debt.key for debt in city.debts if view.calling_days(days, debt.key)]
        self._counts = Counts(city.key, f"{days.first:%Y-%m}", seed, cases if debts else 0)
        start = datetime.combine(days.first, time(7), TOKYO)
        self._cases = [self._case(place, debts[place % len(debts)], start) for place in range(self._counts.cases)]

    def run(self) -> Counts:
        for day in self._days:
            morning = datetime.combine(day, time(7), TOKYO)
            self._by_the_city(morning)
            self._happened(morning)
            if any(self._view.day(day, debt.key).calls for debt in self._city.debts):
                self._counts.calling_days += 1
                self._call_all_day(morning)
            self._happened(morning + timedelta(hours=16))
            self._learn(morning)
        return self._sum_up(datetime.combine(self._days.last, time(23, 59), TOKYO) + timedelta(minutes=1))

    def _case(self, place: int, debt: str, start: datetime) -> _Case:
        debtor = invent(place, self._chance)
        period = self._view.period_of(self._view.calling_days(self._days, debt)[0].day, debt) or self._days
        history = CaseHistory(
            self._city.key,
            f"{place}",
            Round(max(period.first, self._days.first), min(period.last, self._days.last)),
            tuple(telephone.number for telephone in debtor.telephones),
            debt=debt,
        )
        return _Case(debtor, debt, history, decide(KnownCase(history), self._book, start))

    def _by_the_city(self, morning: datetime) -> None:
        """Payments and stops come with the night's files."""
        for case in self._cases:
            if case.is_open and (draw := self._chance.random()) < PAID_A_DAY + STOPPED_A_DAY:
                self._happens(case, Stop(morning) if draw < STOPPED_A_DAY else Paid(morning))

    def _call_all_day(self, morning: datetime) -> None:
        for now in _steps(morning):
            self._happened(now)
            ready = [case for case in self._cases if case.decision.may_call(now)]
            ready.sort(key=lambda case: (case.decision.plan.priority.rank, case.decision.plan.not_before))  # type: ignore[union-attr]
            for case in ready[: self._pace]:
                self._call(case, now)

    def _call(self, case: _Case, now: datetime) -> None:
        plan = case.decision.plan
        assert plan is not None
        self._judge(case, now)
        rest_day = self._view.day(now.date(), case.debt).is_rest_day
        told = self._answer(case, plan.number, now, rest_day)
        left = told.result is Result.MACHINE
        attempt = Attempt(now, plan.number, told.result, RING.get(told.result), left, told.talk)
        before = case.decision.standing.numbers[plan.number].counted_attempts
        self._happens(case, attempt)
        counted = case.decision.standing.numbers[plan.number].counted_attempts > before
        case.calls.append((plan.number, plan.slot, now, counted))
        self._note(case, plan.slot, plan.number, told)
        if told.decision is not None and case.is_open:
            self._happens(case, happenings.Decision(now + timedelta(seconds=1), told.decision))
        elif told.result in (Result.MACHINE, Result.NO_ANSWER) and self._chance.random() < CALLS_BACK:
            back = now + timedelta(hours=self._chance.randint(1, 5))
            self._pending.append((back, case, Callback(back, called_back(back, self._chance))))

    def _answer(self, case: _Case, number: int, now: datetime, rest_day: bool) -> Answer:
        if number < len(case.debtor.telephones):
            return answer(case.debtor, number, now, rest_day, self._chance)
        return Answer(Result.NO_ANSWER)

    def _judge(self, case: _Case, now: datetime) -> None:
        """Against the tender, not against the plan."""
        plan, counts = case.decision.plan, self._counts
        assert plan is not None
        opening = self._view.calls_at(now, case.debt)
        counts.attempts += 1
        counts.by_rung[(opening.rung or Rung.DAY).value] += 1
        counts.outside_hours += not opening.is_open
        counts.after_the_end += not case.is_open
        earlier = [call for call in case.calls if call[0] == plan.number and call[3]]
        if plan.kind is PlanKind.APPOINTMENT:
            counts.appointments_kept += 1
            counts.appointments_late += now > plan.not_before + STEP
        elif earlier:
            same_day = any(call[2].date() == now.date() for call in earlier)
            same_band = earlier[-1][1].band == plan.slot.band
            announced = RELAXED[Relaxed.BAND] in plan.reason
            counts.band_left += same_band and announced
            counts.same_day_or_band += same_day or (same_band and not announced)

    def _note(self, case: _Case, slot: Slot, number: int, told: Answer) -> None:
        counts = self._counts
        counts.results[told.result.value] += 1
        mobile = case.history.numbers[number].startswith("090") if number < len(case.history.numbers) else True
        key = (NumberType.MOBILE if mobile else NumberType.FIXED, slot)
        tried, reached = self._learned.get(key, (0, 0))
        self._learned[key] = (tried + 1, reached + (told.talk is not None))

    def _happened(self, now: datetime) -> None:
        due = [one for one in self._pending if one[0] <= now]
        self._pending = [one for one in self._pending if one[0] > now]
        for at, case, happening in due:
            if case.is_open and self._view.inbound_at(at).is_open:
                self._happens(case, happening)

    def _happens(self, case: _Case, happening: Happening) -> None:
        case.history = case.history.and_then(happening)
        case.decision = decide(KnownCase(case.history), self._book, happening.at)

    def _learn(self, morning: datetime) -> None:
        """Overnight: what the day taught, and every open case planned anew."""
        self._book = replace(self._book, slots=SlotTable.learned(self._learned, self._city.plan))
        tomorrow = morning + timedelta(days=1)
        for case in self._cases:
            if case.is_open:
                case.decision = decide(KnownCase(case.history), self._book, tomorrow)

    def _sum_up(self, end: datetime) -> Counts:
        counts = self._counts
        for case in self._cases:
            standing = decide(KnownCase(case.history), self._book, end).standing
            counts.states[standing.state.value] += 1
            counts.contacted += standing.contacted
            counts.sms_candidates += standing.sms_candidate
            if standing.state is not CaseState.OPEN:
                counts.ended_by[f"{standing.clause} {_in_general(standing.reason)}"] += 1
        return counts


def _in_general(reason: str) -> str:
    """Without what is particular to one case."""
    return reason.partition("（")[0]


def _steps(morning: datetime) -> Iterator[datetime]:
    count = timedelta(hours=14) // STEP
    return (morning + STEP * place for place in range(count))


def lines(all_counts: Sequence[Counts]) -> Iterator[str]:
    """As a person reads them."""
    for counts in all_counts:
        states = "、".join(
            f"{CASE_STATE_NAMES[CaseState(state)]} {count}" for state, count in counts.states.most_common()
        )
        rungs = "、".join(f"{RUNG_NAMES[Rung(rung)]} {count}" for rung, count in counts.by_rung.most_common())
        calls = f"架電 {counts.attempts}回（{rungs}）、架電日 {counts.calling_days}日"
        yield f"{counts.city} {counts.month}: {counts.cases}件、{calls}"
        yield f"  案件: {states}。接触 {counts.contacted}、SMS候補 {counts.sms_candidates}"
        for reason, count in counts.ended_by.most_common():
            yield f"    {count:5} {reason}"
        yield (
            f"  指定時刻の架電 {counts.appointments_kept}（遅れ {counts.appointments_late}）。"
            f"時間外 {counts.outside_hours}、終了後 {counts.after_the_end}、"
            f"同じ日・時間帯の再架電 {counts.same_day_or_band}"
            f"（残りに別の時間帯がなく同じ時間帯 {counts.band_left}）"
        )


RUNG_NAMES = {Rung.DAY: "日中", Rung.EVENING: "夜間", Rung.HOLIDAY: "休日"}
