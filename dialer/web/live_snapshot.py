"""What a page is told: one snapshot, whole."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from dialer.core.city import City
from dialer.core.rights import Right
from dialer.core.rulebook import Rulebook
from dialer.core.talk_results import Json, TalkRules
from dialer.core.values import TOKYO, CallId
from dialer.ports import Operator
from dialer.web.desk_rows import in_tokyo
from dialer.web.security import Visitor


class Rules(Protocol):
    """The rules in force."""

    async def book(self, now: datetime) -> Rulebook: ...
    async def changed(self, now: datetime) -> Rulebook | None:
        """None while everything is as it was."""
        ...


@dataclass(frozen=True, slots=True)
class Snapshot:
    version: int
    content: Json
    attempt: CallId | None = None  # whose case it shows
    cases: tuple[int, ...] = ()


def campaign(book: Rulebook, now: datetime) -> str:
    """The calling period that today lies in."""
    day = book.calendar.day(now.astimezone(TOKYO).date())
    if day.period is None:
        return ""
    first, last = day.period.first, day.period.last
    return f"架電期間 {first.month}/{first.day}〜{last.month}/{last.day}"


def may(visitor: Visitor, talk: TalkRules) -> Json:
    return {
        "search": visitor.may(Right.CASE_SEARCH),
        "dial": visitor.may(Right.MANUAL_CALL),
        "supervise": visitor.may(Right.SUPERVISE),
        "decide": talk.lets_decide(visitor.rights) and visitor.may(Right.RESULT_WRITE),
    }


def operator_shown(desk: Operator, name: str, city: City) -> Json:
    return {
        "group": None if desk.group is None else city.group_name(desk.group),
        "phone": desk.phone,
        "seat": desk.seat,
        "state": desk.state,
        "since": in_tokyo(desk.since),
        "pause_reason": desk.pause_reason,
        "leg_state": desk.leg_state,
        "wrap_up_until": in_tokyo(desk.wrap_up_until),
        "extended": desk.extended,
        "on_hold": desk.on_hold,
        "muted": desk.muted,
        "help": desk.help,
        "consulting": desk.consulting,
        "leaving": desk.leaving,
        "account": desk.account,
        "name": name,
    }
