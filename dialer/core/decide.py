"""One case, all that is known of it, one answer: its state, its plan, and why: what the engine acts on, people read."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial

from dialer.core.calendar.values import ONE_DAY
from dialer.core.plan.facts import facts_of
from dialer.core.plan.planning import plan_of
from dialer.core.plan.values import Held, Plan, SlotCount
from dialer.core.plan.words import AWAITS_RESULT
from dialer.core.rulebook import Rulebook
from dialer.core.rules.happenings import Attempt, CaseHistory, Result
from dialer.core.rules.progress import MayCallAt
from dialer.core.rules.standing import Standing, standing_of
from dialer.core.values import TOKYO, CaseState

__all__ = ["Decision", "KnownCase", "Rulebook", "decide"]


@dataclass(frozen=True, slots=True)
class KnownCase:
    """What the store knows of one case."""

    history: CaseHistory
    person: tuple[SlotCount, ...] = ()  # of this person's numbers, over all rounds
    awaits_result: bool = False  # talked, and nobody has entered what was said
    promised: date | None = None  # by this day, in an earlier round of the same debt, and not paid yet
    left_alone: datetime | None = None  # answered then and met no operator; nobody has talked to them since


@dataclass(frozen=True, slots=True)
class Decision:
    standing: Standing
    plan: Plan | None  # exactly one of plan and held while the case is open, neither once it is closed
    held: Held | None
    facts: str  # what planning goes by, as the store keeps it: see plan.facts

    def may_call(self, now: datetime) -> bool:
        return self.plan is not None and self.plan.not_before <= now < self.plan.not_after


def decide(known: KnownCase, book: Rulebook, now: datetime) -> Decision:
    history = known.history
    standing = _held_by_promise(_standing(known, book, now), known.promised, now)
    facts = facts_of(
        history.round,
        standing,
        book.days,
        known.person,
        awaits_result=known.awaits_result,
        left_alone=known.left_alone,
    )
    found = plan_of(facts, history.debt, book, now) if standing.state is CaseState.OPEN else None
    plan, held = (found, None) if isinstance(found, Plan) else (None, found)
    return Decision(standing, plan, held, facts.text)


def may_call_at(history: CaseHistory, book: Rulebook) -> MayCallAt:
    """Whether a time that somebody named lies in the case's round and in the hours of its debt (A-20)."""
    return partial(book.days.may_call_at, history.debt, history.round)


def _standing(known: KnownCase, book: Rulebook, now: datetime) -> Standing:
    history, rules = known.history, book.city.rules
    standing = standing_of(history, rules, now, may_call_at(history, book))
    if not known.awaits_result or standing.state is not CaseState.COMPLETE:
        return standing
    # The last call that is owed was a talk: what was said in it is not entered, and may still ask for one more.
    entered = replace(history, happenings=tuple(one for one in history.happenings if not _is_unentered(one)))
    without = standing_of(entered, rules, now, may_call_at(history, book))
    if without.state is not CaseState.OPEN:
        return standing
    reason, clause = AWAITS_RESULT, rules.clauses.person
    return replace(standing, state=CaseState.OPEN, reason=reason, clause=clause, sms_candidate=False)


def _held_by_promise(standing: Standing, promised: date | None, now: datetime) -> Standing:
    """What was promised in an earlier round holds back this one until its day has passed (C-038).

    A promise made in this round is the later word.
    """
    if promised is None or standing.state is not CaseState.OPEN or now.astimezone(TOKYO).date() > promised:
        return standing
    return replace(standing, held_until=standing.held_until or promised + ONE_DAY, sms_candidate=False)


def _is_unentered(happening: object) -> bool:
    return isinstance(happening, Attempt) and happening.result is Result.TALKED and happening.talk is None
