"""Which sound says what: the book that a build leaves in each city's folder, and how it is asked.

Whoever plays a message asks here and nowhere else: only approved and valid texts are handed out.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from dialer.core.city import City
from dialer.core.messages import JAPANESE, PURPOSE_NAMES, Message, MessagePurpose, NoMessage, choose
from dialer.core.variants import ANY_VARIANTS, NO_OPENING, PLAIN
from dialer.core.versions import Decision, VersionState
from dialer.folders import read_json, write_json

FOR_ALL = ""
"""In place of a debt kind: the sound is the same for all of them."""

Sounds = Mapping[str, tuple[str, float]]
"""By debt kind and variant (`sound_key`): the sound's name and its seconds."""


def sound_key(debt: str, variant: str) -> str:
    return f"{debt}#{variant}" if variant else debt


class Source(StrEnum):
    SHIPPED = "shipped"  # the drafts that came with the program
    STORE = "store"  # with what the city decided


@dataclass(frozen=True, slots=True)
class Sound:
    """A file that may be played now."""

    path: Path
    name: str  # relative to the prompts and without its ending, as Asterisk and the ear's briefing want it
    seconds: float
    message: Message


class PromptBook:
    """Which sound says what: for whoever plays them. Reads one small file for each city; `refresh` sees a new build."""

    def __init__(self, folder: Path, *, drafts: bool = False) -> None:
        self._folder, self._drafts = folder, drafts
        self._known: dict[str, tuple[int, Mapping[Message, Sounds]]] = {}

    def refresh(self, city: str) -> bool:
        """True when the book of this city has changed."""
        path = book_file(self._folder, city)
        try:
            stamp = path.stat().st_mtime_ns
        except OSError:
            return self._known.pop(city, None) is not None
        if city in self._known and self._known[city][0] == stamp:
            return False
        self._known[city] = stamp, _read(path)
        return True

    def sound(
        self, city: str, purpose: MessagePurpose, debt: str | None, now: datetime, language: str = JAPANESE
    ) -> Sound | NoMessage:
        if city not in self._known:
            self.refresh(city)
        known = self._known[city][1] if city in self._known else {}
        chosen = choose(known, purpose, debt, now, language, drafts=self._drafts)
        if isinstance(chosen, NoMessage):
            return chosen
        return self._found(chosen, known[chosen], (debt,) if debt else (), ANY_VARIANTS)

    def sound_for_callers(
        self, city: str, purpose: MessagePurpose, debts: Sequence[str], now: datetime, variant: str = PLAIN
    ) -> Sound | NoMessage:
        """Of a number on which several debt kinds are called back: what is said of all of them, never of one."""
        if city not in self._known:
            self.refresh(city)
        known = self._known[city][1] if city in self._known else {}
        chosen = choose(known, purpose, debts[0] if len(debts) == 1 else None, now, drafts=self._drafts)
        variants = (variant, PLAIN, NO_OPENING)  # without a sound for just that opening, the one that names none
        return chosen if isinstance(chosen, NoMessage) else self._found(chosen, known[chosen], debts, variants)

    def _found(
        self, chosen: Message, sounds: Sounds, debts: Sequence[str], variants: Sequence[str]
    ) -> Sound | NoMessage:
        wanted = [sound_key(debt, one) for one in variants for debt in (FOR_ALL, *debts)]
        found = next((sounds[key] for key in wanted if key in sounds), None)
        if found is None:
            what = f"版{chosen.version}の音声がありません。dialer prompts build を実行してください"
            return NoMessage(chosen.purpose, f"{PURPOSE_NAMES[chosen.purpose]}: {what}")
        name, seconds = found
        return Sound(self._folder / f"{name}.wav", name, seconds, chosen)

    def name(self, city: str, purpose: MessagePurpose, debt: str, now: datetime) -> str:
        """What to say as of the newest build, by its name; empty when nothing may be said."""
        self.refresh(city)
        found = self.sound(city, purpose, debt, now)
        return found.name if isinstance(found, Sound) else ""

    def lacking(self, city: City, purposes: Iterable[MessagePurpose], now: datetime) -> tuple[str, ...]:
        """What must be said to somebody today and may not: a centre that calls real people does not begin then."""
        lines: list[str] = []
        for purpose in purposes:
            debts = [debt.key for debt in city.debts] if purpose.may_be_overheard else [None]
            found = {debt: self.sound(city.key, purpose, debt, now) for debt in debts}
            silent = {debt: one.reason for debt, one in found.items() if isinstance(one, NoMessage)}
            for reason in dict.fromkeys(silent.values()):
                names = [debt.name for debt in city.debts if silent.get(debt.key) == reason]
                of = f"（{'、'.join(names)}）" if 0 < len(names) < len(city.debts) else ""
                lines.append(f"{city.name}{of}: {reason}")
        return tuple(lines)

    def messages(self, city: str) -> Sequence[Message]:
        self.refresh(city)
        return list(self._known[city][1]) if city in self._known else []


def source_of(folder: Path, city: str) -> Source | None:
    """None: never built."""
    said = _told_before(book_file(folder, city)).get("source")
    return next((source for source in Source if source == said), None)


# --- the book as a file


def book_file(folder: Path, city: str) -> Path:
    return folder / city / "prompts.json"


def write_book(
    folder: Path, city: str, source: Source, sounds: Mapping[Message, Mapping[str, str]], lengths: Mapping[str, float]
) -> None:
    """Not touched when nothing has changed."""
    path, value = book_file(folder, city), _told(city, source, sounds, lengths)
    if _told_before(path) != value:
        write_json(path, value)


def sounds_named(folder: Path) -> set[str]:
    """Names of all sounds that some city's book knows."""
    books = [_read(path) for path in folder.glob("*/prompts.json")]
    return {name for book in books for sounds in book.values() for name, _ in sounds.values()}


def sounds_of(folder: Path, city: str) -> Mapping[Message, frozenset[str]]:
    """What the last build made for each text of a city."""
    book = _read(book_file(folder, city))
    return {one: frozenset(name for name, _ in sounds.values()) for one, sounds in book.items()}


def _told(
    city: str, source: Source, sounds: Mapping[Message, Mapping[str, str]], lengths: Mapping[str, float]
) -> dict[str, object]:
    return {
        "city": city,
        "source": source.value,
        "messages": [
            {
                "purpose": one.purpose.value,
                "debt": one.debt,
                "language": one.language,
                "version": one.version,
                "text": one.text,
                "recording": one.recording,
                "decision": _decision_told(one.decision),
                "sounds": {debt: [name, lengths[name]] for debt, name in said.items()},
            }
            for one, said in sounds.items()
        ],
    }


def _decision_told(decision: Decision | None) -> dict[str, object] | None:
    if decision is None:
        return None
    return {
        "state": decision.state.value,
        "by": decision.by,
        "at": decision.at.isoformat(),
        "valid_from": decision.valid_from.isoformat() if decision.valid_from else None,
        "valid_until": decision.valid_until.isoformat() if decision.valid_until else None,
        "reason": decision.reason,
        "names_matter": decision.names_matter,
    }


def _read(path: Path) -> Mapping[Message, Sounds]:
    """A book that is damaged or that another version of the program wrote is no book: the next build makes it anew."""
    try:
        return dict(_messages(_told_before(path)))
    except (AttributeError, KeyError, TypeError, ValueError):
        return {}


def _told_before(path: Path) -> dict[str, object]:
    try:
        return read_json(path)
    except (OSError, ValueError):
        return {}


def _messages(said: Any) -> Iterator[tuple[Message, Sounds]]:
    for one in said["messages"]:
        message = Message(
            city=said["city"],
            purpose=MessagePurpose(one["purpose"]),
            debt=one["debt"],
            language=one["language"],
            version=one["version"],
            text=one["text"],
            recording=one["recording"],
            decision=_decision(one["decision"]),
        )
        yield message, {debt: (name, seconds) for debt, (name, seconds) in one["sounds"].items()}


def _decision(said: Mapping[str, Any] | None) -> Decision | None:
    if said is None:
        return None
    begins, ends = _moment(said["valid_from"]), _moment(said["valid_until"])
    return Decision(
        VersionState(said["state"]),
        said["by"],
        datetime.fromisoformat(said["at"]),
        begins,
        ends,
        reason=said["reason"],
        names_matter=said["names_matter"],
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
