"""What the ear learns of calls over AMI: their briefings, how long they rang, and when they ended. Bounded."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from dialer.core.ear_events import EarBriefed
from dialer.core.events import (
    Answered,
    ChannelEvent,
    ChannelId,
    HungUp,
    LinkLost,
    LinkUp,
    Progressed,
    RingingStarted,
)

MOST_CALLS = 5000
MOST_BRIEFINGS = 1000

Event = ChannelEvent | LinkUp | LinkLost


@dataclass(slots=True)
class CallTimes:
    ringing_at: datetime | None = None
    answered_at: datetime | None = None
    progressed: bool = False  # a 183: a tone, music or words were heard before the answer

    @property
    def without_ringing(self) -> bool:
        """Nothing at all came before the answer: a centre, not a handset."""
        return self.answered_at is not None and self.ringing_at is None and not self.progressed

    @property
    def ring_seconds(self) -> float | None:
        if self.ringing_at is None or self.answered_at is None:
            return None
        return max(0.0, (self.answered_at - self.ringing_at).total_seconds())


class News:
    """An Inbox for the AMI link. `on_briefed`, `on_answered` and `on_over` are told at once."""

    def __init__(
        self,
        on_briefed: Callable[[EarBriefed], None] = lambda _: None,
        on_answered: Callable[[ChannelId], None] = lambda _: None,
        on_over: Callable[[ChannelId], None] = lambda _: None,
    ) -> None:
        self.on_briefed, self.on_answered, self.on_over = on_briefed, on_answered, on_over
        self._times: OrderedDict[ChannelId, CallTimes] = OrderedDict()
        self._briefings: OrderedDict[str, EarBriefed] = OrderedDict()

    def times(self, call: ChannelId) -> CallTimes:
        return self._times.get(call) or CallTimes()

    def briefing(self, stream: str) -> EarBriefed | None:
        """Taken once: the next stream of that name is briefed anew."""
        return self._briefings.pop(stream, None)

    @property
    def briefings(self) -> int:
        """Of streams that have not come, or went to another process."""
        return len(self._briefings)

    def put_nowait(self, item: Event, /) -> None:
        match item:
            case RingingStarted(channel=call, at=at):
                times = self._of(call)
                times.ringing_at = times.ringing_at or at
            case Progressed(channel=call):
                self._of(call).progressed = True
            case Answered(channel=call, at=at):
                times = self._of(call)
                times.answered_at = times.answered_at or at
                self.on_answered(call)
            case HungUp(channel=call):
                self._times.pop(call, None)
                self._briefings.pop(call, None)  # another process had the stream
                self.on_over(call)
            case EarBriefed():
                self._briefings[item.stream] = item
                if len(self._briefings) > MOST_BRIEFINGS:
                    self._briefings.popitem(last=False)
                self.on_briefed(item)
            case _:
                pass

    def _of(self, call: ChannelId) -> CallTimes:
        if call not in self._times:
            self._times[call] = CallTimes()
            if len(self._times) > MOST_CALLS:
                self._times.popitem(last=False)
        return self._times[call]
