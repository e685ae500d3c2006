"""What a caller who waits may be told."""

from math import ceil

LONGEST_TOLD_MINUTES = 30


def expected_minutes(place: int, operators: int, handling_seconds: float | None) -> int | None:
    """Until it is one's turn: operators become free one after the other. None: not known, or too long to tell."""
    if not operators or handling_seconds is None:
        return None
    minutes = max(1, ceil(place * handling_seconds / operators / 60))
    return minutes if minutes <= LONGEST_TOLD_MINUTES else None
