"""`dialer scripts …` as a clerk types it."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from dialer.config import ROOT
from tests.adapters.store_rows import rows_of
from tests.typing_here import typed_here

RULING = ["reminder", "--version", "2", "--reason", "協議書 第3号"]


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
    return typed_here(environment, "scripts", *words)


def told(environment: Mapping[str, str], *words: str) -> dict[str, Any]:
    code, said, wrong = typed(environment, *words, "--json")
    assert (code, wrong) == (0, "")
    read: dict[str, Any] = json.loads(said)
    return read


def uses(environment: Mapping[str, str]) -> str:
    listed = told(environment, "list")
    return next(str(one["uses"]) for one in listed["using"] if one["direction"] == "かける電話")


def rewritten(environment: Mapping[str, str], folder: Path, old: str, new: str) -> str:
    shown = told(environment, "show", "reminder")
    file = folder / "reminder.json"
    file.write_text(json.dumps(shown, ensure_ascii=False).replace(old, new), encoding="utf-8")
    return str(file)


def test_a_script_is_checked_entered_approved_by_another_and_withdrawn(
    environment: Mapping[str, str], tmp_path: Path, database_url: str
) -> None:
    assert "承認前のため使えません" in uses(environment)
    file = rewritten(environment, tmp_path, "お聞きいただきありがとう", "お時間をいただきありがとう")
    assert told(environment, "check", file) == {"city": "nagaoka", "key": "reminder", "ok": True}
    added = told(environment, "add", file, "--by", "yamada", "--why", "市の指示")
    assert (added["version"], added["state"], added["based_on"]) == (2, "draft", 1)
    code, _, wrong = typed(environment, "approve", *RULING, "--by", "yamada")
    assert (code, "ご自分で登録した版は承認できません" in wrong) == (1, True)
    told(environment, "approve", *RULING, "--by", "suzuki", "--until", "2099-03-31")
    assert uses(environment) == "納付のお願い 版2"
    assert told(environment, "withdraw", *RULING, "--by", "yamada")["state"] == "withdrawn"
    assert "承認前のため使えません" in uses(environment)
    logged = rows_of(database_url, "SELECT by, function, what FROM operation ORDER BY id")
    assert logged == [("yamada", "add", "script"), ("suzuki", "approve", "script"), ("yamada", "withdraw", "script")]
    code, said, _ = typed(environment, "show", "reminder", "--version", "2")
    assert code == 0
    assert "■ 本人確認（identity）" in said


@pytest.mark.parametrize(
    ("old", "new", "words", "why"),
    [
        ("お忙しいところ恐れ入ります。", "滞納の件です。", (), "「滞納」は本人確認の前には言えません"),
        ('"to": "identity"', '"to": "gone"', (), "行き先「gone」はありません"),
        ('"name": "納付のお願い"', '"named": ""', (), "知らない項目です"),
        ("{", "[", (), "JSON として読めません"),
        ("お忙しい", "お忙しい", (), "版1と同じ内容です"),
        ("お忙しい", "ご多忙の", ("--key", "Re/x"), "登録できません"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_entered(
    old: str,
    new: str,
    words: tuple[str, ...],
    why: str,
    environment: Mapping[str, str],
    tmp_path: Path,
    database_url: str,
) -> None:
    file = rewritten(environment, tmp_path, old, new)
    code, said, wrong = typed(environment, "add", file, "--by", "yamada", "--why", "市の指示", *words)
    assert (code, said) == (1, "")
    assert why in wrong
    assert "登録は行っていません" in wrong
    assert rows_of(database_url, "SELECT max(version) FROM manual") == [(1,)]


def test_a_version_or_a_script_that_is_not_there_is_told_with_those_that_are(environment: Mapping[str, str]) -> None:
    assert "あるのは 版1 です" in typed(environment, "show", "reminder", "--version", "9")[2]
    assert "あるのは callers、reminder です" in typed(environment, "show", "remind")[2]
    assert "ファイルがありません" in typed(environment, "check", "/nowhere/reminder.toml")[2]
