"""Backup and restore over the real Postgres: what comes back is what was, and what is not whole changes nothing."""

import fcntl
import json
import os
import re
import shutil
import tempfile
import uuid
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from dialer.backup import dumping, making, restoring
from dialer.backup.keys import make_key
from dialer.config import ROOT
from dialer.embedded.postgres import PostgresCluster
from dialer.folders import private_folder
from dialer.store.fresh import drop_database
from dialer.store.migrating import head_revision
from tests.adapters.store_rows import rows_of
from tests.adapters.test_store_migrations import step
from tests.conftest import database, fresh_database
from tests.typing_here import typed_here

SECRET = "見本 花子"
RECORDED = uuid.UUID(int=0x4000_8000_0000_0000_0001)
SOUND = os.urandom(3 << 20)
FILLED = """
INSERT INTO city VALUES ('nagaoka', '長岡市');
INSERT INTO person (city, address_key, name, kana)
    SELECT 'nagaoka', number::text, '見本 花子', 'ミホン' FROM generate_series(1, 5000) AS number;
INSERT INTO operation (at, city, by, function, what, ids, count, took_ms)
    SELECT now(), 'nagaoka', 'hanako', 'view', 'case', ARRAY[number::text], 1, 1 FROM generate_series(1, 300) AS number;
"""
Usage = namedtuple("Usage", "total used free")


class Centre:
    """A state folder and a database, and the command line on them."""

    def __init__(self, state: Path, url: str | None) -> None:
        self.state, self.url = state, url
        self.recordings = state / "recordings"

    def says(self, *words: str, **more: str) -> tuple[int, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("YOBIKAKE_")}
        own = {"PYTHONPATH": str(ROOT), "YOBIKAKE_STATE_DIR": str(self.state), **more}
        if self.url is not None:
            own["YOBIKAKE_DATABASE_URL"] = self.url
        code, said, wrong = typed_here({**kept, **own}, *words)
        return code, said + wrong

    def record(self, call: uuid.UUID, sound: bytes | None) -> None:
        assert self.url is not None
        with psycopg.connect(self.url) as connection:
            connection.execute("INSERT INTO call VALUES (%s, 'nagaoka', 'attempt')", (call,))
            named = "INSERT INTO recording (call_id, city, file, seconds, at) VALUES (%s, 'nagaoka', %s, 2.5, now())"
            connection.execute(named, (call, f"{call}.wav"))
        if sound is not None:
            private_folder(self.recordings)
            (self.recordings / f"{call}.wav").write_bytes(sound)

    def counted(self) -> dict[str, int]:
        assert self.url is not None
        with psycopg.connect(self.url) as connection:
            return dumping.rows_of(connection)

    def holds(self) -> set[str]:
        """Files of the place, but for where supervisors tell of themselves."""
        found = (path.relative_to(self.state) for path in self.state.rglob("*") if path.is_file())
        return {str(path) for path in found if path.parts[0] != "run"}


@pytest.fixture
def key(tmp_path: Path) -> Path:
    file = tmp_path / "backup.key"
    make_key(file)
    return file


@pytest.fixture
def centre(tmp_path: Path, database_url: str) -> Centre:
    """With people, logs, a recording, settings and a telephone's secret."""
    made = Centre(private_folder(tmp_path / "state"), database_url)
    with psycopg.connect(database_url) as connection:
        connection.execute(FILLED)
    made.record(RECORDED, SOUND)
    (made.state / "settings.toml").write_text("[trunk]\nlines = 12\n", encoding="utf-8")
    (private_folder(made.state / "asterisk-a") / "phones.json").write_text('{"op01": "x"}', encoding="utf-8")
    return made


@pytest.fixture
def backup(centre: Centre, key: Path, tmp_path: Path) -> Path:
    code, said = centre.says("backup", "--to", str(tmp_path), "--key", str(key), "--by", "root", "--json")
    assert code == 0, said
    return Path(json.loads(said)["file"])


@pytest.fixture
def empty(postgres: PostgresCluster, tmp_path: Path) -> Iterator[Centre]:
    name = f"restored_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield Centre(private_folder(tmp_path / "other"), database(postgres.url, name))
        drop_database(connection, name)


def test_what_is_restored_into_an_empty_place_is_what_was(
    centre: Centre, backup: Path, key: Path, empty: Centre
) -> None:
    assert re.fullmatch(r"yobikake-nagaoka-\d{8}T\d{6}\.backup", backup.name)
    assert backup.stat().st_mode & 0o777 == 0o600
    assert SECRET.encode() not in backup.read_bytes()
    code, said = empty.says("restore", str(backup), "--key", str(key), "--by", "root", "--json")
    assert code == 0, said
    told = json.loads(said)
    assert told["audit"]["sound"]
    assert told["tables"]["person"] == 5000
    written = centre.counted()  # and the row that says that a backup was made
    assert told["tables"] == {**written, "operation": written["operation"] - 1}
    assert empty.counted() == {**told["tables"], "operation": told["tables"]["operation"] + 2}
    assert (empty.recordings / f"{RECORDED}.wav").read_bytes() == SOUND
    assert (empty.state / "settings.toml").read_bytes() == (centre.state / "settings.toml").read_bytes()
    assert (empty.state / "asterisk-a" / "phones.json").stat().st_mode & 0o777 == 0o600
    assert empty.holds() == centre.holds()
    people = "SELECT id, address_key, name FROM person ORDER BY id"
    assert rows_of(empty.url or "", people) == rows_of(centre.url or "", people)
    assert empty.says("audit", "verify")[0] == 0
    logged = "SELECT by, what, count, detail ->> 'recordings' FROM operation WHERE function = "
    (made,) = rows_of(centre.url or "", f"{logged} 'backup'")
    assert rows_of(empty.url or "", f"{logged} 'restore'") == [made]
    assert (made[0], made[1], made[3]) == ("root", "database", "1")
    (detail,) = rows_of(centre.url or "", "SELECT detail FROM operation WHERE function = 'backup'")[0]
    assert (detail["file"], detail["bytes"], detail["verified"]) == (backup.name, backup.stat().st_size, 1)


def cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size - 1000)


def change(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.seek(file.stat().st_size // 2)
        byte = opened.read(1)
        opened.seek(-1, os.SEEK_CUR)
        opened.write(bytes([byte[0] ^ 1]))


def replace_by_a_dump(file: Path) -> None:
    file.write_bytes(b"PGDMP\x01\x0e" + b"x" * 5000)


def of_a_later_format(file: Path) -> None:
    file.write_bytes(file.read_bytes().replace(b"BACKUP 1", b"BACKUP 2", 1))


SPOILED: Mapping[Callable[[Path], None], str] = {
    cut: "書き換えられたか、途中で切れています",
    change: "書き換えられたか、途中で切れています",
    replace_by_a_dump: "バックアップのファイルではありません",
    of_a_later_format: "プログラムを新しくしてください",
    Path.unlink: "ありません",
}


def test_a_file_that_is_not_a_whole_backup_of_this_key_changes_nothing(
    backup: Path, key: Path, empty: Centre, tmp_path: Path
) -> None:
    def refused(file: Path, why: str, by: Path = key) -> None:
        for words in (("restore", str(file)), ("restore", str(file), "--check")):
            code, said = empty.says(*words, "--key", str(by))
            assert (code, len(said.strip().splitlines())) == (1, 1), said
            assert why in said
        assert (empty.counted(), empty.holds()) == ({}, set())

    for happens, why in SPOILED.items():
        spoiled = tmp_path / "spoiled.backup"
        shutil.copy(backup, spoiled)
        happens(spoiled)
        refused(spoiled, why)
    make_key(tmp_path / "other.key")
    refused(backup, "別の鍵で作られています", tmp_path / "other.key")


def test_a_place_that_holds_something_is_left_as_it_is(centre: Centre, backup: Path, key: Path, empty: Centre) -> None:
    def refused(place: Centre, why: str) -> None:
        before = place.counted(), place.holds()
        code, said = place.says("restore", str(backup), "--key", str(key))
        assert (code, len(said.strip().splitlines())) == (1, 1), said
        assert why in said
        assert "復元は行っていません" in said
        assert (place.counted(), place.holds()) == before

    refused(Centre(private_folder(empty.state.parent / "third"), centre.url), "データベースが空ではありません")
    refused(centre, "recordings が空ではありません")
    lock = private_folder(empty.state / "run") / "stack.lock"
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        refused(empty, "センターが動いています")


def test_a_disk_without_room_is_told_before_anything_is_written(
    centre: Centre, backup: Path, key: Path, empty: Centre, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for module in (making, restoring):
        monkeypatch.setattr(module.shutil, "disk_usage", lambda _: Usage(1 << 40, 1 << 40, 1 << 20))
    code, said = empty.says("restore", str(backup), "--key", str(key))
    assert (code, "必要なのは約" in said) == (1, True), said
    assert (empty.counted(), empty.holds()) == ({}, set())
    folder = private_folder(tmp_path / "full")
    code, said = centre.says("backup", "--to", str(folder), "--key", str(key))
    assert (code, "必要なのは約" in said) == (1, True), said
    assert [path.name for path in folder.iterdir()] == [".lock"]


def test_a_backup_of_an_older_migration_is_brought_up_to_date(
    postgres: PostgresCluster, migrated_template: str, tmp_path: Path, key: Path, empty: Centre
) -> None:
    with fresh_database(postgres, migrated_template) as url:
        old = Centre(private_folder(tmp_path / "old"), url)
        with psycopg.connect(url) as connection:
            connection.execute("INSERT INTO city VALUES ('nagaoka', '長岡市')")
        step(url, "0021")
        assert old.says("backup", "--to", str(tmp_path), "--key", str(key))[0] == 0
    (file,) = tmp_path.glob("*.backup")
    code, said = empty.says("restore", str(file), "--key", str(key), "--json")
    assert (code, json.loads(said)["upgraded_from"]) == (0, "0021"), said
    assert rows_of(empty.url or "", "SELECT version_num FROM alembic_version") == [(head_revision(),)]


def test_a_backup_of_a_newer_program_is_refused(centre: Centre, key: Path, tmp_path: Path, empty: Centre) -> None:
    with psycopg.connect(centre.url or "") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    assert centre.says("backup", "--to", str(tmp_path), "--key", str(key))[0] == 0
    (file,) = tmp_path.glob("*.backup")
    code, said = empty.says("restore", str(file), "--key", str(key))
    assert (code, "プログラムを新しくしてください" in said) == (1, True)
    assert (empty.counted(), empty.holds()) == ({}, set())


def test_what_happens_while_it_is_made_is_not_in_it(
    centre: Centre, key: Path, empty: Centre, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = dumping.tool

    def meanwhile(*of: object) -> Path:
        with psycopg.connect(centre.url or "") as connection:
            connection.execute("INSERT INTO city VALUES ('kurume', '久留米市')")
        return tool(*of)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(dumping, "tool", meanwhile)
        assert centre.says("backup", "--to", str(tmp_path), "--key", str(key))[0] == 0
    (file,) = tmp_path.glob("*.backup")
    assert empty.says("restore", str(file), "--key", str(key))[0] == 0
    assert rows_of(empty.url or "", "SELECT key FROM city") == [("nagaoka",)]


def test_a_recording_whose_file_is_gone_is_told_and_no_reason_to_have_no_backup(
    centre: Centre, key: Path, tmp_path: Path
) -> None:
    centre.record(uuid.uuid4(), None)
    code, said = centre.says("backup", "--to", str(tmp_path), "--key", str(key), "--json")
    assert (code, json.loads(said)["recordings"], json.loads(said)["recordings_missing"]) == (0, 1, 1)


def test_the_newest_are_kept_and_two_at_once_are_one(
    centre: Centre, key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = private_folder(tmp_path / "backups")
    others = ["yobikake-nagaoka-20261101T000000.backup", "yobikake-nagaoka-20261102T000000.backup"]
    for name in (*others, "yobikake-kurume-20261101T000000.backup", "yobikake-nagaoka-20261101T000000.backup.part"):
        (folder / name).write_bytes(b"")
    words = ("backup", "--to", str(folder), "--key", str(key))
    assert centre.says(*words, YOBIKAKE_BACKUP__KEEP="2")[0] == 0
    left = sorted(path.name for path in folder.glob("yobikake-*"))
    assert (left[0], left[1], len(left)) == ("yobikake-kurume-20261101T000000.backup", others[1], 3)
    with (folder / ".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        code, said = centre.says(*words)
        assert (code, "進行中です" in said) == (1, True)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("backup",), "--to"),
        (("backup", "--to", "/nowhere"), "--new-key"),
        (("backup", "--to", "/nowhere", "--key", "KEY"), "書けません"),
        (("backup", "--new-key", "KEY"), "すでにあります"),
        (("restore", "/", "--key", "KEY"), "フォルダーです"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(centre: Centre, key: Path, words: tuple[str, ...], why: str) -> None:
    code, said = centre.says(*(str(key) if word == "KEY" else word for word in words))
    assert (code, len(said.strip().splitlines())) == (1, 1), said
    assert why in said


def test_where_there_is_no_cluster_yet_one_is_made_and_stopped_again(backup: Path, key: Path) -> None:
    state = Path(tempfile.mkdtemp(prefix="yobikake-tests-"))
    state.chmod(0o755)
    place = Centre(state, None)
    try:
        code, said = place.says("restore", str(backup), "--key", str(key))
        assert code == 0, said
        cluster = PostgresCluster(state)
        assert not cluster.is_running
        cluster.start()
        try:
            assert rows_of(cluster.program_url, "SELECT count(*) FROM person") == [(5000,)]
            assert rows_of(cluster.program_url, "SELECT has_table_privilege('operation', 'DELETE')") == [(False,)]
            assert (state / "recordings" / f"{RECORDED}.wav").read_bytes() == SOUND
        finally:
            cluster.stop()
    finally:
        shutil.rmtree(state)
