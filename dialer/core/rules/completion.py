"""The shape of a city's completion rules: outcome → effect, and the few switches left to agreement (C-013).

In a profile: `[completion]` (the scalars), `[completion.outcomes]`, `[completion.clauses]`, `[contact]` and `[sms]`;
names and values here are those of the file.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from dialer.core.rules.happenings import Result, Talk, Talker
from dialer.core.values import Clause


class Effect(StrEnum):
    """What one dial does to its number."""

    COUNTED = "counted"  # one of the attempts the city asks for; again on another day and time
    UNCOUNTED = "uncounted"  # in no list of the tender: dialled again without counting, up to a cap
    DEAD = "dead"  # never dialled again
    TALK = "talk"  # counted, and what was said decides


@dataclass(frozen=True, slots=True)
class OutcomeRule:
    effect: Effect
    reason: str
    clause: Clause
    unreached_as: str | None = None  # equal words are "the same result as the last time" of the two-calls rule


class TwoCalls(StrEnum):
    """A-02: when a repeated unreachable result ends a number after two calls."""

    OFF = "off"
    ACROSS_ROUNDS = "across_rounds"  # both calls of this round repeat the result of the round before
    WITHIN_ROUND = "within_round"  # two calls in succession with the same result


@dataclass(frozen=True, slots=True)
class Clauses:
    """Where the city's tender says it. A city whose text is silent names the nearest sentence."""

    attempts: Clause
    all_numbers: Clause
    person: Clause
    household: Clause
    callback: Clause
    other_person: Clause
    appointment: Clause
    escalation: Clause
    declined: Clause
    away: Clause
    moved: Clause
    dead: Clause
    uncounted: Clause
    two_calls: Clause
    stop: Clause
    paid: Clause
    promise: Clause


@dataclass(frozen=True, slots=True)
class ContactRule:
    """Who must have talked, and whether a talk that they began counts (section 5). A machine is never a contact."""

    talkers: frozenset[Talker]
    inbound: bool

    def met_by(self, talk: Talk, *, inbound: bool) -> bool:
        """A talker whom the operator could expressly not confirm is nobody in particular."""
        if inbound and not self.inbound:
            return False
        return talk.talker in self.talkers and talk.identity_confirmed is not False


@dataclass(frozen=True, slots=True)
class SmsRule:
    """Who is proposed for an SMS after calls."""

    after_round: bool  # only people whose calls are over, by completion or by the end of the round (S-002)
    needs_mobile: bool
    unanswered: int  # at least so many counted calls without contact


@dataclass(frozen=True, slots=True)
class CompletionRules:
    city: str
    outcomes: Mapping[Result, OutcomeRule]
    clauses: Clauses
    contact: ContactRule
    sms: SmsRule | None  # None: the city alone names who gets an SMS
    attempts: int  # per number
    uncounted_cap: int  # so that a number that is always busy ends as well
    min_ring_seconds: float
    max_open_numbers: int | None  # more wait until one of these is finished
    same_day_counts: bool  # False: the city asks for another day, so a second call on one day is no second attempt
    two_calls: TwoCalls
    contact_completes: bool  # False: only a finished script does
    household_must_offer: bool
    appointed_extra_call: bool  # a time named by another on the last attempt allows one more call
    escalate_outside_round: bool  # such a time outside the round goes to the city
    broken_promise_restarts: bool  # a talk with a promise stays open; when it is broken the attempts begin anew
