"""What the pace of calls needs of the store, beside the cases themselves."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from dialer.core.owed import OwedCall
from dialer.core.shift_plan import PlannedTime


@dataclass(frozen=True, slots=True)
class KeptPace:
    """What pacing had learned when it was written."""

    tables: Mapping[str, Any]
    at: datetime


class PaceStore(Protocol):
    async def learned_pace(self, city: str) -> KeptPace | None: ...
    async def save_learned_pace(self, city: str, tables: Mapping[str, Any], at: datetime) -> None: ...
    async def left_alone(self, city: str, since: datetime) -> Mapping[str, tuple[int, int]]:
        """By debt kind: persons who have answered since then, and how many of them met no operator."""
        ...

    async def owed_calls(self, city: str, until: datetime, debts: Collection[str]) -> Sequence[OwedCall]:
        """Cases that no `claim` finds: of people who answered us and met no operator, and to whom nobody has talked
        since. Those of these debt kinds whose plan allows a call by then, the most urgent first."""
        ...

    async def planned_times(self, city: str, day: date) -> Sequence[PlannedTime]:
        """When operators work and have their breaks on that day, as far as it is planned."""
        ...
