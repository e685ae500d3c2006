"""Files that were handed in and wait to be taken over: on the disk for us alone, for a day at most, never in memory.

A file lies under a name of ours; the one that it came with is shown, and is never part of a path.
"""

import asyncio
import os
import re
import secrets
import shutil
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import structlog

from dialer.folders import private_folder
from dialer.web.import_job import Importer, Job, News
from dialer.web.parts import Clock

log = structlog.get_logger()

KEPT_FOR = timedelta(days=1)
MOST_WAITING = 20  # of a city
LONGEST_NAME = 120
NOT_OF_A_NAME = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
ENDED = "処理が途中で終わりました。取込が行われたかどうかは、受渡しの記録でお確かめください。"


class State(StrEnum):
    READING = "reading"
    CHOICE = "choice"  # between layouts
    SHOWN = "shown"  # what it would come to
    APPLYING = "applying"
    DONE = "done"
    WRONG = "wrong"  # it cannot be taken over, and why
    GONE = "gone"


BUSY = (State.READING, State.APPLYING)


class TooLarge(Exception):
    """The file is larger than is taken."""


class CutOff(Exception):
    """Less came than was promised."""


class TooMany(Exception):
    """So many files wait that no more are taken."""


@dataclass(slots=True)
class Upload:
    id: str
    by: str
    at: datetime
    size: int
    folder: Path
    name: str = field(repr=False)  # as it was given
    layout: str | None = None
    round: str | None = None
    state: State = State.READING
    done: int = 0
    of: int = 0
    answer: dict[str, Any] | None = field(default=None, repr=False)
    choices: list[str] = field(default_factory=list)
    wrong: str | None = None
    outdated: bool = False  # the data have changed since somebody looked
    version: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event, repr=False)
    work: asyncio.Task[None] | None = field(default=None, repr=False)

    @property
    def file(self) -> Path:
        return self.folder / "list.csv"

    @property
    def is_busy(self) -> bool:
        return self.state in BUSY

    def tell(self) -> None:
        self.version += 1
        self.changed.set()
        self.changed = asyncio.Event()


def shown_name(given: str) -> str:
    """What a browser says a file is called: the last part, without what a page cannot show."""
    last = re.split(r"[/\\]", given)[-1]
    return NOT_OF_A_NAME.sub("", last).strip()[:LONGEST_NAME] or "（名前なし）"


class Uploads:
    """Of one city and one process: after a restart what waited has to be handed in again."""

    def __init__(self, folder: Path, city: str, importer: Importer, clock: Clock, largest: int) -> None:
        self._folder, self._city, self._importer, self._clock = folder, city, importer, clock
        self.largest = largest
        self._known: dict[str, Upload] = {}
        self._one_at_a_time = asyncio.Lock()

    def begin(self) -> None:
        """What another process has left is nobody's."""
        shutil.rmtree(self._folder, ignore_errors=True)
        private_folder(self._folder)

    async def end(self) -> None:
        for upload in list(self._known.values()):
            await self.discard(upload)

    def of(self, id: str, login: str) -> Upload | None:  # noqa: A002
        """Whoever has handed it in decides about it."""
        found = self._known.get(id)
        return found if found is not None and found.by == login else None

    def waiting(self, login: str) -> list[Upload]:
        return [one for one in self._known.values() if one.by == login and one.state is not State.DONE]

    async def receive(self, name: str, by: str, chunks: AsyncIterator[bytes], promised: int | None) -> Upload:
        """Raises TooLarge, CutOff, TooMany and OSError: then nothing of it is left."""
        await self.sweep()
        if promised is not None and promised > self.largest:
            raise TooLarge
        if sum(one.state is not State.DONE for one in self._known.values()) >= MOST_WAITING:
            raise TooMany
        id_ = secrets.token_hex(12)
        upload = Upload(id_, by, self._clock.now(), 0, self._folder / id_, name=shown_name(name))
        private_folder(upload.folder)
        try:
            upload.size = await _written(upload.file, chunks, self.largest)
            if promised is not None and upload.size != promised:
                raise CutOff
        except BaseException:
            shutil.rmtree(upload.folder, ignore_errors=True)
            raise
        self._known[id_] = upload
        return upload

    def look(self, upload: Upload, layout: str | None, round_: str | None) -> None:
        """What it would come to. Not while it is being read or taken over."""
        if not upload.is_busy and upload.state is not State.DONE:
            self._start(upload, State.READING, replace(self._job(upload), layout=layout, round=round_))

    def begin_with(self, upload: Upload, layout: str | None, round_: str | None) -> None:
        self._start(upload, State.READING, replace(self._job(upload), layout=layout, round=round_))

    def apply(self, upload: Upload, digest: str) -> bool:
        """False when this is not what is shown: nothing is begun."""
        answer = upload.answer
        if upload.state is not State.SHOWN or answer is None or answer["digest"] != digest:
            return False
        self._start(upload, State.APPLYING, replace(self._job(upload), applies=True, expected=digest))
        return True

    async def discard(self, upload: Upload) -> None:
        self._known.pop(upload.id, None)
        if upload.work is not None:
            upload.work.cancel()
            await asyncio.gather(upload.work, return_exceptions=True)
        shutil.rmtree(upload.folder, ignore_errors=True)
        upload.state = State.GONE
        upload.tell()

    async def sweep(self) -> None:
        old = self._clock.now() - KEPT_FOR
        for upload in [one for one in self._known.values() if one.at <= old and not one.is_busy]:
            await self.discard(upload)

    # ---

    def _job(self, upload: Upload) -> Job:
        return Job(self._city, upload.file, upload.name, upload.by, upload.layout, upload.round)

    def _start(self, upload: Upload, state: State, job: Job) -> None:
        upload.state, upload.done, upload.of = state, 0, 0
        upload.wrong, upload.outdated, upload.layout, upload.round = None, False, job.layout, job.round
        upload.tell()
        upload.work = asyncio.create_task(self._work(upload, job))

    async def _work(self, upload: Upload, job: Job) -> None:
        last = News(wrong=ENDED)
        try:
            async with self._one_at_a_time, aclosing(self._importer.work(job)) as told:
                async for news in told:
                    upload.done, upload.of = news.done, news.of
                    last = news if news.is_last else last
                    upload.tell()
        except asyncio.CancelledError:
            raise
        except Exception as fault:  # its text may quote data
            log.error("list could not be read", kind=type(fault).__name__)
        self._settle(upload, job, last)

    def _settle(self, upload: Upload, job: Job, news: News) -> None:
        upload.layout = news.layout or job.layout
        upload.wrong, upload.choices, upload.answer = news.wrong, news.choices or [], news.answer
        if news.wrong is not None:
            upload.state = State.WRONG
        elif news.answer is None:
            upload.state = State.CHOICE
        elif news.answer["refused"]:
            upload.state = State.WRONG
        elif job.applies and not news.answer["outdated"]:
            upload.state = State.DONE
            shutil.rmtree(upload.folder, ignore_errors=True)
        else:
            upload.state, upload.outdated = State.SHOWN, job.applies
        upload.tell()


async def _written(path: Path, chunks: AsyncIterator[bytes], largest: int) -> int:
    size = 0
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        async for chunk in chunks:
            size += len(chunk)
            if size > largest:
                raise TooLarge
            file.write(chunk)
    return size


async def sweeping(uploads: Uploads, every_seconds: float) -> None:
    """For as long as the process lives."""
    while True:
        await asyncio.sleep(every_seconds)
        with suppress(OSError):
            await uploads.sweep()
