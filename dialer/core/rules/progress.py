"""The fold: what is known of a case after each happening. `standing` says what it comes to."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum

from dialer.core.person_flags import FLAG_NAMES, FlagKind
from dialer.core.rules.completion import CompletionRules
from dialer.core.rules.happenings import (
    Attempt,
    Callback,
    CaseHistory,
    Decision,
    FlagLifted,
    Happening,
    Judgement,
    Paid,
    PreviousRound,
    Promise,
    Result,
    Stop,
    Talk,
    Talker,
)
from dialer.core.rules.ladder import Appointment, Ladder, Why, after_dial, after_words
from dialer.core.rules.talks import completed_by, decidable, left_open
from dialer.core.values import TOKYO, CaseState, NumberState

HANDED_OVER = "市へ引継ぎ（担当課が対応）"
MayCallAt = Callable[[datetime], bool]
"""Whether a time that somebody named lies in the round and its hours (A-20); the calendar knows."""


class Rank(IntEnum):
    """Which of several endings is told: orders and payments of the city first, then what people said."""

    STOPPED = 0
    PAID = 1
    TALKED = 2
    DECIDED = 3
    ESCALATED = 4


@dataclass(frozen=True, slots=True, order=True)
class Verdict:
    """A case-level ending. The smallest is told, so the order of arrival cannot matter."""

    rank: Rank
    at: datetime
    standing: CaseState
    reason: str
    clause: str


@dataclass(frozen=True, slots=True)
class Progress:
    ladders: tuple[Ladder, ...]
    ended_by: Verdict | None = None  # whatever becomes of warnings
    stopped_by: tuple[tuple[FlagKind, Verdict], ...] = ()  # warnings that hold
    contacted: bool = False
    promise: Promise | None = None  # its day has not passed
    named_in_callback: Appointment | None = None
    decidable: frozenset[Judgement] = frozenset()
    talked_at: datetime | None = None  # the latest talk, whoever began it
    destination_given: bool = False
    last: Why | None = None
    last_number: int | None = None  # of the latest attempt, when that was the latest happening

    @property
    def verdict(self) -> Verdict | None:
        found = [*(verdict for _, verdict in self.stopped_by), *([self.ended_by] if self.ended_by else [])]
        return min(found, default=None)

    def ended(self, verdict: Verdict) -> "Progress":
        return replace(self, ended_by=verdict if self.ended_by is None else min(self.ended_by, verdict))

    def without(self, flag: FlagKind) -> "Progress":
        return replace(self, stopped_by=tuple(one for one in self.stopped_by if one[0] is not flag))

    def with_ladder(self, index: int, ladder: Ladder) -> "Progress":
        return replace(self, ladders=(*self.ladders[:index], ladder, *self.ladders[index + 1 :]))


def begun(history: CaseHistory) -> Progress:
    ladders = (
        Ladder(number, finished=NumberState.DEAD if index in history.dead else None)
        for index, number in enumerate(history.numbers)
    )
    return Progress(tuple(ladders))


def step(progress: Progress, happening: Happening, rules: CompletionRules, may_call_at: MayCallAt) -> Progress:
    """What is known after one more happening. Happenings come in the order of `in_order`."""
    clauses = rules.clauses
    if isinstance(happening, PreviousRound):
        ladder = _ladder(progress, happening.number)
        return progress.with_ladder(happening.number, replace(ladder, previous=happening.result))
    progress = lapsed(progress, happening.at, rules)
    match happening:
        case Attempt():
            return _attempted(progress, happening, rules, may_call_at)
        case Callback(at, talk):
            return _called_back(progress, at, talk, rules, may_call_at)
        case Stop(at, flag):
            return _stopped(progress, at, flag, clauses.stop)
        case FlagLifted(_, flag):
            return progress.without(flag)
        case Paid(at):
            return progress.ended(Verdict(Rank.PAID, at, CaseState.PAID, "納付を確認", clauses.paid))
        case Decision(at, complete):
            return _decided(progress, at, complete, rules)


def lapsed(progress: Progress, moment: datetime, rules: CompletionRules) -> Progress:
    """A promise whose day has passed without payment holds nothing back any more (C-038)."""
    promise = progress.promise
    if promise is None or moment.astimezone(TOKYO).date() <= promise.day:
        return progress
    why = Why(f"納付約束（{promise.day:%-m月%-d日}）が守られていないため再度架電します", rules.clauses.promise)
    ladders = progress.ladders
    if rules.broken_promise_restarts:
        ladders = tuple(ladder.renewed() for ladder in ladders)
    return replace(progress, promise=None, ladders=ladders, last=why, last_number=None)


def _stopped(progress: Progress, at: datetime, flag: FlagKind | None, clause: str) -> Progress:
    if flag is None:
        return progress.ended(Verdict(Rank.STOPPED, at, CaseState.STOPPED, "市の指示により架電停止", clause))
    why = f"「{FLAG_NAMES[flag]}」のため架電停止"
    stopped = (flag, Verdict(Rank.STOPPED, at, CaseState.STOPPED, why, clause))
    return replace(progress, stopped_by=(*progress.without(flag).stopped_by, stopped))


def _ladder(progress: Progress, index: int) -> Ladder:
    if not 0 <= index < len(progress.ladders):
        raise ValueError(f"number {index} is not known yet: the case has {len(progress.ladders)} numbers at that time")
    return progress.ladders[index]


def _attempted(progress: Progress, attempt: Attempt, rules: CompletionRules, may_call_at: MayCallAt) -> Progress:
    ladder = after_dial(_ladder(progress, attempt.number), _as_it_turned_out(attempt), rules)
    counted = ladder.counted > progress.ladders[attempt.number].counted
    progress = replace(
        progress.with_ladder(attempt.number, ladder),
        last=ladder.last,
        last_number=attempt.number,
        named_in_callback=None if counted else progress.named_in_callback,
    )
    return progress if attempt.talk is None else _talked(progress, attempt, attempt.talk, rules, may_call_at)


def _as_it_turned_out(attempt: Attempt) -> Attempt:
    """A talk with strangers whose number it is ends the number, as if the network had said so (000 §10(4)オ)."""
    if attempt.talk is None or not attempt.talk.other_home:
        return attempt
    return replace(attempt, result=Result.OTHER_HOME, talk=None)


def _talked(
    progress: Progress, attempt: Attempt, talk: Talk, rules: CompletionRules, may_call_at: MayCallAt
) -> Progress:
    progress = _heard(progress, attempt.at, talk, rules, inbound=False)
    if talk.other_home or talk.handed_over or completed_by(talk, rules, inbound=False) is not None:
        return progress
    inside = talk.home_at is not None and may_call_at(talk.home_at)
    ladder = progress.ladders[attempt.number]
    if _goes_to_the_city(talk, ladder, inside, rules):
        reason = f"{rules.attempts}回目の架電で確認した在宅時間が架電期間外のため、市へ引継ぎ"
        verdict = Verdict(Rank.ESCALATED, attempt.at, CaseState.ESCALATED, reason, rules.clauses.escalation)
        progress = progress.ended(verdict)
    spoken = after_words(ladder, attempt.number, talk, inside, rules)
    if (spoken == ladder and spoken.standing(rules) is NumberState.OPEN) or decidable(talk):
        spoken = replace(spoken, last=left_open(talk, rules, time_outside=not inside))
    return replace(progress.with_ladder(attempt.number, spoken), last=spoken.last)


def _goes_to_the_city(talk: Talk, ladder: Ladder, inside: bool, rules: CompletionRules) -> bool:
    """000 §10(5)エ: exactly on the last attempt, by somebody else, a time that the round cannot keep."""
    return (
        rules.escalate_outside_round
        and talk.home_at is not None
        and not inside
        and talk.talker is not Talker.SELF
        and ladder.counted == rules.attempts
    )


def _called_back(
    progress: Progress, at: datetime, talk: Talk, rules: CompletionRules, may_call_at: MayCallAt
) -> Progress:
    progress = replace(_heard(progress, at, talk, rules, inbound=True), last_number=None)
    if talk.handed_over or completed_by(talk, rules, inbound=True) is not None:
        return progress
    if talk.home_at is not None and may_call_at(talk.home_at):
        local = talk.home_at.astimezone(TOKYO)
        why = Why(f"折り返しで指定された{local:%-m月%-d日%H:%M}に再架電します", rules.clauses.appointment)
        return replace(progress, named_in_callback=Appointment(talk.home_at, None), last=why)
    return replace(progress, last=left_open(talk, rules, time_outside=talk.home_at is not None))


def _heard(progress: Progress, at: datetime, talk: Talk, rules: CompletionRules, *, inbound: bool) -> Progress:
    """What every talk leaves, whoever began it: contact, promise, a new number, an ending."""
    known = {ladder.number for ladder in progress.ladders}
    new = () if talk.new_number is None or talk.new_number in known else (Ladder(talk.new_number),)
    progress = replace(
        progress,
        ladders=progress.ladders + new,
        contacted=progress.contacted or rules.contact.met_by(talk, inbound=inbound),
        promise=talk.promise or progress.promise,
        decidable=progress.decidable | decidable(talk),
        talked_at=progress.talked_at if talk.other_home else at,  # strangers are not the household
        destination_given=progress.destination_given or talk.new_number is not None,
    )
    if talk.handed_over:  # whatever else was said: who takes it over goes on with it
        verdict = Verdict(Rank.ESCALATED, at, CaseState.ESCALATED, HANDED_OVER, rules.clauses.escalation)
        return progress.ended(verdict)
    why = completed_by(talk, rules, inbound=inbound)
    if why is None:
        return progress
    return progress.ended(Verdict(Rank.TALKED, at, CaseState.COMPLETE, why.reason, why.clause))


def _decided(progress: Progress, at: datetime, judgement: Judgement, rules: CompletionRules) -> Progress:
    """Only a person decides; and nobody can decide "moved" while another destination was given (000 §10(4)エ)."""
    if judgement is Judgement.MOVED and progress.destination_given:
        why = Why("別の架電先の指定があるため、転居による完了とはできません", rules.clauses.moved)
        return replace(progress, last=why, last_number=None)
    reason, clause = {
        Judgement.DECLINED: ("再度の架電は困難と担当者が判断", rules.clauses.declined),
        Judgement.AWAY: ("架電期間中の応答は不可能と担当者が判断（長期不在等）", rules.clauses.away),
        Judgement.MOVED: ("架電先に居住せず、別の架電先もないと担当者が判断", rules.clauses.moved),
    }[judgement]
    return progress.ended(Verdict(Rank.DECIDED, at, CaseState.COMPLETE, reason, clause))
