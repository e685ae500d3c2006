"""What a detector said about a file, whichever detector it was."""

from collections.abc import Callable
from dataclasses import dataclass

from dialer.media.speech import Samples
from earlab.labels import Label

BLOCK = 160  # samples of 20 ms
BLOCK_MS = 20


@dataclass(frozen=True, slots=True)
class Answer:
    """The same fields as `dialer amd --json`."""

    file: str
    verdict: str  # a class, or undecided
    decided_at_ms: int
    beep_at_ms: int | None = None  # the end of the recording tone
    announcement: str | None = None
    reason: str = ""
    heard_ms: int | None = None  # listened to in all; None: until it decided


Detector = Callable[[Label, Samples], Answer]
"""Hears one file as a call is heard: block by block, never ahead. The label is for ring time and number type only."""
