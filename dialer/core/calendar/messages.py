"""Answering messages that a city asks for, each with its time of validity (I-004). Entered by people, no deployment."""

from dataclasses import dataclass
from datetime import datetime

from dialer.core.calendar.values import CalendarError


@dataclass(frozen=True, slots=True)
class AnsweringMessage:
    text: str
    valid_from: datetime
    valid_until: datetime  # the first moment that it is no longer played
    set_by: str  # a user's id
    set_at: datetime
    debts: tuple[str, ...] = ()  # empty: on every number
    clause: str = ""

    def __post_init__(self) -> None:
        if any(moment.tzinfo is None for moment in (self.valid_from, self.valid_until, self.set_at)):
            raise CalendarError("応答メッセージの日時には時差が要ります")
        if self.valid_from >= self.valid_until:
            raise CalendarError("応答メッセージの有効期間は開始が終了より前でなければなりません")


def message_at(
    messages: tuple[AnsweringMessage, ...], now: datetime, debt: str | None = None
) -> AnsweringMessage | None:
    """The one set last of those valid now; None: the city's ordinary message."""
    valid = [one for one in messages if one.set_at <= now and one.valid_from <= now < one.valid_until]
    meant = [one for one in valid if not one.debts or debt in one.debts]
    return max(meant, key=lambda one: one.set_at, default=None)
