"""Days in virtual time: every second and every person is accounted for, and ours does better than waiting."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dialer.bench.pacing import Mean, bench_pacing, best_at
from dialer.bench.pacing_chart import chart
from dialer.cli import app
from dialer.core.pacing.values import Kind, Snapshot, Way
from dialer.trials.clairvoyant import best_possible
from dialer.trials.day import Day
from dialer.trials.figures import Figures
from dialer.trials.policies import KNOBS
from dialer.trials.policy import Policy, Progressive
from dialer.trials.scenario import Ear, Scenario, ScenarioError, SeatsAt, Shock, read_scenario
from dialer.trials.trial import simulated

TARGET = 0.01


class Counting(Policy):
    """Many calls at once; counts what it is told, and what it sees."""

    name = "counting"

    def __init__(self, at_once: int) -> None:
        self.at_once = at_once
        self.in_flight = self.persons = self.met = self.alone = self.most_lines = 0

    def wanted(self, now: Snapshot, at: float) -> int:
        assert len(now.calls) == self.in_flight
        self.most_lines = max(
            self.most_lines, len(now.calls) + now.waiting + sum(one.work == "talk" for one in now.busy)
        )
        return max(0, self.at_once - len(now.calls))

    def placed(self, kind: Kind, at: float) -> None:
        self.in_flight += 1

    def call_ended(self, kind: Kind, rang: float, way: Way, at: float, rings: float | None) -> None:
        self.in_flight -= 1
        self.persons += way is Way.PERSON

    def person_met(self, at: float) -> None:
        self.met += 1

    def person_left_alone(self, at: float) -> None:
        self.alone += 1


@pytest.fixture(scope="module")
def ours() -> Figures:
    return simulated(Scenario(seats=6, hours=3), "lookahead", target=TARGET, seed=4, setting=None)


def test_everybody_who_answers_meets_an_operator_or_counts_as_left_alone() -> None:
    policy = Counting(at_once=12)
    done = Day(Scenario(seats=4, hours=1), policy, 1).run()
    assert done.persons == policy.persons
    assert policy.alone == done.left_alone > 0
    assert done.persons - (policy.met + policy.alone) in range(8), "but for those who answered in the last seconds"


def test_every_second_in_a_seat_is_counted_once_also_when_seats_come_and_go() -> None:
    changes = (SeatsAt(hour=0.5, seats=2), SeatsAt(hour=1.0, seats=7), SeatsAt(hour=1.5, seats=0))
    done = Day(Scenario(seats=5, hours=2, seats_at=changes), Progressive(), 1).run()
    least, most = 3600 * (2.5 + 1.0 + 3.5), 3600 * (2.5 + 1.0 + 3.5) + 7 * 600
    assert least <= done.seat_seconds <= most, "operators finish their talk before they go"
    assert 0.3 < done.utilisation < 1.0


def test_the_parts_of_a_day_add_up_to_it() -> None:
    scenario = Scenario(seats=5, hours=1, inbound_per_hour=20)
    whole, first, rest = (
        Day(scenario, Counting(at_once=8), 3).run(since, until)
        for since, until in ((0, None), (0, 1400.5), (1400.5, None))
    )
    for what in ("dials", "persons", "left_alone", "callers", "talks"):
        assert getattr(first, what) + getattr(rest, what) == getattr(whole, what) > 0, what
    assert first.seat_seconds + rest.seat_seconds == pytest.approx(whole.seat_seconds)
    assert first.busy_seconds + rest.busy_seconds == pytest.approx(whole.busy_seconds)


class PuttingOff(Counting):
    """Lets no telephone ring that may be kept from it."""

    name = "putting off"

    def wanted(self, now: Snapshot, at: float) -> int:
        count = super().wanted(now, at)
        self.put_off = [place for place, call in enumerate(now.calls) if call.rings is None]
        return count


def test_a_call_that_is_put_off_is_heard_by_nobody_and_called_later_all_the_same() -> None:
    policy = PuttingOff(at_once=6)
    done = Day(Scenario(seats=4, hours=1), policy, 1).run()
    assert done.put_off > done.dials / 2, "as often as a case may be"
    assert done.persons == policy.persons > 0
    assert policy.in_flight <= 6


def test_there_are_never_more_calls_than_lines() -> None:
    policy = Counting(at_once=100)
    Day(Scenario(seats=5, hours=0.5, lines=9), policy, 1).run()
    assert policy.most_lines == 9


def test_the_same_seed_is_the_same_day_for_every_policy() -> None:
    one, other = (Day(Scenario(seats=3, hours=1), Progressive(), 5).run().as_dict() for _ in range(2))
    one.pop("decision_ms_p99"), other.pop("decision_ms_p99")
    assert one == other


def test_one_call_for_each_operator_leaves_nobody_alone() -> None:
    assert Day(Scenario(seats=8, hours=2), Progressive(), 2).run().left_alone == 0


def test_persons_whom_the_ear_loses_are_counted_apart() -> None:
    done = Day(Scenario(seats=5, hours=2, ear=Ear(median_s=1.5, sigma=0.3, persons_lost=0.3)), Progressive(), 1).run()
    assert done.persons_lost / (done.persons + done.persons_lost) == pytest.approx(0.3, abs=0.1)


def test_a_shock_changes_how_many_answer_for_its_time() -> None:
    calm = Day(Scenario(seats=5, hours=1), Progressive(), 1).run()
    none = Day(Scenario(seats=5, hours=1, shocks=(Shock(hour=0, hours=1, human_x=0.0),)), Progressive(), 1).run()
    assert none.persons == 0 < calm.persons


def test_people_who_call_are_served_first_and_counted() -> None:
    done = Day(Scenario(seats=3, hours=2, inbound_per_hour=30), Progressive(), 1).run()
    assert done.callers == pytest.approx(60, abs=20)
    assert done.callers_gone < done.callers / 2


def test_ours_is_busier_than_one_call_for_each_and_keeps_to_its_target(ours: Figures) -> None:
    plain = simulated(Scenario(seats=6, hours=3), "progressive", target=TARGET, seed=4, setting=None)
    assert ours.utilisation > plain.utilisation + 0.05
    assert ours.abandoned <= 0.02
    assert ours.utilisation < best_possible(Scenario(seats=6, hours=3), 4)


def test_with_a_target_of_nothing_nobody_is_left_alone() -> None:
    done = simulated(Scenario(seats=6, hours=2), "lookahead", target=0.0, seed=4, setting=None)
    assert done.left_alone == 0


def test_what_is_printed_is_what_scripts_read(ours: Figures) -> None:
    wanted = {"policy", "seats", "seed", "utilisation", "abandoned", "abandoned_persons", "persons"}
    wanted |= {"connects_per_seat_hour", "operator_wait_s", "person_wait_s", "decisions", "decision_ms_p99"}
    assert wanted <= set(ours.as_dict())
    assert set(ours.as_dict()["operator_wait_s"]) == {"mean", "p90"}
    assert set(ours.as_dict()["person_wait_s"]) == {"mean", "p95"}


def test_the_command_reads_a_day_and_prints_json(tmp_path: Path) -> None:
    day = tmp_path / "day.json"
    day.write_text('{"seats": 2, "hours": 0.2, "talk": {"median_s": 50, "sigma": 0.5}, "numbers": [{"human": 0.5}]}')
    told = CliRunner().invoke(app, ["pace", "simulate", "--scenario", str(day), "--policy", "ratio", "--json"])
    assert told.exit_code == 0
    assert json.loads(told.stdout)["seats"] == 2


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "not JSON"),
        ('{"seats": 0}', "seats"),
        ('{"speed": 3}', "speed"),
        ('{"numbers": [{"share": 0.5}]}', "shares must add up to 1"),
        ('{"numbers": [{"human": 0.9, "machine": 0.5}]}', "must add up to 1"),
        ('{"talk": {"median_s": -1, "sigma": 1}}', "talk.median_s"),
        ('{"hours": 1e9}', "hours"),
        ('{"numbers": []}', "numbers"),
    ],
)
def test_a_day_that_cannot_be_is_refused_with_the_reason(tmp_path: Path, text: str, problem: str) -> None:
    day = tmp_path / "day.json"
    day.write_text(text)
    with pytest.raises(ScenarioError, match=problem):
        read_scenario(day)


def test_what_the_day_before_taught_is_the_same_however_often_it_is_asked_for() -> None:
    days = [
        simulated(Scenario(seats=3, hours=0.5), "lookahead", target=TARGET, seed=6, setting=None).as_dict()
        for _ in range(2)
    ]
    for day in days:
        day.pop("decision_ms_p99")
    assert days[0] == days[1], "what one day learns is not known to another"


def test_another_dialer_is_judged_at_the_share_that_ours_left_alone() -> None:
    cautious, bold = Mean(0.6, 0.0, 0.0, 0.1), Mean(0.8, 0.04, 0.05, 0.1)
    assert best_at([cautious, bold], 0.01) == pytest.approx(0.65), "as if it changed between its settings"
    assert best_at([bold], 0.01) == 0.0
    assert best_at([cautious], 0.01) == 0.6


def test_the_bench_compares_every_policy_on_the_same_days() -> None:
    figures = bench_pacing(seats=[3], seeds=1, hours=0.2, days_named=["usual"])
    (cell,) = figures.cells
    assert cell.others.keys() == KNOBS.keys()
    assert 0.0 < cell.plain.utilisation < cell.best_possible
    assert sum("met in" in line for line in figures.lines()) == 4
    picture = chart(figures.cells)
    assert picture.count("<polyline") == len(KNOBS)
    assert "3 seats" in picture
