"""The city's own message to people who call, set from a page (I-004). Speech takes its time: it is made in a thread."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any

from dialer.calendar_commands import CannotAnswer
from dialer.config import Settings
from dialer.core.city import City
from dialer.core.messages import JAPANESE, MessagePurpose
from dialer.core.versions import VersionState
from dialer.media.finishing import speak
from dialer.media.speech import SpeechFailed, wav_bytes
from dialer.ports import Clock
from dialer.prompt_approvals import NOTHING_ENTERED, Ruling, Wording, add_message, approve, decision_from, withdraw
from dialer.prompt_commands import message_told, opened_messages

SPECIAL = MessagePurpose.SPECIAL.value


class SpecialMessages:
    def __init__(self, settings: Settings, city: Callable[[], City], clock: Clock) -> None:
        """`city`: as its profile says now."""
        self._settings, self._city, self._clock = settings, city, clock

    async def known(self) -> list[dict[str, Any]]:
        """Those that are or will be played, the newest first."""
        now = self._clock.now()
        async with opened_messages(self._settings, self._city(), now) as store:
            messages = await store.messages()
        return [
            message_told(one)
            for one in sorted(messages, key=lambda one: -one.version)
            if one.purpose is MessagePurpose.SPECIAL
            and one.language == JAPANESE
            and one.state is VersionState.APPROVED
            and not (one.decision and one.decision.valid_until and one.decision.valid_until <= now)
        ]

    async def say(self, text: str) -> bytes | str:
        """As it will sound, or why it cannot be said."""
        try:
            return await asyncio.to_thread(lambda: wav_bytes(speak(text)))
        except SpeechFailed:
            return "読み上げられません。日本語の文を書いてください。"

    async def set(self, text: str, *, first: str | None, last: str | None, reason: str, by: str) -> str | None:
        """Entered and approved at once: the city has said so. None, or why not."""
        ruling = Ruling(SPECIAL, 0, by, reason, valid_from=first, valid_until=last)

        async def work() -> None:
            now = self._clock.now()
            decision_from(ruling, VersionState.APPROVED, now)  # before anything is entered
            entered = await add_message(self._settings, self._city(), Wording(SPECIAL, text, by), now)
            await approve(self._settings, self._city(), replace(ruling, version=entered.message.version), now)

        return await refusal_of(work)

    async def withdraw(self, version: int, *, reason: str, by: str) -> str | None:
        ruling = Ruling(SPECIAL, version, by, reason)
        return await refusal_of(lambda: withdraw(self._settings, self._city(), ruling, self._clock.now()))


async def refusal_of(work: Callable[[], Awaitable[object]]) -> str | None:
    try:
        await asyncio.to_thread(partial(_run, work))
    except CannotAnswer as why:
        return str(why).removesuffix(NOTHING_ENTERED)
    return None


def _run(work: Callable[[], Awaitable[object]]) -> None:
    async def whole() -> None:
        await work()

    asyncio.run(whole())
