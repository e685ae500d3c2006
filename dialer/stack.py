"""The programs of a running centre, in the order they are started: Postgres, Asterisk, the ear, the
server for callers, the engine, the pages.
"""

import asyncio
import signal
import socket
import sys
from functools import partial
from pathlib import Path

from dialer.config import ROOT, AsteriskNode, Settings, as_environment
from dialer.ear_process import HOST as EAR_HOST
from dialer.ear_process import ear_status_file, other_ears
from dialer.embedded.asterisk import AsteriskInstance
from dialer.embedded.postgres import PROGRAM, PostgresCluster
from dialer.folders import read_json
from dialer.main import status_file
from dialer.origins import ORIGINS
from dialer.origins import as_text as origins_as_text
from dialer.ports import StoreUnavailable
from dialer.store import migrate as bring_up_to_date
from dialer.store.roles import let_work
from dialer.supervisor import ChildFailed, Program
from dialer.telling import told_file
from dialer.web_process import web_answers, web_status_file

ENGINE_STOP_MARGIN_SECONDS = 10.0
CALLERS_SILENT_SECONDS = 5.0  # whoever waits hears one round of music meanwhile, then nothing; it works on nothing long
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""numpy's own threads cost more than they bring for matrices as small as the ear's."""


def programs(settings: Settings) -> list[Program]:
    """What is not ours (a DATABASE_URL, a node that is not embedded) is only spoken to."""
    ours = [postgres(settings)] if settings.database_url is None else []
    return [
        *ours,
        migrate(settings),
        prompts(settings),
        *(asterisk(settings, node) for node in settings.nodes if node.embedded),
        *ears(settings),
        callers(settings),
        engine(settings),
        *([web(settings)] if settings.web.serve else []),
    ]


def database_url(settings: Settings) -> str:
    """As the programs use it: what was logged, they cannot change."""
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    cluster = PostgresCluster(settings.state_dir)
    if not cluster.program_password_file.exists():
        raise StoreUnavailable("it has never been started")
    return cluster.program_url


def owner_url(settings: Settings) -> str:
    """As the owner of the tables, for whoever migrates them, lets old logs go or puts a backup back."""
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    cluster = PostgresCluster(settings.state_dir)
    if not cluster.password_file.exists():
        raise StoreUnavailable("it has never been started")
    return cluster.url


def migrate_tables(settings: Settings) -> None:
    """Up to date, and the programs let in. A database of somebody else's lets in whom its owner says."""
    url = owner_url(settings)
    bring_up_to_date(url)
    if settings.database_url is None:
        let_work(url, PROGRAM)


def postgres(settings: Settings) -> Program:
    cluster = PostgresCluster(settings.state_dir)

    async def ready(_pid: int) -> bool:
        return await asyncio.to_thread(cluster.is_ready)

    return Program("postgres", cluster.argv, ready, prepare=cluster.prepare, stop_signal=signal.SIGINT)


def migrate(settings: Settings) -> Program:
    return Program("migrate", lambda: _dialer("migrate"), environment=_environment(settings))


def prompts(settings: Settings) -> Program:
    """By what the city has approved, before anybody can hear them."""
    return Program("prompts", lambda: _dialer("prompts", "build"), environment=_environment(settings))


def asterisk(settings: Settings, node: AsteriskNode) -> Program:
    instance = AsteriskInstance(settings, node)

    def prepare() -> None:
        instance.configure()
        instance.check_room()

    async def ready(_pid: int) -> bool:
        return await asyncio.to_thread(instance.is_ready)

    return Program(f"asterisk-{node.name}", instance.argv, ready, prepare=prepare)


def ears(settings: Settings) -> list[Program]:
    """They share one port; each may die alone."""

    async def ready(pid: int) -> bool:
        return bool(read_json(ear_status_file(settings, pid)).get("ready"))

    def prepare() -> None:
        _check_ear_port(settings)

    numbers = range(1, settings.hearing.processes + 1)
    names = ["ear"] if settings.hearing.processes == 1 else [f"ear-{number}" for number in numbers]
    environment = {**_environment(settings), **ONE_THREAD}
    told = partial(ear_status_file, settings)
    return [
        Program(name, lambda: _dialer("ear"), ready, prepare=prepare, environment=environment, told=told)
        for name in names
    ]


def _check_ear_port(settings: Settings) -> None:
    """Ears of one centre share the port; another centre's would be given each other's calls without a word."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((EAR_HOST, settings.hearing.port))
        except OSError as taken:
            if not other_ears(settings):
                raise ChildFailed(
                    f"hearing.port: {EAR_HOST}:{settings.hearing.port} cannot be used ({taken.strerror}). "
                    "Choose another port in the settings, or stop the program that has it."
                ) from None


def callers(settings: Settings) -> Program:
    """The server for people who call; while it is away the dialplan answers them alone."""

    async def ready(pid: int) -> bool:
        return bool(read_json(agi_status_file(settings, pid)).get("ready"))

    argv = [sys.executable, "-m", "agi"]
    return Program(
        "agi",
        lambda: argv,
        ready,
        environment=_environment(settings),
        told=partial(agi_status_file, settings),
        silent_seconds=CALLERS_SILENT_SECONDS,
    )


def agi_status_file(settings: Settings, pid: int) -> Path:
    return told_file(settings.state_dir, "agi", pid)


def engine(settings: Settings, name: str = "engine") -> Program:
    async def ready(pid: int) -> bool:
        return read_json(status_file(settings, pid)).get("pid") == pid

    return Program(
        name,
        lambda: _dialer("engine"),
        ready,
        environment=_environment(settings),
        stop_seconds=settings.dialling.drain_seconds + ENGINE_STOP_MARGIN_SECONDS,
        told=partial(status_file, settings),
    )


def web(settings: Settings) -> Program:
    """It says of itself when it serves, and then has to answer."""

    async def ready(pid: int) -> bool:
        told = read_json(web_status_file(settings, pid))
        return told.get("pid") == pid and await asyncio.to_thread(web_answers, settings)

    told = partial(web_status_file, settings)
    return Program("web", lambda: _dialer("web"), ready, environment=_environment(settings), told=told)


def _dialer(*words: str) -> list[str]:
    return [sys.executable, "-m", "dialer", *words]


def _environment(settings: Settings) -> dict[str, str]:
    return {"PYTHONPATH": str(ROOT), ORIGINS: origins_as_text(settings), **as_environment(settings)}
