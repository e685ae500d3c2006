"""`dialer account` as it is typed, against the real Postgres."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from dialer.config import ROOT
from tests.adapters.store_rows import rows_of
from tests.typing_here import typed_here
from tests.web_rig import PASSWORD

Says = Callable[..., tuple[int, str]]

ADD = ("account", "add", "hanako", "--name", "見本花子")


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    file = tmp_path / "password"
    file.write_text(PASSWORD + "\n", encoding="utf-8")
    return file


@pytest.fixture
def environment(database_url: str, tmp_path: Path) -> Mapping[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("YOBIKAKE_")}
    own = {"PYTHONPATH": str(ROOT), "YOBIKAKE_STATE_DIR": str(tmp_path), "YOBIKAKE_DATABASE_URL": database_url}
    return {**kept, **own}


@pytest.fixture
def says(environment: Mapping[str, str]) -> Says:
    def run(*words: str) -> tuple[int, str]:
        code, said, wrong = typed_here(environment, *words)
        return code, said + wrong

    return run


def test_the_first_administrator_is_made_with_a_password_of_their_own(
    says: Says, password_file: Path, database_url: str
) -> None:
    code, said = says(*ADD, "--role", "administrator", "--password-file", str(password_file), "--their-own")
    assert (code, said) == (0, "アカウント hanako を作りました（長岡市: administrator）。\n")
    code, said = says("account", "list", "--json")
    (known,) = json.loads(said)["accounts"]
    assert (known["login"], known["suspended"], known["signed_in_at"]) == ("hanako", False, None)
    assert [(one["city"], one["role"], one["holds"]) for one in known["grants"]] == [("nagaoka", "administrator", True)]
    assert rows_of(database_url, "SELECT must_change FROM account_password") == [(False,)]


def test_a_role_is_given_for_a_group_only(says: Says, password_file: Path) -> None:
    assert says(*ADD, "--password-file", str(password_file))[0] == 0
    grant = ("account", "grant", "hanako", "supervisor", "--reason", "担当")
    assert says(*grant, "--group", "tax") == (
        0,
        "hanako に長岡市の supervisor（担当グループ 市税 のみ） を与えました。\n",
    )
    (known,) = json.loads(says("account", "list", "--json")[1])["accounts"]
    assert [one["groups"] for one in known["grants"]] == [["tax"]]
    assert "担当グループ tax のみ" in says("account", "list")[1]
    code, said = says(*grant, "--group", "water")
    assert (code, "担当グループ「water」はありません" in said) == (1, True)
    assert says("account", "grant", "hanako", "operator", "--group", "tax")[0] == 1
    assert says(*grant)[0] == 0
    assert "のみ" not in says("account", "list")[1]


def test_without_a_terminal_or_a_file_there_is_no_password_and_no_account(says: Says) -> None:
    code, said = says(*ADD)
    assert code == 1
    assert "--password-file" in said
    assert json.loads(says("account", "list", "--json")[1]) == {"accounts": []}


@pytest.mark.parametrize(("again", "code"), [(PASSWORD, 0), ("Tsuki!Asa-7152", 1)])
def test_on_a_terminal_the_password_is_typed_twice_and_seen_by_nobody(
    environment: Mapping[str, str], again: str, code: int, database_url: str
) -> None:
    ours, theirs = pty.openpty()
    argv = [sys.executable, "-m", "dialer", *ADD]
    with subprocess.Popen(
        argv, env=environment, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    ) as typed:
        os.close(theirs)
        seen = ""
        for prompt, answer in (("パスワード: ", PASSWORD), ("もう一度: ", again)):
            seen += read_until(ours, prompt)
            os.write(ours, f"{answer}\n".encode())
        seen += read_until(ours, None)
        assert typed.wait(60) == code
    os.close(ours)
    assert PASSWORD not in seen
    assert again not in seen
    assert rows_of(database_url, "SELECT count(*) FROM account") == [(1 - code,)]


def read_until(terminal: int, prompt: str | None) -> str:
    """Or to the end."""
    seen = b""
    with suppress(OSError):  # how a terminal tells that nobody is there any more
        while (more := os.read(terminal, 1024)) and (prompt is None or prompt.encode() not in seen + more):
            seen += more
        seen += more
    return seen.decode()


def test_what_somebody_else_typed_is_changed_at_the_first_sign_in(
    says: Says, password_file: Path, database_url: str
) -> None:
    assert "最初のサインインで本人がパスワードを変更します" in says(*ADD, "--password-file", str(password_file))[1]
    assert rows_of(database_url, "SELECT must_change FROM account_password") == [(True,)]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("account", "add", "Hanako", "--name", "見本花子"), "ログインID「Hanako」は使えません"),
        (("account", "add", "h", "--name", "見本花子"), "ログインID「h」は使えません"),
        (("account", "add", "hanako", "--name", "　"), "氏名が空です"),
        ((*ADD, "--role", "boss"), "役割「boss」はありません。あるのは administrator（システム管理者）"),
        (("account", "password", "hanako"), "アカウント hanako はありません"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(
    says: Says, password_file: Path, words: tuple[str, ...], told: str, database_url: str
) -> None:
    code, said = says(*words, "--password-file", str(password_file))
    assert code == 1
    assert told in said
    assert len(said.strip().splitlines()) == 1
    assert rows_of(database_url, "SELECT count(*) FROM account") == [(0,)]


@pytest.mark.parametrize("content", [b"short\n", b"", b"\xff\xfe", None])
def test_a_password_that_is_none_is_refused_and_nothing_is_made(
    says: Says, tmp_path: Path, content: bytes | None, database_url: str
) -> None:
    file = tmp_path / "other"
    if content is not None:
        file.write_bytes(content)
    code, said = says(*ADD, "--password-file", str(file))
    assert (code, len(said.strip().splitlines())) == (1, 1)
    assert rows_of(database_url, "SELECT count(*) FROM account") == [(0,)]


def test_a_life_of_an_account_and_its_record(says: Says, password_file: Path, database_url: str) -> None:
    given = ("--password-file", str(password_file))
    assert says(*ADD, "--role", "operator", *given)[0] == 0
    assert "使われています" in says(*ADD, *given)[1]
    steps = [
        ("grant", "hanako", "supervisor", "--from", "2026-12-01", "--until", "2026-12-03", "--reason", "代行"),
        ("revoke", "hanako", "operator", "--reason", "異動"),
        ("suspend", "hanako", "--reason", "休職"),
        ("suspend", "hanako"),
        ("resume", "hanako"),
        ("end-sessions", "hanako", "--reason", "端末紛失"),
    ]
    for step in steps:
        assert says("account", *step, "--by", "boss", "--json")[0] == 0, step
    assert says("account", "revoke", "hanako", "operator")[0] == 1
    assert says("account", "grant", "hanako", "auditor", "--from", "2026-12-03", "--until", "2026-12-01")[0] == 1
    changes = "SELECT kind, reason, by FROM account_change WHERE by = 'boss' ORDER BY id"
    assert rows_of(database_url, changes) == [
        ("suspended", "休職", "boss"),
        ("resumed", "", "boss"),
        ("sessions_ended", "端末紛失", "boss"),
    ]
    grants = (
        "SELECT role, granted, to_char(ends_at AT TIME ZONE 'Asia/Tokyo', 'MM-DD HH24:MI') FROM account_grant"
        " ORDER BY id"
    )
    assert rows_of(database_url, grants) == [
        ("operator", True, None),
        ("supervisor", True, "12-04 00:00"),
        ("operator", False, None),
    ]


def test_a_lost_password_is_replaced_by_one_that_was_never_used(
    says: Says, tmp_path: Path, password_file: Path, database_url: str
) -> None:
    assert says(*ADD, "--password-file", str(password_file))[0] == 0
    code, said = says("account", "password", "hanako", "--password-file", str(password_file))
    assert (code, "以前に使ったパスワードは使えません" in said) == (1, True)
    other = tmp_path / "other"
    other.write_text("Tsuki!Asa-7152", encoding="utf-8")
    assert says("account", "password", "hanako", "--password-file", str(other))[0] == 0
    assert rows_of(database_url, "SELECT must_change FROM account_password") == [(True,), (True,)]
