"""The engine's small statements. Claims, ends and decisions have files of their own; reports ask in figures.py."""

from sqlalchemy import text

APPEND = text("""
INSERT INTO call_event (city, call_id, at, kind, detail)
SELECT call.city, call.id, said.at, said.kind, said.detail
FROM ROWS FROM (
    jsonb_to_recordset(CAST(:events AS jsonb)) AS (attempt uuid, at timestamptz, kind text, detail jsonb)
) WITH ORDINALITY AS said(attempt, at, kind, detail, place)
JOIN call ON call.id = said.attempt
ORDER BY said.place
ON CONFLICT DO NOTHING
""")

NOTED = text("""
UPDATE inbound_call SET noted = true WHERE id = ANY(CAST(:calls AS uuid[])) AND NOT noted
""")

NOTE_OPERATOR = text("""
WITH placed AS (
    UPDATE attempt SET operator = :phone, account = :account WHERE id = CAST(:call AS uuid) AND outcome IS NULL
)
UPDATE inbound_call SET operator = :phone, account = :account WHERE id = CAST(:call AS uuid) AND outcome IS NULL
""")

AWAITED_RESULTS = text("""
SELECT attempt.id, attempt.ended_at
FROM attempt
WHERE attempt.city = :city AND attempt.claimed_at >= :since AND attempt.outcome = 'talked'
  AND NOT EXISTS (
      SELECT FROM case_event
      WHERE case_event.case_id = attempt.case_id AND case_event.kind = 'talk' AND case_event.call_id = attempt.id)
UNION ALL
SELECT inbound_call.id, inbound_call.ended_at
FROM inbound_call
WHERE inbound_call.city = :city AND inbound_call.arrived_at >= :since AND inbound_call.outcome = 'talked'
  AND NOT inbound_call.noted
ORDER BY ended_at, id
""")

OPEN_ATTEMPTS = text("""
SELECT attempt.id, case_id, number, claimed_at, operator, attempt.caller_id, debt_kind.key AS debt
FROM attempt JOIN cases ON cases.id = attempt.case_id JOIN debt_kind ON debt_kind.id = cases.debt_kind_id
WHERE attempt.city = :city AND outcome IS NULL ORDER BY claimed_at, case_id
""")

CLOSED = text("""
SELECT id FROM attempt WHERE city = :city AND id = ANY(CAST(:attempts AS uuid[])) AND outcome IS NOT NULL
UNION ALL
SELECT id FROM inbound_call WHERE city = :city AND id = ANY(CAST(:attempts AS uuid[])) AND outcome IS NOT NULL
""")
WITHDRAWN = text("""
SELECT call_case.call_id
FROM call_case JOIN cases ON cases.id = call_case.case_id
WHERE call_case.call_id = ANY(CAST(:attempts AS uuid[]))
GROUP BY call_case.call_id HAVING bool_and(cases.state IN ('stopped', 'paid'))
UNION
SELECT attempt.id -- whoever it is for is calling us
FROM attempt
JOIN inbound_call ON inbound_call.outcome IS NULL AND (
    inbound_call.number = attempt.number
    OR (inbound_call.city = attempt.city AND inbound_call.household = attempt.household))
WHERE attempt.id = ANY(CAST(:attempts AS uuid[])) AND attempt.outcome IS NULL
""")

HISTORY = text("""
SELECT call_id, at, kind, detail
FROM call_event WHERE call_id = ANY(CAST(:attempts AS uuid[])) ORDER BY at, id
""")

OPERATORS = text("""
SELECT phone, state, leg, since, seat, account, leaving, leg_state, call_id, pause_reason, wrap_up_until, extended,
       on_hold, muted, help, consulting, preview_case, listens_to, listens_how, group_key
FROM operator WHERE city = :city ORDER BY phone
""")

SAVE_OPERATOR = text("""
INSERT INTO operator (
    city, phone, state, leg, since, seat, account, leaving, leg_state, call_id, pause_reason, wrap_up_until,
    extended, on_hold, muted, help, consulting, preview_case, listens_to, listens_how, group_key)
VALUES (
    :city, :phone, :state, :leg, :since, :seat, :account, :leaving, :leg_state, CAST(:attempt AS uuid), :pause_reason,
    :wrap_up_until, :extended, :on_hold, :muted, :help, :consulting, :preview, :listens_to, :listens_how, :group)
ON CONFLICT (city, phone) DO UPDATE
SET state = excluded.state, leg = excluded.leg, since = excluded.since, seat = excluded.seat,
    account = excluded.account, leaving = excluded.leaving, leg_state = excluded.leg_state,
    call_id = excluded.call_id, pause_reason = excluded.pause_reason, wrap_up_until = excluded.wrap_up_until,
    extended = excluded.extended, on_hold = excluded.on_hold, muted = excluded.muted, help = excluded.help,
    consulting = excluded.consulting, preview_case = excluded.preview_case, listens_to = excluded.listens_to,
    listens_how = excluded.listens_how, group_key = excluded.group_key
""")

SAVE_RECORDING = text("""
INSERT INTO recording (call_id, city, at, file, seconds, bytes, key_id)
SELECT call.id, call.city, COALESCE(attempt.claimed_at, inbound_call.arrived_at), :file, :seconds, :bytes, :key_id
FROM call LEFT JOIN attempt ON attempt.id = call.id LEFT JOIN inbound_call ON inbound_call.id = call.id
WHERE call.id = :attempt
ON CONFLICT (call_id) DO UPDATE
SET file = excluded.file, seconds = excluded.seconds, bytes = excluded.bytes, key_id = excluded.key_id
WHERE recording.deleted_at IS NULL
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
