"""A case explained to an operator and to a city clerk: what happened, where it stands, why it is or is not called now.

Every line carries the clause it rests on. No telephone number and no name: numbers are 番号1 and 番号2.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, time
from typing import Any

from dialer.core.calendar.values import ONE_DAY
from dialer.core.decide import Decision, KnownCase, Rulebook, may_call_at
from dialer.core.happened import JUDGEMENT_NAMES, in_words
from dialer.core.plan.values import Plan
from dialer.core.plan.words import PRIORITY_NAMES, RESERVED, at_minute, on
from dialer.core.rules.happenings import Attempt, Happening, Judgement, PreviousRound
from dialer.core.rules.ladder import Why
from dialer.core.rules.progress import Progress, begun, lapsed, step
from dialer.core.rules.standing import Standing
from dialer.core.values import CASE_STATE_NAMES, TOKYO, CaseState, Clause, NumberState

NUMBER_STATE_NAMES = {
    NumberState.OPEN: "架電対象",
    NumberState.EXHAUSTED: "架電終了",
    NumberState.DEAD: "使用不可",
    NumberState.COMPLETE: "完了",
}
WAITING = "他の番号が終わるまで待機"
PROMISE_LAPSED = "納付約束の期日が過ぎました"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, and what it meant."""

    at: datetime
    what: str
    counted: bool | None  # as one of the attempts that the city asks for; None for what is no call of ours
    reason: str
    clause: Clause

    @property
    def text(self) -> str:
        counted = {True: "［数える］", False: "［数えない］", None: ""}[self.counted]
        meant = f" → {_with(self.reason, self.clause)}" if self.reason else f"（{self.clause}）"
        return f"{at_minute(self.at)} {self.what}{counted}{meant}"


@dataclass(frozen=True, slots=True)
class NumberLine:
    state: NumberState
    waits: bool
    counted_attempts: int
    reason: str
    clause: Clause

    @property
    def text(self) -> str:
        state = WAITING if self.waits else NUMBER_STATE_NAMES[self.state]
        told = f"。{_with(self.reason, self.clause)}" if self.reason else ""
        return f"{state}、架電回数 {self.counted_attempts}回{told}"


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person may decide now, and the engine never does (C-047)."""

    judgement: Judgement
    clause: Clause


@dataclass(frozen=True, slots=True)
class NextCall:
    kind: str
    number: int
    not_before: datetime
    not_after: datetime
    slot: str
    priority: str
    priority_clause: Clause
    reason: str
    clause: Clause
    reserved: bool = False  # an operator is kept for it before it is dialled

    @property
    def text(self) -> str:
        times = f"{at_minute(self.not_before)}～{self.not_after.astimezone(TOKYO):%H:%M}"
        return f"{times} 番号{self.number + 1}。{_with(self.reason, self.clause)}"


@dataclass(frozen=True, slots=True)
class Explanation:
    at: datetime
    state: CaseState
    reason: str
    clause: Clause
    events: tuple[Event, ...]
    numbers: tuple[NumberLine, ...]
    choices: tuple[Choice, ...]
    next_call: NextCall | None
    may_call_now: bool
    why: str  # or why not
    why_clause: Clause
    contacted: bool
    sms_candidate: bool

    def as_dict(self) -> dict[str, Any]:
        """For machines: moments as ISO with offset, words as they are stored."""
        told = asdict(self) | {"next": None if self.next_call is None else asdict(self.next_call)}
        del told["next_call"]
        plain: dict[str, Any] = _plain(told)
        return plain

    def as_text(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield f"状態: {CASE_STATE_NAMES[self.state]}。{_with(self.reason, self.clause)}"
        yield "これまで:" if self.events else "これまで: まだ何も起きていません"
        yield from (f"  {event.text}" for event in self.events)
        yield "電話番号:" if self.numbers else "電話番号: なし"
        yield from (f"  番号{place}: {number.text}" for place, number in enumerate(self.numbers, 1))
        for choice in self.choices:
            judgement = JUDGEMENT_NAMES[choice.judgement]
            yield f"担当者の判断で完了にできます: {judgement}（{choice.clause}）"
        can = "架電できます" if self.may_call_now else "架電しません"
        yield f"いま（{at_minute(self.at)}）: {can}。{_with(self.why, self.why_clause)}"
        if self.next_call is not None:
            yield f"次の架電: {self.next_call.text}"
            yield f"優先順位: {_with(self.next_call.priority, self.next_call.priority_clause)}"
        else:
            yield "次の架電: なし"
        yield f"接触: {'あり' if self.contacted else 'なし'}。SMS候補: {'はい' if self.sms_candidate else 'いいえ'}"


def explain(known: KnownCase, decision: Decision, book: Rulebook, now: datetime) -> Explanation:
    standing, plan = decision.standing, decision.plan
    reason, clause = _pair(headline(decision))
    why = why_now(decision, book, known.history.debt, now)
    return Explanation(
        at=now.astimezone(TOKYO),
        state=standing.state,
        reason=reason,
        clause=clause,
        events=tuple(_events(known, book, now)),
        numbers=number_lines(standing),
        choices=choices(standing, book),
        next_call=None if plan is None else next_call(plan, book),
        may_call_now=may_call_now(decision, book, known.history.debt, now),
        why=why.reason,
        why_clause=why.clause,
        contacted=standing.contacted,
        sms_candidate=standing.sms_candidate,
    )


def headline(decision: Decision) -> Why:
    """Why the case stands as it does: what holds it back, else its latest news."""
    said = decision.held or decision.standing
    return Why(said.reason, said.clause)


def may_call_now(decision: Decision, book: Rulebook, debt: str | None, now: datetime) -> bool:
    return decision.may_call(now) and book.modes.why_paused(debt) is None


def why_now(decision: Decision, book: Rulebook, debt: str | None, now: datetime) -> Why:
    """Why a call may be made at this moment, or why not."""
    standing, plan, held = decision.standing, decision.plan, decision.held
    if standing.state is not CaseState.OPEN:
        return Why(f"案件は「{CASE_STATE_NAMES[standing.state]}」です: {standing.reason}", standing.clause)
    if held is not None:
        return Why(held.reason, held.clause)
    assert plan is not None
    if (paused := book.modes.why_paused(debt)) is not None:
        return Why(paused, "")
    if decision.may_call(now):
        return Why(plan.reason, plan.clause)
    following = f"次の架電は{at_minute(plan.not_before)}から。{plan.reason}"
    opening = book.calendar.calls_at(now, debt)
    if opening.is_open:
        return Why(following, plan.clause)
    return Why(f"{opening.reason}。{following}", opening.clause)


def _events(known: KnownCase, book: Rulebook, now: datetime) -> Iterator[Event]:
    """The same fold that decides, happening by happening."""
    rules, may_call = book.city.rules, may_call_at(known.history, book)
    progress = begun(known.history)
    for happening in known.history.ordered:
        if happening.at > now:
            break
        if not isinstance(happening, PreviousRound):
            yield from _lapse(progress, lapsed(progress, happening.at, rules))
            progress = lapsed(progress, happening.at, rules)
        after = step(progress, happening, rules, may_call)
        why = _meaning(progress, after, happening) or Why("", rules.clauses.two_calls)
        yield Event(
            happening.at.astimezone(TOKYO), in_words(happening), _counted(progress, after, happening), *_pair(why)
        )
        progress = after
    yield from _lapse(progress, lapsed(progress, now, rules))


def _lapse(before: Progress, after: Progress) -> Iterator[Event]:
    """A promise that has run out unkept is no happening, but it changes what comes next."""
    if before.promise is None or after.promise is not None or after.last is None:
        return
    at = datetime.combine(before.promise.day + ONE_DAY, time.min, TOKYO)
    yield Event(at, f"{PROMISE_LAPSED}（{on(before.promise.day)}）", None, *_pair(after.last))


def _meaning(before: Progress, after: Progress, happening: Happening) -> Why | None:
    if after.verdict is not None and after.verdict != before.verdict:
        return Why(after.verdict.reason, after.verdict.clause)
    if isinstance(happening, PreviousRound):
        return None
    if after.verdict is None and before.verdict is not None:
        return Why("架電の停止を解きました", before.verdict.clause)
    if before.verdict is not None:
        return Why("案件は終わっています", before.verdict.clause)
    return after.last


def _counted(before: Progress, after: Progress, happening: Happening) -> bool | None:
    if not isinstance(happening, Attempt):
        return None
    return after.ladders[happening.number].counted > before.ladders[happening.number].counted


def number_lines(standing: Standing) -> tuple[NumberLine, ...]:
    return tuple(
        NumberLine(
            number.state,
            number.state is NumberState.OPEN and not number.callable,
            number.counted_attempts,
            *(("", "") if number.why is None else _pair(number.why)),
        )
        for number in standing.numbers
    )


def choices(standing: Standing, book: Rulebook) -> tuple[Choice, ...]:
    """What a person could decide now, with where the tender says so."""
    clauses = book.city.rules.clauses
    of_judgement = {
        Judgement.DECLINED: clauses.declined,
        Judgement.AWAY: clauses.away,
        Judgement.MOVED: clauses.moved,
    }
    return tuple(Choice(one, of_judgement[one]) for one in Judgement if one in standing.awaits_decision)


def next_call(plan: Plan, book: Rulebook) -> NextCall:
    return NextCall(
        plan.kind.value,
        plan.number,
        plan.not_before,
        plan.not_after,
        str(plan.slot),
        RESERVED if plan.reserved else PRIORITY_NAMES[plan.priority],
        book.city.plan.priority_clause,
        plan.reason,
        plan.clause,
        plan.reserved,
    )


def _pair(why: Why) -> tuple[str, Clause]:
    return why.reason, why.clause


def _with(reason: str, clause: Clause) -> str:
    return f"{reason}（{clause}）" if clause else reason


def _plain(value: object) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value
