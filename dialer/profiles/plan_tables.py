"""`[plan]`: when and in which order cases are called."""

from typing import Annotated

from pydantic import Field

from dialer.core.calendar.values import Rung
from dialer.core.plan.values import Band, PlanRules
from dialer.core.rules.happenings import Result
from dialer.profiles.parts import Days, Key, MinutesField, Source, Table, TimeField, Words

Weight = Annotated[float, Field(ge=0, le=100_000)]


class BandTable(Table):
    key: Key
    name: Words
    begins: TimeField

    def value(self) -> Band:
        return Band(self.key, self.name, self.begins)


class PlanTable(Table):
    band: Annotated[tuple[BandTable, ...], Field(min_length=1)]
    clause: Source
    first_clause: Source
    after: dict[Rung, tuple[Rung, ...]] = Field(default_factory=dict)
    after_clause: Source
    other_band: bool
    other_weekday: bool
    priority_clause: Source
    wait_minutes: dict[Result, MinutesField]
    expiring_days: Days
    appointment_grace_minutes: MinutesField
    horizon_days: Annotated[int, Field(ge=1, le=366)]
    delay_cost: Annotated[float, Field(ge=0, lt=1)]
    prior_attempts: Weight
    person_prior_attempts: Weight

    def value(self) -> PlanRules:
        return PlanRules(
            bands=tuple(band.value() for band in self.band),
            clause=self.clause,
            first_clause=self.first_clause,
            after=self.after,
            after_clause=self.after_clause,
            other_band=self.other_band,
            other_weekday=self.other_weekday,
            priority_clause=self.priority_clause,
            waits=self.wait_minutes,
            expiring_days=self.expiring_days,
            appointment_grace=self.appointment_grace_minutes,
            horizon_days=self.horizon_days,
            delay_cost=self.delay_cost,
            prior_attempts=self.prior_attempts,
            person_prior_attempts=self.person_prior_attempts,
        )
