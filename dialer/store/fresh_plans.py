"""Plans for cases that have just come: nothing has happened to them, so those of a kind have one plan in common.

A kind is the debt kind, the round, the class, the language and the sorts of numbers in their order, for nothing else
enters the decision about a case without a history.
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.decide import KnownCase, Rulebook, decide
from dialer.core.rules.happenings import CaseHistory, Round
from dialer.core.values import PhoneNumber
from dialer.store.decisions import plan_columns
from dialer.store.json_text import json_text

SORTS = text("""
UPDATE listed_case SET sorts = of_person.sorts
FROM (
    SELECT phone_number.person_id, string_agg(
        CASE WHEN number ~ '^0[6-9]0' THEN 'm' WHEN number ~ '^050' THEN 'i' ELSE 'f' END
            || CASE WHEN state = 'dead' THEN 'x' ELSE '' END,
        '' ORDER BY position, phone_number.id) AS sorts
    FROM phone_number
    WHERE phone_number.person_id IN (SELECT person_id FROM listed_case WHERE is_fresh AND case_id IS NULL)
    GROUP BY phone_number.person_id
) AS of_person
WHERE listed_case.person_id = of_person.person_id AND listed_case.is_fresh
""")
KINDS = text("""
SELECT DISTINCT debt, round_first, round_last, debtor_class, listed_person.language, sorts
FROM listed_case JOIN listed_person ON listed_person.address_key = listed_case.address_key
WHERE listed_case.is_fresh AND listed_case.case_id IS NULL
""")
TABLE = text("""
CREATE TEMPORARY TABLE fresh_plan (
    debt text, round_first date, round_last date, debtor_class text, language text, sorts text, number integer,
    state text, reason text, clause text, contacted boolean, sms_candidate boolean, facts text, plan_kind text,
    due_at timestamptz, until_at timestamptz, slot text, priority smallint, plan_reason text, plan_clause text,
    held text
) ON COMMIT DROP
""")
FILL = text("""
INSERT INTO fresh_plan SELECT * FROM jsonb_populate_recordset(CAST(NULL AS fresh_plan), CAST(:plans AS jsonb))
""")

REPRESENTATIVES = {"m": "0900000{:04}", "i": "0500000{:04}", "f": "025800{:04}"}
"""One number for each sort; what is decided does not hang on its digits."""


@dataclass(frozen=True, slots=True)
class Kind:
    debt: str
    round_first: date
    round_last: date
    debtor_class: str | None
    language: str | None
    sorts: str  # of the numbers in their order: m, f, i, each followed by x when it is dead

    def history(self, city: str) -> CaseHistory:
        sorts = re.findall("([mif])(x?)", self.sorts)
        return CaseHistory(
            city,
            "fresh",
            Round(self.round_first, self.round_last),
            tuple(PhoneNumber(REPRESENTATIVES[sort].format(place)) for place, (sort, _) in enumerate(sorts)),
            debt=self.debt,
            debtor_class=self.debtor_class,
            language=self.language,
            dead=frozenset(place for place, (_, mark) in enumerate(sorts) if mark),
        )


async def plan_fresh(connection: AsyncConnection, book: Rulebook | None, now: datetime) -> None:
    """Fills fresh_plan for new cases of people whom nobody has called; without a rulebook it stays empty."""
    await connection.execute(TABLE)
    if book is None:
        return
    await connection.execute(SORTS)
    kinds = [
        Kind(row.debt, row.round_first, row.round_last, row.debtor_class, row.language, row.sorts)
        for row in await connection.execute(KINDS)
    ]
    plans = await asyncio.to_thread(_plans, kinds, book, now)
    if plans:
        await connection.execute(FILL, {"plans": json_text(plans)})


def _plans(kinds: Sequence[Kind], book: Rulebook, now: datetime) -> list[dict[str, Any]]:
    return [_plan(kind, book, now) for kind in kinds]


def _plan(kind: Kind, book: Rulebook, now: datetime) -> dict[str, Any]:
    decision = decide(KnownCase(kind.history(book.city.key)), book, now)
    standing = decision.standing
    return {
        "debt": kind.debt,
        "round_first": kind.round_first,
        "round_last": kind.round_last,
        "debtor_class": kind.debtor_class,
        "language": kind.language,
        "sorts": kind.sorts,
        "number": None if decision.plan is None else decision.plan.number,
        "state": standing.state,
        "reason": standing.reason,
        "clause": standing.clause,
        "contacted": standing.contacted,
        "sms_candidate": standing.sms_candidate,
        "facts": decision.facts,
        **plan_columns(decision.plan or decision.held, now),
    }
