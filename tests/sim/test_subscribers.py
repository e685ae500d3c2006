"""The subscriber file and the invented population."""

from collections import Counter
from pathlib import Path

import pytest

from simnet import population
from simnet.behaviours import STORIES
from simnet.subscribers import DEFAULTS, Behaviour, SubscriberFileWrong, read, subscriber, write


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "people.csv"
    path.write_text(text, "utf-8")
    return path


def test_every_behaviour_has_a_story_and_its_defaults() -> None:
    assert set(STORIES) == set(DEFAULTS) == set(Behaviour)


def test_an_empty_field_takes_the_default_of_its_behaviour(tmp_path: Path) -> None:
    path = written(
        tmp_path, "number,behaviour,ring_seconds,talk_seconds\n0258001000,person,,12.5\n09001234567,fax,3,\n"
    )
    assert read(path) == {
        "0258001000": subscriber("0258001000", Behaviour.PERSON, talk_seconds=12.5),
        "09001234567": subscriber("09001234567", Behaviour.FAX, ring_seconds=3.0),
    }


def test_a_range_is_drawn_once_for_each_number_and_repeats_with_the_seed(tmp_path: Path) -> None:
    rows = "".join(f"02580010{n:02},person,4..12\n" for n in range(50))
    path = written(tmp_path, "number,behaviour,ring_seconds\n" + rows)
    drawn = [one.ring_seconds for one in read(path, seed=1).values()]
    assert all(4 <= seconds <= 12 for seconds in drawn)
    assert len(set(drawn)) > 40
    assert drawn == [one.ring_seconds for one in read(path, seed=1).values()]
    assert drawn != [one.ring_seconds for one in read(path, seed=2).values()]


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("number,behavior\n", [(1, "behavior"), (1, "behaviour")]),
        ("number,behaviour\n258001000,person\n", [(2, "number")]),
        ("number,behaviour\n0258-00-1000,person\n", [(2, "number")]),
        ("number,behaviour\n0258001000,persona\n", [(2, "behaviour")]),
        ("number,behaviour\n0258001000,busy\n0258001000,fax\n", [(3, "number")]),
        ("number,behaviour,talk_seconds\n0258001000,busy,5\n", [(2, "talk_seconds")]),
        ("number,behaviour,talk_seconds\n0258001000,person,five\n", [(2, "talk_seconds")]),
        ("number,behaviour,talk_seconds\n0258001000,person,9..3\n", [(2, "talk_seconds")]),
        ("number,behaviour,talk_seconds\n0258001000,person,99999\n", [(2, "talk_seconds")]),
        ("number,behaviour,hangs_up\n0258001000,person,nobody\n", [(2, "hangs_up")]),
        ("number,behaviour,opening\n0258001000,person,はい,もしもし\n", [(2, "-")]),
        ("number,behaviour,tone_hz\n1,person,\n0258001001,person,440\n", [(2, "number"), (3, "tone_hz")]),
    ],
    ids=[
        "a column misspelt", "no leading zero", "hyphens", "an unknown behaviour", "a number twice",
        "a column of another behaviour", "a word for a number", "a falling range", "too long", "who hangs up",
        "a comma without quotes", "all problems at once",
    ],
)  # fmt: skip
def test_each_problem_is_named_by_row_and_column(text: str, problems: list[tuple[int, str]], tmp_path: Path) -> None:
    with pytest.raises(SubscriberFileWrong) as wrong:
        read(written(tmp_path, text))
    assert [(one.row, one.column) for one in wrong.value.problems] == problems
    assert len(str(wrong.value).splitlines()) == len(problems)
    assert all(line.startswith("people.csv row ") for line in str(wrong.value).splitlines())


def test_a_file_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes("number,behaviour,opening\n0258001000,person,はい\n".encode("cp932"))
    with pytest.raises(SubscriberFileWrong, match=r"people.csv row 1.*UTF-8"):
        read(path)


def test_what_is_written_reads_the_same(tmp_path: Path) -> None:
    people = population.invent(seed=3, count=300)
    path = tmp_path / "people.csv"
    write(path, people)
    assert list(read(path).values()) == people


def test_the_same_seed_invents_the_same_people_and_another_one_others() -> None:
    assert population.invent(7, 150) == population.invent(7, 150)
    assert population.invent(7, 150) != population.invent(8, 150)


def test_150_invented_people_have_150_numbers_and_every_behaviour() -> None:
    people = population.invent(7, 150)
    assert [one.number for one in people] == [f"0258001{n:03}" for n in range(150)]
    counts = Counter(one.behaviour for one in people)
    assert set(counts) == set(Behaviour)
    assert counts.most_common(1)[0][0] is Behaviour.PERSON


@pytest.mark.parametrize("count", [0, 1, 16, 17, 149, 9000])
def test_the_mix_has_the_size_asked_for(count: int) -> None:
    assert len(population.invent(1, count)) == count


def test_more_people_than_free_numbers_are_refused() -> None:
    with pytest.raises(population.TooMany, match="9001"):
        population.invent(1, 9001)


def test_speed_shortens_waits_and_talks() -> None:
    usual, fast = (
        [one for one in population.invent(5, 200, speed=speed) if one.behaviour is Behaviour.PERSON]
        for speed in (1, 10)
    )
    for before, after in zip(usual, fast, strict=True):
        assert after.ring_seconds == pytest.approx(before.ring_seconds / 10, abs=0.001)
        assert after.talk_seconds == pytest.approx(before.talk_seconds / 10, abs=0.001)
        assert after.opening == before.opening
