"""Crowds of callers: bursts, arrivals by chance, patience, and the file that keeps them."""

import random
from itertools import pairwise
from pathlib import Path
from statistics import mean, pstdev

import pytest

from simnet import arrivals
from simnet.arrivals import Arrival, CallersFileWrong, at_random, burst, patience
from simnet.callers import Caller, HearBegin, HearEnd, HearTone, Press, Say, Shows, Stay, Talk, Wait, showing

HOUR = 3600.0
OURS = "0258000001"


def caller(n: int, chance: random.Random) -> Caller:
    return Caller(OURS, showing(f"025800{3000 + n}"), (HearTone(400, patience_seconds=patience(chance, 60, 300)),))


def test_a_burst_of_sixty_comes_within_its_second() -> None:
    crowd = burst([caller(n, random.Random(n)) for n in range(60)])
    assert [one.at_seconds for one in crowd] == pytest.approx([n / 60 for n in range(60)])
    assert burst([]) == []


def test_who_comes_by_chance_comes_as_often_as_said_and_no_longer() -> None:
    crowd = at_random(163, 20 * HOUR, caller, seed=1)
    gaps = [later.at_seconds - earlier.at_seconds for earlier, later in pairwise(crowd)]
    assert len(crowd) == pytest.approx(20 * 163, rel=0.05)
    assert mean(gaps) == pytest.approx(HOUR / 163, rel=0.05)
    assert pstdev(gaps) == pytest.approx(mean(gaps), rel=0.1)  # of an exponential distribution
    assert crowd[-1].at_seconds < 20 * HOUR


def test_a_crowd_repeats_itself_for_a_seed() -> None:
    assert at_random(600, 600, caller, seed=3) == at_random(600, 600, caller, seed=3)
    assert at_random(600, 600, caller, seed=3) != at_random(600, 600, caller, seed=4)


def test_a_peak_is_a_second_crowd_that_begins_later() -> None:
    peak = at_random(326, 300, caller, seed=2, from_seconds=600)
    assert all(600 <= one.at_seconds < 900 for one in peak)


def test_patience_has_a_mean_and_an_end() -> None:
    chance = random.Random(5)
    drawn = [patience(chance, 60, 600) for _ in range(5000)]
    assert mean(drawn) == pytest.approx(60, rel=0.05)
    assert min(drawn) >= 1.0
    assert max(drawn) <= 600


def test_the_file_of_callers_brings_back_every_story(tmp_path: Path) -> None:
    hears = (HearBegin(3), HearEnd(0.8, None), HearTone(400.0))
    does = (Press("1#", 0.05), Say("はい。"), Talk(9), Stay())
    shows = Shows("0258001234", "見本", asserted="0258001235", privacy="id", more=("X-Strange: 1",))
    whole = Caller(OURS, shows, (Wait(1), *hears, *does), None, 12.0, 440.0, keeps_tape=True)
    crowd = [Arrival(0.5, whole), *burst([caller(1, random.Random(1))])]
    arrivals.write(tmp_path / "callers.jsonl", crowd)
    assert arrivals.read(tmp_path / "callers.jsonl") == crowd


@pytest.mark.parametrize("line", ["nothing", "{}", '{"at_seconds": 1, "caller": {"dials": "1"}}', "[]"])
def test_a_line_that_is_no_caller_is_named(line: str, tmp_path: Path) -> None:
    path = tmp_path / "callers.jsonl"
    arrivals.write(path, burst([caller(1, random.Random(1))]))
    path.write_text(path.read_text("utf-8") + line + "\n", "utf-8")
    with pytest.raises(CallersFileWrong, match=r"callers\.jsonl line 2"):
        arrivals.read(path)
