"""One telephone number's way through the round: which dials count, and when it is finished at number level."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime

from dialer.core.rules.completion import CompletionRules, Effect, OutcomeRule, TwoCalls
from dialer.core.rules.happenings import Attempt, Result, Talk, Talker
from dialer.core.values import TOKYO, Clause, NumberState, PhoneNumber

RETRY_ELSEWHEN = "別の日時に再架電します"
SAME_DAY = "同じ日の再架電のため架電回数に数えず、別の日に再架電します"


@dataclass(frozen=True, slots=True)
class Why:
    reason: str
    clause: Clause


@dataclass(frozen=True, slots=True)
class Appointment:
    """A time that somebody named."""

    at: datetime
    number: int | None  # None: named in a callback, any open number of the case


@dataclass(frozen=True, slots=True)
class Dial:
    """A call that did not count."""

    at: datetime
    result: Result


@dataclass(frozen=True, slots=True)
class Ladder:
    number: PhoneNumber = field(repr=False)
    previous: Result | None = None  # of the round before
    results: tuple[Result, ...] = ()  # the counted attempts, in order
    uncounted: int = 0
    calls: tuple[datetime, ...] = ()  # when the counted attempts were, in order
    uncounted_last: Dial | None = None  # the latest dial, when it did not count
    called_before: datetime | None = None  # the last call before a broken promise, which counts no more
    appointment: Appointment | None = None
    finished: NumberState | None = None  # dead or complete
    last: Why | None = None  # what the latest attempt means for this number

    @property
    def counted(self) -> int:
        return len(self.results)

    def called_on(self, day: date) -> bool:
        return any(at.astimezone(TOKYO).date() == day for at in self.calls)

    def standing(self, rules: CompletionRules) -> NumberState:
        if self.finished is not None:
            return self.finished
        if self.uncounted >= rules.uncounted_cap:
            return NumberState.EXHAUSTED
        if self.appointment is not None and self.counted == rules.attempts:
            return NumberState.OPEN  # named on the last attempt: one call more, and none after that
        return NumberState.EXHAUSTED if self.counted >= rules.attempts else NumberState.OPEN

    def renewed(self) -> "Ladder":
        """As before the first call: a broken promise begins anew. What is dead stays dead."""
        finished = self.finished if self.finished is NumberState.DEAD else None
        before = self.calls[-1] if self.calls else self.called_before
        return Ladder(self.number, self.previous, finished=finished, last=self.last, called_before=before)


def after_dial(ladder: Ladder, attempt: Attempt, rules: CompletionRules) -> Ladder:
    """The number after one more dial. What was said in a talk comes afterwards (`after_words`)."""
    rule, result = _rule_for(attempt, rules)
    why = Why(rule.reason, rule.clause)
    if rule.effect is Effect.UNCOUNTED:
        return _said(_not_counted(ladder, attempt.at, result), why, rules)
    day = attempt.at.astimezone(TOKYO).date()
    appointed = ladder.appointment is not None and attempt.at >= ladder.appointment.at
    repeats_day = ladder.called_on(day) and not appointed and not rules.same_day_counts
    if repeats_day and rule.effect is Effect.COUNTED:
        return _said(_not_counted(ladder, attempt.at, result), Why(SAME_DAY, rules.clauses.attempts), rules)
    dialled = replace(
        ladder,
        results=(*ladder.results, result),
        calls=(*ladder.calls, attempt.at),
        uncounted_last=None,
        appointment=None,  # kept, or overtaken by this call
    )
    if rule.effect is Effect.DEAD:
        return replace(dialled, finished=NumberState.DEAD, last=why)
    if _two_calls_suffice(dialled, rules):
        reason = "連絡の取れない結果が前回と同じため、２回の架電でこの番号は完了"
        return replace(dialled, finished=NumberState.COMPLETE, last=Why(reason, rules.clauses.two_calls))
    return _said(dialled, why, rules)


def after_words(ladder: Ladder, index: int, talk: Talk, inside: bool, rules: CompletionRules) -> Ladder:
    """What a talk that completes nothing leaves behind at its number: a named time, or that the person lives elsewhere.

    Only a time named by somebody else on the last attempt allows one call more (000 §10(5)エ); `inside` says whether
    that time lies in the round and its hours.
    """
    if talk.not_living_there and talk.new_number is not None:
        reason = "本人は居住しておらず、別の架電先の指定あり。この番号は完了"
        return replace(ladder, finished=NumberState.COMPLETE, last=Why(reason, rules.clauses.moved))
    if talk.home_at is None or not inside or ladder.finished is not None:
        return ladder
    last_attempt = ladder.counted >= rules.attempts
    extra = (
        last_attempt
        and ladder.counted == rules.attempts
        and rules.appointed_extra_call
        and talk.talker is not Talker.SELF
    )
    if last_attempt and not extra:
        return ladder
    local = talk.home_at.astimezone(TOKYO)
    why = Why(f"{local:%-m月%-d日%H:%M}の指定時刻に再架電します", rules.clauses.appointment)
    return replace(ladder, appointment=Appointment(talk.home_at, index), last=why)


def _not_counted(ladder: Ladder, at: datetime, result: Result) -> Ladder:
    return replace(ladder, uncounted=ladder.uncounted + 1, uncounted_last=Dial(at, result))


def _rule_for(attempt: Attempt, rules: CompletionRules) -> tuple[OutcomeRule, Result]:
    """Ringing too short to be called "no answer" is judged as what it was (000 §10(5)ア)."""
    rang = attempt.ring_seconds
    too_short = attempt.result is Result.NO_ANSWER and rang is not None and rang < rules.min_ring_seconds
    result = Result.SHORT_RING if too_short else attempt.result
    return rules.outcomes[result], result


def _said(ladder: Ladder, why: Why, rules: CompletionRules) -> Ladder:
    if ladder.standing(rules) is not NumberState.EXHAUSTED:
        return replace(ladder, last=why)
    if ladder.counted >= rules.attempts:
        return replace(ladder, last=Why(f"{ladder.counted}回架電しました", rules.clauses.attempts))
    reason = f"架電回数に数えない結果が{ladder.uncounted}回続いたため架電終了"
    return replace(ladder, last=Why(reason, rules.clauses.uncounted))


def _two_calls_suffice(ladder: Ladder, rules: CompletionRules) -> bool:
    """A-02. Across rounds both calls of this round must repeat the last result of the round before."""
    if ladder.counted < 2:
        return False
    classes = {rules.outcomes[result].unreached_as for result in ladder.results[-2:]}
    if len(classes) != 1 or None in classes:
        return False
    match rules.two_calls:
        case TwoCalls.OFF:
            return False
        case TwoCalls.WITHIN_ROUND:
            return True
        case TwoCalls.ACROSS_ROUNDS:
            previous = None if ladder.previous is None else rules.outcomes[ladder.previous].unreached_as
            return ladder.counted == 2 and previous in classes
