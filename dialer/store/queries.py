"""The engine's small statements. Claims, ends and decisions have files of their own; reports ask in figures.py."""

from sqlalchemy import text

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

NOTE_OPERATOR = text("""
UPDATE attempt SET operator = :phone, account = :account WHERE id = :attempt AND outcome IS NULL
""")

AWAITED_RESULTS = text("""
SELECT attempt.id
FROM attempt
WHERE attempt.city = :city AND attempt.claimed_at >= :since AND attempt.outcome = 'talked'
  AND NOT EXISTS (
      SELECT FROM case_event
      WHERE case_event.case_id = attempt.case_id AND case_event.kind = 'talk' AND case_event.attempt_id = attempt.id)
ORDER BY attempt.ended_at, attempt.id
""")

OPEN_ATTEMPTS = text("""
SELECT id, case_id, number, claimed_at, operator, caller_id
FROM attempt WHERE city = :city AND outcome IS NULL ORDER BY claimed_at, case_id
""")

CLOSED = text("""
SELECT id FROM attempt WHERE city = :city AND id = ANY(CAST(:attempts AS uuid[])) AND outcome IS NOT NULL
""")
WITHDRAWN = text("""
SELECT attempt_case.attempt_id
FROM attempt_case JOIN cases ON cases.id = attempt_case.case_id
WHERE attempt_case.attempt_id = ANY(CAST(:attempts AS uuid[]))
GROUP BY attempt_case.attempt_id HAVING bool_and(cases.state IN ('stopped', 'paid'))
""")

HISTORY = text("""
SELECT attempt_id, at, kind, detail
FROM call_event WHERE attempt_id = ANY(CAST(:attempts AS uuid[])) ORDER BY at, id
""")

OPERATORS = text("""
SELECT phone, state, leg, since, seat, account, leaving, leg_state, attempt_id, pause_reason, wrap_up_until, extended,
       on_hold, muted, help, consulting, preview_case
FROM operator WHERE city = :city ORDER BY phone
""")

SAVE_OPERATOR = text("""
INSERT INTO operator (
    city, phone, state, leg, since, seat, account, leaving, leg_state, attempt_id, pause_reason, wrap_up_until,
    extended, on_hold, muted, help, consulting, preview_case)
VALUES (
    :city, :phone, :state, :leg, :since, :seat, :account, :leaving, :leg_state, CAST(:attempt AS uuid), :pause_reason,
    :wrap_up_until, :extended, :on_hold, :muted, :help, :consulting, :preview)
ON CONFLICT (city, phone) DO UPDATE
SET state = excluded.state, leg = excluded.leg, since = excluded.since, seat = excluded.seat,
    account = excluded.account, leaving = excluded.leaving, leg_state = excluded.leg_state,
    attempt_id = excluded.attempt_id, pause_reason = excluded.pause_reason, wrap_up_until = excluded.wrap_up_until,
    extended = excluded.extended, on_hold = excluded.on_hold, muted = excluded.muted, help = excluded.help,
    consulting = excluded.consulting, preview_case = excluded.preview_case
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
