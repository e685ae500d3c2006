"""`dialer prompts add | approve | withdraw`: a new version of a text, and what the city decided about one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from dialer.calendar_commands import CannotAnswer, moment_from
from dialer.command_log import Use, note
from dialer.config import Settings
from dialer.core.city import City
from dialer.core.messages import JAPANESE, Message, MessagePurpose, faults
from dialer.core.variants import example_of
from dialer.core.versions import Decision, VersionError, VersionState
from dialer.media.finishing import finish, speak
from dialer.media.prompts import Built, text_for
from dialer.media.speech import RATE, Samples, SpeechFailed, wav_bytes
from dialer.media.uploads import RecordingRefused, read_recording
from dialer.prompt_commands import (
    build_from,
    find_version,
    kind_from,
    message_in_words,
    message_told,
    opened_messages,
)
from dialer.store.messages import NewMessage

NOTHING_ENTERED = "登録は行っていません。"


@dataclass(frozen=True, slots=True)
class Wording:
    """A text as it was typed."""

    purpose: str
    text: str
    by: str
    debt: str | None = None
    language: str = JAPANESE
    recording: Path | None = None


@dataclass(frozen=True, slots=True)
class Ruling:
    """A decision as it was typed, and which version it is about."""

    purpose: str
    version: int
    by: str
    reason: str
    debt: str | None = None
    language: str = JAPANESE
    valid_from: str | None = None  # 2026-12-01 or 2026-12-01T09:00
    valid_until: str | None = None  # a day counts to its end
    names_matter: bool = False


@dataclass(frozen=True, slots=True)
class Entered:
    message: Message
    built: Built
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        told = {"city": self.message.city, **message_told(self.message)}
        return {**told, "notes": [*self.notes, *self.built.problems, *self.built.silent]}

    def as_text(self) -> str:
        lines = [*self.notes, *self.built.problems, *self.built.silent]
        return "\n".join([message_in_words(self.message), *(f"注意: {line}" for line in lines)])


async def add_message(settings: Settings, city: City, wording: Wording, now: datetime) -> Entered:
    """A draft: nothing is played before it is approved."""
    new, notes = new_message(city, wording)
    async with opened_messages(settings, city, now) as store:
        added = await store.add(new, now)
        await note(settings, city, Use(wording.by, now, "add", "text", [_id(added)]))
        return Entered(added, await build_from(store, settings, city, now), notes)


async def approve(settings: Settings, city: City, ruling: Ruling, now: datetime) -> Entered:
    """Played from now on, or from and until when it says. Approving again sets another time."""
    return await _decide(settings, city, ruling, VersionState.APPROVED, now)


async def withdraw(settings: Settings, city: City, ruling: Ruling, now: datetime) -> Entered:
    """Not played any more."""
    return await _decide(settings, city, ruling, VersionState.WITHDRAWN, now)


def new_message(city: City, wording: Wording) -> tuple[NewMessage, tuple[str, ...]]:
    """Everything that can be wrong with a text is said before it is entered."""
    purpose, notes = check_wording(city, wording)
    samples = _spoken(city, wording, purpose) if wording.recording is None else _recorded(wording.recording)
    seconds = len(samples) / RATE
    if seconds > purpose.longest_seconds:
        limit = f"{purpose.longest_seconds:.0f}秒"
        raise _refused(f"{purpose}: {seconds:.1f}秒かかります。{limit}までに縮めてください")
    recording = wav_bytes(samples) if wording.recording is not None else None
    return NewMessage(purpose, wording.text, wording.by, wording.debt, wording.language, recording), notes


def check_wording(city: City, wording: Wording) -> tuple[MessagePurpose, tuple[str, ...]]:
    """All but its sound: what the text is for, and what is to be told about it."""
    with _nothing_entered():
        purpose = kind_from(city, wording.purpose, wording.debt, wording.language).purpose
    found = list(faults(purpose, wording.text))
    if firm := [one.what for one in found if not one.can_be_approved]:
        raise _refused(f"{purpose}: {'。'.join(firm)}")
    if not wording.by.strip():
        raise _refused("--by に登録する人を書いてください")
    if wording.recording is not None and "{callback}" in wording.text:
        raise _refused("録音の文面には、{callback} ではなく録音した番号を書いてください")
    if wording.recording is not None and "{" in wording.text:
        raise _refused("録音では、順番や日時などを言い換えられません。波括弧のない文面にしてください")
    return purpose, tuple(one.what for one in found)


def _spoken(city: City, wording: Wording, purpose: MessagePurpose) -> Samples:
    if wording.language != JAPANESE:
        raise _refused(f"音声合成は日本語だけです。{wording.language} は --recording で録音を付けてください")
    draft = Message(city.key, purpose, wording.debt, wording.language, 0, wording.text)
    try:
        return speak(example_of(text_for(draft, city.debts[0].caller_id)))
    except SpeechFailed:
        raise _refused(f"{purpose}: 読み上げられません。日本語の文を書いてください") from None


def _recorded(file: Path) -> Samples:
    try:
        return finish(read_recording(file))
    except RecordingRefused as refused:
        raise _refused(str(refused).removesuffix("。")) from None


async def _decide(settings: Settings, city: City, ruling: Ruling, state: VersionState, now: datetime) -> Entered:
    with _nothing_entered():
        kind = kind_from(city, ruling.purpose, ruling.debt, ruling.language)
        decision = decision_from(ruling, state, now)
    async with opened_messages(settings, city, now) as store:
        with _nothing_entered():
            message = find_version(await store.messages(), kind, ruling.version)
        if state is VersionState.APPROVED:
            _may_be_approved(message, ruling)
        await store.decide(message, decision)
        detail = {"old": message.state.value, "new": state.value}
        did = "approve" if state is VersionState.APPROVED else "withdraw"
        await note(settings, city, Use(ruling.by, now, did, "text", [_id(message)], 1, detail))
        decided = find_version(await store.messages(), kind, ruling.version)
        return Entered(decided, await build_from(store, settings, city, now))


def _id(message: Message) -> str:
    """Of a version, for the log."""
    return ":".join(filter(None, (message.purpose.value, message.debt, message.language, str(message.version))))


def decision_from(ruling: Ruling, state: VersionState, now: datetime) -> Decision:
    if not ruling.by.strip() or not ruling.reason.strip():
        raise _refused("--by に決めた人、--reason に根拠（協議書の番号など）を書いてください")
    begins, ends = moment_from(ruling.valid_from), moment_from(ruling.valid_until, to_the_end=True)
    if ends is not None and ends <= now:
        raise _refused(f"有効期間の終わり {ruling.valid_until} はもう過ぎています")
    try:
        return Decision(state, ruling.by, now, begins, ends, ruling.reason, ruling.names_matter)
    except VersionError as wrong:
        raise _refused(f"{wrong}") from None


def _may_be_approved(message: Message, ruling: Ruling) -> None:
    """Texts that were shipped or entered under older rules are judged by those of today."""
    for fault in faults(message.purpose, message.text):
        if not fault.can_be_approved:
            raise _refused(f"版{message.version}: {fault.what}")
        if not ruling.names_matter:
            raise _refused(f"版{message.version}: {fault.what}。承認を得ていれば --names-matter を付けてください")


def _refused(what: str) -> CannotAnswer:
    return CannotAnswer(f"{what}。{NOTHING_ENTERED}")


@contextmanager
def _nothing_entered() -> Iterator[None]:
    try:
        yield
    except CannotAnswer as wrong:
        what = str(wrong)
        raise CannotAnswer(what if what.endswith(NOTHING_ENTERED) else f"{what}{NOTHING_ENTERED}") from None
