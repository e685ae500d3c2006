"""What is asked of whoever reads lists and takes them over, and what is heard of it."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Job:
    """One step: what it would come to, or taking it over."""

    city: str
    file: Path
    name: str = field(repr=False)  # as it was given
    by: str = ""
    layout: str | None = None  # none: whichever fits
    round: str | None = None
    applies: bool = False
    expected: str | None = None  # what somebody was shown


@dataclass(frozen=True, slots=True)
class News:
    """How far it is; or, at the end, an answer, layouts to choose from, or what is wrong."""

    done: int = 0
    of: int = 0
    layout: str | None = None
    answer: dict[str, Any] | None = field(default=None, repr=False)
    choices: list[str] | None = None
    wrong: str | None = None

    @property
    def is_last(self) -> bool:
        return self.answer is not None or self.choices is not None or self.wrong is not None


class Importer(Protocol):
    def work(self, job: Job) -> AsyncGenerator[News]: ...


IMPORTER: web.AppKey[Importer] = web.AppKey("importer", Importer)
