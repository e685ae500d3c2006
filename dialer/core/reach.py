"""How far a right reaches: a whole city, or some groups of its debt kinds (X-014, X-015).

A group is that of the debt kinds with one number (T-004), whose operators take them and nothing else (T-031): the one
division that operators, calls, callers, lists and results have in common. Niigata's three debt groups, Sendai's debt
units and Kurume's two are such groups; in Nagaoka and Saitama there is one, and limited to it nobody lacks anything
but what is of no group.
"""

from collections.abc import Collection, Iterable, Mapping

from dialer.core.groups import Group
from dialer.core.rights import Right

Reach = frozenset[str] | None
"""Groups, by their keys; None: the whole city."""

LIMITABLE = frozenset({Right.SUPERVISE, Right.WATCH, Right.LISTEN})
"""A role without one of these is of no use to whoever has it for some groups only."""


def covers(reach: Reach, group: Group) -> bool:
    """What is of every group, or of nobody knows which, is covered by the whole city alone."""
    return reach is None or group in reach


def narrower(one: Reach, other: Reach) -> Reach:
    """What both cover."""
    if one is None or other is None:
        return one if other is None else other
    return one & other


def widest(reaches: Iterable[Reach]) -> Reach:
    """What any of them covers."""
    found: frozenset[str] = frozenset()
    for reach in reaches:
        if reach is None:
            return None
        found |= reach
    return found


def limits_of(given: Iterable[tuple[Right, Collection[str] | None]]) -> Mapping[Right, frozenset[str]]:
    """Of rights that no grant gives for the whole city, the groups that any gives them for."""
    of: dict[Right, list[Reach]] = {}
    for right, groups in given:
        of.setdefault(right, []).append(None if groups is None else frozenset(groups))
    found = {right: widest(reaches) for right, reaches in of.items()}
    return {right: reach for right, reach in found.items() if reach is not None}
