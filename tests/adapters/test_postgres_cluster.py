"""The private Postgres: made, started, killed and started again, as root and as an ordinary user."""

import multiprocessing
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from dialer.embedded import postgres_files as files
from dialer.embedded.postgres import (
    PROGRAM,
    BinariesMissing,
    DiskFull,
    NotStarted,
    OtherMajor,
    PostgresCluster,
    PostgresError,
)

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to another account")


@pytest.fixture
def state() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="yobikake-cluster-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def cluster(state: Path) -> Iterator[PostgresCluster]:
    made = PostgresCluster(state, fast=True)
    yield made
    made.stop()


def ask(cluster: PostgresCluster, question: str) -> object:
    with psycopg.connect(cluster.url) as connection:
        row = connection.execute(question.encode()).fetchone()
        assert row is not None
        return row[0]


def pid_of(cluster: PostgresCluster) -> int:
    pid = files.server_pid(cluster.data)
    assert pid is not None
    return pid


def test_it_is_made_and_started_and_both_may_be_asked_twice(cluster: PostgresCluster) -> None:
    cluster.create()
    assert not cluster.is_running
    cluster.create()
    cluster.start()
    first = pid_of(cluster)
    cluster.start()
    assert (cluster.is_running, cluster.is_ready(), pid_of(cluster)) == (True, True, first)
    cluster.stop()
    assert (cluster.is_running, cluster.is_ready()) == (False, False)
    cluster.stop()


def test_what_was_written_is_there_after_a_restart(cluster: PostgresCluster) -> None:
    cluster.start()
    with psycopg.connect(cluster.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 'カナ' AS text")
    cluster.stop()
    cluster.start()
    assert ask(cluster, "SELECT text FROM kept") == "カナ"


@pytest.mark.parametrize(
    ("setting", "value"),
    [("listen_addresses", ""), ("data_checksums", "on"), ("server_encoding", "UTF8"), ("TimeZone", "UTC")],
)
def test_its_settings(setting: str, value: str, postgres: PostgresCluster) -> None:
    assert ask(postgres, f"SHOW {setting}") == value


def test_the_engines_role_is_no_superuser_and_needs_its_password(postgres: PostgresCluster) -> None:
    assert ask(postgres, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    assert postgres.password_file.stat().st_mode & 0o777 == 0o600
    password = postgres.password_file.read_text(encoding="ascii").strip()
    others = [postgres.url.replace(password, "guessed")]
    if os.geteuid() == 0:  # whoever runs the server himself may also administer it
        others.append(postgres.url.replace("yobikake:", "postgres:"))
    for other in others:
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(other)
    assert password not in " ".join(postgres.argv())


def test_programs_have_a_role_of_their_own_that_can_change_no_table(postgres: PostgresCluster) -> None:
    assert postgres.program_password_file.stat().st_mode & 0o777 == 0o600
    assert postgres.program_password_file.read_text() != postgres.password_file.read_text()
    with psycopg.connect(postgres.program_url) as connection:
        rights = "SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        assert connection.execute(rights).fetchone() == (False, False, False)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE own (id integer)")


def test_a_cluster_that_was_made_before_programs_had_a_role_gets_it_at_its_next_start(cluster: PostgresCluster) -> None:
    cluster.start()
    with psycopg.connect(cluster.url) as connection:
        connection.execute("CREATE TABLE kept (id integer)")
    cluster.stop()
    cluster.program_password_file.unlink()  # and what it opens: forgotten, with the rule that lets it in
    rules = cluster.data / "pg_hba.conf"
    rules.write_text("".join(line for line in rules.read_text().splitlines(True) if PROGRAM not in line))
    cluster.start()
    with psycopg.connect(cluster.program_url) as connection:
        assert connection.execute("SELECT current_user").fetchone() == (PROGRAM,)
    assert ask(cluster, "SELECT count(*) FROM kept") == 0


def test_the_log_of_a_refused_row_does_not_quote_it(cluster: PostgresCluster) -> None:
    cluster.start()
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE people (number text PRIMARY KEY)")
        for _ in range(2):
            with suppress(psycopg.errors.UniqueViolation):
                connection.execute("INSERT INTO people VALUES ('0258001234')")
    cluster.stop()
    logged = cluster.log_file.read_text(encoding="utf-8")
    assert "duplicate key value" in logged
    assert "0258001234" not in logged


def test_a_supervisor_can_own_it_in_the_foreground(cluster: PostgresCluster) -> None:
    cluster.prepare()
    with subprocess.Popen(cluster.argv(), stderr=subprocess.DEVNULL, cwd="/") as server:
        cluster.wait_ready(30, lambda: server.poll() is None)
        assert pid_of(cluster) == server.pid
        server.send_signal(signal.SIGTERM)
        assert server.wait(20) == 0


def test_after_a_kill_it_starts_again_at_once(cluster: PostgresCluster) -> None:
    cluster.start()
    os.kill(pid_of(cluster), signal.SIGKILL)
    cluster.start()
    assert cluster.is_ready()


def test_after_a_kill_a_number_that_another_program_has_now_does_not_stop_it(cluster: PostgresCluster) -> None:
    cluster.start()
    os.kill(pid_of(cluster), signal.SIGKILL)
    lock = cluster.data / "postmaster.pid"
    lines = lock.read_text(encoding="ascii").split("\n")
    lock.write_text("\n".join([str(os.getpid()), *lines[1:]]), encoding="ascii")
    assert not cluster.is_running
    cluster.start()
    assert cluster.is_ready()


def test_a_query_that_outlives_its_killed_server_is_ended(cluster: PostgresCluster) -> None:
    """Busy with arithmetic, a backend does not notice that its server is gone, and blocks the next one."""
    cluster.start()
    connection = psycopg.connect(cluster.url)
    backend = connection.info.backend_pid

    def run() -> None:
        with suppress(psycopg.OperationalError):
            connection.execute("DO 'BEGIN LOOP END LOOP; END'")

    asker = threading.Thread(target=run)
    asker.start()
    busy = f"SELECT count(*) FROM pg_stat_activity WHERE pid = {backend} AND state = 'active' AND query LIKE 'DO%'"
    while ask(cluster, busy) != 1:
        pass
    os.kill(pid_of(cluster), signal.SIGKILL)
    cluster.start()
    asker.join(20)
    connection.close()
    assert not files.is_server(backend, cluster.data)
    assert cluster.is_ready()


def test_a_set_up_that_was_killed_is_done_again(cluster: PostgresCluster) -> None:
    half = cluster.home / "data.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("15\n", encoding="ascii")
    cluster.start()
    assert cluster.is_ready()


def test_two_who_start_it_at_once_get_one_server(state: Path) -> None:
    clusters = [PostgresCluster(state, fast=True) for _ in range(2)]
    failures: list[Exception] = []

    def start(cluster: PostgresCluster) -> None:
        try:
            cluster.start()
        except PostgresError as failure:
            failures.append(failure)

    threads = [threading.Thread(target=start, args=[cluster]) for cluster in clusters]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    try:
        assert failures == []
        assert len({pid_of(cluster) for cluster in clusters}) == 1
    finally:
        for cluster in clusters:
            cluster.stop()
            cluster._reap()


def test_a_socket_path_that_would_be_too_long_is_put_elsewhere(state: Path) -> None:
    deep = state / ("a" * 60) / ("b" * 60)
    cluster = PostgresCluster(deep, fast=True)
    cluster.start()
    try:
        assert len(str(cluster.run_dir / ".s.PGSQL.5432")) < 107
        assert ask(cluster, "SELECT 1") == 1
    finally:
        cluster.stop()
        shutil.rmtree(cluster.run_dir)


@AS_ROOT
def test_a_state_folder_below_a_closed_one_is_left_for_the_servers_own_home(state: Path) -> None:
    closed = state / "closed"
    closed.mkdir(mode=0o700)
    cluster = PostgresCluster(closed / "var", fast=True)
    try:
        cluster.start()
        assert ask(cluster, "SELECT 1") == 1
        assert cluster.home.parent == Path("/var/lib/postgresql")
        assert PostgresCluster(closed / "var").home == cluster.home, "found again"
        assert (cluster.home / "belongs-to").read_text(encoding="utf-8").strip() == str(closed / "var/postgres-15")
    finally:
        cluster.stop()
        shutil.rmtree(cluster.home)


@AS_ROOT
def test_an_ordinary_user_runs_it_too(state: Path) -> None:
    """In a forked child that gives up root for good: no other Python can be counted on here."""
    nobody = pwd.getpwnam("nobody")
    os.chown(state, nobody.pw_uid, nobody.pw_gid)
    assert _in_child(lambda: _as_user(nobody, state)) == ""


def _as_user(account: pwd.struct_passwd, state: Path) -> None:
    os.setgroups([])
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)
    cluster = PostgresCluster(state, fast=True)
    cluster.start()
    try:
        assert ask(cluster, "SELECT 1") == 1
        assert cluster.data.stat().st_uid == account.pw_uid
    finally:
        cluster.stop()


def _in_child(work: Callable[[], None]) -> str:
    def run(answer: "multiprocessing.connection.Connection") -> None:
        try:
            work()
            answer.send("")
        except BaseException:
            answer.send(traceback.format_exc())

    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()
    child = context.Process(target=run, args=[there])
    child.start()
    child.join(60)
    return str(here.recv()) if here.poll() else "the child said nothing"


def test_without_binaries_it_says_what_to_install(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "DEBIAN_BINARIES", state / "none")
    monkeypatch.setenv("PATH", str(state))
    with pytest.raises(BinariesMissing, match="apt install postgresql, or set DATABASE_URL"):
        PostgresCluster(state)


def test_data_of_a_major_that_is_not_installed_is_never_passed_over(state: Path) -> None:
    (state / "postgres-9" / "data").mkdir(parents=True)
    with pytest.raises(OtherMajor, match="apt install postgresql-9, or move that folder away"):
        PostgresCluster(state)


def test_data_of_another_major_in_our_folder_is_not_started(cluster: PostgresCluster) -> None:
    cluster.data.mkdir()
    (cluster.data / "PG_VERSION").write_text("9\n", encoding="ascii")
    with pytest.raises(OtherMajor, match="was written by PostgreSQL 9"):
        cluster.start()


def test_too_little_room_is_told_before_anything_is_made(
    cluster: PostgresCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "ROOM_BYTES", 1 << 60)
    with pytest.raises(DiskFull, match="make room"):
        cluster.create()
    assert not cluster.data.exists()


def test_a_state_folder_that_cannot_be_made_is_told_in_one_line(state: Path) -> None:
    (state / "file").touch()
    with pytest.raises(PostgresError, match="Not a directory; Postgres cannot be set up there"):
        PostgresCluster(state / "file" / "var")


def test_a_server_that_cannot_start_says_why_in_one_line(cluster: PostgresCluster) -> None:
    cluster.create()
    (cluster.data / "global" / "pg_control").unlink()
    with pytest.raises(NotStarted) as told:
        cluster.start()
    assert "ended at once" in str(told.value)
    assert "pg_control" in str(told.value)
    assert "\n" not in str(told.value)
