"""Phrases in what the second network hears: found wherever they are said, and not where they are not."""

import tomllib
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

import earlab
from dialer.core.hearing.wording import PHONES, TOPICS, Phrase, Phrases, Wording
from dialer.media.hearing import PHRASES, HearingFailed, read_phrases, write_phrases
from earlab import phrases as lessons
from earlab.speech import phones

Floats = npt.NDArray[np.float32]

NOT_IN_USE, UNPAID = 0, 2
ROWS = tuple(
    Phrase(
        topic.value if kind is None else kind.value,
        tuple(phones("使われて" if number == NOT_IN_USE else "都合により" if number == UNPAID else "発信音")),
        number,
        by_chance=-2.0,
        in_music=-1.5,
    )
    for number, (topic, kind) in enumerate(TOPICS)
)


def pronounced(text: str, *, unsure: float = 0.0, blocks: int = 3) -> list[Floats]:
    """What the network would say: each sound for some blocks, nothing between; `unsure` is how far it trails behind."""
    out = []
    for phone in phones(text):
        for head in (*[PHONES.index(phone) + 1] * blocks, 0):
            scores = np.full(len(PHONES) + 1, -9.0, dtype=np.float32)
            scores[head], scores[5] = 0.0, unsure
            out.append(scores)
    return out


def evidence(said: list[Floats], past: int = 0) -> tuple[float, ...]:
    wording = Wording(Phrases(ROWS), said[:past])
    for scores in said[past:]:
        wording.take(scores)
    wording.catch_up()
    return wording.words().evidence


@pytest.mark.parametrize("around", ["{}", "この番号は、ただいま{}おりません。", "お{}いない"])
def test_a_phrase_is_found_whatever_is_said_around_it(around: str) -> None:
    found = evidence(pronounced(around.format("使われて")))
    assert found[NOT_IN_USE] == pytest.approx(2.0)  # nothing is missing
    assert found[UNPAID] < 0


@pytest.mark.parametrize("blocks", [1, 2, 9])
def test_a_phrase_may_be_spoken_at_any_pace(blocks: int) -> None:
    assert evidence(pronounced("お客様の都合により", blocks=blocks))[UNPAID] == pytest.approx(2.0)


def test_a_sound_that_was_not_heard_costs_its_share_and_no_more() -> None:
    swallowed = evidence(pronounced("使割れて".replace("割れ", "わえ")))[NOT_IN_USE]
    assert 2.0 - 7.0 / 5 < swallowed < 2.0


def test_two_halves_of_two_phrases_are_none() -> None:
    found = evidence(pronounced("使われ") + pronounced("ごうにより"))
    assert max(found[NOT_IN_USE], found[UNPAID]) < 2.0 - 0.5


@pytest.mark.parametrize("past", [0, 20, 61])
def test_what_was_said_before_one_followed_is_found_too(past: int) -> None:
    said = pronounced("おかけになった番号は、使われておりません")
    assert evidence(said, past) == pytest.approx(evidence(said))


def test_the_past_is_gone_through_in_portions_so_that_no_block_waits() -> None:
    said = pronounced("お客様の都合により、おつなぎできません")
    wording = Wording(Phrases(ROWS), said)
    wording.take(said[0])
    assert not wording.is_up_to_date
    for _ in range(len(said) // 20):
        wording.take(said[0])
    assert wording.is_up_to_date


# --- those that ship


def test_every_phrase_that_ships_is_pronounced_as_it_is_written_and_none_of_the_laboratorys_is_lacking() -> None:
    shipped = read_phrases().rows
    assert [(one.written, one.phones, one.topic) for one in shipped] == [
        (one.written, one.phones, one.topic) for one in lessons.wanted()
    ]
    assert all(-7 < one.by_chance < 0 and -7 < one.in_music < 0 for one in shipped)


def test_no_phrase_stands_for_two_things() -> None:
    told = tomllib.loads((Path(earlab.__file__).parent / "phrases.toml").read_text("utf-8"))
    every = [phrase for topic in told.values() for how in topic.values() for phrase in how]
    assert len(every) == len(set(every))


def test_a_file_of_phrases_is_read_as_it_was_written_and_refused_in_one_line_when_it_cannot_be(tmp_path: Path) -> None:
    path = tmp_path / "phrases.json"
    write_phrases(path, ROWS)
    assert read_phrases(path).rows == ROWS
    for broken in (None, "[{}]", PHRASES.read_text("utf-8").replace("ts u k a", "ts u q a")):
        path.unlink(missing_ok=True)
        if broken is not None:
            path.write_text(broken, "utf-8")
        with pytest.raises(HearingFailed, match=r"phrases\.json"):
            read_phrases(path)
