"""What the ear's process begins with."""

from pathlib import Path

import numpy as np
import pytest

from dialer.config import Settings, load_settings
from dialer.core.hearing.fingerprints import Greeting, Library, learn
from dialer.core.hearing.values import Announcement, What
from dialer.ear_process import all_knowledge, greetings_file
from dialer.media.hearing import write_library

GREETING = Greeting("not-in-use", What.ANNOUNCEMENT, Announcement.NOT_IN_USE)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = load_settings(state_dir=tmp_path)
    greetings_file(settings).parent.mkdir()
    return settings


def test_greetings_heard_before_are_known_again(settings: Settings) -> None:
    chance = np.random.default_rng(1)
    library = learn(Library(), GREETING, chance.normal(0, 4000, 24_000).astype(np.int16))
    write_library(greetings_file(settings), library)
    assert all_knowledge(settings).library == library


@pytest.mark.parametrize("kept", [None, "", "{", "[]", '{"greetings": 3, "places": {}}'])
def test_without_a_library_that_can_be_read_the_ear_hears_all_the_same(settings: Settings, kept: str | None) -> None:
    if kept is not None:
        greetings_file(settings).write_text(kept)
    assert all_knowledge(settings).library == Library()


def test_each_city_has_greetings_of_its_own(settings: Settings) -> None:
    other = load_settings(state_dir=settings.state_dir, city="sendai")
    assert greetings_file(other) != greetings_file(settings)
