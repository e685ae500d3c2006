"""Whoever listens to a script: presses keys at moments of a clock that only this has, or hangs up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from agi.steps import Get, Heard, Listen, Music, Note, Record, Replay, Say, Script, Set, Step, Tell, Wish

SOUND_SECONDS = 3.0
MUSIC_SECONDS = 17.0
LISTEN_SECONDS = 5.0


@dataclass
class Listener:
    keys: Mapping[float, str] = field(default_factory=dict)  # when: what
    variables: Mapping[str, str] = field(default_factory=dict)
    takes: Sequence[float] = ()  # how long is spoken, each time; then nobody speaks any more
    can_wish: bool = True
    missing: frozenset[str] = frozenset()  # sounds that are not there
    hangs_up_at: int | None = None  # the step
    now: float = 0.0
    heard: list[str] = field(default_factory=list)  # everything, as words
    steps: int = 0

    def __post_init__(self) -> None:
        self._pressed = sorted(self.keys.items())

    def listen_to(self, script: Script) -> "Listener":
        """To its end."""
        try:
            step = next(script)
            while self.steps != self.hangs_up_at:
                self.steps += 1
                step = script.send(self._reply(step))
        except StopIteration:
            return self
        script.close()
        self.heard.append("hangs up")
        return self

    @property
    def said(self) -> list[str]:
        """Sounds alone."""
        return [one for one in self.heard if " " not in one]

    def _reply(self, step: Step) -> Heard | str | bool | float | None:
        match step:
            case Say(sound, keys):
                if sound in self.missing:
                    return Heard(None, self.now, played=False)
                return self._played(sound, SOUND_SECONDS, keys)
            case Music(keys):
                return self._played("music", MUSIC_SECONDS, keys)
            case Listen(keys):
                return self._played("listen", LISTEN_SECONDS, keys)
            case Record():
                self.heard.append("record")
                spoken, self.takes = (self.takes[0], self.takes[1:]) if self.takes else (0.0, ())
                self.now += spoken
                return spoken
            case Replay(keys):
                return self._played("replay", SOUND_SECONDS, keys)
            case Get(variable):
                return self.variables.get(variable, "")
            case Set(variable, value):
                self.heard.append(f"set {variable}={value}")
            case Tell(event):
                self.heard.append(f"tell {event}")
            case Note(kind, detail):
                self.heard.append(" ".join(["note", kind, *detail.values()]))
            case Wish(number):
                self.heard.append(f"wish {number}")
                return self.can_wish
        return None

    def _played(self, sound: str, seconds: float, keys: str) -> Heard:
        """Keys that are not asked for are lost, as on a telephone."""
        self.heard.append(sound)
        ends = self.now + seconds
        while self._pressed and self._pressed[0][0] < ends:
            at, key = self._pressed.pop(0)
            if key in keys:
                self.now = max(self.now, at)
                return Heard(key, self.now, played=False)
        self.now = ends
        return Heard(None, self.now)
