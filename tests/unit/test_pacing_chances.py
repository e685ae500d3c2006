"""Sums of many unlike chances: exactly for few things, closely for many."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from dialer.core.pacing.chances import Exact, Normal, balance
from dialer.core.pacing.values import Figures

MOMENT = 1


def chances(count: int) -> st.SearchStrategy[Figures]:
    return arrays.arrays(float, (count, MOMENT), elements=st.floats(0.0, 1.0))


def by_counting(free: int, answers: Figures, returns: Figures, left: int) -> float:
    """Every way in which it can go, with its chance."""
    things = [(float(chance), -1) for chance in answers[:, 0]] + [(float(chance), 1) for chance in returns[:, 0]]
    total = 0.0
    for happens in product((False, True), repeat=len(things)):
        weight = np.prod([chance if one else 1.0 - chance for one, (chance, _) in zip(happens, things, strict=True)])
        gained = sum(step for one, (_, step) in zip(happens, things, strict=True) if one)
        total += float(weight) * (free + gained <= left)
    return total


@settings(max_examples=60)
@given(st.data(), st.integers(0, 4), st.integers(0, 4), st.integers(-2, 3), st.integers(-3, 3))
def test_few_things_are_summed_exactly(data: st.DataObject, calls: int, operators: int, free: int, left: int) -> None:
    answers, returns = data.draw(chances(calls)), data.draw(chances(operators))
    told = balance(free, answers, returns).at_most(np.array([left]))
    assert told[0] == pytest.approx(by_counting(free, answers, returns, left), abs=1e-9)


@settings(max_examples=60)
@given(st.data(), st.integers(0, 5), st.integers(0, 5), st.integers(-3, 3))
def test_one_more_call_is_as_if_it_had_been_there(data: st.DataObject, calls: int, operators: int, left: int) -> None:
    answers, returns, more = data.draw(chances(calls)), data.draw(chances(operators)), data.draw(chances(1))
    added = Exact.of(1, answers, returns).with_call(more[0])
    whole = Exact.of(1, np.concatenate([answers, more]), returns)
    assert added.at_most(np.array([left])) == pytest.approx(whole.at_most(np.array([left])), abs=1e-9)
    close = Normal.of(1, answers, returns).with_call(more[0])
    assert close.mean == pytest.approx(Normal.of(1, np.concatenate([answers, more]), returns).mean)


@pytest.mark.parametrize(("calls", "operators"), [(30, 20), (60, 34), (120, 34), (300, 100)])
def test_many_things_are_summed_closely(calls: int, operators: int) -> None:
    chance = np.random.default_rng(calls)
    answers, returns = chance.random((calls, 4)) * 0.4, chance.random((operators, 4)) * 0.4
    middle = round(float(Normal.of(0, answers, returns).mean.mean()))
    for left in range(middle - 8, middle + 9):
        exact = Exact.of(0, answers, returns).at_most(np.full(4, left))
        assert Normal.of(0, answers, returns).at_most(np.full(4, left)) == pytest.approx(exact, abs=2e-3)
