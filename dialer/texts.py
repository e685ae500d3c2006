"""A city's texts, handled from a page: listed, heard, entered, approved by another person, taken back."""

from collections.abc import Callable
from dataclasses import replace

from dialer.calendar_commands import CannotAnswer
from dialer.config import Settings
from dialer.core.city import City
from dialer.core.messages import Message
from dialer.ports import Clock
from dialer.prompt_approvals import NOTHING_ENTERED, Ruling, Wording, add_message, approve, withdraw
from dialer.prompt_commands import find_version, kind_from, opened_messages
from dialer.prompt_saying import sound_of
from dialer.special_messages import refusal_of

NOT_ONES_OWN = f"ご自分で登録した文面は承認できません。ほかの方が内容を聞いて、承認してください。{NOTHING_ENTERED}"


class Texts:
    def __init__(self, settings: Settings, city: Callable[[], City], clock: Clock) -> None:
        """`city`: as its profile says now."""
        self._settings, self._city, self._clock = settings, city, clock

    async def known(self) -> tuple[Message, ...]:
        async with opened_messages(self._settings, self._city(), self._clock.now()) as store:
            return tuple(await store.messages())

    @property
    def drafts_are_played(self) -> bool:
        """In a rehearsal, where nobody real is called."""
        return self._settings.trunk.is_simulated

    async def sound(self, purpose: str, debt: str | None, language: str, version: int) -> bytes | str:
        """A WAV file, or why there is none."""
        try:
            kind = kind_from(self._city(), purpose, debt, language)
            async with opened_messages(self._settings, self._city(), self._clock.now()) as store:
                return await sound_of(store, self._city(), find_version(await store.messages(), kind, version))
        except CannotAnswer as why:
            return str(why)

    async def add(self, purpose: str, text: str, *, debt: str | None, by: str) -> str | None:
        """A draft. None, or why not."""
        wording = Wording(purpose, text, by, debt)
        return await refusal_of(lambda: add_message(self._settings, self._city(), wording, self._clock.now()))

    async def approve(
        self, message: Message, *, by: str, reason: str, first: str | None, last: str | None, names_matter: bool
    ) -> str | None:
        """By somebody else than who entered it; an earlier version again, too."""
        if message.entered_by == by:
            return NOT_ONES_OWN
        ruling = replace(_ruling(message, by, reason), valid_from=first, valid_until=last, names_matter=names_matter)
        return await refusal_of(lambda: approve(self._settings, self._city(), ruling, self._clock.now()))

    async def withdraw(self, message: Message, *, by: str, reason: str) -> str | None:
        ruling = _ruling(message, by, reason)
        return await refusal_of(lambda: withdraw(self._settings, self._city(), ruling, self._clock.now()))


def _ruling(message: Message, by: str, reason: str) -> Ruling:
    return Ruling(message.purpose, message.version, by, reason, message.debt, message.language)
