"""Greetings that become known in production: a carrier's, never somebody's own."""

from pathlib import Path

import numpy as np
import pytest

from dialer.config import Settings, load_settings
from dialer.core.hearing.fingerprints import Greeting, Landmarks, Library, Place, Recogniser, learn
from dialer.core.hearing.learning import MOST_CANDIDATES, Learner
from dialer.core.hearing.spectrum import Pcm, Spectrum
from dialer.core.hearing.values import What
from dialer.ear_process import Greetings, greetings_file
from dialer.media.hearing import read_library, write_library
from tests.line_sounds import blocks, line, melody, quiet


def landmarks(sound: Pcm) -> list[Place]:
    spectrum, found = Spectrum(), Landmarks()
    return [place for block in blocks(sound)[:300] for place in found.take(spectrum.frame(block).power)]


def carriers(late_seconds: float, loudness: float) -> list[Place]:
    """The same recording, on another line."""
    return landmarks(line(quiet(late_seconds), loudness * melody(1)))


def test_what_two_numbers_play_alike_becomes_known() -> None:
    learner = Learner(Library())
    assert learner.consider(carriers(0, 1.0), What.VOICEMAIL) is None
    greeting = learner.consider(carriers(0.7, 0.5), What.VOICEMAIL)
    assert greeting == Greeting("learned-1", What.VOICEMAIL)
    recogniser, spectrum = Recogniser(learner.library), Spectrum()
    matches = [recogniser.take(spectrum.frame(block).power) for block in blocks(line(quiet(0.2), melody(1)))]
    assert max(match.agreeing for match in matches if match) > 50


def test_what_is_known_is_not_learned_again() -> None:
    learner = Learner(learn(Library(), Greeting("docomo", What.VOICEMAIL), line(melody(1))))
    assert [learner.consider(carriers(at, 0.8), What.VOICEMAIL) for at in (0, 0.3, 0.6)] == [None, None, None]
    assert len(learner.library.greetings) == 1


def test_ones_own_words_never_become_known() -> None:
    learner = Learner(Library())
    own = [landmarks(line(melody(seed))) for seed in range(10, 30)]
    assert [learner.consider(one, What.VOICEMAIL) for one in own] == [None] * 20
    assert learner.library == Library()


def test_too_short_a_greeting_is_left_alone() -> None:
    learner = Learner(Library())
    short = landmarks(line(melody(1, 0.6)))
    assert learner.consider(short, What.VOICEMAIL) is None
    assert learner.consider(short, What.VOICEMAIL) is None


def test_only_the_latest_candidates_are_remembered() -> None:
    learner = Learner(Library())
    learner.consider(carriers(0, 1.0), What.VOICEMAIL)
    chance = np.random.default_rng(4)
    for _ in range(MOST_CANDIDATES):
        noise = [(int(mark), int(block)) for mark, block in zip(*chance.integers(0, 9000, (2, 200)), strict=True)]
        assert learner.consider(noise, What.VOICEMAIL) is None
    assert learner.consider(carriers(0.2, 1.0), What.VOICEMAIL) is None


# --- in the process of an ear


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(state_dir=tmp_path, city="nagaoka")


def heard_twice(greetings: Greetings) -> None:
    greetings.consider(carriers(0, 1.0))
    greetings.consider(carriers(0.5, 0.7))


def test_it_is_kept_beside_what_another_ear_has_learned(settings: Settings) -> None:
    greetings = Greetings(settings)
    greetings_file(settings).parent.mkdir()
    write_library(greetings_file(settings), learn(Library(), Greeting("kddi", What.VOICEMAIL), line(melody(50))))
    heard_twice(greetings)
    assert [one.key for one in greetings.knowledge.library.greetings] == ["learned-1"]
    assert [one.key for one in read_library(greetings_file(settings)).greetings] == ["kddi", "learned-1"]


def test_a_file_that_cannot_be_written_costs_no_call(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    greetings = Greetings(settings)
    greetings_file(settings).parent.write_text("in the way")
    heard_twice(greetings)
    assert [one.key for one in greetings.knowledge.library.greetings] == ["learned-1"]


def test_nothing_is_learned_where_the_settings_say_so(settings: Settings) -> None:
    quietly = settings.model_copy(update={"hearing": settings.hearing.model_copy(update={"learn_greetings": False})})
    greetings = Greetings(quietly)
    heard_twice(greetings)
    assert greetings.knowledge.library == Library()
    assert not greetings_file(settings).exists()
