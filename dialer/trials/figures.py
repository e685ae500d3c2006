"""What came of a day."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dialer.core.pacing.values import Work


@dataclass(slots=True, eq=False)
class Figures:
    policy: str
    seats: int
    seed: int | str
    dials: int = 0
    put_off: int = 0  # before their first ring
    persons: int = 0  # who answered, and were known as persons
    persons_lost: int = 0  # by the ear
    left_alone: int = 0
    callers: int = 0
    callers_gone: int = 0
    talks: int = 0
    busy_seconds: float = 0.0
    seat_seconds: float = 0.0
    operator_waits: list[float] = field(default_factory=list)
    person_waits: list[float] = field(default_factory=list)
    decision_seconds: list[float] = field(default_factory=list)

    def decided(self, seconds: float) -> None:
        self.decision_seconds.append(seconds)

    def joined(self, operator_waited: float, person_waited: float, *, is_caller: bool) -> None:
        self.talks += 1
        self.operator_waits.append(operator_waited)
        if not is_caller:
            self.person_waits.append(person_waited)

    def spent(self, work: Work | None, seconds: float) -> None:
        self.seat_seconds += seconds
        if work is not None:
            self.busy_seconds += seconds

    @property
    def utilisation(self) -> float:
        """Of the time in the seats, the part in talks and in the work after them."""
        return self.busy_seconds / self.seat_seconds if self.seat_seconds else 0.0

    @property
    def abandoned(self) -> float:
        return self.left_alone / self.persons if self.persons else 0.0

    def as_dict(self) -> dict[str, Any]:
        hours = self.seat_seconds / 3600.0
        return {
            "policy": self.policy,
            "seats": self.seats,
            "seed": self.seed,
            "utilisation": round(self.utilisation, 4),
            "abandoned": round(self.abandoned, 5),
            "abandoned_persons": self.left_alone,
            "persons": self.persons,
            "persons_lost_by_the_ear": self.persons_lost,
            "callers": self.callers,
            "callers_gone": self.callers_gone,
            "dials": self.dials,
            "put_off": self.put_off,
            "connects_per_seat_hour": round(self.talks / hours, 2) if hours else 0.0,
            "operator_wait_s": {"mean": _mean(self.operator_waits), "p90": _share(self.operator_waits, 90)},
            "person_wait_s": {"mean": _mean(self.person_waits), "p95": _share(self.person_waits, 95)},
            "decisions": len(self.decision_seconds),
            "decision_ms_p99": round(_share(self.decision_seconds, 99, digits=6) * 1000.0, 3),
        }

    def as_text(self) -> str:
        told = self.as_dict()
        operator, person = told["operator_wait_s"], told["person_wait_s"]
        lines = [
            f"{told['policy']}: {self.seats} seats, {self.dials:,} calls, {self.persons:,} persons answered",
            f"operators busy           {self.utilisation * 100:6.1f} %   {told['connects_per_seat_hour']} an hour",
            f"left alone               {self.abandoned * 100:6.2f} %   {self.left_alone} persons",
            f"operators wait           {operator['mean']:6.1f} s   one in ten longer than {operator['p90']:.1f} s",
            f"persons wait             {person['mean']:6.2f} s   one in twenty longer than {person['p95']:.2f} s",
            f"decisions                {told['decisions']:6,}     {told['decision_ms_p99']} ms (p99)",
        ]
        if self.callers:
            called = f"people who called        {self.callers:6,}     {self.callers_gone} went while they waited"
            lines.insert(3, called)
        return "\n".join(lines)


def _mean(seconds: list[float]) -> float:
    return round(float(np.mean(seconds)), 3) if seconds else 0.0


def _share(seconds: list[float], percent: float, digits: int = 3) -> float:
    return round(float(np.percentile(seconds, percent)), digits) if seconds else 0.0
