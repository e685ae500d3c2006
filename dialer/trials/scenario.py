"""What a day is like."""

import json
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Seconds = Annotated[float, Field(ge=0.0, le=3600.0)]
Positive = Annotated[float, Field(gt=0.0, le=3600.0)]
Spread = Annotated[float, Field(ge=0.0, le=3.0)]


class ScenarioError(Exception):
    """What is wrong with a scenario, one line for each problem."""


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Lasting(Part):
    """Lognormal."""

    median_s: Positive
    sigma: Spread


class Numbers(Part):
    """Telephone numbers that are alike; what is left of 1 rings until we give it up."""

    share: Share = 1.0
    human: Share = 0.30
    machine: Share = 0.20
    no_answer: Share | None = None  # none: the rest
    busy: Share = 0.05
    dead: Share = 0.05
    answer_median_s: Positive = 7.7  # of ringing
    answer_sigma: Spread = 0.55
    machine_answer_s: Seconds = 18.0
    set_up_s: Seconds = 4.5  # until it rings

    @model_validator(mode="after")
    def _whole(self) -> Self:
        told = self.human + self.machine + self.busy + self.dead + (self.no_answer or 0.0)
        if told > 1.0 + 1e-9 or (self.no_answer is not None and told < 1.0 - 1e-6):
            raise ValueError(f"human, machine, no_answer, busy and dead must add up to 1, they make {told:g}")
        return self


class Ear(Part):
    """How long it listens, and how many persons it takes for something else. A median of 0: it knows at once."""

    median_s: Seconds = 0.0
    sigma: Spread = 0.0
    persons_lost: Share = 0.0


class SeatsAt(Part):
    hour: Annotated[float, Field(ge=0.0, le=24.0)]
    seats: Annotated[int, Field(ge=0, le=500)]


class Shock(Part):
    """For a while more or fewer persons answer, talks last longer or shorter."""

    hour: Annotated[float, Field(ge=0.0, le=24.0)]
    hours: Annotated[float, Field(gt=0.0, le=24.0)]
    human_x: Annotated[float, Field(ge=0.0, le=10.0)] = 1.0
    talk_x: Annotated[float, Field(gt=0.0, le=10.0)] = 1.0


MOBILE = Numbers(
    share=0.55,
    human=0.28,
    machine=0.27,
    busy=0.06,
    dead=0.04,
    answer_median_s=7.0,
    answer_sigma=0.6,
    machine_answer_s=20.0,
    set_up_s=5.0,
)
FIXED = Numbers(
    share=0.45,
    human=0.33,
    machine=0.12,
    busy=0.06,
    dead=0.06,
    answer_median_s=9.0,
    answer_sigma=0.55,
    machine_answer_s=15.0,
    set_up_s=3.5,
)


class Scenario(Part):
    seats: Annotated[int, Field(ge=1, le=500)] = 10
    hours: Annotated[float, Field(gt=0.0, le=24.0)] = 8.0
    talk: Lasting = Lasting(median_s=71.0, sigma=0.83)  # 100 seconds on the mean
    wrap: Lasting = Lasting(median_s=26.0, sigma=0.55)
    numbers: Annotated[tuple[Numbers, ...], Field(min_length=1)] = (MOBILE, FIXED)
    ear: Ear = Ear()
    patience_s: Positive = 2.0  # then a person counts as left alone
    ring_limit_s: Positive = 35.0  # T-016
    lines: Annotated[int, Field(ge=1, le=2000)] | None = None  # none: as many as are wanted
    seats_at: tuple[SeatsAt, ...] = ()
    breaks_known: bool = True  # a minute ahead, as with a plan of shifts
    shocks: tuple[Shock, ...] = ()
    inbound_per_hour: Annotated[float, Field(ge=0.0, le=5000.0)] = 0.0

    @model_validator(mode="after")
    def _shares(self) -> Self:
        total = sum(one.share for one in self.numbers)
        if abs(total - 1.0) > 1e-6:
            raise ValueError(f"numbers: the shares must add up to 1, they make {total:g}")
        return self

    def with_size(self, seats: int | None, hours: float | None) -> "Scenario":
        """As asked for; None: as it is."""
        told = {name: value for name, value in (("seats", seats), ("hours", hours)) if value is not None}
        return self.model_copy(update=told)

    @property
    def seconds(self) -> float:
        return self.hours * 3600.0

    def shock_at(self, at: float) -> Shock | None:
        hour = at / 3600.0
        return next((one for one in self.shocks if one.hour <= hour < one.hour + one.hours), None)


def read_scenario(path: Path) -> Scenario:
    try:
        return Scenario.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except OSError as wrong:
        raise ScenarioError(f"{path}: {wrong.strerror}") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as wrong:
        raise ScenarioError(f"{path}: not JSON: {wrong}") from None
    except ValidationError as wrong:
        lines = (f"{path}: {'.'.join(map(str, one['loc'])) or 'scenario'}: {one['msg']}" for one in wrong.errors())
        raise ScenarioError("\n".join(lines)) from None
