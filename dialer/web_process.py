"""`dialer web`: serves the pages until it is told to stop."""

import asyncio
import http.client
import os
import signal
import ssl
import time
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

import structlog
from aiohttp import web

from dialer.config import Settings, SettingsError
from dialer.health import Machine
from dialer.importing import Importing
from dialer.profiles import load_city
from dialer.rulebooks import Rulebooks
from dialer.store.database import Database
from dialer.store.postgres import PostgresStore
from dialer.telling import tell_on, told_file
from dialer.web.app import build_app
from dialer.web.attendance import add_attendance
from dialer.web.desk_parts import add_desk
from dialer.web.ended_sessions import add_ended_sessions
from dialer.web.floor_live import add_floor
from dialer.web.import_job import IMPORTER
from dialer.web.imports import add_imports
from dialer.web.listening_watch import add_listening_watch
from dialer.web.parts import web_parts
from dialer.web.server import OwnRunner
from dialer.web.special import SPECIAL
from dialer.web.system import DOCTOR
from dialer.web.texts import TEXTS
from dialer.web.tls import EVERYWHERE, own_names, server_context
from dialer.web.warden import add_warden

log = structlog.get_logger()

STOP_SECONDS = 3.0
ANSWER_SECONDS = 2.0


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


def web_status_file(settings: Settings, pid: int) -> Path:
    return told_file(settings.state_dir, "web", pid)


def web_address(settings: Settings) -> str:
    """What people type."""
    port = "" if settings.web.port == 443 else f":{settings.web.port}"
    return f"https://{own_names(settings)[0]}{port}/"


def web_answers(settings: Settings) -> bool:
    """Whether it tells how the centre is, well or not. Its certificate is not asked about: it lives, that is all."""
    host = "127.0.0.1" if settings.web.host in EVERYWHERE else settings.web.host
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection(host, settings.web.port, timeout=ANSWER_SECONDS, context=context)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status in (HTTPStatus.OK, HTTPStatus.SERVICE_UNAVAILABLE)
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


async def run_web(settings: Settings, database_url: str) -> None:
    """Until SIGTERM or SIGINT. Calls go on without it; whoever is signed in stays so over a restart."""
    from dialer.doctor.kept import KeptCheckUp  # these need the stack, and the stack this module
    from dialer.special_messages import SpecialMessages
    from dialer.texts import Texts

    clock, web_settings = SystemClock(), settings.web
    context = server_context(settings, clock.now())
    database = Database(database_url, name="yobikake web")
    parts = web_parts(settings, database, load_city(settings.city), clock)
    app, rules = build_app(parts), PostgresStore(database_url, settings.city, name="yobikake web rules")
    add_desk(app, database_url, Rulebooks(settings, rules))
    add_attendance(app)
    add_listening_watch(app)
    add_floor(app, database_url)
    app[SPECIAL] = SpecialMessages(settings, lambda: parts.city, clock)
    app[TEXTS] = Texts(settings, lambda: parts.city, clock)
    app[DOCTOR] = KeptCheckUp(settings)
    app[IMPORTER] = Importing(settings, database_url)
    add_imports(app)
    add_warden(app, Machine(settings, records=settings.records(parts.city)))
    add_ended_sessions(app, database_url)
    runner = OwnRunner(app, shutdown_seconds=STOP_SECONDS)
    await runner.setup()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    try:
        site = web.TCPSite(runner, web_settings.host, web_settings.port, ssl_context=context)
        try:
            await site.start()
        except OSError as taken:
            raise SettingsError(
                f"web.port: {web_settings.host}:{web_settings.port} cannot be used ({taken.strerror}). "
                "Choose another port in the settings, or stop the program that has it."
            ) from None
        how = {"ready": True, "address": web_address(settings)}
        telling = asyncio.create_task(tell_on(web_status_file(settings, os.getpid()), lambda: how))
        log.info("web started", address=web_address(settings))
        try:
            await stopped.wait()
        finally:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)
    finally:
        await runner.cleanup()
        parts.passwords.close()
        await rules.close()
        await database.close()
        log.info("web ended")
