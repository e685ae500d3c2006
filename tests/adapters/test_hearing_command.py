"""`dialer amd FILE…` as it is typed: one line of JSON a file, a clear word on what cannot be heard, no traceback."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dialer.config import ROOT
from dialer.core.hearing.spectrum import Pcm
from dialer.hearing_command import CannotHear, HeardFile, hear_files
from dialer.media.hearing import knowledge
from dialer.media.speech import spoken, write_wav
from tests.line_sounds import RATE, Sound, as_pcm, line, quiet, ringback, tone

KEYS = ["file", "verdict", "decided_at_ms", "beep_at_ms", "announcement", "reason"]


def written(path: Path, sound: Pcm) -> Path:
    write_wav(sound, path)
    return path


def heard(path: Path, ring_seconds: float | None = None) -> HeardFile:
    (found,) = hear_files([path], knowledge(), ring_seconds)
    assert isinstance(found, HeardFile), found
    return found


def typed(*words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    argv = [sys.executable, "-m", "dialer", "amd", *words]
    return subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)


def test_each_file_is_one_line_of_json_and_one_that_cannot_be_heard_leaves_the_others(tmp_path: Path) -> None:
    silent = written(tmp_path / "無音.wav", line(quiet(12)))
    fax = written(tmp_path / "fax.wav", line(quiet(0.5), tone(2100, 3)))
    (tmp_path / "no.wav").write_bytes(b"RIFF")
    names = [str(silent), str(tmp_path / "no.wav"), str(tmp_path), str(tmp_path / "gone.wav"), str(fax)]
    done = typed(*names, "--ring-seconds", "12.5", "--json")
    told: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    assert [list(one) for one in told] == [KEYS, KEYS]
    assert [(one["file"], one["verdict"]) for one in told] == [(names[0], "silent"), (names[4], "fax")]
    assert 500 < told[1]["decided_at_ms"] <= 1500
    assert [said.split(": ")[0] for said in done.stderr.splitlines()] == names[1:4]
    assert all(said.endswith("ください。") for said in done.stderr.splitlines())
    assert done.returncode == 1


def test_for_a_person_it_is_told_in_words_and_all_is_well(tmp_path: Path) -> None:
    done = typed(str(written(tmp_path / "a.wav", line(quiet(12)))))
    assert (done.stdout, done.stderr, done.returncode) == (
        f"{tmp_path}/a.wav: 無音 10.00秒（10秒のあいだ誰も話さない）\n", "", 0,
    )  # fmt: skip


@pytest.mark.parametrize("words", [["--ring-seconds", "nan", "a.wav"], ["--ring-seconds", "-1", "a.wav"], []])
def test_a_wrong_use_is_2(words: Sequence[str]) -> None:
    done = typed(*words)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)


def test_the_tone_is_told_by_its_end(tmp_path: Path) -> None:
    found = heard(written(tmp_path / "a.wav", line(quiet(0.3), tone(1000, 0.5), quiet(3))))
    assert found.verdict is not None
    assert found.verdict.what.value == "voicemail"
    assert found.beep_at_ms == pytest.approx(800, abs=40)


def test_a_tone_that_comes_when_a_call_had_long_been_joined_is_told_all_the_same(tmp_path: Path) -> None:
    found = heard(written(tmp_path / "a.wav", line(quiet(4), tone(1000, 0.5), quiet(4))))
    assert (found.verdict, found.decided_at_ms) == (None, 2500)
    assert found.beep_at_ms == pytest.approx(4500, abs=40)


@pytest.mark.parametrize(("follows", "ends_ms"), [(tone(1000, 0.5), 2200), (quiet(0.5), None)])
def test_the_tone_of_a_machine_taken_for_a_person_is_told_and_none_is_invented(
    follows: Sound, ends_ms: int | None, tmp_path: Path
) -> None:
    words = spoken("もしもし。").astype(np.float64)
    found = heard(written(tmp_path / "a.wav", line(quiet(0.5), words, quiet(1.2), follows, quiet(3))))
    assert found.verdict is not None
    assert found.verdict.what.value == "person"
    assert found.beep_at_ms == (ends_ms and pytest.approx(ends_ms + 1000 * words.size / RATE, abs=40))


NOT_IN_USE = "おかけになった電話番号は、現在使われておりません。番号をお確かめになって、もう一度おかけ直しください。"


def test_an_announcement_that_answers_is_understood_also_when_it_rang_first(tmp_path: Path) -> None:
    """A recording may begin before the network speaks; it says all of it twice."""
    words = spoken(NOT_IN_USE).astype(np.float64)
    for before in ([], [ringback(), quiet(2)]):
        found = heard(written(tmp_path / "a.wav", line(*before, quiet(0.8), words, quiet(1), words, quiet(1))))
        told = found.as_dict()
        assert (told["verdict"], told["announcement"]) == ("announcement", "not_in_use"), told
        assert found.decided_at_ms <= 10_500


def test_what_rings_twice_after_its_answer_is_a_device_that_calls_its_owner(tmp_path: Path) -> None:
    found = heard(written(tmp_path / "a.wav", line(quiet(0.4), ringback(), quiet(2), ringback(), quiet(2))))
    assert found.as_dict()["verdict"] == "screening"
    assert found.decided_at_ms == pytest.approx(3400 + 400, abs=100)


NOISE = np.random.default_rng(3)
STRANGE = {
    "nothing but zeros": quiet(15),
    "samples at random": NOISE.integers(-32768, 32768, 15 * RATE).astype(np.float64),
    "a full square": np.sign(tone(500, 15)) * 32767,
    "a constant": np.full(15 * RATE, 20_000.0),
    "clicks": np.where(np.arange(15 * RATE) % 800, 0.0, 32767.0),
    "one sample": np.array([5.0]),
    "less than a block": np.zeros(100),
    "loud noise": NOISE.normal(0, 20_000, 15 * RATE),
}


@pytest.mark.parametrize("sound", STRANGE.values(), ids=list(STRANGE))
def test_whatever_is_no_speech_gets_an_answer_and_nobody_is_invented(sound: Sound, tmp_path: Path) -> None:
    told = heard(written(tmp_path / "a.wav", as_pcm(sound))).as_dict()
    assert told["verdict"] in {"silent", "undecided"}
    assert told["decided_at_ms"] <= 10_000
    assert told["reason"]


def test_half_an_hour_of_silence_is_read_no_further_than_it_says_something(tmp_path: Path) -> None:
    """A hole of 30 minutes: reading it to its end would be seen in what was read."""
    path = written(tmp_path / "a.wav", as_pcm(quiet(1)))
    content = bytearray(path.read_bytes())
    content[40:44] = (2 * RATE * 1800).to_bytes(4, "little")
    with path.open("wb") as file:
        file.write(content)
        file.truncate(len(content) + 2 * RATE * 1800)
    before = _read_bytes()
    found = heard(path)
    assert found.verdict is not None
    assert (found.verdict.what.value, found.decided_at_ms) == ("silent", 10_000)
    assert _read_bytes() - before < 4_000_000  # of 28.8 MB


def _read_bytes() -> int:
    """What this process has read so far."""
    return int(dict(row.split(": ") for row in Path("/proc/self/io").read_text().splitlines())["rchar"])


def test_the_same_file_gets_the_same_answer_wherever_it_lies(tmp_path: Path) -> None:
    sound = line(quiet(0.3), tone(1000, 0.5), quiet(3))
    first = heard(written(tmp_path / "a.wav", sound)).as_dict()
    (tmp_path / "0-rings" / "person").mkdir(parents=True)
    again = heard(written(tmp_path / "0-rings" / "person" / "human-60s.wav", sound)).as_dict()
    assert {**first, "file": ""} == {**again, "file": ""}


def test_a_name_that_is_no_text_can_still_be_told(tmp_path: Path) -> None:
    (found,) = hear_files([Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.wav"))], knowledge())
    assert isinstance(found, CannotHear)
    str(found).encode()
