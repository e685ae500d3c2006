"""Which operator needs a supervisor first."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from dialer.core.values import LegState, OperatorState
from dialer.core.warning_values import WarningRules


class Need(IntEnum):
    """The smallest first."""

    HELP = 0  # called for the supervisor
    FAULT = 1  # cannot hear or be heard
    HOLDS_LONG = 2
    TALKS_LONG = 3
    WRITES_LONG = 4
    NOTHING = 9


NEED_NAMES: dict[Need, str] = {
    Need.HELP: "管理者を呼んでいます",
    Need.FAULT: "通話の接続がありません",
    Need.HOLDS_LONG: "保留が長くなっています",
    Need.TALKS_LONG: "通話が長くなっています",
    Need.WRITES_LONG: "後処理が長くなっています",
}


@dataclass(frozen=True, slots=True)
class Limits:
    hold: timedelta = timedelta(seconds=60)
    talk: timedelta = timedelta(minutes=10)
    wrap_up: timedelta = timedelta(seconds=60)

    @classmethod
    def of(cls, rules: WarningRules) -> "Limits":
        """As the city has them."""
        return cls(
            timedelta(seconds=rules.hold_seconds),
            timedelta(minutes=rules.talk_minutes),
            timedelta(seconds=rules.wrap_up_seconds),
        )


USUAL = Limits()


@dataclass(frozen=True, slots=True)
class Seen:
    """An operator as the page sees one."""

    state: OperatorState
    since: datetime | None
    leg: LegState
    help: bool = False
    held_since: datetime | None = None


def need_of(seen: Seen, now: datetime, limits: Limits = USUAL) -> Need:
    if seen.help:
        return Need.HELP
    if seen.leg is LegState.LOST and seen.state is not OperatorState.OFFLINE:
        return Need.FAULT
    lasts = now - seen.since if seen.since else timedelta()
    if seen.held_since is not None and now - seen.held_since > limits.hold:
        return Need.HOLDS_LONG
    if seen.state is OperatorState.TALKING and lasts > limits.talk:
        return Need.TALKS_LONG
    if seen.state is OperatorState.WRAP_UP and lasts > limits.wrap_up:
        return Need.WRITES_LONG
    return Need.NOTHING
