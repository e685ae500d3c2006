"""One call that we place, while it has no outcome."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dialer.core.call import Call
from dialer.core.floor import Desk
from dialer.core.groups import Group
from dialer.core.outcomes import Judged
from dialer.core.values import AttemptId, PhoneNumber
from dialer.ports import Claimed, Ended


@dataclass(slots=True)
class Live:
    """One attempt between its claim and its outcome."""

    attempt: AttemptId
    claimed_at: datetime
    caller_id: PhoneNumber | None = None  # the number shown, which a department sees too
    claimed: Claimed | None = None  # by the dialer of this engine
    debt: str | None = None
    team: Group = None  # the operators for whom it was placed
    call: Call = field(default_factory=Call)
    timer: asyncio.TimerHandle | None = None
    unsure: bool = False  # something may have happened that we did not hear: Asterisk and the witness must be looked at
    again_after: timedelta | None = None  # when its case may be called instead, if it is withdrawn
    missing: int = 0  # times in a row that Asterisk did not list it

    def cancel_timer(self) -> None:
        if self.timer is not None:
            self.timer.cancel()


def ended(live: Live, judged: Judged, at: datetime, met: Desk | None, again_after: timedelta | None) -> Ended:
    """As the store is told. `met`: the operator who had the call."""
    call = live.call
    return Ended(
        attempt=live.attempt,
        outcome=judged.outcome,
        reason=judged.reason,
        evidence=judged.evidence,
        ended_at=at,
        ended_by=judged.ended_by,
        placed_at=call.placed_at,
        ringing_at=call.ringing_at,
        answered_at=call.answered_at,
        joined_at=call.joined_at,
        operator=met.phone if met else None,
        account=met.account if met else None,
        again_after=again_after,
    )
