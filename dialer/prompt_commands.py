"""The answers of `dialer prompts build | list`: a city's texts, which of them are played, their sounds (T-018)."""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from dialer.calendar_commands import CannotAnswer
from dialer.caller_files import write_caller_files
from dialer.config import Settings
from dialer.core.calendar.days import CalendarView
from dialer.core.calendar.openings import openings_ahead
from dialer.core.city import City
from dialer.core.messages import PURPOSE_NAMES, Message, MessagePurpose, NoMessage
from dialer.core.values import TOKYO, to_the_minute
from dialer.core.versions import STATE_NAMES, VersionState
from dialer.media.prompt_book import PromptBook, Sound, Source, source_of
from dialer.media.prompts import Built, build_city, building, label, recordings_missing, sweep
from dialer.media.shipped_texts import shipped_messages
from dialer.ports import StoreUnavailable
from dialer.rulebooks import in_force
from dialer.stack import database_url
from dialer.store.database import Database
from dialer.store.messages import MessageStore

OPENINGS_AHEAD_DAYS = 21  # for so long it can be said when it opens next


def prompts_folder(settings: Settings) -> Path:
    return settings.prompts


# --- build


@dataclass(frozen=True, slots=True)
class BuildAnswer:
    cities: tuple[Built, ...]
    notes: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Some sound could not be made; what nobody has approved is no failure of the build."""
        return any(one.problems for one in self.cities)

    def as_dict(self) -> dict[str, Any]:
        return {
            "cities": [
                {
                    "city": one.city,
                    "made": len(one.made),
                    "kept": one.kept,
                    "problems": list(one.problems),
                    "silent": list(one.silent),
                }
                for one in self.cities
            ],
            "notes": list(self.notes),
        }

    def as_text(self) -> str:
        lines = [f"{one.city}: {len(one.made)}件を作成、{one.kept}件は作成済み" for one in self.cities]
        lines += [f"注意: {line}" for one in self.cities for line in one.silent]
        lines += [f"注意: {note}" for note in self.notes]
        return "\n".join([*lines, *(line for one in self.cities for line in one.problems)])


async def build_prompts(settings: Settings, cities: Sequence[City], now: datetime) -> BuildAnswer:
    """Make what is missing. Without a database a city keeps what it has, or begins with the texts that are shipped."""
    built: list[Built] = []
    notes: list[str] = []
    for city in cities:
        try:
            async with opened_messages(settings, city, now) as store:
                built.append(await build_from(store, settings, city, now))
        except StoreUnavailable:
            notes.append(f"{city.key}: データベースに接続できないため、承認の状態は前回のままです")
            if source_of(prompts_folder(settings), city.key) is not Source.STORE:
                built.append(await _build_shipped(settings, city, now))
    return BuildAnswer(tuple(built), tuple(notes))


async def build_from(store: MessageStore, settings: Settings, city: City, now: datetime) -> Built:
    """By what the city decided, as the store knows it."""
    folder, drafts, spoken = prompts_folder(settings), settings.trunk.is_simulated, settings.spoken
    async with building(folder):
        messages = await store.messages()
        recordings = await store.recordings(recordings_missing(folder, messages, now, drafts=drafts))
        hours = in_force(settings, city, await store.calendar_changes())
        openings = openings_ahead(hours[1], now, OPENINGS_AHEAD_DAYS)
        built = build_city(
            folder, city, messages, now, drafts=drafts, recordings=recordings, spoken=spoken, openings=openings
        )
        place_for_callers(settings, hours, now)
        sweep(folder, now)
    return built


def place_for_callers(settings: Settings, hours: tuple[City, CalendarView], now: datetime) -> None:
    """By what the dialplan goes when nobody else answers, in step with the sounds that it names."""
    city, calendar = hours
    if city.key == settings.city:
        book = PromptBook(settings.prompts, drafts=settings.trunk.is_simulated)
        write_caller_files(settings.caller_files, city, calendar, book, now)


async def _build_shipped(settings: Settings, city: City, now: datetime) -> Built:
    folder, drafts, spoken = prompts_folder(settings), settings.trunk.is_simulated, settings.spoken
    texts = shipped_messages(city)
    async with building(folder):
        built = build_city(folder, city, texts, now, source=Source.SHIPPED, drafts=drafts, spoken=spoken)
        place_for_callers(settings, in_force(settings, city, ()), now)
    return built


@asynccontextmanager
async def opened_messages(settings: Settings, city: City, now: datetime) -> AsyncIterator[MessageStore]:
    """With the shipped texts in it."""
    database = Database(database_url(settings), name="yobikake prompts")
    try:
        store = MessageStore(database, city)
        await store.ensure(shipped_messages(city), now)
        yield store
    finally:
        await database.close()


# --- list


@dataclass(frozen=True, slots=True)
class ListAnswer:
    city: City
    messages: tuple[Message, ...]
    playing: tuple[tuple[MessagePurpose, str | None, str], ...]  # purpose, debt, what is said or why nothing
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return {
            "city": self.city.key,
            "messages": [message_told(one) for one in self.messages],
            "playing": [{"purpose": purpose, "debt": debt, "says": says} for purpose, debt, says in self.playing],
            "notes": list(self.notes),
        }

    def as_text(self) -> str:
        lines = [f"{self.city.name}の文面"]
        lines += [message_in_words(one) for one in self.messages]
        lines += ["", "いま再生されるもの"]
        for purpose, debt, says in self.playing:
            of = f"（{debt}）" if debt else ""
            lines.append(f"{PURPOSE_NAMES[purpose]}{of}: {says}")
        return "\n".join([*lines, *(f"注意: {note}" for note in self.notes)])


async def list_prompts(settings: Settings, city: City, now: datetime) -> ListAnswer:
    """Every version with its state, and what would be played now."""
    book = PromptBook(prompts_folder(settings), drafts=settings.trunk.is_simulated)
    notes: list[str] = []
    try:
        async with opened_messages(settings, city, now) as store:
            messages = await store.messages()
    except StoreUnavailable:
        messages = list(book.messages(city.key)) or shipped_messages(city)
        notes = ["データベースに接続できないため、前回作成したときの状態です"]
    playing: list[tuple[MessagePurpose, str | None, str]] = []
    entered = {one.purpose for one in messages}
    for purpose in (one for one in MessagePurpose if one in entered or not one.is_optional):
        for debt in [one.key for one in city.debts] if purpose.may_be_overheard else [None]:
            found = book.sound(city.key, purpose, debt, now)
            playing.append((purpose, debt, found.reason if isinstance(found, NoMessage) else _played(found)))
    return ListAnswer(city, tuple(messages), tuple(playing), tuple(notes))


def _played(sound: Sound) -> str:
    draft = "（下書き。模擬の回線だけで再生します）" if sound.message.state is VersionState.DRAFT else ""
    return f"版{sound.message.version} {sound.seconds:.1f}秒{draft}"


def message_told(one: Message) -> dict[str, Any]:
    decision = one.decision
    return {
        "purpose": one.purpose.value,
        "debt": one.debt,
        "language": one.language,
        "version": one.version,
        "state": one.state.value,
        "by": decision.by if decision else None,
        "at": _iso(decision.at) if decision else None,
        "valid_from": _iso(decision.valid_from) if decision else None,
        "valid_until": _iso(decision.valid_until) if decision else None,
        "reason": decision.reason if decision else None,
        "recorded": one.recording is not None,
        "text": one.text,
    }


def message_in_words(one: Message) -> str:
    parts = [label(one), STATE_NAMES[one.state]]
    if decision := one.decision:
        parts.append(f"{decision.at.astimezone(TOKYO):%Y-%m-%d} {decision.by}")
        if decision.valid_from or decision.valid_until:
            parts.append(f"{to_the_minute(decision.valid_from)}～{to_the_minute(decision.valid_until)}")
    if one.recording is not None:
        parts.append("録音")
    return f"{'  '.join(parts)}\n    {one.text}"


def _iso(moment: datetime | None) -> str | None:
    return moment.astimezone(TOKYO).isoformat() if moment else None


# --- which text is meant


@dataclass(frozen=True, slots=True)
class Kind:
    """Of which texts the versions are counted."""

    purpose: MessagePurpose
    debt: str | None
    language: str


def kind_from(city: City, purpose: str, debt: str | None, language: str) -> Kind:
    """As it was typed; CannotAnswer when there is no such kind of text."""
    if purpose not in list(MessagePurpose):
        raise CannotAnswer(f"文面の用途「{purpose}」はありません。{'、'.join(MessagePurpose)} のいずれかです。")
    if debt is not None and city.debt(debt) is None:
        known = "、".join(one.key for one in city.debts)
        raise CannotAnswer(f"{city.name}に科目「{debt}」はありません。あるのは {known} です。")
    if not re.fullmatch(r"[a-z]{2}", language):
        raise CannotAnswer(f"言語「{language}」は読めません。ja、vi のように2文字で書いてください。")
    return Kind(MessagePurpose(purpose), debt, language)


def find_version(messages: Sequence[Message], kind: Kind, version: int) -> Message:
    meant = [one for one in messages if Kind(one.purpose, one.debt, one.language) == kind]
    found = next((one for one in meant if one.version == version), None)
    if found is None:
        known = "、".join(f"版{one.version}" for one in meant) or "まだ何もありません"
        raise CannotAnswer(f"{kind.purpose} に版{version}はありません。あるのは {known} です。")
    return found
