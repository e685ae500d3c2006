"""Where a call goes that has just arrived. Nothing is said yet: it still rings."""

from dataclasses import dataclass

from agi.steps import Script, Set
from dialer.core.callers import Route
from dialer.core.values import CallId


@dataclass(frozen=True, slots=True)
class Decision:
    call: CallId
    route: Route
    city: str
    group: str
    rank: int
    ring_seconds: float
    longest_seconds: float
    notice: str = ""  # the sound with which the call ends
    special: str = ""  # said first
    known: bool = False  # whose case it is: only who is known can be called back


def arrive(decision: Decision) -> Script:
    """Ids and words only. The route is set last: without it the dialplan goes on alone."""
    yield Set("ATTEMPT", decision.call)
    yield Set("CITY", decision.city)
    yield Set("GROUP", decision.group)
    yield Set("RANK", str(decision.rank))
    yield Set("RING", f"{decision.ring_seconds:g}")
    yield Set("LONGEST", f"{decision.longest_seconds:.0f}")
    yield Set("NOTICE", decision.notice)
    yield Set("SPECIAL", decision.special)
    yield Set("KNOWN", "yes" if decision.known else "no")
    yield Set("ROUTE", decision.route.value)
