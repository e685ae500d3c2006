"""What a history comes to: the state of the case and of its numbers, with the reason and the tender's clause."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import reduce

from dialer.core.rules.completion import CompletionRules
from dialer.core.rules.happenings import CaseHistory, Judgement
from dialer.core.rules.ladder import Appointment, Dial, Ladder, Why
from dialer.core.rules.progress import MayCallAt, Progress, begun, lapsed, step
from dialer.core.values import TOKYO, CaseState, Clause, NumberState, PhoneNumber

MOBILE_PREFIXES = ("060", "070", "080", "090")


@dataclass(frozen=True, slots=True)
class NumberReport:
    state: NumberState
    counted_attempts: int
    callable: bool  # open, and not waiting behind as many open numbers as the city allows
    why: Why | None  # None before its first attempt
    number: PhoneNumber = field(repr=False)
    calls: tuple[datetime, ...] = ()  # the counted attempts
    uncounted_last: Dial | None = None  # the latest dial, when it did not count
    called_before: datetime | None = None  # before a broken promise


@dataclass(frozen=True, slots=True)
class Standing:
    """The rules' answer. Whether to call at this minute is the plan's and the calendar's answer on top of it."""

    state: CaseState
    reason: str
    clause: Clause
    numbers: tuple[NumberReport, ...]
    contacted: bool
    sms_candidate: bool
    held_until: date | None  # no reminder call before this day: a promise is not yet due
    appointment: Appointment | None
    awaits_decision: frozenset[Judgement]  # "may" items that a person could decide now
    talked_at: datetime | None = None  # the latest talk


def standing_of(
    history: CaseHistory, rules: CompletionRules, now: datetime, may_call_at: MayCallAt | None = None
) -> Standing:
    """The state at `now`; what happened later is not yet known then. Without a calendar the round's days decide."""
    known = (happening for happening in history.ordered if happening.at <= now)
    inside = may_call_at or history.round.holds
    progress = reduce(lambda so_far, happening: step(so_far, happening, rules, inside), known, begun(history))
    return standing_after(progress, history, rules, now)


def standing_after(progress: Progress, history: CaseHistory, rules: CompletionRules, now: datetime) -> Standing:
    """For who keeps a Progress and steps it event by event."""
    progress = lapsed(progress, now, rules)
    numbers = _reports(progress.ladders, rules)
    state, why = _state(progress, numbers, rules)
    is_open = state is CaseState.OPEN
    held = progress.promise.day + timedelta(days=1) if is_open and progress.promise is not None else None
    return Standing(
        state,
        why.reason,
        why.clause,
        numbers,
        progress.contacted,
        _sms_candidate(progress, state, history, rules, now),
        held,
        _appointment(progress, numbers) if is_open else None,
        _awaits(progress) if is_open else frozenset(),
        progress.talked_at,
    )


def _awaits(progress: Progress) -> frozenset[Judgement]:
    """What is decided of nobody: to have moved away while another destination was given (000 §10(4)エ)."""
    return progress.decidable - {Judgement.MOVED} if progress.destination_given else progress.decidable


def _reports(ladders: tuple[Ladder, ...], rules: CompletionRules) -> tuple[NumberReport, ...]:
    reports: list[NumberReport] = []
    room = len(ladders) if rules.max_open_numbers is None else rules.max_open_numbers
    for ladder in ladders:
        state = ladder.standing(rules)
        may = state is NumberState.OPEN and room > 0
        room -= may
        report = NumberReport(
            state,
            ladder.counted,
            may,
            ladder.last,
            ladder.number,
            ladder.calls,
            ladder.uncounted_last,
            ladder.called_before,
        )
        reports.append(report)
    return tuple(reports)


def _state(progress: Progress, numbers: tuple[NumberReport, ...], rules: CompletionRules) -> tuple[CaseState, Why]:
    if progress.verdict is not None:
        return progress.verdict.standing, Why(progress.verdict.reason, progress.verdict.clause)
    watched = progress.promise is not None and rules.broken_promise_restarts
    finished = bool(numbers) and all(number.state is not NumberState.OPEN for number in numbers)
    if finished and not watched:
        return CaseState.COMPLETE, _numbers_finished(numbers, rules)
    return CaseState.OPEN, _why_open(progress, numbers, rules)


def _numbers_finished(numbers: tuple[NumberReport, ...], rules: CompletionRules) -> Why:
    """Every number is finished; the weightiest of their clauses is told, each number's own reason in words."""
    told = "、".join(f"番号{place}は{_in_words(number)}" for place, number in enumerate(numbers, 1))
    states = [number.state for number in numbers]
    if NumberState.EXHAUSTED in states:
        decisive = numbers[states.index(NumberState.EXHAUSTED)]
    elif NumberState.COMPLETE in states:
        decisive = numbers[states.index(NumberState.COMPLETE)]
    else:
        decisive = numbers[0]
    clause = decisive.why.clause if decisive.why is not None else rules.clauses.attempts
    return Why(f"全ての番号の架電が終了（{told}）", clause)


def _in_words(number: NumberReport) -> str:
    match number.state:
        case NumberState.EXHAUSTED:
            return f"{number.counted_attempts}回架電"
        case NumberState.DEAD:
            return "使用不可"
        case NumberState.COMPLETE:
            return f"{number.counted_attempts}回の架電で完了"
        case NumberState.OPEN:
            return "架電中"


def _why_open(progress: Progress, numbers: tuple[NumberReport, ...], rules: CompletionRules) -> Why:
    if progress.promise is not None:
        reason = f"納付約束（{progress.promise.day:%-m月%-d日}）の期日まで架電しません"
        return Why(reason, rules.clauses.promise)
    if not numbers:
        return Why("架電できる電話番号がありません", rules.clauses.all_numbers)
    last = progress.last
    if last is None:
        return Why("未架電", rules.clauses.all_numbers)
    index = progress.last_number
    if index is None or numbers[index].state is NumberState.OPEN:
        return last
    following = next(place for place, number in enumerate(numbers, 1) if number.state is NumberState.OPEN)
    clause = rules.clauses.all_numbers if numbers[index].state is NumberState.EXHAUSTED else last.clause
    return Why(f"番号{index + 1}: {last.reason}。番号{following}に架電します", clause)


def _appointment(progress: Progress, numbers: tuple[NumberReport, ...]) -> Appointment | None:
    """The earliest time that somebody named and that is still to be kept."""
    named = [
        ladder.appointment
        for ladder, number in zip(progress.ladders, numbers, strict=True)
        if ladder.appointment is not None and number.callable
    ]
    if progress.named_in_callback is not None:
        named.append(progress.named_in_callback)
    return min(named, key=lambda appointment: appointment.at, default=None)


def _sms_candidate(
    progress: Progress, state: CaseState, history: CaseHistory, rules: CompletionRules, now: datetime
) -> bool:
    """Still open or unreached when the calls are over (S-002), or unanswered often enough with a mobile (S-003)."""
    rule = rules.sms
    if rule is None or state in (CaseState.STOPPED, CaseState.PAID) or progress.promise is not None:
        return False
    if rule.needs_mobile and not any(_usable_mobile(ladder) for ladder in progress.ladders):
        return False
    if sum(ladder.counted for ladder in progress.ladders) < rule.unanswered:
        return False
    if not rule.after_round:
        return not progress.contacted
    if state is CaseState.OPEN:
        return now.astimezone(TOKYO).date() > history.round.last
    return not progress.contacted


def _usable_mobile(ladder: Ladder) -> bool:
    return ladder.finished is not NumberState.DEAD and ladder.number.startswith(MOBILE_PREFIXES)
