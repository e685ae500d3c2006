"""A recording heard as a call is heard: the same ear, the same attendant, and the recording's own clock."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from dialer.core.attending import MACHINE_IS_LIKELY, Attendant, Told
from dialer.core.briefing import Briefing, Order
from dialer.core.ear_events import Answerer
from dialer.core.hearing.values import HearingRules, Verdict


class Listener(Protocol):
    """core.hearing.ear.Ear, or a double of it."""

    @property
    def verdict(self) -> Verdict | None: ...
    @property
    def now_ms(self) -> int: ...
    @property
    def machine_chance(self) -> float: ...
    @property
    def machine_is_known(self) -> bool: ...
    @property
    def tone_ended_ms(self) -> int | None: ...
    def feed(self, block: object) -> Verdict | None: ...
    def finish(self) -> Verdict | None: ...


@dataclass(frozen=True, slots=True)
class Trial:
    verdict: Verdict | None  # the ear's own; at the end of the recording the best that can be said
    gave_up: Told | None  # a call was joined to an operator as undecided: what the ear says later comes too late
    tone_ended_ms: int | None
    heard_ms: int  # of the recording


def tried(ear: Listener, blocks: Iterable[object], rules: HearingRules, *, answered: bool = True) -> Trial:
    """Listens only as long as something can still be heard: a long recording costs no more than a long call."""
    order = Order.LISTEN if answered else Order.EARLY
    attendant = Attendant(order, Briefing(undecided_ms=rules.decide_by_ms))
    gave_up: Told | None = None
    for block in blocks:
        verdict, likely = ear.feed(block), ear.machine_chance > MACHINE_IS_LIKELY
        if verdict is not None:
            deque(attendant.verdict(verdict, ear.now_ms), 0)  # what follows of it is for a call only
        for act in attendant.time(ear.now_ms, machine_likely=likely, machine_known=ear.machine_is_known):
            if isinstance(act, Told) and act.what is Answerer.UNDECIDED:
                gave_up = act
        if _nothing_more(ear, gave_up, rules):
            break
    return Trial(ear.verdict or ear.finish(), gave_up, ear.tone_ended_ms, ear.now_ms)


def _nothing_more(ear: Listener, gave_up: Told | None, rules: HearingRules) -> bool:
    """A tone may follow what was decided, for as long as a call would wait for one."""
    decided = [one.decided_at_ms for one in (ear.verdict,) if one] + [one.decided_ms for one in (gave_up,) if one]
    return bool(decided) and ear.now_ms > max(decided) + rules.listen_for_ms
