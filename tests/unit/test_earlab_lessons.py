"""What the ear is taught with: lessons that are read as they were made, and floors that tell nobody from a machine."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from dialer.core.hearing.senses import SENSED, SOUND_INPUTS
from dialer.core.hearing.spectrum import BANDS
from dialer.core.hearing.wording import PHONES
from earlab import LabError, floors, lesson_files, variants
from earlab.lesson_files import Task
from earlab.lessons import frames
from earlab.pupils import texts_of
from earlab.speech import NEURAL, phones
from earlab.varied import TIMES, varied

SEED, COUNT = 3, 2


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("lessons")
    for kind in ("call", "clip", "strip"):
        lesson_files.make(Task(made, made / "speech", ("mei",), None, kind, SEED, 0, COUNT))
    return made


def test_lessons_are_read_with_their_truth(folder: Path) -> None:
    calls, clips, strips = lesson_files.calls(folder), lesson_files.clips(folder), lesson_files.strips(folder)

    assert [len(calls), len(clips), len(strips)] == [COUNT] * 3
    assert {one.label.split for one in calls} == {"train"}
    assert all(one.phones.min() > 0 and one.phones.max() <= len(PHONES) for one in clips)
    assert all(one.truth.shape == (one.rows.shape[0], 2) for one in strips)
    assert any(one.truth[:, 0].any() for one in strips), "somebody speaks"


def test_the_same_seed_makes_the_same_lessons(folder: Path, tmp_path: Path) -> None:
    lesson_files.make(Task(tmp_path, folder / "speech", ("mei",), None, "clip", SEED, 0, COUNT))

    again, before = lesson_files.clips(tmp_path), lesson_files.clips(folder)
    assert all(
        np.array_equal(a.rows, b.rows) and np.array_equal(a.phones, b.phones)
        for a, b in zip(again, before, strict=True)
    )


def test_a_folder_without_lessons_says_how_to_make_them(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"earlab\.lesson_files"):
        lesson_files.calls(tmp_path)


def test_a_slow_voice_says_few_texts_and_others_than_the_next_one() -> None:
    own = {source: texts_of(source) for source in NEURAL}
    assert max(map(len, own.values())) < 100
    assert all(not (own[one] >= own[other]) for one, other in pairwise(NEURAL))


@pytest.mark.parametrize("kind", variants.KINDS)
def test_every_wording_can_be_pronounced(kind: str) -> None:
    """Nothing of the grammar is left in what is spoken."""
    chance = np.random.default_rng(7)
    for _ in range(20):
        text = variants.filled(chance, variants.variant(chance, kind))
        assert not set(text) & set("[]{}/"), text
        assert set(phones(text)) <= set(PHONES), text


def test_a_floor_is_drawn_anew_and_the_speech_stays() -> None:
    time = np.arange(8000) / 8000
    speech = 8000 * np.sin(2 * np.pi * 200 * time) * (time < 0.5)
    line = speech + np.random.default_rng(1).normal(0, 30, time.size)
    rows, chance = frames(line.astype(np.int16)), np.random.default_rng(2)

    gated, noisy = floors.gated(rows, chance, None), floors.with_noise(rows, chance, -40.0)

    spoken, pause = slice(5, 20), slice(40, 50)
    assert np.array_equal(gated[spoken], rows[spoken])
    assert (gated[pause, floors.LEVEL] < rows[pause, floors.LEVEL] - 20).all()
    assert (noisy[pause, floors.LEVEL] > rows[pause, floors.LEVEL] + 10).all()
    assert np.allclose(noisy[spoken, floors.LEVEL], rows[spoken, floors.LEVEL], atol=0.5)


def test_a_lesson_at_another_pace_keeps_its_clock_and_counts_no_longer_than_it_lasts() -> None:
    blocks, length = 150, 225
    given = np.ones((blocks, SOUND_INPUTS + SENSED - BANDS), dtype=np.float32)
    given[:, TIMES] = np.arange(blocks, dtype=np.float32)[:, None]
    chance, lasted = np.random.default_rng(3), set()

    for _ in range(20):
        heard, counts = varied(given, np.ones(blocks, dtype=np.float32), length, chance)
        last = int(counts.sum())
        lasted.add(last)
        assert counts[:last].all()
        assert not counts[last:].any()
        passed = np.arange(last)[:, None]
        assert np.allclose(heard[:last, TIMES], passed, atol=1.3), "a clock tells the time that passed"
        assert not heard[last:, :BANDS].any()

    assert min(lasted) < blocks < max(lasted), "quicker and slower"
