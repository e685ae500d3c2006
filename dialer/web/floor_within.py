"""The floor for somebody whose right is limited to groups of debt kinds: of the whole content what is of these groups.

An operator is of the group whose debt kinds they take. Who takes every debt kind is shown, as one who may be free for
these groups too, but not what they do for others. What is of nobody's group (lines, parts, the trunk) stays as it is.
Only what is named here is passed on: what is added to the floor later is not shown within groups before it is here.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from dialer.core.warning_values import WarningKind

Told = dict[str, Any]
Row = Mapping[str, Any]

ALIKE = ("now", "away", "lines", "parts", "trunk")
OF_AN_OPERATOR = (
    *("phone", "state", "since", "seat", "account", "leg", "pause", "wrap_up_until", "on_hold", "muted", "help"),
    *("leaving", "group", "name", "need", "needs", "urgent"),
)
OF_THEIR_DAY = ("all_talks", "contact_rate", "talk_mean", "wrap_up_mean")
OF_A_CALL = ("call", "stage", "stage_name", "since", "began", "answerer", "group", "rank", "place")
OF_A_CASE = ("case", "debt", "number", "case_group")
OF_A_DEBT = ("key", "name", "group", "mode", "open", "alone", "cases")
OF_A_TEAM = ("group", "name", "operators", "free", "calls", "waiting", "why")
OF_A_SEAT = (WarningKind.TALKS_LONG, WarningKind.WRITES_LONG)
OF_EVERY_GROUP = (
    *(WarningKind.QUOTA_UNMET, WarningKind.TRUNK_REFUSES, WarningKind.DISK_FILLS, WarningKind.PART_AWAY),
    *(WarningKind.CLOCK_WRONG, WarningKind.RECORDINGS_FILL),
)
NOBODY = "受け持つ担当者が着席していないため、発信していません"


def within(floor: Row, groups: Collection[str]) -> Told:
    """`floor`: the whole content."""
    told: Told = {"limited": sorted(groups)} | {name: floor[name] for name in ALIKE if name in floor}
    if floor["away"]:
        return told | _warnings(floor, (), {}, {})
    seats = {one["phone"]: one for one in floor["operators"] if one.get("group") in (None, *groups)}
    debts = [_part(one, OF_A_DEBT) for one in floor["debts"] if one["group"] in groups]
    calls, callers = ([_call(one, seats, groups) for one in floor[name] if _is_of(one, groups)] for name in CALLS)
    here = {one["call"]: one for one in (*calls, *callers)}
    phones = {one["phone"] for one in floor["operators"]}
    shown = {
        "operators": [_operator(one, seats, here, phones - seats.keys()) for one in seats.values()],
        "calls": calls,
        "callers": callers,
        "wishes": None,
        "why": _why(floor, debts, groups),
        "pace": _pace(floor["pace"], [one["key"] for one in debts]),
        "teams": [_part(one, OF_A_TEAM) for one in floor["teams"] if one["group"] in groups],
        "answered": _answered(floor["answered"], groups),
        "debts": debts,
    }
    return told | shown | _warnings(floor, callers, {one["key"]: one for one in debts}, seats)


CALLS = ("calls", "callers")


def _is_of(one: Row, groups: Collection[str]) -> bool:
    return one.get("group") in groups


def _part(row: Row, names: Sequence[str]) -> Told:
    return {name: row[name] for name in names if name in row}


def _call(one: Row, seats: Mapping[str, Row], groups: Collection[str]) -> Told:
    """Whose case it is may be of another group than the number that was called."""
    told = _part(one, OF_A_CALL) | {"operator": one["operator"] if one["operator"] in seats else None}
    if one.get("case") is None or one.get("case_group") in groups:
        return told | _part(one, OF_A_CASE)
    return told | dict.fromkeys(OF_A_CASE)


def _operator(one: Row, seats: Mapping[str, Row], here: Mapping[str, Row], others: Collection[str]) -> Told:
    call = here.get(one["call"])
    heard = one["listens_to"] if one["listens_to"] in seats else None
    day = _part(one, OF_THEIR_DAY) if one.get("group") is not None else dict.fromkeys(OF_THEIR_DAY)
    return {
        **_part(one, OF_AN_OPERATOR),
        **day,
        "call": None if call is None else call["call"],
        "case": None if call is None else call.get("case"),
        "preview": None,
        "consulting": one["consulting"] if call is not None and one["consulting"] not in others else None,
        "listens_to": heard,
        "listens_how": one["listens_how"] if heard is not None else None,
    }


def _why(floor: Row, debts: Sequence[Row], groups: Collection[str]) -> str:
    """Where operators have groups, of these groups and of who takes every debt kind; else it is of all."""
    teams = floor["teams"]
    if not teams:
        return str(floor["why"])
    served = {one["group"] for one in teams}
    told = [f"{one['name']}：{one.get('why', '')}" for one in teams if one["group"] is None or one["group"] in groups]
    if None not in served and (alone := [one["name"] for one in debts if one["open"] and one["group"] not in served]):
        told.append(f"{'、'.join(alone)}：{NOBODY}")
    return "　".join(told)


def _pace(pace: Row, debts: Sequence[str]) -> Told:
    by_debt = {key: one for key, one in pace["by_debt"].items() if key in debts}
    counted = {name: sum(one[name] for one in by_debt.values()) for name in ("persons", "left_alone")}
    return {"target": pace["target"], "ceiling": pace["ceiling"], "by_debt": by_debt, **counted}


def _answered(answered: Row, groups: Collection[str]) -> Told:
    own = [one for group, one in answered.get("by_group", {}).items() if group in groups]
    count, total = sum(one["answered"] for one in own), sum(one["total"] for one in own)
    rate = count / total if total else None
    return {"answered": count, "total": total, "rate": rate, "target": answered.get("target")}


# --- warnings


def _warnings(floor: Row, callers: Sequence[Row], debts: Mapping[str, Row], seats: Mapping[str, Row]) -> Told:
    """Those of every group are shown, without the number by which one says that it has been seen."""
    if "warnings" not in floor:
        return {}
    found = []
    waits = [one for one in callers if one["place"] is not None]
    for one in floor["warnings"]:
        kind, subject = one["kind"], one["subject"]
        if kind in OF_EVERY_GROUP or (kind in OF_A_SEAT and subject in seats and seats[subject].get("group") is None):
            found.append({**one, "id": None})
        elif (kind in OF_A_SEAT and subject in seats) or (kind == WarningKind.LIST_RUNS_DRY and subject in debts):
            found.append(dict(one))
        elif kind == WarningKind.CALLER_WAITS and waits:
            found.append({**one, "id": None, "text": f"着信でお待たせしている方がいます（{len(waits)}人）。"})
    return {"warnings": found}
