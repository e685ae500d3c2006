"""Which cases are called now: the most urgent whose plan allows it, each with an attempt row before anybody dials."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.plan.values import HeldBecause, Priority
from dialer.core.rules.completion import CompletionRules, Effect
from dialer.core.rules.endings import RESULTS
from dialer.core.values import TOKYO, AttemptId, CaseId, Outcome, PhoneNumber
from dialer.ports import Claimed

CANDIDATES_PER_CLAIM = 4  # looked at for each case wanted: some share a number or a household

FENCE = text("SELECT fence FROM leadership WHERE city = :city FOR SHARE")
"""Held until the claim is committed: a new leader waits for it, or the claim sees the new leader."""

MADE = """
made AS (
    INSERT INTO attempt (id, city, case_id, household, phone_number_id, number, caller_id, slot, fence, claimed_at)
    SELECT gen_random_uuid(), :city, id, household, phone_number_id, number, caller_id, slot, :fence, :now
    FROM chosen
    ORDER BY number -- the same order everywhere: two claims cannot wait for each other
    ON CONFLICT DO NOTHING -- somebody else has just begun to call this number
    RETURNING id, case_id, household, number
), called AS (
    INSERT INTO call (id, city, kind) SELECT id, :city, 'attempt' FROM made
), sharer AS ( -- the person, and who of the household is reached by the same number
    SELECT made.id AS call_id, made.case_id AS lead_id, phone_number.person_id
    FROM made
    JOIN phone_number ON phone_number.city = :city AND phone_number.number = made.number AND phone_number.state = 'open'
    JOIN person ON person.id = phone_number.person_id
    WHERE COALESCE(person.household, 'p' || person.id) = made.household
), noted AS (
    INSERT INTO call_case (call_id, case_id, city)
    SELECT sharer.call_id, cases.id, :city
    FROM sharer
    JOIN cases ON cases.person_id = sharer.person_id
    JOIN debt_kind ON debt_kind.id = cases.debt_kind_id
    WHERE cases.id = sharer.lead_id OR (
        cases.state = 'open' AND NOT cases.stale AND (cases.held IS NULL OR cases.held = ANY(CAST(:told_too AS text[])))
        AND :date BETWEEN cases.round_first AND cases.round_last
        AND debt_kind.key = ANY(CAST(:along AS text[]))
        AND NOT EXISTS ( -- a second call on one day would be none for that case
            SELECT FROM call_case AS earlier JOIN attempt ON attempt.id = earlier.call_id
            WHERE earlier.case_id = cases.id AND (attempt.outcome IS NULL OR (
                attempt.claimed_at >= :today AND attempt.outcome = ANY(CAST(:counted AS text[]))))))
)
SELECT made.id, made.case_id, chosen.debt, made.number, chosen.caller_id, chosen.until_at,
       before.machines, before.talks, chosen.priority
FROM made JOIN chosen ON chosen.id = made.case_id
CROSS JOIN LATERAL ( -- what the ear may expect
    SELECT COUNT(*) FILTER (WHERE outcome = ANY(CAST(:machine AS text[]))) AS machines,
           COUNT(*) FILTER (WHERE outcome = 'talked') AS talks
    FROM attempt
    WHERE attempt.city = :city AND attempt.household = made.household AND attempt.number = made.number
) AS before
ORDER BY chosen.priority, chosen.due_at, chosen.id
"""
"""Attempts for the cases that are chosen, and for whom else of their households; what a claim comes back with."""

ON_THE_LINE = """on_the_line AS MATERIALIZED ( -- who calls us now, and who did today if nobody has noted what was said
    SELECT number, CASE WHEN city = :city THEN household END AS household
    FROM inbound_call WHERE outcome IS NULL
    UNION ALL
    SELECT number, household
    FROM inbound_call
    WHERE city = :city AND arrived_at >= :today AND outcome = 'talked' AND NOT noted
)"""

DUE = """SELECT cases.id, cases.priority, cases.due_at, cases.until_at, cases.slot,
               debt_kind.key AS debt, debt_kind.caller_id, tried.id AS phone_number_id, tried.number,
               COALESCE(person.household, 'p' || person.id) AS household
        FROM cases
        JOIN person ON person.id = cases.person_id
        JOIN phone_number AS tried ON tried.id = cases.phone_number_id AND tried.state = 'open'
        JOIN debt_kind ON debt_kind.id = cases.debt_kind_id AND debt_kind.key = ANY(CAST(:debts AS text[]))
        WHERE cases.city = :city AND cases.state = 'open' AND cases.held IS NULL AND NOT cases.stale
          AND cases.priority = rank AND cases.due_at <= :now AND cases.until_at > :now
          AND NOT EXISTS (SELECT FROM attempt WHERE attempt.number = tried.number AND attempt.outcome IS NULL)
          AND NOT EXISTS (
              SELECT FROM attempt
              WHERE attempt.city = :city AND attempt.household = COALESCE(person.household, 'p' || person.id)
                AND attempt.outcome IS NULL)
          AND NOT EXISTS ( -- its household may have been another one when that call began
              SELECT FROM call_case JOIN attempt ON attempt.id = call_case.call_id
              WHERE call_case.case_id = cases.id AND attempt.outcome IS NULL)
          AND NOT EXISTS (
              SELECT FROM on_the_line
              WHERE on_the_line.number = tried.number
                 OR on_the_line.household = COALESCE(person.household, 'p' || person.id))
          AND (cases.plan_kind = 'appointment' OR NOT EXISTS (
              SELECT FROM attempt
              WHERE attempt.city = :city AND attempt.household = COALESCE(person.household, 'p' || person.id)
                -- not by the day: the statistics of last night know nothing of today, and all of it would be read
                AND attempt.claimed_at + INTERVAL '0' >= :today AND attempt.outcome = ANY(CAST(:counted AS text[]))
                AND NOT EXISTS (
                    SELECT FROM call_case
                    WHERE call_case.call_id = attempt.id AND call_case.case_id = cases.id)))
"""
"""Cases that may be called now, of one rank. Beside ON_THE_LINE."""

CHOSEN = """
WITH {ON_THE_LINE}, looked_at AS MATERIALIZED ( -- households of whom an operator has a case on the desk
    SELECT COALESCE(person.household, 'p' || person.id) AS household
    FROM operator
    JOIN cases ON cases.id = operator.preview_case
    JOIN person ON person.id = cases.person_id
    WHERE operator.city = :city
), candidate AS MATERIALIZED (
    SELECT found.*
    FROM unnest(CAST(:ranks AS smallint[])) AS rank -- each by the index: what is not due yet is never walked through
    CROSS JOIN LATERAL (
        {DUE}
          AND NOT EXISTS (
              SELECT FROM looked_at
              WHERE looked_at.household = COALESCE(person.household, 'p' || person.id))
          AND NOT EXISTS ( -- is called when an operator is kept for it: see left_alone.py
              SELECT FROM left_alone
              WHERE left_alone.person_id = person.id)
        ORDER BY cases.due_at, cases.id
        LIMIT :candidates
        FOR NO KEY UPDATE OF cases SKIP LOCKED
    ) AS found
    LIMIT :candidates
), one_per_number AS (
    SELECT DISTINCT ON (number) * FROM candidate ORDER BY number, priority, due_at, id
), one_per_household AS (
    SELECT DISTINCT ON (household) * FROM one_per_number ORDER BY household, priority, due_at, id
), chosen AS (
    SELECT * FROM one_per_household ORDER BY priority, due_at, id LIMIT :limit
),""".replace("{DUE}", DUE).replace("{ON_THE_LINE}", ON_THE_LINE)
CLAIM = text(CHOSEN + MADE)

ANSWERED_BY_MACHINE = (Outcome.MACHINE, Outcome.SCREENED)

TOLD_TOO = (HeldBecause.NO_SLOT,)
"""Holds that do not keep a case out of a call made for another case of the household."""


def reached_somebody(rules: CompletionRules) -> list[str]:
    """Outcomes after which a household has been called for that day: the counted ones. A dead line rang nowhere."""
    return [outcome.value for outcome, effect in effects(rules).items() if effect in (Effect.COUNTED, Effect.TALK)]


def effects(rules: CompletionRules) -> dict[Outcome, Effect]:
    """Of those that the rules hear of."""
    return {outcome: rules.outcomes[result].effect for outcome, result in RESULTS.items() if result is not None}


async def claimed(
    connection: AsyncConnection,
    city: str,
    limit: int,
    now: datetime,
    debts: Collection[str],
    along: Collection[str],
    *,
    fence: int,
    rules: CompletionRules,
) -> list[Claimed]:
    values = claim_values(city, limit, now, debts, fence, rules)
    values["along"] = [*debts, *along]
    values |= {"ranks": [priority.rank for priority in Priority], "candidates": limit * CANDIDATES_PER_CLAIM}
    return [claimed_row(row, now) for row in await connection.execute(CLAIM, values)]


def claim_values(
    city: str, limit: int, now: datetime, debts: Collection[str], fence: int, rules: CompletionRules
) -> dict[str, object]:
    local = now.astimezone(TOKYO)
    return {
        "city": city,
        "now": now,
        "today": local.replace(hour=0, minute=0, second=0, microsecond=0),
        "date": local.date(),
        "debts": list(debts),
        "along": list(debts),
        "counted": reached_somebody(rules),
        "machine": [outcome.value for outcome in ANSWERED_BY_MACHINE],
        "told_too": [why.value for why in TOLD_TOO],
        "limit": limit,
        "fence": fence,
    }


def claimed_row(row: Any, now: datetime) -> Claimed:
    return Claimed(
        AttemptId(str(row.id)),
        CaseId(row.case_id),
        row.debt,
        PhoneNumber(row.number),
        PhoneNumber(row.caller_id),
        now,
        row.until_at,
        row.machines,
        row.talks,
        row.priority == Priority.APPOINTMENT.rank,
    )
