"""One AGI connection over a socket: pyst2's `AGI` class with its hazards mended.

What is mended: no signal handler (it works in the main thread only), nothing written to stderr (names and numbers of
callers), the end of the connection and `HANGUP` are a hang-up, `100 Trying` is passed over, `511` is a hang-up, values
are escaped and may hold no control character, names of sounds are quoted and of a narrow alphabet, -1 is a hang-up,
lines and their number have limits, and nothing is waited for without end.
"""

import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from asterisk.agi import AGI

MOST_LINES = 200
LONGEST_LINE = 8_192
GREETING_SECONDS = 5.0  # for the first lines
ANSWER_SECONDS = 150.0  # longer than any sound
RATE = 8000
SILENCE_KEPT_SECONDS = 1.0  # by Asterisk, of the silence that ended a recording
CODE = re.compile(r"(\d{3})[ -]?(.*)")
RESULT = re.compile(r"result=(-?\d+)(?: \((.*)\))?(?: endpos=(\d+))?")
SOUND = re.compile(r"[A-Za-z0-9_./-]+")
VARIABLE = re.compile(r"[A-Z_]+")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class CallEnded(Exception):
    """The caller hung up, or the engine took the call away."""


class NotASession(Exception):
    """Whoever connected speaks no AGI."""


@dataclass(frozen=True, slots=True)
class Answer:
    result: int
    data: str  # in parentheses
    end: int  # of a sound: the sample at which it ended


class Session(AGI):  # type: ignore[misc]  # pyst2 has no types
    """Blocking: one thread for each."""

    def __init__(self, connection: socket.socket) -> None:  # not AGI's: it would install a handler and write to stderr
        self._socket = connection
        self.stdin = connection.makefile("rb")
        self.stdout = connection.makefile("w", encoding="utf-8", newline="\n")
        self.stderr = _Nowhere()
        self._got_sighup = False
        self.env: dict[str, str] = {}
        connection.settimeout(GREETING_SECONDS)
        try:
            self._get_agi_env()
        except CallEnded:
            self.close()
            raise NotASession("it says nothing") from None
        except NotASession:
            self.close()
            raise
        connection.settimeout(ANSWER_SECONDS)

    def close(self) -> None:
        for file in (self.stdin, self.stdout):
            try:
                file.close()
            except OSError:  # what was still to be written goes nowhere
                continue

    # --- what scripts use

    def play(self, sound: str, keys: str = "", start: int = 0) -> tuple[str | None, int]:
        """The key that broke it off, and the sample where it ended; `start` again when there is no such sound."""
        _check_sound(sound)
        answer = self._asked("STREAM FILE", self._quote(sound), self._quote(keys), start)
        return _key(answer), answer.end

    def record(self, file: str, keys: str, longest_seconds: float, silence_seconds: float) -> float:
        """Onto this file, anew: its seconds, without the silence that ended it."""
        _check_sound(file)
        longest, silence = round(longest_seconds * 1000), f"s={silence_seconds:.0f}"
        answer = self._asked("RECORD FILE", self._quote(file), "wav", self._quote(keys), longest, silence)
        return max(0.0, answer.end / RATE - (0.0 if answer.data == "dtmf" else SILENCE_KEPT_SECONDS))

    def wait_for_key(self, seconds: float) -> str | None:
        return _key(self._asked("WAIT FOR DIGIT", round(seconds * 1000)))

    def variable(self, name: str) -> str:
        """Empty when it is not set."""
        _check_variable(name)
        return self._asked("GET VARIABLE", name).data

    def set(self, name: str, value: str) -> None:
        _check_variable(name)
        self._asked("SET VARIABLE", name, self._quote(value))

    def tell(self, event: str) -> None:
        """The engine, and the record of the channel in case it does not listen."""
        if not event.isalpha():
            raise ValueError(f"no name of an event: {event!r}")
        for application in ("UserEvent", "CELGenUserEvent"):
            self._asked("EXEC", application, self._quote(event))

    def argument(self, place: int) -> str:
        return self.env.get(f"agi_arg_{place}", "")

    # --- what is mended of pyst2

    def _get_agi_env(self) -> None:
        for line in self._lines(MOST_LINES):
            if line == "":
                return
            key, _, value = line.partition(":")
            if key.startswith("agi_"):
                self.env[key] = value.strip()
            elif not self.env:
                raise NotASession("its first line is not Asterisk's")
        raise NotASession("it says too much")

    def _quote(self, value: object) -> str:
        text = str(value)
        if CONTROL.search(text):
            raise ValueError("a control character would be another command")
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'

    def get_result(self, stdin: object = None) -> dict[str, Any]:
        raise NotImplementedError("answers are read by `_asked`")

    def _asked(self, command: str, *words: object) -> Answer:
        try:
            self.send_command(command, *words)
        except OSError:
            raise CallEnded from None
        return self._answer()

    def _answer(self) -> Answer:
        for line in self._lines(MOST_LINES):
            code = CODE.fullmatch(line)
            if line == "HANGUP" or code is None:
                raise CallEnded
            match code[1]:
                case "100":
                    continue
                case "200":
                    return _answered(code[2])
                case _:  # 511: the channel is dead; 510 and 520: not a command
                    raise CallEnded
        raise CallEnded

    def _lines(self, most: int) -> Iterator[str]:
        for _ in range(most):
            try:
                line = self.stdin.readline(LONGEST_LINE)
            except (OSError, ValueError):
                raise CallEnded from None
            if not line.endswith(b"\n"):
                raise CallEnded  # it ended, or it never does
            yield line.decode("utf-8", "replace").rstrip("\r\n")


class _Nowhere:
    def write(self, _text: str) -> None:
        pass


def _answered(text: str) -> Answer:
    found = RESULT.match(text)
    if found is None or found[1] == "-1":  # a hang-up or an application that failed: the call cannot be led on
        raise CallEnded
    return Answer(int(found[1]), found[2] or "", int(found[3] or 0))


def _key(answer: Answer) -> str | None:
    key = chr(answer.result) if 0 < answer.result < 128 else ""
    return key if key and key in "0123456789*#" else None


def _check_sound(name: str) -> None:
    if not SOUND.fullmatch(name) or ".." in name:
        raise ValueError(f"no name of a sound: {name!r}")


def _check_variable(name: str) -> None:
    if not VARIABLE.fullmatch(name):
        raise ValueError(f"no name of a variable: {name!r}")
