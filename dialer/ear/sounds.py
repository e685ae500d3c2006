"""Prompts as blocks of 20 ms, read once and kept."""

import wave
from collections import OrderedDict
from pathlib import Path

import structlog

from dialer.core.briefing import SOUND
from dialer.ear.frames import BLOCK_BYTES, SILENT_BLOCK

log = structlog.get_logger()

RATE = 8000
MOST_KEPT = 200
LONGEST_SECONDS = 120

Blocks = tuple[bytes, ...]


class Sounds:
    """By name, relative to the prompts' folder and without `.wav`. A prompt that was made anew has a new name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: OrderedDict[str, Blocks] = OrderedDict()

    def blocks(self, name: str) -> Blocks | None:
        """None when there is no such prompt, or none that can be played."""
        if name not in self._kept:
            found = self._read(name)
            if found is None:
                return None
            self._kept[name] = found
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(name)
        return self._kept[name]

    def _read(self, name: str) -> Blocks | None:
        if not SOUND.fullmatch(name):
            return None
        try:
            with wave.open(str(self._folder / f"{name}.wav"), "rb") as file:
                shape = file.getframerate(), file.getsampwidth(), file.getnchannels()
                if shape != (RATE, 2, 1):
                    log.error("prompt cannot be played: it must be 8 kHz, 16 bits, mono", prompt=name)
                    return None
                pcm = file.readframes(min(file.getnframes(), LONGEST_SECONDS * RATE))
        except (OSError, EOFError, wave.Error) as unreadable:
            log.error("prompt cannot be read", prompt=name, why=str(unreadable))
            return None
        blocks = [pcm[at : at + BLOCK_BYTES] for at in range(0, len(pcm), BLOCK_BYTES)]
        if not blocks:
            return None
        blocks[-1] += SILENT_BLOCK[len(blocks[-1]) :]
        return tuple(blocks)
