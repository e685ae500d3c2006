"""The laboratory of the ear: what counts as an error, how sure a share is, and that a corpus is what its labels say."""

import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from dialer.bench.ear import EarFigures
from dialer.media.speech import Samples, read_wav
from earlab import LabError, labels, machines, notices, persons
from earlab.amd_model import DEFAULTS, AmdSettings, decide
from earlab.answers import Answer
from earlab.baseline import baseline
from earlab.cast import half
from earlab.corpus import make_corpus, orders
from earlab.judging import judged
from earlab.labels import CLASSES, Label
from earlab.picture import error_against_time
from earlab.report import lines
from earlab.scores import Pair, Scores, scored
from earlab.sound import LINE_RATE
from earlab.statistics import Share, quantile
from earlab.voices import VOICES

SEED, FILES = 5, 26
EVERYWHERE = ("mei",)  # the voice that every checkout has


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Label]]:
    """A small one of both halves; half of it is what a whole one is."""
    folder = tmp_path_factory.mktemp("ear")
    made = make_corpus(orders(folder / "calls", folder / "speech", EVERYWHERE, SEED, FILES))
    return folder / "calls", made


# --- what counts


@pytest.mark.parametrize(
    ("truth", "speech_from_ms", "verdict", "at_ms", "lost", "passed"),
    [
        ("person", 500, "person", 1200, False, False),
        ("person", 500, "voicemail", 1200, True, False),
        ("person", 500, "announcement", 1200, True, False),
        ("person", 500, "undecided", 2500, False, False),
        ("person", 500, "silent", 5000, True, False),
        ("person", 4000, "silent", 3000, False, False),
        ("voicemail", 500, "person", 1200, False, True),
        ("voicemail", 500, "undecided", 2500, False, False),
        ("voicemail", 500, "screening", 2500, False, False),
        ("silent", None, "person", 1200, False, False),
    ],
)
def test_a_person_heard_as_a_machine_is_lost_and_a_machine_heard_as_a_person_is_passed(
    truth: str, speech_from_ms: int | None, verdict: str, at_ms: int, lost: bool, passed: bool
) -> None:
    pair = Pair(Label("a.wav", truth, speech_from_ms=speech_from_ms), Answer("a.wav", verdict, at_ms))
    assert (pair.is_lost, pair.is_passed) == (lost, passed)


@pytest.mark.parametrize(
    ("truth_ms", "heard_ms", "found", "too_early"),
    [
        (8000, 8150, 1, 0),
        (8000, 7850, 1, 0),
        (8000, 8151, 0, 0),
        (8000, 7849, 0, 1),
        (8000, None, 0, 0),
        (None, 3000, 0, 1),
    ],
)
def test_a_tones_end_is_found_within_150_ms_and_one_heard_too_soon_is_counted_apart(
    truth_ms: int | None, heard_ms: int | None, found: int, too_early: int
) -> None:
    known = Label("a.wav", "voicemail", beep_end_ms=truth_ms)
    scores = _scores([known], [Answer("a.wav", "voicemail", 2000, heard_ms)])
    assert (scores.tones_found.count, scores.tones_too_early.count) == (found, too_early)


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    [(0, 600, 0.0, 0.0064), (3, 600, 0.0017, 0.0146), (50, 100, 0.4038, 0.5962), (0, 0, 0.0, 1.0)],
)
def test_a_share_is_told_with_wilsons_bounds(count: int, total: int, low: float, high: float) -> None:
    assert Share(count, total).bounds == pytest.approx((low, high), abs=0.0001)


def test_a_quantile_lies_within_its_own_bounds_and_nothing_has_none() -> None:
    found = quantile([float(value) for value in range(101)], 0.95)
    assert found is not None
    assert found.value == pytest.approx(95.0)
    assert found.low < found.value < found.high
    assert quantile([], 0.5) is None


# --- Asterisk's AMD as arithmetic

QUIET, LOUD = 0, 1000


@pytest.mark.parametrize(
    ("sounds", "settings", "verdict", "at_ms"),
    [
        ([(QUIET, 3000)], DEFAULTS, 2, 2500),
        ([(QUIET, 300), (LOUD, 400), (QUIET, 1000)], DEFAULTS, 1, 1500),
        ([(QUIET, 300), (LOUD, 2000)], DEFAULTS, 2, 1800),
        ([(QUIET, 100), (LOUD, 200), (QUIET, 60), (LOUD, 200), (QUIET, 60), (LOUD, 200)], DEFAULTS, 2, 720),
        ([(QUIET, 100), (LOUD, 80), (QUIET, 2500)], DEFAULTS, 2, 2680),
        ([(QUIET, 300), (LOUD, 400), (QUIET, 700), (LOUD, 100)], AmdSettings(after_greeting_silence=600), 1, 1300),
    ],
)
def test_amd_counts_words_and_silences_as_asterisk_does(
    sounds: list[tuple[int, int]], settings: AmdSettings, verdict: int, at_ms: int
) -> None:
    levels = np.concatenate([np.full(ms // 20, level) for level, ms in sounds])[None, :]
    found, at = decide(levels, settings)
    assert (int(found[0]), int(at[0])) == (verdict, at_ms)


# --- the corpus


@pytest.mark.parametrize(
    "texts",
    [
        persons.OPENINGS,
        machines.CARRIER,
        machines.FACTORY,
        machines.OWN_VOICE,
        machines.DOES_NOT_RECORD,
        notices.SCREENING,
        *notices.ANNOUNCEMENTS.values(),
    ],
    ids=lambda texts: texts[0][:12],
)
def test_no_text_is_in_both_halves(texts: Sequence[str]) -> None:
    train, held_out = ({text for _, text in half(texts, split)} for split in ("train", "held_out"))
    assert train
    assert held_out
    assert not train & held_out
    assert train | held_out == set(texts)


def test_no_speaker_is_in_both_halves() -> None:
    assert len({voice.name for voice in VOICES}) == len(VOICES)
    throats = {
        split: {(one.source, one.throat) for one in VOICES if one.split == split} for split in ("train", "held_out")
    }
    assert not throats["train"] & throats["held_out"]


def test_there_are_enough_texts_of_each_kind() -> None:
    machine_texts = machines.CARRIER + machines.FACTORY + machines.OWN_VOICE + machines.DOES_NOT_RECORD
    assert len(set(persons.OPENINGS)) >= 60
    assert len(set(machine_texts)) >= 80
    assert len(set(notices.SCREENING)) >= 20


def test_a_corpus_has_every_class_and_its_labels_can_be_read_back(corpus: tuple[Path, list[Label]]) -> None:
    folder, made = corpus
    assert labels.read(folder) == made
    assert {label.what for label in made} == set(CLASSES)
    assert {label.split for label in made} == {"train", "held_out"}


def test_the_same_seed_makes_the_same_file(corpus: tuple[Path, list[Label]], tmp_path: Path) -> None:
    folder, made = corpus
    again = orders(tmp_path, folder.parent / "speech", EVERYWHERE, SEED, FILES)
    chosen = [index for index, label in enumerate(made) if label.what in ("voicemail", "person")][:3]
    redone = make_corpus([again[index] for index in chosen], processes=1)
    assert redone == [made[index] for index in chosen]
    for label in redone:
        assert (tmp_path / label.file).read_bytes() == (folder / label.file).read_bytes()


def test_a_recording_tone_ends_where_its_label_says(corpus: tuple[Path, list[Label]]) -> None:
    """Loud until then, quiet from then on: within a block of 20 ms either way."""
    folder, made = corpus
    toned = [label for label in made if label.beep_end_ms is not None]
    assert len(toned) >= 4
    for label in toned:
        assert label.beep_end_ms is not None
        sound = read_wav(folder / label.file)
        if " bell " in f" {label.notes} ":
            continue  # fades away: its end is not loud
        assert _level(sound, label.beep_end_ms - 60, label.beep_end_ms - 20) > 6 * _level(
            sound, label.beep_end_ms + 30, label.beep_end_ms + 130
        ), label


def test_speech_begins_where_its_label_says(corpus: tuple[Path, list[Label]]) -> None:
    folder, made = corpus
    clear = [label for label in made if label.what == "announcement" and label.speech_from_ms and not label.notes]
    assert clear
    for label in clear:
        assert label.speech_from_ms is not None
        sound = read_wav(folder / label.file)
        before = _level(sound, 0, label.speech_from_ms - 20) if label.speech_from_ms > 60 else 0.0
        assert _level(sound, label.speech_from_ms, label.speech_from_ms + 400) > 4 * before, label


def test_a_label_that_cannot_be_read_is_named_with_its_line(tmp_path: Path) -> None:
    good = json.dumps(Label("a.wav", "person").as_dict())
    (tmp_path / labels.LABELS).write_text(f'{good}\n{{"file": "b.wav", "class": "ghost"}}\n', encoding="utf-8")
    with pytest.raises(LabError, match=r"labels\.jsonl:2: .*ghost"):
        labels.read(tmp_path)


# --- a small evaluation


@pytest.mark.parametrize(
    ("detector", "most_lost", "most_passed", "most_undecided"),
    [
        ("ear", 0, 0, 6),
        ("baseline", 3, 4, 2),
        ("amd", 9, 2, 1),
    ],
)
def test_a_small_sample_is_heard_no_worse_than_when_this_was_written(
    corpus: tuple[Path, list[Label]], detector: str, most_lost: int, most_passed: int, most_undecided: int
) -> None:
    """Few files, so a change of one is a reason to look, not a figure: those are the bench's."""
    folder, made = corpus
    scores = judged(detector, folder, made)
    assert scores.persons_lost.total >= 8
    assert scores.persons_lost.count <= most_lost, lines([scores])
    assert scores.machines_passed.count <= most_passed, lines([scores])
    assert scores.undecided.count <= most_undecided, lines([scores])


# --- what is told of it


def test_a_report_names_the_worst_files_first_and_the_picture_is_well_formed(
    corpus: tuple[Path, list[Label]],
) -> None:
    folder, made = corpus
    told = {label.file: baseline(label, read_wav(folder / label.file)) for label in made}
    scores = scored("the simplest", made, told)
    worst = scores.worst()
    assert [pair.badness for pair in worst] == sorted((pair.badness for pair in worst), reverse=True)
    assert f"  {worst[0].label.file}: " in "\n".join(lines([scores]))
    lines_drawn = ElementTree.fromstring(error_against_time([scores])).findall(".//{*}polyline")
    assert len(lines_drawn) == 3


def test_the_bench_tells_both_errors_with_bounds_the_times_the_tones_and_where_its_picture_lies(
    corpus: tuple[Path, list[Label]],
) -> None:
    folder, made = corpus
    ours, rival = (judged(name, folder, made) for name in ("ear", "amd"))
    figures = EarFigures(SEED, EVERYWHERE, ours, [rival] * 3, {"AMD": DEFAULTS}, 1.0, folder / "a.svg", 1.0)
    told = "\n".join(figures.lines())
    for what in (
        "persons lost", "machines passed or undecided", "persons, median", "persons, p95", "tone's end ±150 ms",
        "95 % bounds", "s for a second of a stream", "told right", "NOT better than each", "AMD cannot",
        "verdicts (rows: the truth)", "the worst", "AMD(2500,1500,800,5000", str(folder / "a.svg"),
    ):  # fmt: skip
        assert what in told
    assert [goal["what"] for goal in figures.as_dict()["goals"]] == [goal.what for goal in figures.goals]


def _scores(known: Sequence[Label], told: Sequence[Answer]) -> Scores:
    return scored("it", known, {answer.file: answer for answer in told})


def _level(sound: Samples, from_ms: int, to_ms: int) -> float:
    cut = sound[from_ms * LINE_RATE // 1000 : to_ms * LINE_RATE // 1000].astype(np.float64)
    return float(np.sqrt(np.mean(cut**2))) + 1.0
