"""One call that we place, while it has no outcome."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from dialer.core.call import Call
from dialer.core.values import AttemptId, PhoneNumber


@dataclass(slots=True)
class Live:
    """One attempt between its claim and its outcome."""

    attempt: AttemptId
    claimed_at: datetime
    caller_id: PhoneNumber | None = None  # the number shown, which a department sees too
    call: Call = field(default_factory=Call)
    timer: asyncio.TimerHandle | None = None
    unsure: bool = False  # something may have happened that we did not hear: Asterisk and the witness must be looked at
    missing: int = 0  # times in a row that Asterisk did not list it

    def cancel_timer(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
