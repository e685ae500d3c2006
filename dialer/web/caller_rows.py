"""Who has called us, as a desk shows it before anybody is known; and how many wait."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.channel_ids import came_in
from dialer.core.city import City
from dialer.core.script import TalkScript, fill, script_for
from dialer.core.talk_results import Json
from dialer.core.values import TOKYO, CallId, CaseId
from dialer.store.case_view import ViewParts
from dialer.store.recognising import Match, matches

LINE = text("""
SELECT count(*) AS waiting, min(arrived_at) AS since
FROM inbound_call
WHERE city = :city AND outcome IS NULL AND route = 'waiting'
  AND NOT EXISTS (
      SELECT FROM operator WHERE operator.city = inbound_call.city AND operator.call_id = inbound_call.id)
  AND NOT EXISTS (
      SELECT FROM call_event
      WHERE call_event.call_id = inbound_call.id AND kind IN ('bridge_entered', 'caller_wished'))
""")
CALLER = text("""
SELECT id, dialled, group_key, number, number_given, arrived_at, case_id, matches,
       EXISTS (SELECT FROM case_event WHERE case_event.call_id = inbound_call.id) AS has_result,
       (SELECT json_agg(one) FROM (
           SELECT number, by, category, name, note FROM inquiry WHERE call_id = inbound_call.id ORDER BY number
       ) AS one) AS inquiries
FROM inbound_call WHERE id = CAST(:call AS uuid) AND city = :city
""")


@dataclass(frozen=True, slots=True)
class Line:
    """Callers who have no operator yet."""

    waiting: int = 0
    since: datetime | None = None  # when the first of them called

    def as_json(self) -> Json:
        since = None if self.since is None else self.since.astimezone(TOKYO).isoformat(timespec="milliseconds")
        return {"waiting": self.waiting, "since": since}


async def line_now(connection: AsyncConnection, city: str) -> Line:
    row = (await connection.execute(LINE, {"city": city})).one()
    return Line(row.waiting, row.since)


@dataclass(frozen=True, slots=True)
class CallerShown:
    """A call that came in. `found`: the persons with its number, when it is not clear who of them it is."""

    call: CallId
    dialled: str
    group: str
    given: str | None  # none: not known yet
    arrived_at: datetime
    case: CaseId | None
    has_result: bool
    number: str | None = field(default=None, repr=False)
    found: tuple[Match, ...] = field(default=(), repr=False)
    inquiries: tuple[Any, ...] = field(default=(), repr=False)

    @property
    def cases(self) -> tuple[int, ...]:
        return tuple(one.case for one in self.found)

    def debt(self, city: City) -> str | None:
        """The first of those whose number was dialled."""
        return next((debt.key for debt in city.debts_of(self.group)), None)

    def as_json(self, parts: ViewParts, operator_name: str) -> Json:
        city = parts.book.city
        return {
            "call": self.call,
            "dialled": self.dialled,
            "debts": [debt.name for debt in city.debts_of(self.group)],
            "number": self.number,
            "given": self.given,
            "arrived_at": self.arrived_at.astimezone(TOKYO).isoformat(timespec="milliseconds"),
            "case": self.case,
            "matches": [_match(one) for one in self.found],
            "changeable": not self.has_result,
            "greeting": self._greeting(parts, operator_name),
            "choices": [{"key": key, "name": name} for key, name in city.talk.inquiries.items()],
            "note_longest": city.talk.note_longest,
            "inquiries": list(self.inquiries),
        }

    def _greeting(self, parts: ViewParts, operator_name: str) -> str | None:
        """What is said before anybody knows who calls; none when the city has no words for it."""
        city = parts.book.city
        debt = city.debt(self.debt(city) or "")
        if debt is None:
            return None
        found = script_for(parts.scripts, debt.key, debt.purpose.value, drafts=parts.drafts, for_callers=True)
        if not isinstance(found, TalkScript) or not found.for_callers:
            return None
        return fill(found.steps[0].text, {"city": city.name, "operator": operator_name})


async def caller_shown(connection: AsyncConnection, city: City, call: CallId) -> CallerShown | None:
    """None for a call of ours, or one that the city has not."""
    if not came_in(call):
        return None
    row = (await connection.execute(CALLER, {"city": city.key, "call": call})).one_or_none()
    if row is None:
        return None

    def debts_of(group: str) -> Sequence[str]:
        return [debt.key for debt in city.debts_of(group)]

    unclear = row.number is not None and (row.case_id is None or row.matches > 1)
    found = await matches(connection, city.key, call, debts_of) if unclear else ()
    return CallerShown(
        call=CallId(str(row.id)),
        dialled=row.dialled,
        group=row.group_key,
        given=row.number_given,
        arrived_at=row.arrived_at,
        case=None if row.case_id is None else CaseId(row.case_id),
        has_result=row.has_result,
        number=row.number,
        found=tuple(found),
        inquiries=tuple(row.inquiries or ()),
    )


def _match(one: Match) -> Json:
    told = one.as_json()
    alone = one.household == f"p{one.person}"  # a person without 世帯番号
    return {name: told[name] for name in ("case", "name", "kana", "address_key", "debt", "state_name")} | {
        "household": None if alone else one.household
    }
