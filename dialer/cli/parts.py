"""What all commands share: how they print, ask for a city, run and fail."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Protocol, TypeVar

import typer
from rich.console import Console
from rich.progress import Progress

if TYPE_CHECKING:
    from dialer.core.city import City
    from dialer.lists.rows import Told

T = TypeVar("T")

console = Console()
errors = Console(stderr=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
OfCity = Annotated[str | None, typer.Option(help="nagaoka, niigata …; the engine's own city unless said.")]


class Failed(Exception):
    """The work failed; the message is the one line that a person reads."""


def say(text: str) -> None:
    errors.print(text, highlight=False, markup=False, soft_wrap=True)


def show(text: str) -> None:
    console.print(text, highlight=False, markup=False, soft_wrap=True)


class Answer(Protocol):
    def as_dict(self) -> dict[str, Any]: ...
    def as_text(self) -> str: ...


def answer(found: Answer, as_json: bool) -> None:
    if as_json:
        console.print_json(data=found.as_dict())
    else:
        show(found.as_text())


@contextmanager
def told_on(where: Console, what: str) -> "Iterator[Told]":
    """A progress bar on a terminal; nothing elsewhere."""
    with Progress(console=where, transient=True, disable=not where.is_terminal) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def profile_of(key: str) -> "City":
    from dialer.profiles import load_city

    return load_city(key)


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)
