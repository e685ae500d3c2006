"""What the tables know of some cases, as the values that `core.decide` asks for: a few questions for all of them."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.decide import KnownCase
from dialer.core.plan.values import Slot, SlotCount
from dialer.core.rules.completion import CompletionRules
from dialer.core.rules.endings import RESULTS
from dialer.core.rules.happenings import Attempt, CaseHistory, Happening, Result, Round, Talk
from dialer.core.rules.reading import Problems, happening_from, talk_from
from dialer.core.values import CaseId, CaseState, Outcome, PhoneNumber
from dialer.ports import StoreFault
from dialer.store.claims import reached_somebody
from dialer.store.words import EventKind

CASES = text("""
SELECT cases.id, cases.city, cases.person_id, cases.state, cases.round_first, cases.round_last, cases.debtor_class,
       debt_kind.key AS debt, person.language, known.ids, known.numbers, known.dead, EXISTS (
           SELECT FROM call_case JOIN inbound_call ON inbound_call.id = call_case.call_id
           WHERE call_case.case_id = cases.id AND inbound_call.outcome = 'talked' AND NOT inbound_call.noted
       ) AS has_called,
       (SELECT at FROM left_alone WHERE left_alone.person_id = cases.person_id) AS left_alone_at
FROM cases
JOIN debt_kind ON debt_kind.id = cases.debt_kind_id
JOIN person ON person.id = cases.person_id
CROSS JOIN LATERAL (
    SELECT array_agg(id ORDER BY position, id) AS ids, array_agg(number ORDER BY position, id) AS numbers,
           array_agg(state = 'dead' ORDER BY position, id) AS dead
    FROM phone_number WHERE phone_number.person_id = cases.person_id
) AS known
WHERE cases.id = ANY(:cases)
ORDER BY cases.id
""")
ATTEMPTS = text("""
SELECT cases.id AS case_id, cases.person_id, attempt.id, COALESCE(attempt.placed_at, attempt.claimed_at) AS at,
       attempt.number, attempt.outcome, attempt.slot,
       COALESCE(CAST(attempt.evidence ->> 'ring_seconds' AS double precision), EXTRACT(
           EPOCH FROM COALESCE(attempt.answered_at, attempt.ended_at) - attempt.ringing_at)) AS ring_seconds,
       attempt.evidence ->> 'message_left' = 'true' AS message_left, talk.detail AS talk
FROM cases
JOIN call_case ON call_case.case_id = cases.id
JOIN attempt ON attempt.id = call_case.call_id
LEFT JOIN LATERAL (
    SELECT detail FROM case_event
    WHERE case_event.case_id = cases.id AND case_event.kind = 'talk' AND case_event.call_id = attempt.id
    ORDER BY case_event.id DESC LIMIT 1
) AS talk ON attempt.outcome = 'talked'
WHERE cases.person_id = ANY(:persons) AND attempt.outcome IS NOT NULL
ORDER BY attempt.claimed_at, attempt.id
""")
EVENTS = text("""
SELECT event.id, event.case_id, event.kind, COALESCE(inbound_call.arrived_at, event.at) AS at, event.detail
FROM case_event AS event
LEFT JOIN inbound_call ON inbound_call.id = event.call_id
WHERE event.case_id = ANY(:cases) AND event.kind <> 'talk'
  AND NOT EXISTS ( -- what an operator entered for the same call afterwards counts instead
      SELECT FROM case_event AS later
      WHERE later.case_id = event.case_id AND later.kind = 'callback'
        AND later.call_id = event.call_id AND later.id > event.id)
ORDER BY event.id
""")
PROMISES = text("""
SELECT cases.id, said.day
FROM cases
CROSS JOIN LATERAL (
    SELECT CAST(event.detail #>> '{promise,date}' AS date) AS day
    FROM cases AS earlier JOIN case_event AS event ON event.case_id = earlier.id
    WHERE earlier.person_id = cases.person_id AND earlier.debt_kind_id = cases.debt_kind_id
      AND earlier.round_first < cases.round_first AND earlier.state <> 'paid'
      AND event.kind IN ('talk', 'callback') AND event.detail #>> '{promise,date}' IS NOT NULL
      AND NOT EXISTS ( -- what an operator entered for the same talk afterwards counts instead
          SELECT FROM case_event AS later
          WHERE later.case_id = event.case_id AND later.kind = event.kind
            AND later.call_id = event.call_id AND later.id > event.id)
    ORDER BY event.id DESC LIMIT 1
) AS said
WHERE cases.id = ANY(:cases)
""")
"""The last promise of an earlier round for the same debt (C-038)."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A case as it stands in the tables, with what only the tables need to know."""

    known: KnownCase
    state: CaseState  # as it was decided the last time
    phone_numbers: tuple[int, ...]  # ids, in the order of the history's numbers

    @property
    def case(self) -> CaseId:
        case = self.known.history.case
        assert not isinstance(case, str)
        return case

    @property
    def latest(self) -> datetime | None:
        """What is in the tables has happened, whatever a clock says."""
        return max((happening.at for happening in self.known.history.happenings), default=None)


async def load(connection: AsyncConnection, cases: Collection[int], rules: CompletionRules) -> list[Loaded]:
    """In the order of their ids."""
    if not cases:
        return []
    rows = (await connection.execute(CASES, {"cases": list(cases)})).all()
    persons = list({row.person_id for row in rows})
    attempts = (await connection.execute(ATTEMPTS, {"persons": persons})).all()
    events = (await connection.execute(EVENTS, {"cases": [row.id for row in rows]})).all()
    promises = {row.id: row.day for row in await connection.execute(PROMISES, {"cases": [row.id for row in rows]})}
    by_case, slots = _attempts(attempts), _slots(attempts, rules)
    others: dict[int, list[Happening]] = defaultdict(list)
    for event in events:
        others[event.case_id].append(_happening(event))
    return [_loaded(row, by_case.get(row.id, ()), others.get(row.id, ()), slots, promises.get(row.id)) for row in rows]


def _loaded(
    row: Any,
    attempts: Sequence[Any],
    others: Sequence[Happening],
    slots: Mapping[int, tuple[SlotCount, ...]],
    promised: date | None,
) -> Loaded:
    numbers: tuple[str, ...] = tuple(row.numbers or ())
    happened: list[Happening] = list(others)
    awaits_result: bool = row.has_called  # and nobody has entered what was said
    for attempt in attempts:
        result = RESULTS[Outcome(attempt.outcome)]
        if result is None or attempt.number not in numbers:
            continue
        talk = _talk(attempt) if result is Result.TALKED else None
        awaits_result = awaits_result or (result is Result.TALKED and talk is None)
        rang = None if attempt.ring_seconds is None else float(attempt.ring_seconds)
        happened.append(
            Attempt(attempt.at, numbers.index(attempt.number), result, rang, bool(attempt.message_left), talk)
        )
    history = CaseHistory(
        row.city,
        CaseId(row.id),
        Round(row.round_first, row.round_last),
        tuple(PhoneNumber(number) for number in numbers),
        tuple(happened),
        debt=row.debt,
        debtor_class=row.debtor_class,
        language=row.language,
        dead=frozenset(place for place, dead in enumerate(row.dead or ()) if dead),
    )
    known = KnownCase(history, slots.get(row.person_id, ()), awaits_result, promised, row.left_alone_at)
    return Loaded(known, CaseState(row.state), tuple(row.ids or ()))


def _attempts(rows: Sequence[Any]) -> dict[int, list[Any]]:
    by_case: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        by_case[row.case_id].append(row)
    return by_case


def _slots(rows: Sequence[Any], rules: CompletionRules) -> dict[int, tuple[SlotCount, ...]]:
    """Of each person; an attempt for several cases of one is one. A talk without its result teaches nothing yet."""
    counted = set(reached_somebody(rules))
    tried: dict[tuple[int, str], dict[str, bool]] = defaultdict(dict)
    for row in rows:
        if row.slot is None or row.outcome not in counted:
            continue
        talked = row.outcome == Outcome.TALKED
        if talked and row.talk is None:
            continue
        reached = talked and rules.contact.met_by(_said(row), inbound=False)
        attempts = tried[row.person_id, row.slot]
        attempts[str(row.id)] = attempts.get(str(row.id), False) or reached
    counts: dict[int, list[SlotCount]] = defaultdict(list)
    for (person, slot), attempts in sorted(tried.items()):
        counts[person].append(SlotCount(Slot.from_text(slot), len(attempts), sum(attempts.values())))
    return {person: tuple(found) for person, found in counts.items()}


def _talk(attempt: Any) -> Talk | None:
    return None if attempt.talk is None else _said(attempt)


def _said(attempt: Any) -> Talk:
    talk = talk_from(attempt.at, attempt.talk)
    if isinstance(talk, Problems):
        raise _not_understood(f"the talk of attempt {attempt.id}", talk)
    return talk


def _happening(event: Any) -> Happening:
    found = happening_from(EventKind(event.kind).value, event.at, event.detail)
    if isinstance(found, Problems):
        raise _not_understood(f"case_event {event.id}", found)
    return found


def _not_understood(what: str, problems: Problems) -> StoreFault:
    """Only their places: what stands there may be personal."""
    places = ", ".join(line.partition(":")[0] for line in problems.lines)
    return StoreFault(f"{what} is not understood (wrong: {places}); its row was not written by this program")
