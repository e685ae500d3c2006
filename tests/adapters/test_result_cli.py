"""`dialer results …` as a clerk types it."""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from dialer.config import ROOT
from tests.adapters.store_rows import rows_of
from tests.typing_here import typed_here

RULING = ["--version", "1", "--reason", "協議書 第3号"]
Rows = dict[str, Any]


@pytest.fixture
def environment(database_url: str, tmp_path: Path) -> Mapping[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("YOBIKAKE_")}
    return {
        **kept,
        "PYTHONPATH": str(ROOT),
        "YOBIKAKE_STATE_DIR": str(tmp_path),
        "YOBIKAKE_DATABASE_URL": database_url,
    }


def typed(environment: Mapping[str, str], *words: str) -> tuple[int, str, str]:
    return typed_here(environment, "results", *words)


def told(environment: Mapping[str, str], *words: str) -> dict[str, Any]:
    code, said, wrong = typed(environment, *words, "--json")
    assert (code, wrong) == (0, "")
    read: dict[str, Any] = json.loads(said)
    return read


def uses(environment: Mapping[str, str]) -> tuple[int, str]:
    """The version, and what the list calls the result `declined`."""
    listed = told(environment, "list")
    return listed["using"], next(str(one["name"]) for one in listed["results"] if one["key"] == "declined")


def rewritten(environment: Mapping[str, str], folder: Path, change: Callable[[Rows], object]) -> str:
    shown = told(environment, "show")
    change(shown["document"]["result"])
    file = folder / "results.json"
    file.write_text(json.dumps(shown, ensure_ascii=False), encoding="utf-8")
    return str(file)


def test_a_list_is_checked_entered_approved_by_another_and_withdrawn(
    environment: Mapping[str, str], tmp_path: Path, database_url: str
) -> None:
    before = uses(environment)
    file = rewritten(environment, tmp_path, lambda rows: rows["declined"].update(name="お話しいただけない"))
    assert told(environment, "check", file) == {"city": "nagaoka", "key": "results", "ok": True}
    added = told(environment, "add", file, "--by", "yamada", "--why", "市の指示")
    assert (added["version"], added["state"], added["based_on"]) == (1, "draft", None)
    shown = told(environment, "show", "--version", "1")
    assert [(one["part"], one["new"]) for one in shown["changes"]] == [("名前", "お話しいただけない")]
    assert uses(environment) == before, "a draft is never used"
    code, _, wrong = typed(environment, "approve", *RULING, "--by", "yamada")
    assert (code, "ご自分で登録した版は承認できません" in wrong) == (1, True)
    told(environment, "approve", *RULING, "--by", "suzuki", "--until", "2099-03-31")
    assert uses(environment) == (1, "お話しいただけない")
    assert "版1" in typed(environment, "list")[1]
    assert "■ お話しいただけない（declined）" in typed(environment, "show")[1]
    assert told(environment, "withdraw", *RULING, "--by", "yamada")["state"] == "withdrawn"
    assert uses(environment) == before == (0, before[1])
    assert "委託者プロファイルの一覧" in typed(environment, "list")[1]
    logged = rows_of(database_url, "SELECT by, function, what FROM operation ORDER BY id")
    whats = [("yamada", "add"), ("suzuki", "approve"), ("yamada", "withdraw")]
    assert logged == [(*one, "result_list") for one in whats]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda rows: rows["declined"].update(key_press="1"), "キー「1」は"),
        (lambda rows: rows["promise"].update(identity="none"), "本人等の確認が要ります"),
        (lambda rows: rows["declined"].update(named="x"), "知らない項目です"),
        (lambda rows: rows["declined"].update(debts=["gold"]), "gold"),
        (lambda rows: rows.pop("other_home"), "結果「other_home」を選びます。残してください"),
        (lambda rows: rows.clear(), "result"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_entered(
    change: Callable[[Rows], object], why: str, environment: Mapping[str, str], tmp_path: Path, database_url: str
) -> None:
    file = rewritten(environment, tmp_path, change)
    code, said, wrong = typed(environment, "add", file, "--by", "yamada", "--why", "市の指示")
    assert (code, said) == (1, "")
    assert why in wrong
    assert "登録は行っていません" in wrong
    assert rows_of(database_url, "SELECT count(*) FROM manual WHERE kind = 'results'") == [(0,)]


def test_a_script_may_suggest_what_an_approved_list_has_added_and_keeps_it_in_the_list(
    environment: Mapping[str, str], tmp_path: Path
) -> None:
    file = rewritten(environment, tmp_path, lambda rows: rows.update(busy={**rows["cut_off"], "name": "取込み中"}))
    told(environment, "add", file, "--by", "yamada", "--why", "市の指示")
    told(environment, "approve", *RULING, "--by", "suzuki")
    code, shown, _ = typed_here(environment, "scripts", "show", "reminder", "--json")
    script = tmp_path / "reminder.json"
    script.write_text(shown.replace('"result": "declined"', '"result": "busy"'), encoding="utf-8")
    said = typed_here(environment, "scripts", "add", str(script), "--by", "yamada", "--why", "市の指示")
    assert (code, said[0], said[2]) == (0, 0, "")
    decision = ["reminder", "--version", "2", "--reason", "協議書", "--by", "suzuki"]
    assert typed_here(environment, "scripts", "approve", *decision)[0] == 0
    assert "納付のお願い 版2" in typed_here(environment, "scripts", "list")[1]
    assert "結果「取込み中」" in typed_here(environment, "scripts", "show", "reminder")[1]
    without = rewritten(environment, tmp_path, lambda rows: rows.pop("busy"))
    assert "結果「busy」を選びます。残してください" in typed(environment, "check", without)[2]


def test_a_list_may_be_written_as_in_a_profile(environment: Mapping[str, str], tmp_path: Path) -> None:
    rows = told(environment, "show")["document"]["result"]
    tables = [
        f"[result.{key}]\n" + "".join(f"{part} = {_toml(value)}\n" for part, value in row.items())
        for key, row in rows.items()
    ]
    file = tmp_path / "results.toml"
    file.write_text("\n".join(tables), encoding="utf-8")
    assert told(environment, "check", str(file))["ok"] is True
    shown = told(environment, "add", str(file), "--by", "yamada", "--why", "市の指示")["document"]
    assert list(shown["result"].items()) == list(rows.items())


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)


def test_a_file_or_a_version_that_is_not_there_is_told(environment: Mapping[str, str], tmp_path: Path) -> None:
    assert "版はまだありません" in typed(environment, "show", "--version", "9")[2]
    assert "ファイルがありません" in typed(environment, "check", "/nowhere/results.toml")[2]
    (tmp_path / "other.toml").write_text('name = "x"\n', encoding="utf-8")
    assert "[result.…] がありません" in typed(environment, "check", str(tmp_path / "other.toml"))[2]
    file = rewritten(environment, tmp_path, lambda rows: rows["declined"].update(name="お断り"))
    told(environment, "add", file, "--by", "yamada", "--why", "市の指示")
    assert "あるのは 版1 です" in typed(environment, "approve", "--version", "9", "--reason", "x")[2]
