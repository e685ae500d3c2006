"""Orders to the exchange to dial: what each call carries, and what becomes of the order."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import structlog

from dialer.calls import CallRules, Calls
from dialer.core.events import ChannelId
from dialer.core.values import AttemptId, PhoneNumber
from dialer.ports import Claimed, Outgoing, Refused, StartResult, Switch, Unknown
from dialer.tasks import Tasks
from dialer.transferring import RING_SECONDS

log = structlog.get_logger()

PREFERRED_IDENTITY = "PJSIP_HEADER(add,P-Preferred-Identity)"
BACKSTOP_SECONDS = 5.0  # Asterisk's own time-out ends a call this much later than we would


@dataclass(frozen=True, slots=True)
class TrunkRules:
    name: str
    lines: int
    calls_per_second: float
    number_prefix: str  # "186" or nothing
    preferred_identity: str | None  # the host of a carrier that wants the number shown in P-Preferred-Identity
    lines_for_callers: int = 0  # kept free of calls that the engine starts by itself


class Placing:
    def __init__(
        self,
        city: str,
        trunk: TrunkRules,
        rules: CallRules,
        calls: Calls,
        *,
        switch: Switch,
        tasks: Tasks,
        records: Callable[[], bool],
        apology: Callable[[str], str],
    ) -> None:
        self._city, self._trunk, self._rules, self._calls = city, trunk, rules, calls
        self._switch, self._tasks, self._records = switch, tasks, records
        self._apology = apology  # the sound for a debt kind, by name; none: the city's, which the dialplan knows

    async def start(self, claimed: Claimed, *, dialled: bool = False) -> None:
        """`dialled`: an operator did, and hears the answer at once."""
        rules = self._rules
        variables = {
            "ATTEMPT": claimed.attempt,
            "CITY": self._city,
            "MEET_WITHIN": str(rules.meet_within_seconds),
            "RECORD": "yes" if self._records() else "no",
            **self._calls.listening.variables(claimed, hears_first=not dialled),
        }
        if apology := self._apology(claimed.debt):
            variables["APOLOGY"] = apology
        variables |= self._identity(claimed.caller_id)
        result = await self._switch.start(
            Outgoing(
                channel=ChannelId(claimed.attempt),
                endpoint=self._endpoint(claimed.number),
                context="customer",
                exten="dialled" if dialled else "answered",
                caller_id=claimed.caller_id,
                timeout_seconds=rules.longest_seconds + BACKSTOP_SECONDS,
                variables=variables,
            )
        )
        self._tasks.post(partial(self._started, claimed.attempt, result))

    def _endpoint(self, number: PhoneNumber) -> str:
        return f"PJSIP/{self._trunk.number_prefix}{number}@{self._trunk.name}"

    def _identity(self, shown: PhoneNumber) -> dict[str, str]:
        host = self._trunk.preferred_identity
        return {PREFERRED_IDENTITY: f"<sip:{shown}@{host}>"} if host else {}

    def shown(self, attempt: AttemptId) -> PhoneNumber | None:
        live = self._calls.live.get(attempt)
        return live.caller_id if live is not None else self._calls.callers.shown(attempt)

    def to_department(self, channel: ChannelId, number: PhoneNumber, shown: PhoneNumber) -> Outgoing:
        return Outgoing(
            channel=channel,
            endpoint=self._endpoint(number),
            context="department",
            exten="answered",
            caller_id=shown,
            timeout_seconds=RING_SECONDS,
            variables=self._identity(shown),
        )

    def _started(self, attempt: AttemptId, result: StartResult) -> None:
        live = self._calls.live.get(attempt)
        match result:
            case Refused(why=why) if live and live.call.placed_at is None:
                log.warning("call refused by the exchange", attempt_id=attempt, why=why)
                self._calls.not_placed(live, "交換機が発信を受け付けませんでした")
            case Unknown(why=why) if live:
                log.warning("call unknown to us", attempt_id=attempt, why=why)
                live.unsure = True
            case _:
                pass
