"""Teams: the operators of one group, who are dialled for together; and which calls and callers are whose.

Whoever is in no group is of the team that takes every debt kind. A call is of the team for which it was placed, a
caller of that of the number that was dialled; where nobody of it is at work, of those who take every debt kind. Whoever
calls and is taken by nobody at work may go to anybody: they count with the team that has most operators.
"""

from collections import Counter
from collections.abc import Iterable

from dialer.calls import Calls
from dialer.core.groups import Group, takes
from dialer.live_call import Live


class Teams:
    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def at_work(self) -> list[Group]:
        """Teams with somebody at work, always in the same order; that of every debt kind when nobody is."""
        return sorted(self._calls.desks.floor.at_work(), key=lambda group: group or "") or [None]

    def debts(self, team: Group, debts: frozenset[str]) -> frozenset[str]:
        """Those that it takes."""
        groups = self._calls.desks.floor.groups
        return frozenset(debt for debt in debts if takes(team, groups.of_debt(debt)))

    def unserved(self, debts: Iterable[str]) -> list[str]:
        """Those that nobody at work takes, though somebody is."""
        floor = self._calls.desks.floor
        if not floor.at_work():
            return []
        return [debt for debt in debts if not floor.is_served(floor.groups.of_debt(debt))]

    def of_call(self, live: Live) -> Group:
        group = self._calls.desks.floor.groups.of_debt(live.debt)
        there = self._calls.desks.floor.at_work()
        if live.team in there and takes(live.team, group):
            return live.team
        return next((team for team in (group, None) if team in there), group)

    def callers(self, of_groups: Counter[Group]) -> Counter[Group]:
        """How many of so many people, by the group of their debt kinds, want an operator of each team."""
        there = self._calls.desks.floor.at_work()
        largest = max(there, key=lambda team: there[team], default=None)
        wanted = Counter[Group]()
        for group, count in of_groups.items():
            wanted[next((team for team in (group, None) if team in there), largest)] += count
        return wanted

    def per_second(self, team: Group) -> float:
        """Who come by themselves: each team that may take them has its share."""
        there, share = self._calls.desks.floor.at_work(), 0.0
        for group, per_second in self._calls.callers.per_second.items():
            takers = {one: count for one, count in there.items() if takes(one, group)} or dict(there)
            share += per_second * (takers.get(team, 0) / sum(takers.values()) if takers else 1.0)
        return share
