"""What a look at Asterisk, at the store and at Asterisk's own record has found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dialer.core.callers import OpenInbound
from dialer.core.events import ChannelEvent, ChannelId
from dialer.core.values import AttemptId
from dialer.ports import ChannelUp, OpenAttempt, Operator, Recorded


@dataclass(frozen=True, slots=True)
class Seen:
    channels: Mapping[ChannelId, ChannelUp]
    open_attempts: Sequence[OpenAttempt]
    open_inbound: Sequence[OpenInbound]
    history: Sequence[Recorded]
    witness: Mapping[ChannelId, Sequence[ChannelEvent]]
    strays: frozenset[AttemptId]  # up, though their attempt is closed
    operators: Sequence[Operator]  # as the store knows them; only at a take-over
    watched: frozenset[AttemptId]  # when the look began: whatever of these has gone since, has ended
    at: datetime
    linked_at: datetime  # when the link came up
    booted_at: datetime | None  # when this Asterisk started, if that is known
