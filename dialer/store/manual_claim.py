"""The claim of one number of one case, because an operator wants to call it."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.decide import Rulebook, decide
from dialer.core.manual_call import window_for
from dialer.core.values import CaseId
from dialer.ports import Claimed, NotClaimed
from dialer.store.claims import MADE, ON_THE_LINE, claim_values, claimed_row
from dialer.store.known import load

LOCK_CASE = text("SELECT id FROM cases WHERE city = :city AND id = :case FOR NO KEY UPDATE")
CHOSEN = """
WITH {ON_THE_LINE}, chosen AS MATERIALIZED (
    SELECT cases.id, 0 AS priority, CAST(:now AS timestamptz) AS due_at, CAST(:until AS timestamptz) AS until_at,
           CAST(:slot AS text) AS slot, debt_kind.key AS debt, debt_kind.caller_id, tried.id AS phone_number_id,
           tried.number, COALESCE(person.household, 'p' || person.id) AS household
    FROM cases
    JOIN person ON person.id = cases.person_id
    JOIN phone_number AS tried ON tried.person_id = person.id AND tried.id = :number AND tried.state = 'open'
    JOIN debt_kind ON debt_kind.id = cases.debt_kind_id
    WHERE cases.city = :city AND cases.id = :case
      AND NOT EXISTS (
          SELECT FROM call_case JOIN attempt ON attempt.id = call_case.call_id
          WHERE call_case.case_id = cases.id AND attempt.outcome IS NULL)
      AND NOT EXISTS (
          SELECT FROM on_the_line
          WHERE on_the_line.number = tried.number
             OR on_the_line.household = COALESCE(person.household, 'p' || person.id))
),""".replace("{ON_THE_LINE}", ON_THE_LINE)
CLAIM_ONE = text(CHOSEN + MADE)
CALLS_US = text(
    """
WITH {ON_THE_LINE}
SELECT EXISTS (
    SELECT FROM cases
    JOIN person ON person.id = cases.person_id
    JOIN phone_number ON phone_number.person_id = person.id AND phone_number.id = :number
    JOIN on_the_line ON on_the_line.number = phone_number.number
                     OR on_the_line.household = COALESCE(person.household, 'p' || person.id)
    WHERE cases.city = :city AND cases.id = :case)
""".replace("{ON_THE_LINE}", ON_THE_LINE)
)
UNDER_WAY = "この番号または同じ世帯に、いま架電しています"
THEY_CALL = "この番号または同じ世帯から電話を受けています。通話と応対結果の入力が終わってから架電してください"


async def claimed_one(
    connection: AsyncConnection, city: str, case: CaseId, number: int, now: datetime, *, fence: int, book: Rulebook
) -> Claimed | NotClaimed:
    """An operator's own call. The case is locked and decided anew before it is claimed."""
    found = (await connection.execute(LOCK_CASE, {"city": city, "case": case})).scalar_one_or_none()
    loaded = await load(connection, [case], book.city.rules) if found is not None else []
    if not loaded:
        return NotClaimed("この案件はありません")
    one = loaded[0]
    ids, history = list(one.phone_numbers), one.known.history
    place = ids.index(number) if number in ids else None
    decision = decide(one.known, book, max(now, one.latest or now))
    window = window_for(decision, history, place, book, now)
    if isinstance(window, str):
        return NotClaimed(window)
    open_now = [debt.key for debt in book.city.debts if book.days.window_at(debt.key, now) is not None]
    debts = [debt for debt in open_now if book.modes.why_paused(debt) is None]
    values = claim_values(city, 1, now, debts, fence, book.city.rules)
    values |= {"case": case, "number": number, "until": window.closes, "slot": str(window.slot)}
    made = [claimed_row(row, now) for row in await connection.execute(CLAIM_ONE, values)]
    if made:
        return made[0]
    they_call = (await connection.execute(CALLS_US, values)).scalar_one()
    return NotClaimed(THEY_CALL if they_call else UNDER_WAY)
