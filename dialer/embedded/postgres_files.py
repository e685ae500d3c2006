"""What the private Postgres needs of the machine: its binaries, its account, its folders and its lock file."""

import errno
import fcntl
import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

import structlog

from dialer.folders import own_folder

log = structlog.get_logger()

DEBIAN_BINARIES = Path("/usr/lib/postgresql")
DEBIAN_HOME = Path("/var/lib/postgresql")
ROOM_BYTES = 200 * 1024 * 1024
ORPHAN_SECONDS = 2.0
FAST_STOP, IMMEDIATE_STOP = signal.SIGINT, signal.SIGQUIT
SERVER_ENVIRONMENT = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}


class PostgresError(Exception):
    """One line: what, where, how to mend it."""


class BinariesMissing(PostgresError):
    pass


class OtherMajor(PostgresError):
    pass


class DiskFull(PostgresError):
    pass


class NotStarted(PostgresError):
    pass


def installed() -> list[Path]:
    """Every folder with a server in it, newest first."""
    found = [path / "bin" for path in DEBIAN_BINARIES.glob("[0-9]*") if path.name.isdigit()]
    if (pg_config := shutil.which("pg_config")) is not None:
        asked = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        found += [Path(asked.stdout.strip())] if asked.returncode == 0 else []
    servers = {path.resolve() for path in found if (path / "initdb").exists() and (path / "postgres").exists()}
    return sorted(servers, key=major_of, reverse=True)


def major_of(binaries: Path) -> int:
    said = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    version = re.search(r"\d+", said)
    assert version is not None, said
    return int(version.group())


def find_binaries(state_dir: Path) -> Path:
    """The newest, but those of the data that is there already: 15 cannot read what 17 wrote, nor the other way."""
    servers = installed()
    if not servers:
        raise BinariesMissing(
            "no PostgreSQL server on this machine (looked in /usr/lib/postgresql and for pg_config); "
            "run: apt install postgresql, or set DATABASE_URL"
        )
    homes = [home for home in state_dir.glob("postgres-[0-9]*") if (home / "data").exists() or moved_to(home)]
    there = [int(home.name.rpartition("-")[2]) for home in homes]
    for binaries in servers:
        if major_of(binaries) in there:
            return binaries
    if there:
        raise OtherMajor(
            f"{state_dir}/postgres-{max(there)} holds data of PostgreSQL {max(there)}, installed is "
            f"{major_of(servers[0])}; run: apt install postgresql-{max(there)}, or move that folder away to start empty"
        )
    return servers[0]


def server_account() -> pwd.struct_passwd | None:
    """Whom root hands the server to; None when we are not root and run it ourselves."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        raise BinariesMissing("there is no account named postgres; run: apt install postgresql") from None


def find_home(state_dir: Path, major: int, account: pwd.struct_passwd | None) -> Path:
    """`<state>/postgres-<major>`, or the folder elsewhere that a file in it names."""
    home = state_dir / f"postgres-{major}"
    home.mkdir(parents=True, exist_ok=True)
    moved = moved_to(home)
    if moved is not None:
        pass
    elif account is None or (home / "data").exists() or _reaches(account, home):
        return home
    else:
        # named by chance as well: the data of a deleted clone must not come back in a new one at the same path
        name = f"yobikake-{sha256(str(state_dir).encode()).hexdigest()[:8]}-{secrets.token_hex(3)}"
        moved = DEBIAN_HOME / name
        (home / "moved-to").write_text(f"{moved}\n", encoding="utf-8")
        log.info("the account postgres cannot reach the state folder", state=str(home), cluster=str(moved))
    if not moved.exists():
        moved.mkdir(mode=0o755, parents=True)
        (moved / "belongs-to").write_text(f"{home}\n", encoding="utf-8")
    return moved


def moved_to(home: Path) -> Path | None:
    try:
        return Path((home / "moved-to").read_text(encoding="utf-8").strip())
    except FileNotFoundError:
        return None


def _reaches(account: pwd.struct_passwd, folder: Path) -> bool:
    command = ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--init-groups"]
    return subprocess.run([*command, "--", "test", "-x", folder], check=False).returncode == 0


def make_folder(folder: Path, account: pwd.struct_passwd | None) -> None:
    """Mode 0700 and the server's."""
    try:
        own_folder(folder, account.pw_uid if account else None)
    except PermissionError as foreign:
        raise NotStarted(str(foreign)) from None
    if account is not None:
        os.chown(folder, -1, account.pw_gid)


def check_room(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < ROOM_BYTES:
        raise DiskFull(f"only {free >> 20} MB free at {folder}, a new cluster needs {ROOM_BYTES >> 20} MB; make room")


def check_major(data: Path, major: int) -> None:
    with suppress(FileNotFoundError):
        wrote = (data / "PG_VERSION").read_text(encoding="ascii").strip()
        if wrote != str(major):
            raise OtherMajor(
                f"{data} was written by PostgreSQL {wrote}, installed is {major}; "
                f"run: apt install postgresql-{wrote}, or move that folder away to start empty"
            )


def write_access_rules(data: Path, account: pwd.struct_passwd | None, users: Sequence[str]) -> None:
    """Our roles by password; the superuser only for the account that runs the server; nobody over the network."""
    owner = account.pw_name if account else pwd.getpwuid(os.geteuid()).pw_name
    rules = [*(f"local all {user} scram-sha-256\n" for user in users), "local all postgres peer map=owner\n"]
    (data / "pg_hba.conf").write_text("".join(rules), encoding="utf-8")
    (data / "pg_ident.conf").write_text(f"owner {owner} postgres\n", encoding="utf-8")


def server_pid(data: Path) -> int | None:
    """Of the server that runs on this data now; a lock file alone proves nothing."""
    try:
        pid = int((data / "postmaster.pid").read_text(encoding="ascii").split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None
    return pid if is_server(pid, data) else None


def is_server(pid: int, data: Path) -> bool:
    """Every process of a server stands in its data folder."""
    try:
        return Path(os.readlink(f"/proc/{pid}/cwd")) == data
    except OSError:
        return False


def clear_after_kill(data: Path, run: Path) -> None:
    """What a server that was killed with -9 leaves behind and the next one would stumble over.

    Backends in the middle of a long query live on without it and hold its memory. And the number in its locks may by
    now be another program's, or that of a process nobody has reaped. To be called only when no server runs.
    """
    for number in (FAST_STOP, IMMEDIATE_STOP, signal.SIGKILL):
        orphans = [int(one.name) for one in Path("/proc").glob("[0-9]*") if is_server(int(one.name), data)]
        for orphan in orphans:
            send(orphan, number)
        until = time.monotonic() + ORPHAN_SECONDS
        while any(is_server(orphan, data) for orphan in orphans) and time.monotonic() < until:
            time.sleep(0.02)
    for lock in (data / "postmaster.pid", run / ".s.PGSQL.5432.lock"):
        if lock.exists():
            log.info("removed the lock of a Postgres that was killed", lock=str(lock))
            lock.unlink(missing_ok=True)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """One process at a time sets up or starts a cluster; the others wait."""
    with plain_errors(folder):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


@contextmanager
def plain_errors(where: Path) -> Iterator[None]:
    """What the file system refuses, as one line of ours."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise DiskFull(f"no space left on the disk of {where}; make room and start again") from None
        raise PostgresError(f"{error.filename or where}: {error.strerror}; Postgres cannot be set up there") from None


def send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def failure_of(output: str, what: str, where: Path) -> PostgresError:
    """The last complaint in what the server said, as one line."""
    lines = [line.strip() for line in output.splitlines() if re.search(r"FATAL|PANIC|ERROR|error:", line)]
    said = lines[-1] if lines else (output.strip().splitlines() or ["it said nothing"])[-1]
    if "No space left on device" in output:
        return DiskFull(f"{what}: no space left on the disk of {where}; make room and start again")
    if "pre-existing shared memory" in output:
        return NotStarted(f"{what}: processes of a killed server still end; start again in some seconds ({where})")
    return NotStarted(f"{what}: {said} ({where})")
