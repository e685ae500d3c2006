"""Plays a script on a session."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from agi.session import Session
from agi.steps import Get, Heard, Listen, Music, Note, Record, Replay, Say, Script, Set, Step, Tell, Wish

log = structlog.get_logger()

HOLD, PAUSE = "hold", "pause"
PAUSE_SECONDS = 4.5  # where the music for it is lacking


@dataclass
class Player:
    """`note` and `wish` are what the script cannot do by itself."""

    session: Session
    prompts: str  # the folder, as Asterisk sees it
    note: Callable[[Note], None]
    wish: Callable[[Wish], bool]
    tape: str = ""  # the file of what is recorded, without its ending
    began: float = field(default_factory=time.monotonic)
    _music_at: int = 0

    def run(self, script: Script) -> None:
        """Until it ends; a hang-up ends it wherever it is."""
        try:
            step = next(script)
            while True:
                step = script.send(self._done(step))
        except StopIteration:
            return
        finally:
            script.close()

    def _done(self, step: Step) -> Heard | str | bool | float | None:
        match step:
            case Say(sound, keys):
                return self._say(sound, keys)
            case Music(keys):
                return self._music(keys)
            case Listen(keys):
                key, end = self.session.play(self._file(PAUSE), keys)
                return self._heard(key or (None if end else self.session.wait_for_key(PAUSE_SECONDS)), keys)
            case Record(longest, silence, keys):
                return self.session.record(self.tape, keys, longest, silence)
            case Replay(keys):
                key, _ = self.session.play(self.tape, keys)
                return self._heard(key, keys)
            case Get(variable):
                return self.session.variable(variable)
            case Set(variable, value):
                self.session.set(variable, value)
            case Tell(event):
                self.session.tell(event)
            case Note():
                self.note(step)
            case Wish():
                return self.wish(step)
        return None

    def _say(self, sound: str, keys: str) -> Heard:
        key, end = self.session.play(self._file(sound), keys)
        if not end:
            log.warning("a sound is missing", sound=sound)
        return self._heard(key, keys, played=bool(end) and key is None)

    def _music(self, keys: str) -> Heard:
        key, end = self.session.play(self._file(HOLD), keys, self._music_at)
        if end == self._music_at and key is None:
            self._music_at = 0
            return self._heard(self.session.wait_for_key(1.0), keys, played=False)
        self._music_at = end if key else 0
        return self._heard(key, keys)

    def _heard(self, key: str | None, keys: str, *, played: bool = True) -> Heard:
        return Heard(key if key is not None and key in keys else None, time.monotonic() - self.began, played)

    def _file(self, sound: str) -> str:
        return f"{self.prompts}/{sound}"
