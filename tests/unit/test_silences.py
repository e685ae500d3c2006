"""Whom the supervisor takes for frozen."""

import pytest

from dialer.core.silences import LATE_SECONDS, Silences

PATIENCE = {"agi": 5.0, "engine": 10.0, "web": 10.0}


def looks(silent: dict[str, tuple[float, float]], seconds: int, asleep: tuple[float, float] = (0.0, 0.0)) -> set[str]:
    """Every second, but for the time in which the listener is asleep. `silent`: from when to when who says nothing."""
    silences, found = Silences(), set()
    for second in range(seconds):
        if asleep[0] < second < asleep[1]:
            continue
        words = {name: min(second, begin) if second < end else second for name, (begin, end) in silent.items()}
        found |= set(silences.look(float(second), words, PATIENCE))
    return found


TALKS = (1000.0, 1000.0)


@pytest.mark.parametrize(
    ("silent", "frozen"),
    [
        ({"agi": TALKS, "engine": TALKS, "web": TALKS}, set()),
        ({"agi": (20, 1000), "engine": TALKS, "web": TALKS}, {"agi"}),
        ({"agi": TALKS, "engine": (20, 1000), "web": (30, 1000)}, {"engine", "web"}),
        ({"agi": (20, 24), "engine": (20, 29), "web": TALKS}, set()),  # busy for a moment
        ({"agi": (20, 1000)}, set()),  # there is nobody else: it may be the disk
        ({"agi": (20, 1000), "engine": (20, 1000), "web": (20, 1000)}, set()),  # a disk that is full
        ({"agi": (20, 80), "engine": (20, 82), "web": (21, 83)}, set()),  # it has room again
    ],
)
def test_frozen_is_who_says_nothing_while_the_others_do(
    silent: dict[str, tuple[float, float]], frozen: set[str]
) -> None:
    assert looks(silent, 100) == frozen


@pytest.mark.parametrize("slept", [LATE_SECONDS + 1, 20.0, 3600.0])
def test_a_machine_that_slept_with_all_that_runs_on_it_wakes_without_a_kill(slept: float) -> None:
    """Whoever wakes first must not be what the others are measured by."""
    wakes = 20.0 + slept
    silent = {"agi": (20.0, wakes + 3), "engine": (20.0, wakes), "web": (20.0, wakes + 4)}
    assert looks(silent, round(wakes) + 30, asleep=(20.0, wakes)) == set()


def test_who_stays_silent_after_a_sleep_is_found_all_the_same() -> None:
    silent = {"agi": (20.0, 1000.0), "engine": (20.0, 60.0)}
    assert looks(silent, 100, asleep=(20.0, 60.0)) == {"agi"}


def test_one_that_was_started_again_begins_anew() -> None:
    silences = Silences()
    for second in range(5):
        assert silences.look(float(second), {"agi": (1, 0), "web": second}, PATIENCE) == []
    assert silences.look(5.0, {"agi": (1, 0), "web": 5}, PATIENCE) == ["agi"]
    assert silences.look(6.0, {"web": 6}, PATIENCE) == []  # while it starts
    for second in range(7, 12):
        assert silences.look(float(second), {"agi": (2, 0), "web": second}, PATIENCE) == []
