"""To whom in the centre a talk can be passed on now, and what who gets one is shown of who had it."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.colleagues import Colleague
from dialer.core.groups import Group, takes
from dialer.core.rights import Right
from dialer.core.talk_results import Json
from dialer.core.values import CallId
from dialer.ports import Operator
from dialer.store.staff_grants import GRANTS_IN_FORCE, HOLDS

WHO_SITS = text(f"""
SELECT account.login, account.name, EXISTS (
    SELECT FROM ({GRANTS_IN_FORCE}) AS last JOIN role_right USING (role)
    WHERE last.login = account.login AND last.city = :city AND role_right.may = :supervises AND {HOLDS}
) AS supervises
FROM account WHERE login = ANY(CAST(:logins AS text[]))
""")  # noqa: S608 - made of constants
PASSED = text("""
SELECT account.name, passed.detail ->> 'seat' AS seat, passed.detail ->> 'to' AS to, (
    SELECT draft.content
    FROM call_event AS earlier
    JOIN desk_draft AS draft ON draft.call_id = earlier.call_id AND draft.by = earlier.detail ->> 'by'
    WHERE earlier.call_id = passed.call_id AND earlier.kind = 'pass_ordered' ORDER BY earlier.id DESC LIMIT 1
) AS draft
FROM call_event AS passed JOIN account ON account.login = passed.detail ->> 'by'
WHERE passed.id = :event
""")
NAME = text("SELECT name FROM account WHERE login = :login")


async def colleagues(
    connection: AsyncConnection,
    city: str,
    operators: Mapping[str, Operator],
    login: str,
    now: datetime,
    group: Group = None,
) -> list[Colleague]:
    """Everybody else who sits somewhere, those first who can be chosen. `group`: of the debt kind of the talk."""
    others = [one for one in operators.values() if one.account not in (None, login)]
    asked = {"city": city, "logins": [one.account for one in others], "supervises": Right.SUPERVISE.value, "now": now}
    known = {row.login: row for row in await connection.execute(WHO_SITS, asked)} if others else {}
    found = [
        Colleague(
            *(one.phone, row.name, row.supervises, one.state, one.leg_state, one.pause_reason, one.leaving),
            takes=takes(one.group, group),
        )
        for one in others
        if (row := known.get(one.account)) is not None
    ]
    return sorted(found, key=lambda one: one.order)


def why_not_to(found: list[Colleague], phone: object) -> str | None:
    """Why a talk cannot be passed on to this seat at this moment."""
    one = next((one for one in found if one.phone == phone), None)
    if one is None:
        return "この席には、ほかの担当者がいません。"
    return None if one.why_not is None else f"{one.name}さんは{one.why_not}のため、いまは転送できません。"


async def consulted(connection: AsyncConnection, operators: Mapping[str, Operator], seat: str | None) -> str | None:
    """The name of who sits there; None when it is no seat."""
    there = operators.get(seat) if seat is not None else None
    if there is None or there.account is None:
        return None
    return await name_of(connection, there.account)


async def name_of(connection: AsyncConnection, login: str) -> str:
    found: str | None = (await connection.execute(NAME, {"login": login})).scalar_one_or_none()
    return found or login


async def passed_by(connection: AsyncConnection, event: int, call: CallId) -> Json:
    """Who had the talk before, what they noted, and whether they have confirmed who is on the line."""
    row = (await connection.execute(PASSED, {"event": event})).one_or_none()
    draft = (row.draft if row else None) or {}
    note = draft.get("note")
    return {
        "call": call,
        "name": row.name if row else "",
        "note": note if isinstance(note, str) else "",
        "identified": draft.get("identity_confirmed") is True,
    }
