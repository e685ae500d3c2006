"""The engine's statements. What a screen or a report asks is in figures.py."""

from sqlalchemy import text

FENCE = text("SELECT fence FROM leadership WHERE city = :city FOR SHARE")
"""Held until the claim is committed: a new leader waits for it, or the claim sees the new leader."""

CLAIM = text("""
WITH candidate AS MATERIALIZED (
    SELECT cases.id, cases.due_at, cases.debt_kind_id, tried.id AS phone_number_id, tried.number
    FROM cases
    CROSS JOIN LATERAL (
        SELECT phone_number.id, phone_number.number
        FROM phone_number
        WHERE phone_number.person_id = cases.person_id AND phone_number.state = 'open'
        ORDER BY phone_number.position, phone_number.id
        LIMIT 1
    ) AS tried
    WHERE cases.city = :city AND cases.state = 'open' AND cases.held IS NULL AND cases.due_at <= :now
      AND NOT EXISTS (SELECT FROM attempt WHERE attempt.case_id = cases.id AND attempt.outcome IS NULL)
      AND NOT EXISTS (SELECT FROM attempt WHERE attempt.number = tried.number AND attempt.outcome IS NULL)
    ORDER BY cases.due_at, cases.id
    LIMIT :candidates
    FOR NO KEY UPDATE OF cases SKIP LOCKED
), one_per_number AS (
    SELECT DISTINCT ON (number) * FROM candidate ORDER BY number, due_at, id
), chosen AS (
    SELECT * FROM one_per_number ORDER BY due_at, id LIMIT :limit
), made AS (
    INSERT INTO attempt (id, city, case_id, phone_number_id, number, caller_id, fence, claimed_at)
    SELECT gen_random_uuid(), :city, chosen.id, chosen.phone_number_id, chosen.number, debt_kind.caller_id, :fence, :now
    FROM chosen JOIN debt_kind ON debt_kind.id = chosen.debt_kind_id
    ORDER BY chosen.number -- the same order everywhere: two claims cannot wait for each other
    ON CONFLICT DO NOTHING -- somebody else has just begun to call this number
    RETURNING id, case_id, number, caller_id
)
SELECT made.id, made.case_id, made.number, made.caller_id
FROM made JOIN chosen ON chosen.id = made.case_id
ORDER BY chosen.due_at, chosen.id
""")

APPEND = text("""
INSERT INTO call_event (city, attempt_id, at, kind, detail)
SELECT attempt.city, attempt.id, said.at, said.kind, said.detail
FROM ROWS FROM (
    jsonb_to_recordset(CAST(:events AS jsonb)) AS (attempt uuid, at timestamptz, kind text, detail jsonb)
) WITH ORDINALITY AS said(attempt, at, kind, detail, place)
JOIN attempt ON attempt.id = said.attempt
ORDER BY said.place
ON CONFLICT DO NOTHING
""")

FINISH = text("""
UPDATE attempt
SET outcome = said.outcome, reason = said.reason, evidence = said.evidence, ended_at = said.ended_at,
    ended_by = said.ended_by, placed_at = said.placed_at, ringing_at = said.ringing_at,
    answered_at = said.answered_at, joined_at = said.joined_at, operator = COALESCE(said.operator, attempt.operator)
FROM jsonb_to_recordset(CAST(:ended AS jsonb)) AS said(
    attempt uuid, outcome text, reason text, evidence jsonb, ended_at timestamptz, ended_by text,
    placed_at timestamptz, ringing_at timestamptz, answered_at timestamptz, joined_at timestamptz, operator text)
WHERE attempt.id = said.attempt AND attempt.outcome IS NULL
RETURNING attempt.id, attempt.city, attempt.case_id, attempt.number
""")

MOVE_CASES = text("""
UPDATE cases
SET state = said.state, due_at = COALESCE(said.due_at, cases.due_at),
    reason = CASE WHEN said.state = cases.state THEN cases.reason ELSE said.reason END
FROM jsonb_to_recordset(CAST(:moved AS jsonb)) AS said(id bigint, state text, due_at timestamptz, reason text)
WHERE cases.id = said.id AND cases.state = 'open' -- a stop that came during the call stays
""")

BURY_NUMBERS = text("""
UPDATE phone_number SET state = 'dead'
FROM jsonb_to_recordset(CAST(:dead AS jsonb)) AS said(city text, number text)
WHERE phone_number.city = said.city AND phone_number.number = said.number AND phone_number.state = 'open'
RETURNING phone_number.person_id
""")

HOLD_CASES = text("""
UPDATE cases SET held = 'no_open_number'
WHERE person_id = ANY(:persons) AND state = 'open' AND held IS NULL
  AND NOT EXISTS (
      SELECT FROM phone_number WHERE phone_number.person_id = cases.person_id AND phone_number.state = 'open')
""")

TELL_OUTCOMES = text("""
INSERT INTO outbox (city, attempt_id, kind, payload)
SELECT said.city, said.attempt, 'attempt_ended', said.payload
FROM jsonb_to_recordset(CAST(:told AS jsonb)) AS said(city text, attempt uuid, payload jsonb)
ON CONFLICT DO NOTHING
""")

NOTE_OPERATOR = text("UPDATE attempt SET operator = :phone WHERE id = :attempt AND outcome IS NULL")

OPEN_ATTEMPTS = text("""
SELECT id, case_id, number, claimed_at, operator
FROM attempt WHERE city = :city AND outcome IS NULL ORDER BY claimed_at, case_id
""")

CLOSED = text("""
SELECT id FROM attempt WHERE city = :city AND id = ANY(CAST(:attempts AS uuid[])) AND outcome IS NOT NULL
""")
HISTORY = text("""
SELECT attempt_id, at, kind, detail
FROM call_event WHERE attempt_id = ANY(CAST(:attempts AS uuid[])) ORDER BY at, id
""")

OPERATORS = text("SELECT phone, state, leg FROM operator WHERE city = :city ORDER BY phone")

SAVE_OPERATOR = text("""
INSERT INTO operator (city, phone, state, leg, since) VALUES (:city, :phone, :state, :leg, :now)
ON CONFLICT (city, phone) DO UPDATE SET state = excluded.state, leg = excluded.leg, since = excluded.since
""")

SAVE_RECORDING = text("""
INSERT INTO recording (attempt_id, city, file, seconds)
SELECT id, city, :file, :seconds FROM attempt WHERE id = :attempt
ON CONFLICT (attempt_id) DO UPDATE SET file = excluded.file, seconds = excluded.seconds
""")

SAVE_CITY = text("""
INSERT INTO city (key, name) VALUES (:key, :name) ON CONFLICT (key) DO UPDATE SET name = excluded.name
""")

SAVE_DEBT_KIND = text("""
INSERT INTO debt_kind (city, key, name, department, caller_id) VALUES (:city, :key, :name, :department, :caller_id)
ON CONFLICT (city, key) DO UPDATE
SET name = excluded.name, department = excluded.department, caller_id = excluded.caller_id
""")

ADD_OPERATOR = text("""
INSERT INTO operator (city, phone, state) VALUES (:city, :phone, 'offline') ON CONFLICT DO NOTHING
""")

REMOVE_OPERATORS = text("DELETE FROM operator WHERE city = :city AND NOT phone = ANY(:phones)")
