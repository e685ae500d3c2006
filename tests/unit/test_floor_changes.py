"""What is told of a floor that has changed makes the new one of the old one."""

from random import Random
from typing import Any

import pytest

from dialer.web.floor_changes import KEYS, Told, changes


def applied(before: Told, told: Told) -> Told:
    """As the page does it."""
    after = {**before, **told}
    for name, key in KEYS.items():
        if name in told:
            known = {row[key]: row for row in (*before[name], *told[name]["rows"])}
            after[name] = [known[one] for one in told[name]["order"]]
    return after


def floor(chance: Random) -> Told:
    def rows(key: str) -> list[dict[str, Any]]:
        keys = chance.sample(range(8), chance.randrange(8))
        return [{key: one, "state": chance.choice("abc")} for one in keys]

    return {"now": chance.random(), "away": None, "why": chance.choice("xy")} | {
        name: rows(key) for name, key in KEYS.items()
    }


@pytest.mark.parametrize("seed", range(200))
def test_changes_make_the_new_floor_of_the_old_one(seed: int) -> None:
    chance = Random(seed)
    before, after = floor(chance), floor(chance)
    told = changes(before, after)
    assert told is not None
    assert applied(before, told) == after


def test_of_what_is_as_it_was_nothing_is_told() -> None:
    before = floor(Random(1))
    assert changes(before, {**before, "now": 2.0}) == {"now": 2.0}


def test_before_and_after_an_engine_that_was_away_the_page_needs_the_whole() -> None:
    whole = floor(Random(1))
    away: Told = {"now": 1.0, "away": "応答がありません"}
    assert changes(whole, away) is None
    assert changes(away, whole) is None
    assert changes({}, whole) is None
