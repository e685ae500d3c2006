"""What calls and operators taught, also those cut short; how it is drawn to the general, fades, and meets a shock."""

from random import Random

import numpy as np
import pytest

from dialer.core.pacing.hazards import Hazards, edges_of, lognormal_rates
from dialer.core.pacing.learned import RING_EDGES, WORK_EDGES, Learned
from dialer.core.pacing.tables import MOMENTS, CallsAhead, OperatorsAhead
from dialer.core.pacing.values import Busy, Way, Work

EDGES = edges_of((10.0, 1.0))


def hazards(prior: float = 0.0) -> Hazards:
    return Hazards(EDGES, 2, np.full((2, 10), 0.1), prior)


def test_a_rate_is_what_ended_by_the_seconds_under_observation() -> None:
    seen = hazards()
    for _ in range(10):
        seen.saw((), 2.5, 0)  # ten that ended in their third second, by the first way
    for _ in range(30):
        seen.saw((), 3.0, 1)
    rates = seen.rates(())
    assert rates[:, 0].tolist() == [0.0, 0.0]
    assert rates[0, 2] == pytest.approx(10 / 35.0)
    assert rates[1, 2] == pytest.approx(30 / 35.0)


def test_what_was_cut_short_is_no_answer_that_failed() -> None:
    """As many more calls that we gave up after two seconds change nothing of what the third second is like."""
    seen, cut = hazards(), hazards()
    for one in (seen, cut):
        for _ in range(50):
            one.saw((), 4.5, 0)
            one.saw((), 6.0, 1)
    for _ in range(500):
        cut.saw((), 2.0, None)
    assert cut.rates(())[:, 3:].tolist() == seen.rates(())[:, 3:].tolist()


def test_a_kind_of_which_little_is_known_is_like_the_more_general_one() -> None:
    seen = hazards(prior=30.0)
    for _ in range(400):
        seen.saw(("mobile",), 2.5, 0)
        seen.saw(("mobile",), 2.5, 1)
    seen.saw(("mobile", "evening"), 2.5, 1)
    few, general = seen.rates(("mobile", "evening"))[0, 2], seen.rates(("mobile",))[0, 2]
    assert few == pytest.approx(general, rel=0.1)
    for _ in range(2000):
        seen.saw(("mobile", "evening"), 2.5, 1)
    assert seen.rates(("mobile", "evening"))[0, 2] < 0.1 * general


def test_what_has_faded_gives_way_to_what_is_new() -> None:
    seen = hazards()
    for _ in range(100):
        seen.saw((), 1.5, 0)
    seen.fade(0.01)
    for _ in range(100):
        seen.saw((), 1.5, 1)
    rates = seen.rates(())[:, 1]
    assert rates[0] / rates.sum() == pytest.approx(0.01, abs=0.005)


def test_chances_of_an_answer_are_those_of_the_people_who_were_called() -> None:
    """Four thousand calls of one kind, some engaged: what is told is what happened, before the first ring and after."""
    chance, learned = Random(7), Learned()
    calls: list[tuple[float, float | None, Way]] = []  # until the first ring or the end, then until the answer or end
    for at in range(4000):
        set_up = max(0.5, chance.gauss(4.0, 1.2))
        rings = chance.lognormvariate(2.0, 0.5) if chance.random() < 0.9 else None
        way = Way.PERSON if rings is not None and chance.random() < 0.33 else Way.OTHER
        calls.append((set_up, rings, way))
        learned.call_ended(("mobile",), set_up + (rings or 0.0), way, float(at), rings)
    ahead = CallsAhead(learned.set_ups, learned.rings)
    row = ahead.row(("mobile",), 0.0)
    for age in (0.0, 3.0, 4.5):
        silent = [(set_up + (rings or 0.0), way) for set_up, rings, way in calls if set_up > age]
        told = ahead.before_ringing([row], [age])[0]
        for column, moment in enumerate(MOMENTS):
            came = sum(way is Way.PERSON and until <= age + moment for until, way in silent) / len(silent)
            assert told[column] == pytest.approx(came, abs=0.05), (age, moment)
    for age in (0.0, 4.0, 9.0):
        still = [(rings, way) for _, rings, way in calls if rings is not None and rings > age]
        told = ahead.by_moment([row], [age])[0]
        for column, moment in enumerate(MOMENTS):
            came = sum(way is Way.PERSON and rings <= age + moment for rings, way in still) / len(still)
            assert told[column] == pytest.approx(came, abs=0.05), (age, moment)


def test_a_call_that_was_withdrawn_before_it_rang_tells_only_that_it_had_not_rung_yet() -> None:
    learned = Learned()
    for at in range(200):
        learned.call_ended(("mobile",), 3.0, Way.CUT, float(at))
    assert learned.persons_of_late.factor == 1.0
    assert learned.rings.seen == {}
    assert learned.set_ups.seen[()].ended.sum() == 0.0 < learned.set_ups.seen[()].seconds.sum()


def test_a_call_is_known_to_ring_within_a_second_about_as_often_as_it_does() -> None:
    chance, learned = Random(9), Learned()
    set_ups = [max(0.5, chance.gauss(4.0, 1.0)) for _ in range(4000)]
    for at, set_up in enumerate(set_ups):
        learned.call_ended(("mobile",), set_up + 8.0, Way.PERSON, float(at), 8.0)
    ahead = CallsAhead(learned.set_ups, learned.rings)
    row = ahead.row(("mobile",), 0.0)
    for age in (0.0, 2.0, 3.5, 5.0):
        silent = [set_up for set_up in set_ups if set_up > age]
        rings = sum(set_up <= age + 1.0 for set_up in silent) / len(silent)
        assert ahead.rings_within([row], [age])[0] == pytest.approx(rings, abs=0.05), age


def test_who_is_known_at_the_moment_of_the_answer_needs_an_operator_at_that_moment() -> None:
    """Without an ear. What ends at age 0 has ended: left out, the table would stay what it was before any call."""
    learned = Learned()
    for at in range(500):
        learned.call_ended(("fixed",), 10.0, Way.PERSON, float(at), 7.0)
        learned.was_heard(("fixed",), 0.0, Way.PERSON)
    assert learned.hearing_seconds < 0.05


def test_an_ear_that_listens_for_a_while_delays_the_need_of_an_operator_by_as_much() -> None:
    chance, learned = Random(4), Learned()
    seconds = [chance.lognormvariate(0.5, 0.4) for _ in range(3000)]
    for one in seconds:
        learned.was_heard(("fixed",), one, Way.PERSON)
    assert learned.hearing_seconds == pytest.approx(sum(seconds) / len(seconds), abs=0.1)


@pytest.mark.parametrize("later", [0.0, 0.01, 1.4])
def test_answers_are_expected_at_their_moment_and_not_later(later: float) -> None:
    """Ages and moments fall between the steps of a table: on the mean neither too early nor too late."""
    chance, learned = Random(8), Learned()
    rings = [chance.lognormvariate(1.4, 0.5) + 0.3 for _ in range(6000)]
    for at, rang in enumerate(rings):
        learned.call_ended(("fixed",), rang, Way.PERSON, float(at), rang)
    ahead = CallsAhead(learned.set_ups, learned.rings)
    row = ahead.row(("fixed",), 0.0)
    ages = [chance.uniform(0.0, 4.0) for _ in range(400)]
    told = ahead.by_moment([row] * len(ages), ages, later).mean(axis=0)
    for column, moment in enumerate(MOMENTS[:8]):
        came = 0.0
        for age in ages:
            still = [rang for rang in rings[:600] if rang > age]
            came += sum(rang <= age + moment - later for rang in still) / max(1, len(still)) / len(ages)
        assert told[column] == pytest.approx(came, abs=0.06), moment


def test_operators_are_free_again_as_their_talks_and_the_work_after_them_last() -> None:
    chance, learned = Random(3), Learned()
    works = [(chance.lognormvariate(4.3, 0.8), chance.lognormvariate(3.2, 0.5)) for _ in range(4000)]
    for at, (talk, wrap) in enumerate(works):
        learned.work_ended(Work.TALK, "op01", talk, float(at))
        learned.work_ended(Work.WRAP_UP, "op01", wrap, float(at))
    ahead = OperatorsAhead(learned.talks, learned.wraps, tolerance_seconds=2.0)
    for age in (0.0, 59.6):
        told = ahead.by_moment([Busy(Work.TALK, age, "op01")], 0.0)[0]
        still = [talk + wrap for talk, wrap in works if talk > age]
        for column, moment in enumerate(MOMENTS):
            free = sum(both <= age + moment + 2.0 for both in still) / len(still)
            assert told[column] == pytest.approx(free, abs=0.04), (age, moment)


def test_the_last_minutes_are_noticed_and_forgotten() -> None:
    chance, learned = Random(5), Learned()

    def call(answered: float, at: float) -> None:
        learned.call_ended(("fixed",), 10.0, Way.PERSON if chance.random() < answered else Way.OTHER, at, 7.0)

    for at in range(3000):
        call(0.4, float(at))
    assert learned.persons_of_late.factor == pytest.approx(1.0, abs=0.25)
    for at in range(3000, 3600):
        call(0.1, float(at))
    assert learned.persons_of_late.factor < 0.5
    for at in range(3600, 5000):
        call(0.4, float(at))
    assert learned.persons_of_late.factor == pytest.approx(1.0, abs=0.25)


def test_what_is_taken_for_true_before_anything_was_seen_lasts_as_it_should() -> None:
    rates = lognormal_rates(WORK_EDGES, 90.0, 0.9)[0]
    alive = np.exp(-np.concatenate([[0.0], np.cumsum(rates * np.diff(WORK_EDGES))]))
    assert np.interp(90.0, WORK_EDGES, alive) == pytest.approx(0.5, abs=0.02)
    assert Learned().rings.rates(())[:, 0].sum() < 0.01, "nobody answers within a second"
    assert len(RING_EDGES) == 61
