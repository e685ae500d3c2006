"""Calls to departments: each belongs to an attempt, and its channel's id says to which.

A department's call is no attempt of a case. It is dialled only after its TransferOrdered is stored with the attempt, so
that whoever finds the channel or its record later knows whose it was.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from dialer.core.city import Department
from dialer.core.events import BridgeEntered, ChannelEvent, ChannelId, TransferOrdered, Transferred
from dialer.core.values import AttemptId

CHANNEL = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.t([1-9][0-9]{0,3})")


def channel_of(attempt: AttemptId, number: int) -> ChannelId:
    return ChannelId(f"{attempt}.t{number}")


def belongs_to(channel: ChannelId) -> tuple[AttemptId, int] | None:
    """The attempt, and which of its transfers; None for a channel that is no department's."""
    found = CHANNEL.fullmatch(channel)
    return (AttemptId(found[1]), int(found[2])) if found else None


class Stage(StrEnum):
    WRITING = "writing"
    CALLING = "calling"
    MEETING = "meeting"  # the operator is on the way to the department
    TALKING = "talking"  # and is there
    PARTING = "parting"  # the department is taken from the operator
    JOINING = "joining"  # the person is on the way to the department


@dataclass(slots=True)
class Consult:
    """One call to a department, until the person is there or back."""

    attempt: AttemptId
    number: int
    department: Department
    attended: bool
    stage: Stage = Stage.WRITING
    name: str | None = None  # of the department's channel
    bridge: str | None = None  # where the department is
    persons_bridge: str | None = None
    operators_bridge: str | None = None
    person_gone: bool = False  # the operator says good-bye to the department
    missing: int = 0

    @property
    def channel(self) -> ChannelId:
        return channel_of(self.attempt, self.number)


def transferred(
    attempt: AttemptId,
    transfers: Iterable[TransferOrdered],
    events: Iterable[ChannelEvent],
    witness: Mapping[ChannelId, Sequence[ChannelEvent]],
) -> list[ChannelEvent]:
    """What nobody noted: the person, whose `events` these are, shared a bridge with the department."""
    person = {event.bridge: event.at for event in events if isinstance(event, BridgeEntered)}
    found: list[ChannelEvent] = []
    for ordered in transfers:
        theirs = witness.get(channel_of(attempt, ordered.number), ())
        shared = [one for one in theirs if isinstance(one, BridgeEntered) and one.bridge in person]
        found += [
            Transferred(ChannelId(attempt), max(one.at, person[one.bridge]), ordered.number) for one in shared[:1]
        ]
    return found
