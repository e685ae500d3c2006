"""How many calls to start now."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the engine knows at this moment."""

    free_operators: int
    calls_in_flight: int  # claimed, dialling, ringing or answered and not yet joined: each needs an operator
    lines_in_use: int  # every call on the trunk, talks included
    lines: int


@dataclass(frozen=True, slots=True)
class Pace:
    count: int
    why: str


def calls_to_place(snapshot: Snapshot) -> Pace:
    """One call for each free operator: whoever answers is met, at the price of waiting operators."""
    wanted = snapshot.free_operators - snapshot.calls_in_flight
    lines_free = snapshot.lines - snapshot.lines_in_use
    if snapshot.free_operators == 0:
        return Pace(0, "空いている担当者がいません")
    if wanted <= 0:
        return Pace(0, "空いている担当者の人数分を発信中です")
    if lines_free <= 0:
        return Pace(0, "回線がすべて使用中です")
    if lines_free < wanted:
        return Pace(lines_free, "空き回線の数まで発信します")
    return Pace(wanted, "空いている担当者の人数分を発信します")


@dataclass(frozen=True, slots=True)
class Rate:
    """A bucket that fills with the allowed new calls a second and holds a tenth of a second's worth, at least one."""

    per_second: float
    tokens: float
    at: float  # monotonic seconds

    def refilled(self, now: float) -> "Rate":
        full = max(1.0, self.per_second / 10)
        tokens = min(full, self.tokens + (now - self.at) * self.per_second)
        return replace(self, tokens=tokens, at=now)

    @property
    def wait_seconds(self) -> float:
        """Until one more call may start; at least a millisecond, so that a rounding error is waited out."""
        return max(0.001, (1.0 - self.tokens) / self.per_second)

    def take(self, wanted: int, now: float) -> tuple[int, "Rate"]:
        """How many of `wanted` calls may start now, and the bucket afterwards."""
        bucket = self.refilled(now)
        allowed = min(wanted, int(bucket.tokens))
        return allowed, replace(bucket, tokens=bucket.tokens - allowed)
