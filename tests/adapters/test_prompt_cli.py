"""`dialer prompts …` as a clerk types it."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from dialer.config import ROOT
from dialer.media.finishing import speak
from dialer.media.speech import read_wav, write_wav
from tests.typing_here import typed_here

TEXT = "こちらは、長岡市です。"
RULING = ["--purpose", "opening", "--version", "2", "--reason", "協議書 第3号", "--by", "op-lead"]


@pytest.fixture
def environment(database_url: str, tmp_path: Path) -> Mapping[str, str]:
    """With a real carrier."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("YOBIKAKE_")}
    return {
        **kept,
        "PYTHONPATH": str(ROOT),
        "YOBIKAKE_STATE_DIR": str(tmp_path),
        "YOBIKAKE_DATABASE_URL": database_url,
        "YOBIKAKE_TRUNK": json.dumps({"host": "192.0.2.1"}),
    }


def typed(environment: Mapping[str, str], *words: str) -> tuple[int, str, str]:
    return typed_here(environment, "prompts", *words)


def typed_at_a_terminal(environment: Mapping[str, str], *words: str) -> tuple[int, str, str]:
    argv = [sys.executable, "-m", "dialer", "prompts", *words]
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout, done.stderr


def told(environment: Mapping[str, str], *words: str) -> dict[str, Any]:
    code, said, wrong = typed(environment, *words, "--json")
    assert (code, wrong) == (0, "")
    read: dict[str, Any] = json.loads(said)
    return read


def test_a_recording_is_entered_listened_to_approved_and_withdrawn(
    environment: Mapping[str, str], tmp_path: Path
) -> None:
    file, heard = tmp_path / "recorded.wav", tmp_path / "heard.wav"
    write_wav(speak(TEXT), file)
    added = told(environment, "add", TEXT, "--purpose", "opening", "--recording", str(file))
    assert (added["version"], added["state"], added["recorded"]) == (2, "draft", True)
    told(environment, "say", "--purpose", "opening", "--version", "2", "--out", str(heard))
    assert len(read_wav(heard)) == pytest.approx(len(read_wav(file)), abs=800)
    assert opening_now(environment).endswith("承認されていない文面は再生しません")
    approved = told(environment, "approve", *RULING, "--from", "2026-01-01", "--until", "2999-12-31")
    assert (approved["state"], approved["by"], approved["reason"]) == ("approved", "op-lead", "協議書 第3号")
    assert approved["valid_until"] == "3000-01-01T00:00:00+09:00"
    assert opening_now(environment).startswith("版2 ")
    assert told(environment, "build")["cities"][0]["kept"] == 1
    assert told(environment, "withdraw", *RULING)["state"] == "withdrawn"
    assert not opening_now(environment).startswith("版")


def opening_now(environment: Mapping[str, str]) -> str:
    playing = told(environment, "list")["playing"]
    (says,) = {one["says"] for one in playing if one["purpose"] == "opening"}
    return str(says)


def test_who_enters_a_text_is_the_account_unless_another_is_named(environment: Mapping[str, str]) -> None:
    by = {**environment, "LOGNAME": "yamada"}
    told(by, "approve", "--purpose", "opening", "--version", "1", "--reason", "協議書")
    assert "yamada" in typed(environment, "list")[1]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["add", "未納のお知らせです。", "--purpose", "voicemail"], 1),
        (["add", TEXT, "--purpose", "opening", "--by", ""], 1),
        (["record", "未納のお知らせです。", "--phone", "op01"], 1),
        (["record", TEXT, "--phone", "op99"], 1),
        (["record", TEXT, "--phone", "op01", "--by", ""], 1),
        (["record", TEXT, "--phone", "op01", "--debt", "dog_tax"], 1),
        (["record", TEXT, "--phone", "op01", "--reason", "市の指示", "--until", "2026-01-01"], 1),
        (["approve", *RULING], 1),
        (["withdraw", *RULING, "--debt", "dog_tax"], 1),
        (["say", "。"], 1),
        (["say", TEXT, "--out", "/proc/a.wav"], 1),
        (["list", "--city", "tokyo"], 2),
    ],
)
def test_bad_input_is_told_on_the_error_output_and_enters_nothing(
    words: list[str], code: int, environment: Mapping[str, str]
) -> None:
    done, said, wrong = typed(environment, *words)
    assert (done, said) == (code, "")
    assert len(wrong.splitlines()) == (1 if code == 1 else 2)
    assert {one["version"] for one in told(environment, "list")["messages"]} == {1}


@pytest.mark.parametrize(
    "words",
    [
        ["say"],
        ["say", TEXT, "--version", "1"],
        ["build", "--city", "nagaoka", "--all"],
        ["record", TEXT],
        ["record", TEXT, "--phone", "op01", "--until", "2999-12-31"],
    ],
)
def test_a_wrong_use_is_2(words: list[str], environment: Mapping[str, str]) -> None:
    assert typed_at_a_terminal(environment, *words)[0] == 2
