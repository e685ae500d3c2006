"""A day of pacing can be looked at again: the same things told, the same decisions."""

import json

import pytest

from dialer.core.pacing.learned import Learned
from dialer.core.pacing.ledger import Ledger
from dialer.core.pacing.record import Line, NotARecord, RecordingPacer, read, replay, written
from dialer.core.pacing.values import PaceRules, Way
from dialer.trials.day import Day
from dialer.trials.policy import LookAhead
from dialer.trials.scenario import Scenario
from tests.unit.test_pacing_lookahead import taught


@pytest.fixture(scope="module")
def lines() -> list[Line]:
    """Half an hour of six operators; through JSON, as a file has it."""
    noted: list[str] = []
    policy = LookAhead(PaceRules(target=0.02))
    policy.pacer = RecordingPacer(
        policy.pacer.rules, taught(), Ledger(40, 1), lambda line: noted.append(json.dumps(line))
    )
    Day(Scenario(seats=6, hours=0.5), policy, 1).run()
    return [json.loads(line) for line in noted]


def test_a_day_that_is_told_again_is_decided_the_same(lines: list[Line]) -> None:
    again = replay(lines)
    assert again.different == []
    assert again.decisions > 1800
    assert again.calls == sum(line["told"] == "placed" for line in lines) > 50
    assert again.put_off == sum(len(line.get("put_off", ())) for line in lines) > 0


def test_by_other_rules_the_same_day_is_decided_otherwise(lines: list[Line]) -> None:
    assert len(replay(lines, PaceRules(target=0.0)).different) > 20


@pytest.mark.parametrize(
    "line", [{}, {"told": "sung"}, {"told": "ended", "kind": "a"}, {"told": "decided", "now": {"free": 1}, "at": 0.0}]
)
def test_a_line_that_is_not_of_pacing_is_named(line: Line, lines: list[Line]) -> None:
    with pytest.raises(NotARecord, match="line 2"):
        replay([lines[0], line])


def test_what_was_learned_survives_being_written(lines: list[Line]) -> None:
    learned = taught()
    again = read(json.loads(json.dumps(written(learned))))
    for name in ("set_ups", "rings", "heard", "talks", "wraps"):
        one, other = getattr(learned, name), getattr(again, name)
        assert one.seen.keys() == other.seen.keys()
        assert all(one.seen[kind].ended.tolist() == other.seen[kind].ended.tolist() for kind in one.seen)
        assert all(one.seen[kind].seconds.tolist() == other.seen[kind].seconds.tolist() for kind in one.seen)


def test_tables_with_other_steps_of_age_are_begun_anew() -> None:
    learned = Learned()
    learned.call_ended(("mobile",), 12.0, Way.PERSON, 0.0, 8.0)
    told = written(learned)
    told["rings"]["mobile"]["seconds"].append(1.0)
    assert list(read(told).rings.seen) == [()]
