"""`[result.…]`, `[talk]` and `[[department]]`: what operators can say of a talk, and to whom they hand over.

Results are tables by their keys, so that a city's file can change one field of a common result, add its own, or leave
one out (`use = false`).
"""

from typing import Annotated

from pydantic import Field

from dialer.core.city import Department
from dialer.core.rules.completion import Clauses
from dialer.core.rules.happenings import Script, Talker
from dialer.core.talk_results import DecidedBy, Identity, Need, Said, TalkResult, TalkRules
from dialer.core.values import Clause, PhoneNumber
from dialer.profiles.parts import HoursField, Key, Source, Table, Words

Names = dict[Key, Words]
OTHER = "other"  # stands last, whatever a city adds


class SaidTable(Table):
    """The words of `rules replay` that a result says by itself."""

    script: Script = Script.NONE
    offered_to_hear: bool = False
    absent: bool = False
    absent_all_period: bool = False
    not_living_there: bool = False
    declined: bool = False
    other_home: bool = False
    handed_over: bool = False

    def value(self) -> Said:
        return Said(**dict(self))


class ResultTable(Table):
    name: Words
    talkers: Annotated[tuple[Talker, ...], Field(min_length=1)]
    identity: Identity
    clause: Source | None = None  # none: of what the effect is about
    effect: SaidTable = SaidTable()
    needs: tuple[Need, ...] = ()
    may: tuple[Need, ...] = ()
    key_press: Annotated[str, Field(pattern=r"^[1-9]$")] | None = None
    debts: tuple[Key, ...] = ()
    hint: str = ""
    use: bool = True

    def value(self, key: str, clauses: Clauses) -> TalkResult:
        return TalkResult(
            key=key,
            name=self.name,
            talkers=self.talkers,
            said=self.effect.value(),
            identity=self.identity,
            needs=self.needs,
            may=self.may,
            key_press=self.key_press,
            debts=self.debts,
            hint=self.hint,
            clause=self.clause or self._usual(clauses),
        )

    def _usual(self, clauses: Clauses) -> Clause:
        """Where the tender says what such a talk does."""
        effect = self.effect
        about = (
            (effect.handed_over, clauses.escalation),
            (effect.other_home, clauses.dead),
            (effect.not_living_there, clauses.moved),
            (effect.declined, clauses.declined),
            (effect.absent_all_period, clauses.away),
            (Need.PROMISE in self.needs, clauses.promise),
            (Need.APPOINTMENT in self.needs, clauses.appointment),
            (Talker.SELF in self.talkers, clauses.person),
            (effect.offered_to_hear, clauses.household),
        )
        return next((clause for holds, clause in about if holds), clauses.other_person)


class TalkTable(Table):
    ways: Annotated[Names, Field(min_length=1)]
    relations: Annotated[Names, Field(min_length=1)]
    identity: Annotated[Names, Field(min_length=1)]
    inquiries: Annotated[Names, Field(min_length=1)]
    note_longest: Annotated[int, Field(ge=1, le=5000)]
    promise_within_days: Annotated[int, Field(ge=1, le=366)] | None = None
    appointment_minutes: Annotated[int, Field(ge=1, le=60)]
    decided_by: DecidedBy

    def value(self, results: dict[str, ResultTable], clauses: Clauses) -> TalkRules:
        return TalkRules(
            results=tuple(one.value(key, clauses) for key, one in results.items() if one.use),
            ways=dict(self.ways),
            relations=dict(self.relations),
            identity=dict(self.identity),
            inquiries=dict(sorted(self.inquiries.items(), key=lambda one: one[0] == OTHER)),
            note_longest=self.note_longest,
            promise_within_days=self.promise_within_days,
            appointment_minutes=self.appointment_minutes,
            decided_by=self.decided_by,
        )


class DepartmentTable(Table):
    key: Key
    name: Words
    number: Annotated[str, Field(pattern=r"^0\d{9,10}$")]
    debts: tuple[Key, ...] = ()
    hours: HoursField | None = None

    def value(self) -> Department:
        return Department(self.key, self.name, PhoneNumber(self.number), self.debts, self.hours)
