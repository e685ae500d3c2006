"""What could be reached by somebody who knows the future, and still has to dial.

Whoever knows how long each talk will last and after how long each call will be answered has a person on the line at
the very moment an operator becomes free. Only when operators sit down must they wait: for the quickest answer there is.
"""

from dialer.trials.people import People
from dialer.trials.scenario import Scenario

CALLS_LOOKED_AT = 500


def best_possible(scenario: Scenario, seed: int | str) -> float:
    """The highest utilisation of such a day."""
    people = People(scenario, seed)
    fates = [people.fate(0.0) for _ in range(CALLS_LOOKED_AT)]
    quickest = min((one.rings_until + one.heard_for for one in fates if one.is_person and not one.is_lost), default=0.0)
    seats, since, seated, idle = scenario.seats, 0.0, 0.0, scenario.seats * quickest
    for change in sorted(scenario.seats_at, key=lambda one: one.hour):
        at = min(change.hour * 3600.0, scenario.seconds)
        seated += seats * (at - since)
        idle += max(0, change.seats - seats) * quickest
        seats, since = change.seats, at
    seated += seats * (scenario.seconds - since)
    return max(0.0, 1.0 - idle / seated) if seated else 0.0
