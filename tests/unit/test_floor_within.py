"""What is shown of a floor to somebody whose right is limited to groups: all that is theirs, and nothing of others."""

import json
from collections.abc import Collection
from itertools import count
from random import Random
from typing import Any

import pytest

from dialer.core.warning_values import WarningKind
from dialer.web.floor_changes import changes
from dialer.web.floor_views import Views
from dialer.web.floor_within import OF_EVERY_GROUP, Told, within
from tests.unit.test_floor_changes import applied

GROUPS = ("tax", "insurance", "nursery")
TAX = frozenset({"tax"})
BLANKED = {
    "call",
    "case",
    "debt",
    "number",
    "case_group",
    "operator",
    "preview",
    "consulting",
    "listens_to",
    "listens_how",
}
OF_A_DAY = {"all_talks", "contact_rate", "talk_mean", "wrap_up_mean"}
SEEDS = [pytest.param(seed, id=str(seed)) for seed in range(100)]


class Invented:
    """A floor in which everything has a name that is nowhere else; `needs`: the groups one must have to see it."""

    def __init__(self, seed: int) -> None:
        self.chance, self.number = Random(seed), count(1000)
        self.needs: dict[str, set[str]] = {}
        self.floor = self.made()

    def name(self, kind: str, *groups: str | None) -> str:
        made = f"{kind}{next(self.number)}"
        self.needs[made] = {group for group in groups if group is not None}
        return made

    def made(self) -> Told:
        chance = self.chance
        calls = [self.call() for _ in range(chance.randrange(12))]
        callers = [self.call() | {"place": chance.choice([None, 3]), "rank": 0} for _ in range(chance.randrange(6))]
        seats = [self.seat() for _ in range(8)]
        for one in (*calls, *callers):
            if chance.random() < 0.6:
                taker = chance.choice(seats)
                one["operator"], taker["call"], taker["case"] = taker["phone"], one["call"], one["case"]
        for one in seats:
            one["listens_to"] = chance.choice([None, chance.choice(seats)["phone"]])
            one["consulting"] = chance.choice([None, "collection", chance.choice(seats)["phone"]])
        debts = [self.debt(group) for group in GROUPS for _ in range(2)]
        return {
            "limited": None,
            "now": "2026-11-25T10:00:00",
            "away": None,
            "why": "市税：担当者の空きを待っています",
            "operators": seats,
            "calls": calls,
            "callers": callers,
            "wishes": 4,
            "lines": {"all": 60, "used": 3, "kept_for_callers": 2},
            "pace": {
                "target": 0.01,
                "ceiling": 0.03,
                "persons": 60,
                "left_alone": 9,
                "lost_by_ear": 2.0,
                "put_off": 3,
                "risk": 0.1,
                "progressive_because": self.name("because", "insurance"),
                "by_debt": {one["key"]: one["alone"] for one in debts},
            },
            "teams": [
                {"group": group, "name": f"{group}", "operators": 1, "free": 1, "calls": 0, "waiting": 0, "why": "待機"}
                for group in GROUPS
            ],
            "answered": {
                "answered": 30,
                "total": 60,
                "rate": 0.5,
                "target": 0.9,
                "by_group": {group: {"answered": place, "total": 10} for place, group in enumerate(GROUPS)},
            },
            "debts": debts,
            "warnings": self.warnings(seats, debts),
            "parts": [{"name": "データベース", "well": True, "text": ""}],
            "trunk": {"refused": 1, "ended": 9, "minutes": 5},
            "of_a_later_version": self.name("later", "insurance"),
        }

    def call(self) -> dict[str, Any]:
        group = self.chance.choice([*GROUPS, None])
        about = self.chance.choice([group, self.chance.choice(GROUPS)]) or "insurance"
        known = group is not None and self.chance.random() < 0.8
        return {
            "call": self.name("call", group or "nobody"),
            "group": group,
            "stage": "talking",
            "stage_name": "通話中",
            "since": None,
            "began": None,
            "operator": None,
            "case": self.name("case", about, group) if known else None,
            "case_group": about if known else None,
            "debt": self.name("debt_name", about, group) if known else None,
            "number": self.name("number", group or "nobody", about if known else None),
            "secret": self.name("secret", "nobody"),
        }

    def seat(self) -> dict[str, Any]:
        group = self.chance.choice([*GROUPS, None])
        return {
            "phone": self.name("op", group),
            "account": self.name("login", group),
            "name": self.name("person", group),
            "group": group,
            "state": "talking",
            "since": None,
            "seat": "phone",
            "leg": "up",
            "pause": None,
            "wrap_up_until": None,
            "on_hold": False,
            "muted": False,
            "help": False,
            "leaving": False,
            "need": 0,
            "needs": None,
            "urgent": False,
            "listens_how": "listen",
            "case": None,
            "all_talks": 7,
            "contact_rate": 0.5,
            "talk_mean": 60,
            "wrap_up_mean": 10,
            "call": self.name("call", "nobody"),  # one that is over
            "preview": self.name("case", "nobody"),
        }

    def debt(self, group: str) -> dict[str, Any]:
        alone = {"persons": self.chance.randrange(20), "left_alone": 1, "spent": False}
        key, name = self.name("debt", group), self.name("debt_name", group)
        of = {"key": key, "name": name, "group": group, "mode": "predictive", "open": True}
        return {**of, "alone": alone, "cases": {"open": 1, "due": 1, "done": 1}}

    def warnings(self, seats: Any, debts: Any) -> list[dict[str, Any]]:
        subjects = {
            WarningKind.TALKS_LONG: [one["phone"] for one in seats],
            WarningKind.WRITES_LONG: [one["phone"] for one in seats],
            WarningKind.LIST_RUNS_DRY: [one["key"] for one in debts],
        }
        return [
            {"id": next(self.number), "kind": kind.value, "subject": subject, "level": "heed", "text": f"{subject}です"}
            for kind in WarningKind
            for subject in subjects.get(kind, [""])
        ]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("groups", [TAX, frozenset({"tax", "nursery"}), frozenset[str](), frozenset({"gone"})])
def test_nothing_of_another_group_is_anywhere_in_it(seed: int, groups: Collection[str]) -> None:
    invented = Invented(seed)
    told = json.dumps(within(invented.floor, groups), ensure_ascii=False)
    shown = {name for name in invented.needs if f'"{name}"' in told or f"{name}です" in told}
    assert {name for name in shown if not invented.needs[name] <= set(groups)} == set()


@pytest.mark.parametrize("seed", SEEDS)
def test_all_that_is_of_the_groups_is_in_it_as_it_is_in_the_whole(seed: int) -> None:
    whole = Invented(seed).floor
    told = within(whole, TAX)
    calls = {one["call"] for name in ("calls", "callers") for one in told[name]}
    for name in ("calls", "callers"):
        assert [one["call"] for one in told[name]] == [one["call"] for one in whole[name] if one["group"] == "tax"]
    assert [one["phone"] for one in told["operators"]] == [
        one["phone"] for one in whole["operators"] if one["group"] in ("tax", None)
    ]
    for name, key in (("calls", "call"), ("callers", "call"), ("operators", "phone")):
        rows = {one[key]: one for one in whole[name]}
        for one in told[name]:
            full = rows[one[key]]
            blanked = {field for field, value in one.items() if value != full[field]}
            assert blanked <= BLANKED | (OF_A_DAY if full["group"] is None else set())
            assert full.keys() - one.keys() <= {"secret"}
            assert all(one[field] is None for field in blanked)
    for one in told["operators"]:
        full = next(seat for seat in whole["operators"] if seat["phone"] == one["phone"])
        assert one["call"] == (full["call"] if full["call"] in calls else None)
    assert told["debts"] == [one for one in whole["debts"] if one["group"] == "tax"]
    assert {name: told[name] for name in ("lines", "parts", "trunk", "now", "away")} == {
        name: whole[name] for name in ("lines", "parts", "trunk", "now", "away")
    }


def test_figures_are_those_of_the_groups() -> None:
    whole = Invented(1).floor
    told = within(whole, frozenset({"insurance", "nursery"}))
    alone = [one["alone"] for one in told["debts"]]
    assert told["pace"]["persons"] == sum(one["persons"] for one in alone)
    assert told["pace"]["left_alone"] == 4
    assert told["answered"] == {"answered": 3, "total": 20, "rate": 0.15, "target": 0.9}
    assert told["wishes"] is None
    assert told["why"] == "insurance：待機　nursery：待機"


def test_debt_kinds_that_nobody_takes_are_named() -> None:
    whole = Invented(1).floor
    whole["teams"] = [one for one in whole["teams"] if one["group"] == "insurance"]
    names = [one["name"] for one in whole["debts"] if one["group"] == "tax"]
    assert within(whole, TAX)["why"].startswith("、".join(names))


@pytest.mark.parametrize("seed", range(20))
def test_warnings_of_every_group_are_shown_without_a_way_to_say_that_they_were_seen(seed: int) -> None:
    whole = Invented(seed).floor
    told = {(one["kind"], one["subject"]): one for one in within(whole, TAX)["warnings"]}
    for one in whole["warnings"]:
        shown = told.get((one["kind"], one["subject"]))
        seat = next((seat for seat in whole["operators"] if seat["phone"] == one["subject"]), None)
        if one["kind"] in OF_EVERY_GROUP or (seat is not None and seat["group"] is None):
            assert shown == {**one, "id": None}
        elif seat is not None:
            assert shown == (one if seat["group"] == "tax" else None)
        elif one["kind"] in (WarningKind.ABANDONED, WarningKind.ANSWER_RATE_LOW, WarningKind.ANSWER_RATE_FALLS):
            assert shown is None
    waiting = [one for one in whole["callers"] if one["group"] == "tax" and one["place"] is not None]
    waits = told.get((WarningKind.CALLER_WAITS, ""))
    assert (waits is not None) == bool(waiting)
    assert waits is None or f"（{len(waiting)}人）" in waits["text"]


def test_while_the_engine_is_away_what_is_of_everybody_is_still_told() -> None:
    away: Told = {"now": "x", "away": "応答がありません", "warnings": Invented(1).floor["warnings"], "parts": []}
    told = within({"limited": None, **away}, TAX)
    assert {one["kind"] for one in told["warnings"]} == set(OF_EVERY_GROUP)
    assert told.keys() == {"limited", *away}


@pytest.mark.parametrize("seed", range(50))
def test_changes_within_groups_make_the_new_floor_of_the_old_one(seed: int) -> None:
    before, after = (within(Invented(one).floor, TAX) for one in (seed, seed + 1000))
    told = changes(before, after)
    assert told is not None
    assert applied(before, told) == after


async def test_everybody_of_the_same_groups_is_sent_the_same_words_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    from dialer.web import floor_views

    made: list[frozenset[str]] = []

    def counted(whole: Told, groups: frozenset[str]) -> Told:
        made.append(groups)
        return within(whole, groups)

    monkeypatch.setattr(floor_views, "within", counted)
    views = Views()
    reaches = [None, TAX, TAX, frozenset({"insurance"}), TAX, None]
    followers = [(views.add(reach, page := asyncio.Event()), reach, page) for reach in reaches]
    views.show(Invented(1).floor)
    assert sorted(map(sorted, made)) == [["insurance"], ["tax"]]
    assert all(page.is_set() for _, _, page in followers)
    words = [view.since(0)[1] for view, _, _ in followers]
    assert words[1] is words[2] is words[4]
    assert json.loads(words[1]) == within(Invented(1).floor, TAX)
    assert json.loads(words[0]) == Invented(1).floor
    for _, reach, page in followers:
        views.discard(reach, page)
    assert not views
