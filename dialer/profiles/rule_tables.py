"""`[completion]`, `[contact]`, `[sms]`: when a case is finished and who counts as reached."""

from dataclasses import fields
from typing import Annotated

from pydantic import Field

from dialer.core.rules.completion import (
    Clauses,
    CompletionRules,
    ContactRule,
    Effect,
    OutcomeRule,
    SmsRule,
    TwoCalls,
)
from dialer.core.rules.happenings import Result, Talker
from dialer.profiles.parts import Source, Table, Words

Count = Annotated[int, Field(ge=1, le=99)]


class OutcomeTable(Table):
    effect: Effect
    reason: Words
    unreached_as: Words | None = None
    clause: Source | None = None  # none: of the attempts, or of dead numbers


class ClausesTable(Table):
    """`general` stands wherever the tender has no sentence of its own."""

    general: Source
    attempts: Source | None = None
    all_numbers: Source | None = None
    person: Source | None = None
    household: Source | None = None
    callback: Source | None = None
    other_person: Source | None = None
    appointment: Source | None = None
    escalation: Source | None = None
    declined: Source | None = None
    away: Source | None = None
    moved: Source | None = None
    dead: Source | None = None
    uncounted: Source | None = None
    two_calls: Source | None = None
    stop: Source | None = None
    paid: Source | None = None
    promise: Source | None = None

    def value(self) -> Clauses:
        return Clauses(**{field.name: getattr(self, field.name) or self.general for field in fields(Clauses)})


class ContactTable(Table):
    talkers: Annotated[tuple[Talker, ...], Field(min_length=1)]
    inbound: bool

    def value(self) -> ContactRule:
        return ContactRule(frozenset(self.talkers), self.inbound)


class SmsTable(Table):
    after_round: bool
    needs_mobile: bool
    unanswered: Annotated[int, Field(ge=0, le=99)]

    def value(self) -> SmsRule:
        return SmsRule(self.after_round, self.needs_mobile, self.unanswered)


class CompletionTable(Table):
    attempts: Count
    uncounted_cap: Count
    min_ring_seconds: Annotated[float, Field(gt=0, le=180)]
    max_open_numbers: Count | None = None
    same_day_counts: bool
    two_calls: TwoCalls
    contact_completes: bool
    household_must_offer: bool
    appointed_extra_call: bool
    escalate_outside_round: bool
    broken_promise_restarts: bool
    clauses: ClausesTable
    outcomes: dict[Result, OutcomeTable]

    def value(self, city: str, contact: ContactTable, sms: SmsTable | None) -> CompletionRules:
        return CompletionRules(
            city=city,
            outcomes=self._outcomes(),
            clauses=self.clauses.value(),
            contact=contact.value(),
            sms=sms.value() if sms else None,
            attempts=self.attempts,
            uncounted_cap=self.uncounted_cap,
            min_ring_seconds=self.min_ring_seconds,
            max_open_numbers=self.max_open_numbers,
            same_day_counts=self.same_day_counts,
            two_calls=self.two_calls,
            contact_completes=self.contact_completes,
            household_must_offer=self.household_must_offer,
            appointed_extra_call=self.appointed_extra_call,
            escalate_outside_round=self.escalate_outside_round,
            broken_promise_restarts=self.broken_promise_restarts,
        )

    def _outcomes(self) -> dict[Result, OutcomeRule]:
        clauses = self.clauses.value()
        usual = {Effect.DEAD: clauses.dead, Effect.UNCOUNTED: clauses.uncounted}
        return {
            result: OutcomeRule(
                one.effect, one.reason, one.clause or usual.get(one.effect, clauses.attempts), one.unreached_as
            )
            for result, one in self.outcomes.items()
        }
