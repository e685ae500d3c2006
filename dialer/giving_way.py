"""Who is rung and who calls: a caller takes the next free operator (I-003), and yet nobody whom we rang is left alone.

Where one call is placed for each free operator, a caller takes the operator of one of them. The telephone that has rung
least stops ringing at once, and its case is called later. Whoever has answered already, and is still listened to, keeps
an operator until it is known whether a person is there: the caller waits so long. The same when an operator pauses,
leaves, dials by hand, or takes other debt kinds from now on. In the predictive mode no call has an operator of its own,
and the pace reckons with callers.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

import structlog

from dialer.caller_parts import NobodyRings
from dialer.calls import Calls
from dialer.core.call import GaveUp
from dialer.core.groups import Group, lacking
from dialer.live_call import Live

log = structlog.get_logger()

UNRUNG_WAIT = timedelta(seconds=10)
RUNG_WAIT = timedelta(minutes=30)  # a telephone does not ring off and on
APPOINTED_WAIT = timedelta(minutes=1)  # somebody expects this call
TAKEN = "応対できる担当者がいなくなったため、発信しませんでした"


class GivingWay(NobodyRings):
    """`without_reserve`: the debt kinds of which no call has an operator of its own."""

    def __init__(self, calls: Calls, without_reserve: Callable[[], frozenset[str]]) -> None:
        self._calls, self._without_reserve = calls, without_reserve

    @property
    def kept(self) -> Counter[Group]:
        answered = (live for live in self._alone() if live.call.is_up)
        return self._groups(live for live in answered if self._is_promised(live) or self._is_person(live))

    @property
    def spoken_for(self) -> Counter[Group]:
        """Calls that count on an operator who is free now: each of those that has one of its own, and whoever answered
        already."""
        return self._groups(live for live in self._alone() if live.call.is_up or self._is_promised(live))

    def taken(self, why: GaveUp = GaveUp.GAVE_WAY) -> None:
        free, promised = self._free(), [live for live in self._alone() if self._is_promised(live)]
        needed = self._groups(promised)
        ringing = [live for live in promised if live.call.answered_at is None]
        for live in sorted(ringing, key=_harm):
            if not (lack := lacking(free, needed)):
                return
            fewer = needed - self._groups([live])
            if lacking(free, fewer) < lack:
                needed = fewer
                log.info("gives way", attempt_id=live.attempt, why=why.value)
                live.again_after = _wait(live)
                self._calls.withdraw(live, why)

    def why_not(self, live: Live) -> str | None:
        """Of a call that is about to be placed: whether it would have an operator."""
        if not self._is_promised(live):
            return None
        needed = self._groups(one for one in self._alone() if self._is_promised(one))
        free, without = self._free(), needed - self._groups([live])
        return TAKEN if lacking(free, needed) > lacking(free, without) else None

    def _free(self) -> Counter[Group]:
        return self._calls.desks.floor.free_by_group()

    def _groups(self, calls: Iterable[Live]) -> Counter[Group]:
        return Counter(self._calls.desks.floor.groups.of_debt(live.debt) for live in calls)

    def _alone(self) -> Sequence[Live]:
        """Without an operator of their own, and they may need one."""
        met = self._calls.desks.floor.attempts()
        return [live for live in self._calls.live.values() if live.attempt not in met and _may_need_one(live)]

    def _is_promised(self, live: Live) -> bool:
        """Whether whoever answers this call may count on an operator. Of an engine before us: as things are now."""
        predicted = self._without_reserve()
        return live.debt not in predicted if live.claimed is not None else not predicted

    def _is_person(self, live: Live) -> bool:
        return self._calls.waits_for_operator(live)


def _may_need_one(live: Live) -> bool:
    call = live.call
    is_over = call.ended_at is not None or call.joined_at is not None
    return not (is_over or call.is_with_machine or (call.gave_up is not None and call.answered_at is None))


def _harm(live: Live) -> tuple[bool, bool, float]:
    """The smallest is let go first: what nobody expects, has not rung yet, or rings only just."""
    rings = live.call.ringing_at
    return _is_appointed(live), rings is not None, -(rings or live.claimed_at).timestamp()


def _wait(live: Live) -> timedelta:
    if live.call.ringing_at is None:
        return UNRUNG_WAIT
    return APPOINTED_WAIT if _is_appointed(live) else RUNG_WAIT


def _is_appointed(live: Live) -> bool:
    return live.claimed is not None and live.claimed.appointed
