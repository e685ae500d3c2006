"""The recorder's port, and what a recording is; `dialer.media.recordings` implements it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from dialer.core.city import City
from dialer.core.values import AttemptId


@dataclass(frozen=True, slots=True)
class Recording:
    attempt: AttemptId
    file: str  # name only, of the attempt's id
    seconds: float
    bytes: int = 0  # on the disk
    key_id: str | None = None  # of the key it is encrypted with; the key itself is nowhere in the store


class Recorder(Protocol):
    """Where the recordings of talks end up."""

    def records(self, city: City) -> bool:
        """Whether talks that begin now are recorded."""
        ...

    async def finish(self, attempt: AttemptId) -> Recording | None:
        """After the call: whole, encrypted, with its length. None when there is nothing, or nothing yet: what could not
        be finished is left over. Safe to repeat.
        """
        ...

    def left_over(self) -> Sequence[AttemptId]:
        """Recordings that are not finished: of calls that go on, and what a crash or a full disk left."""
        ...
