"""No more new calls a second than the carrier allows."""

from dataclasses import dataclass, replace


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
