"""Looking into a profile as it was written, whatever stands there: what is no value at all is passed over."""

from collections.abc import Iterator
from datetime import date, time
from typing import Any

from dialer.profiles.problems import Document, Loc, Problem


def at(document: Document, *path: str) -> Any:
    node: Any = document
    for step in path:
        node = node.get(step) if isinstance(node, dict) else None
    return node


def entries(document: Document, *path: str) -> Iterator[tuple[Loc, dict[str, Any]]]:
    found = at(document, *path)
    for place, one in enumerate(found if isinstance(found, list) else []):
        if isinstance(one, dict):
            yield (*path, place), one


def words(value: Any) -> list[str]:
    found = value if isinstance(value, list) else [value]
    return [word for word in found if isinstance(word, str)]


def keys(document: Document, *path: str) -> list[str]:
    return [word for _, one in entries(document, *path) for word in words(one.get("key"))]


def table(document: Document, *path: str) -> dict[str, Any]:
    found = at(document, *path)
    return found if isinstance(found, dict) else {}


def clock(value: Any) -> time | None:
    try:
        return time.fromisoformat(str(value))
    except ValueError:
        return None


def span(value: Any) -> tuple[time, time] | None:
    found = [clock(half) for half in value] if isinstance(value, list) else []
    return (found[0], found[1]) if len(found) == 2 and found[0] and found[1] else None


def first_and_last(one: dict[str, Any]) -> tuple[date, date] | None:
    try:
        return date.fromisoformat(str(one.get("first"))), date.fromisoformat(str(one.get("last")))
    except ValueError:
        return None


def unknown(loc: Loc, word: str, known: list[str], what: str) -> Problem:
    return Problem(loc, f"{what}「{word}」はありません。あるのは {'、'.join(known) or 'まだ何もなし'}")
