"""Postgres's own tools, the address handed over by the environment: a password is in no argument and no log."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from dialer.backup.contents import PIECE_BYTES
from dialer.calendar_commands import CannotAnswer
from dialer.config import Settings
from dialer.embedded import postgres_files as files
from dialer.store.url import libpq_url

NAMES = {"dbname": "PGDATABASE", "application_name": "PGAPPNAME"}
LONGEST_WORD = 200
TABLES = """
SELECT relname FROM pg_class JOIN pg_namespace AS space ON space.oid = relnamespace
WHERE nspname = 'public' AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY relname
"""


def environment(url: str) -> dict[str, str]:
    told = conninfo_to_dict(libpq_url(url))
    own = {NAMES.get(name, f"PG{name.upper()}"): str(value) for name, value in told.items() if value is not None}
    return {**os.environ, **own, "PGCLIENTENCODING": "UTF8", "LC_ALL": "C.UTF-8"}


def tool(settings: Settings, name: str, major: int) -> Path:
    """As old as the server or newer; of a private cluster its own."""
    folders = [files.find_binaries(settings.state_dir)] if settings.database_url is None else files.installed()
    fitting = [folder / name for folder in reversed(folders) if files.major_of(folder) >= major]
    for program in fitting:
        if program.exists():
            return program
    raise CannotAnswer(
        f"{name}（PostgreSQL {major} 以上）がありません。apt-get install postgresql-client-{major} で入れてください。"
    )


def tables_of(connection: psycopg.Connection) -> list[str]:
    return [str(row[0]) for row in connection.execute(TABLES).fetchall()]


def rows_of(connection: psycopg.Connection) -> dict[str, int]:
    """Of every table."""
    counted = {}
    for table in tables_of(connection):
        name = psycopg.sql.Identifier(table)
        row = connection.execute(psycopg.sql.SQL("SELECT count(*) FROM {}").format(name)).fetchone()
        assert row is not None
        counted[table] = int(row[0])
    return counted


@contextmanager
def dumped(program: Path, url: str, snapshot: str) -> Iterator[Iterator[bytes]]:
    """In pieces, as of this snapshot. Calls go first: it is nice to the processor."""
    argv = ["nice", "-n", "10", str(program), "--format=custom", "--compress=1", "--no-owner", "--no-privileges"]
    with subprocess.Popen(
        [*argv, f"--snapshot={snapshot}"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(url),
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            yield iter(lambda: _piece(process), b"")
            complaint = process.stderr.read()
            if process.wait():
                raise CannotAnswer(f"pg_dump が失敗しました（{_said(complaint)}）。バックアップは作っていません。")
        finally:
            process.kill()


def _piece(process: "subprocess.Popen[bytes]") -> bytes:
    assert process.stdout is not None
    return process.stdout.read(PIECE_BYTES)


def put_back(program: Path, url: str, dump: Path) -> None:
    """All of it or nothing."""
    name = conninfo_to_dict(libpq_url(url)).get("dbname") or ""
    done = subprocess.run(
        [
            *(str(program), "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error"),
            *(f"--dbname={name}", str(dump)),
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=environment(url),
        check=False,
    )
    if done.returncode:
        raise CannotAnswer(f"pg_restore が失敗しました（{_said(done.stderr)}）。データベースは変わっていません。")


def _said(complaint: bytes) -> str:
    """The first line only: what follows may quote a row."""
    lines = complaint.decode(errors="replace").strip().splitlines()
    return lines[0][:LONGEST_WORD] if lines else "理由は示されていません"
