"""`dialer ear`: builds the ear of one node and serves it until it is told to stop."""

import asyncio
import os
import signal
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import structlog

from dialer.ami import AmiLink
from dialer.config import Hearing, Settings
from dialer.core.hearing.ear import Ear, Knowledge
from dialer.core.hearing.fingerprints import Library, Place
from dialer.core.hearing.learning import Learner
from dialer.core.hearing.values import HearingRules, Prior, What
from dialer.ear.news import News
from dialer.ear.server import Ears
from dialer.ear.session import Listener
from dialer.ear.sounds import Sounds
from dialer.embedded.asterisk import AsteriskInstance
from dialer.folders import private_folder, read_json
from dialer.media.hearing import HearingFailed, add_greeting, read_library
from dialer.media.hearing import knowledge as shipped_knowledge
from dialer.telling import tell_on, told_file

log = structlog.get_logger()

HOST = "127.0.0.1"  # what people say crosses no network


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


def ear_status_file(settings: Settings, pid: int) -> Path:
    return told_file(settings.state_dir, "ear", pid)


def other_ears(settings: Settings) -> list[int]:
    """Process ids of this centre's ears that live."""
    told = [read_json(path).get("pid") for path in (settings.state_dir / "run").glob("ear-*.json")]
    return [pid for pid in told if isinstance(pid, int) and Path(f"/proc/{pid}").exists()]


def hearing_rules(hearing: Hearing) -> HearingRules:
    return HearingRules(
        person_lost=hearing.person_lost,
        machine_passed=hearing.machine_passed,
        delay_per_second=hearing.delay_per_second,
        decide_by_ms=round(hearing.undecided_after_seconds * 1000),
    )


def greetings_file(settings: Settings) -> Path:
    """Greetings heard before: of the carriers' machines and announcements, which are the same sound every time."""
    return settings.state_dir / "greetings" / f"{settings.city}.json"


def all_knowledge(settings: Settings) -> Knowledge:
    """A damaged library of greetings is no reason to hear nothing."""
    try:
        library = read_library(greetings_file(settings))
    except HearingFailed as damaged:
        log.error("greetings heard before are not used", why=str(damaged))
        library = Library()
    return replace(shipped_knowledge(), library=library)


class Greetings:
    """What is known of greetings, from the last start and from the calls since."""

    def __init__(self, settings: Settings) -> None:
        self._file, self._learns = greetings_file(settings), settings.hearing.learn_greetings
        self.knowledge = all_knowledge(settings)
        self._learner = Learner(self.knowledge.library)

    def consider(self, heard: Sequence[Place]) -> None:
        if not self._learns or (greeting := self._learner.consider(heard, What.VOICEMAIL)) is None:
            return
        self.knowledge = replace(self.knowledge, library=self._learner.library)
        log.info("a greeting became known", greeting=greeting.key)
        try:
            private_folder(self._file.parent)
            add_greeting(self._file, self._learner.library, greeting)
        except (HearingFailed, OSError) as failed:
            log.error("a greeting could not be kept", greeting=greeting.key, why=str(failed))


async def run_ear(settings: Settings) -> None:
    """Until SIGTERM or SIGINT. The calls it was listening to go on without it: an operator is joined."""
    node, instance = settings.own_node, AsteriskInstance(settings, settings.own_node)
    news, rules, greetings = News(), hearing_rules(settings.hearing), Greetings(settings)
    link = AmiLink(node.host, node.ami_port, node.ear_user, instance.ear_secret, news, SystemClock())

    def listener(prior: Prior) -> Listener:
        return Ear(greetings.knowledge, rules, prior)

    listener(Prior()).feed(bytes(320))  # numpy's first steps are slow
    ears = Ears(listener, Sounds(settings.prompts), link, news, learn=greetings.consider)
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    working = [
        asyncio.create_task(link.run()),
        asyncio.create_task(ears.serve(HOST, settings.hearing.port)),
        asyncio.create_task(tell_on(ear_status_file(settings, os.getpid()), lambda: _how(ears, link))),
        asyncio.create_task(_until(stopped)),
    ]
    log.info("ear started", node=node.name, port=settings.hearing.port)
    try:
        await asyncio.wait(working, return_when=asyncio.FIRST_COMPLETED)
        for task in working:
            if task.done():
                task.result()  # a fault of our own: the supervisor starts us again
    finally:
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)
        log.info("ear ended", node=node.name)


async def _until(stopped: asyncio.Event) -> None:
    await stopped.wait()


def _how(ears: Ears, link: AmiLink) -> dict[str, object]:
    """Whether it is well, for the supervisor and the health page."""
    late = sorted(ears.lateness)
    return {
        "ready": link.ready,
        "streams": len(ears.streams),
        "tick_late_p99_ms": round(late[int(len(late) * 0.99)] * 1000, 2) if late else 0.0,
        "unheard_blocks": ears.unheard,
        "unread_briefings": ears.news.briefings,
    }
