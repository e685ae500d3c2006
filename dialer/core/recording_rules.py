"""Whether talks are recorded, for how long recordings are kept, and how much has to fit (T-002, T-027, T-028)."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from dialer.core.values import TOKYO, Clause

SECOND_BYTES = 32_000  # of a talk: two sides, 8 kHz, 16 bits


@dataclass(frozen=True, slots=True)
class RecordingRules:
    on: bool = False
    keep_days: int | None = None  # none: until somebody deletes it
    recorders: int | None = None  # lines that the tender counts; none: every operator's
    hours_each: float = 100.0  # that have to fit for each of them
    own_talks: bool = False  # operators may hear what they said themselves
    clause: Clause = ""


def recorded_before(rules: RecordingRules, now: datetime) -> datetime | None:
    """A recording of before this moment is past its time; None: none ever is. Whole days of Japan."""
    if rules.keep_days is None:
        return None
    first_kept: date = now.astimezone(TOKYO).date() - timedelta(days=rules.keep_days)
    return datetime.combine(first_kept, time(), TOKYO)
