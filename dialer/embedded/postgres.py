"""A private Postgres from the machine's own binaries, for machines without a DATABASE_URL.

One cluster in `<state>/postgres-<major>`, reached over a unix socket only, with passwords in files of mode 0600: one of
the owner of the tables, who migrates them, and one of the programs, which cannot change what was logged (store.roles).
Postgres refuses to run as root, so root hands the server (and nothing else) to the account `postgres`. Where that
account cannot reach the state folder, as in a clone below a 0700 home, the cluster lives under /var/lib/postgresql and
a file in the state folder says where.

    PostgresError
        BinariesMissing    no initdb and postgres on this machine
        OtherMajor         the data was written by a Postgres that is not installed
        DiskFull           too little room to create the cluster or to go on
        NotStarted         the server ended at once or did not answer in time; the last line of its log says why
"""

import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import psycopg
import structlog

from dialer.embedded import postgres_files as files
from dialer.embedded.postgres_files import BinariesMissing, DiskFull, NotStarted, OtherMajor, PostgresError
from dialer.folders import run_place, write_secret

__all__ = ["BinariesMissing", "DiskFull", "NotStarted", "OtherMajor", "PostgresCluster", "PostgresError"]

log = structlog.get_logger()

USER = DATABASE = "yobikake"  # owns the tables
PROGRAM = "yobikake_program"
POLL_SECONDS = 0.05
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_error_statement": "panic",  # a failing statement would bring names and numbers into the log
    "log_error_verbosity": "terse",  # so would the detail of a broken constraint
}
FAST = {"fsync": "off", "full_page_writes": "off"}  # commits still leave the process: a kill -9 loses none of them


class PostgresCluster:
    """`create` once (again is harmless), then `start`, or run `argv` as a child of your own and `wait_ready`.

    `fast` is for tests: nothing survives a power cut.
    """

    def __init__(self, state_dir: Path, *, fast: bool = False) -> None:
        self._fast = fast
        self._server: subprocess.Popen[bytes] | None = None  # when it is a child of this process
        self._log_from = 0
        self._account = files.server_account()
        self._binaries = files.find_binaries(state_dir)
        self.major = files.major_of(self._binaries)
        with files.plain_errors(state_dir):
            self.home = files.find_home(state_dir.resolve(), self.major, self._account)
        self.data = self.home / "data"
        self.run_dir = run_place(self.home)
        self.log_file = self.home / "postgres.log"
        self.password_file = self.home / "password"
        self.program_password_file = self.home / "password-program"
        self._program_password = self.home / "password-program.new"

    @property
    def url(self) -> str:
        """Of the owner. Holds the password: hand it on by environment or file, never in an argument or a log."""
        return self._address(USER, self.password_file)

    @property
    def program_url(self) -> str:
        """Of the programs, once the owner has let them work."""
        return self._address(PROGRAM, self.program_password_file)

    def _address(self, role: str, file: Path) -> str:
        password = file.read_text(encoding="ascii").strip()
        return f"postgresql://{role}:{password}@/{DATABASE}?host={quote(str(self.run_dir), safe='')}"

    def create(self) -> None:
        """The cluster, its role and its database; leaves one that is there untouched."""
        with files.alone(self.home):
            self._create()

    def argv(self) -> list[str]:
        """The server in the foreground, to be owned by a supervisor. SIGINT or SIGTERM ends it."""
        settings = SETTINGS | {"unix_socket_directories": str(self.run_dir)} | (FAST if self._fast else {})
        server = [str(self._binaries / "postgres"), "-D", str(self.data)]
        return self._as_server([*server, *(f"--{name}={value}" for name, value in settings.items())])

    def prepare(self) -> None:
        """What must hold before `argv` is run: created, and nothing left of a server that was killed.

        For a supervisor, which sees to it that there is only one of it; not to be called while a server starts.
        """
        with files.alone(self.home):
            self._prepare()

    def start(self, timeout_seconds: float = 30.0) -> None:
        """Returns when it answers. It outlives this process; one that runs already is left alone."""
        with files.alone(self.home):
            if self._runs_already(timeout_seconds):
                return None
            self._prepare()
            with self.log_file.open("ab") as sink:
                self._log_from = sink.tell()
                server = self._server = subprocess.Popen(
                    self.argv(),
                    stdin=subprocess.DEVNULL,
                    stdout=sink,
                    stderr=sink,
                    cwd="/",
                    env=files.SERVER_ENVIRONMENT,
                    start_new_session=True,
                )
            return self.wait_ready(timeout_seconds, lambda: server.poll() is None)

    def wait_ready(self, timeout_seconds: float = 30.0, alive: Callable[[], bool] = lambda: True) -> None:
        """Returns when a connection has been made; raises when `alive` says that the server ended, or in time."""
        until = time.monotonic() + timeout_seconds
        while not self.is_ready():
            if not alive():
                raise self._failure("Postgres ended at once")
            if time.monotonic() > until:
                raise self._failure(f"Postgres did not answer within {timeout_seconds:.0f} s")
            time.sleep(POLL_SECONDS)

    def is_ready(self) -> bool:
        """Its health: can somebody log in now?"""
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except (psycopg.OperationalError, FileNotFoundError):
            return False
        return True

    @property
    def is_running(self) -> bool:
        return files.server_pid(self.data) is not None

    def stop(self, timeout_seconds: float = 20.0) -> None:
        """Ends open sessions and waits; with no server it does nothing."""
        pid = files.server_pid(self.data)
        if pid is None:
            return None
        for signal in (files.FAST_STOP, files.IMMEDIATE_STOP):
            files.send(pid, signal)
            until = time.monotonic() + timeout_seconds
            while time.monotonic() < until:
                if not files.is_server(pid, self.data):
                    return self._reap()
                time.sleep(POLL_SECONDS)
        raise NotStarted(f"Postgres (pid {pid}) does not stop; look into {self.log_file}")

    def _reap(self) -> None:
        if self._server is not None:
            self._server.wait()
            self._server = None

    def _runs_already(self, timeout_seconds: float) -> bool:
        """Not if it ends while we look, as one that was killed or told to stop a moment ago does."""
        if not self.is_running:
            return False
        try:
            self.wait_ready(timeout_seconds, lambda: self.is_running)
        except NotStarted:
            if self.is_running:
                raise
            return False
        return True

    def _prepare(self) -> None:
        self._create()
        if not self.is_running:
            self._reap()
            files.clear_after_kill(self.data, self.run_dir)
            self._add_program()

    def _create(self) -> None:
        files.check_major(self.data, self.major)
        if not (self.data / "PG_VERSION").exists():
            files.check_room(self.home)
            log.info("creating a private Postgres", folder=str(self.home), major=self.major)
            new = self.home / "data.new"  # renamed when complete: a set-up that was killed is simply done again
            shutil.rmtree(new, ignore_errors=True)
            files.make_folder(new, self._account)
            write_secret(self.password_file, secrets.token_urlsafe(24))
            self._initialise(new)
            new.rename(self.data)
            self._program_password.replace(self.program_password_file)
        files.make_folder(self.run_dir, self._account)

    def _initialise(self, new: Path) -> None:
        self._run(
            [
                *(str(self._binaries / "initdb"), "-D", str(new), "-U", "postgres"),
                *("-E", "UTF8", "--locale=C.UTF-8", "--data-checksums", "--auth-local=peer", "--auth-host=reject"),
                *(["--no-sync"] if self._fast else []),
            ]
        )
        files.write_access_rules(new, self._account, (USER, PROGRAM))
        password = self.password_file.read_text(encoding="ascii").strip()
        role = f"CREATE ROLE {USER} LOGIN CREATEDB PASSWORD '{password}'"
        self._say(new, f"{role};\n\nCREATE DATABASE {DATABASE} OWNER {USER};\n\n{self._program_role()}")

    def _add_program(self) -> None:
        """To a cluster that was made before programs had a role of their own. Killed meanwhile, it is done again."""
        if not self.program_password_file.exists():
            files.write_access_rules(self.data, self._account, (USER, PROGRAM))
            self._say(self.data, self._program_role())
            self._program_password.replace(self.program_password_file)

    def _program_role(self) -> str:
        """Its password is valid from when its file has its name."""
        password = write_secret(self._program_password, secrets.token_urlsafe(24))
        known = f"SELECT FROM pg_roles WHERE rolname = '{PROGRAM}'"
        made = f"DO $$ BEGIN IF NOT EXISTS ({known}) THEN CREATE ROLE {PROGRAM} LOGIN; END IF; END $$"
        return f"{made};\n\nALTER ROLE {PROGRAM} PASSWORD '{password}';\n\n"

    def _say(self, data: Path, statements: str) -> None:
        """To a server of our own that nobody else can reach."""
        self._run([str(self._binaries / "postgres"), "--single", "-j", "-D", str(data), "postgres"], statements)

    def _run(self, command: list[str], say: str = "") -> None:
        done = subprocess.run(
            self._as_server(command),
            input=say,
            capture_output=True,
            text=True,
            cwd="/",
            env=files.SERVER_ENVIRONMENT,
            check=False,
        )
        output = done.stdout + done.stderr
        if done.returncode != 0 or "ERROR:" in output or "FATAL:" in output:
            raise files.failure_of(output, f"{Path(command[0]).name} could not create the cluster", self.home)

    def _as_server(self, command: list[str]) -> list[str]:
        if self._account is None or os.geteuid() != 0:
            return command
        name = self._account.pw_name
        return ["setpriv", f"--reuid={name}", f"--regid={self._account.pw_gid}", "--init-groups", "--", *command]

    def _failure(self, what: str) -> PostgresError:
        try:
            output = self.log_file.read_bytes()[self._log_from :].decode(errors="replace")
        except FileNotFoundError:
            output = ""
        return files.failure_of(output, what, self.log_file)
