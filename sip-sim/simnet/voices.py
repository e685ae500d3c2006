"""Spoken texts as sound, made before the first call and then at hand."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

from dialer.media.speech import Speech
from simnet.sound import Sound, encoded, silence
from simnet.texts import sentences


class Voices:
    def __init__(self, folder: Path) -> None:
        self._speech = Speech(folder)
        self._sounds: dict[str, Sound] = {}

    async def prepare(self, texts: Iterable[str]) -> None:
        """Speaks what is not kept from an earlier start; some seconds the first time."""
        wanted = {part for text in texts for part in sentences(text)}
        missing = sorted(wanted - self._sounds.keys())
        self._sounds |= await asyncio.to_thread(lambda: {text: encoded(self._speech.samples(text)) for text in missing})

    async def sound(self, text: str, pause_seconds: float = 0.3) -> Sound:
        """The text's sentences with a pause between two of them."""
        parts = sentences(text)
        if any(part not in self._sounds for part in parts):
            await self.prepare([text])
        return silence(pause_seconds).join(self._sounds[part] for part in parts)
