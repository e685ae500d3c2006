"""`dialer agi`: builds the server for callers and serves until it is told to stop."""

import asyncio
import os
import signal
import threading
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path

import structlog

from agi.desk import Desk
from agi.keeping import Keeping
from agi.office import Office
from agi.records import Records
from agi.server import HOST, Server
from dialer.config import Settings, SettingsError
from dialer.folders import only_one, private_folder
from dialer.ports import StoreFault, StoreUnavailable
from dialer.stack import agi_status_file
from dialer.store.database import Database
from dialer.telling import TELL_SECONDS, tell

log = structlog.get_logger()

RULES_SECONDS = 5.0
GOODBYE_SECONDS = 1.0


def now() -> datetime:
    return datetime.now(UTC)


def run_agi(settings: Settings, database_url: str) -> None:
    """Until SIGTERM or SIGINT. Whoever waits then waits on with the dialplan alone, or with the next server."""
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    with only_one(settings.dictations):
        pass  # what is left of a command that was killed is gone
    office, database = Office(settings), Database(database_url, name="yobikake agi")
    keeping = Keeping(database, lambda: office.rules.city)
    with Records() as records:
        desk = Desk(
            office=office,
            store=keeping,
            records=records,
            now=now,
            recognise_seconds=settings.callers.recognise_seconds,
            test_numbers=frozenset(settings.callers.test_numbers),
        )
        beside = records.beside(_keep_rules(office, keeping))
        try:
            with _server(settings, desk) as server:
                serving = threading.Thread(target=server.serve_forever, name="server", daemon=True)
                serving.start()
                log.info("server for callers started", port=settings.callers.port)
                _tell_until(stopped, settings, server, records, beside)
                server.shutdown()
                server.break_off()
        finally:
            beside.cancel()
            records.flush(GOODBYE_SECONDS)
            records.ask(database.close(), GOODBYE_SECONDS)
            log.info("server for callers ended", unwritten=len(records.kept))


def _server(settings: Settings, desk: Desk) -> Server:
    try:
        return Server(settings.callers.port, desk.serve, settings.callers.sessions)
    except OSError as taken:
        raise SettingsError(
            f"callers.port: {HOST}:{settings.callers.port} cannot be used ({taken.strerror}). "
            "Choose another port in the settings, or stop the program that has it."
        ) from None


async def _keep_rules(office: Office, keeping: Keeping) -> None:
    """What is changed while it runs holds for the next call; without a database the last agreed days."""
    while True:
        try:
            changes = await keeping.calendar_changes()
        except (StoreUnavailable, StoreFault) as away:
            log.warning("cannot look for agreed days", why=str(away))
            changes = None
        if office.look(changes):
            log.info("rules changed", city=office.rules.city.key)
        await asyncio.sleep(RULES_SECONDS)


def _tell_until(
    stopped: threading.Event, settings: Settings, server: Server, records: Records, beside: "Future[None]"
) -> None:
    """Whether it is well, for the supervisor and the health page."""
    path: Path = agi_status_file(settings, os.getpid())
    private_folder(path.parent)
    try:
        while True:
            told = {
                "ready": True,
                "sessions": server.open_sessions,
                "served": server.served,
                "refused": server.refused,
                "failed": server.failed,
                "unwritten": len(records.kept),
                "lost": records.lost,
            }
            tell(path, told)
            if beside.done():
                beside.result()  # a fault of our own: the supervisor starts us again
            if stopped.wait(TELL_SECONDS):
                return
    finally:
        path.unlink(missing_ok=True)
