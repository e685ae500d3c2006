"""Recordings are found by day, operator, case, debt kind and length (T-027).

What is looked for is sent in the body: addresses are kept by browsers. Each look is in the log of operations.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.values import TOKYO
from dialer.store import log_search
from dialer.store.recordings import Wanted
from dialer.web.parts import parts_of
from dialer.web.recording_room import room_now
from dialer.web.recordings import MAY_HEAR, debts_heard, shown, store_of, whose
from dialer.web.security import Limited, log_operation, requires_one_of
from dialer.web.sign_in import Fields, fields_of
from dialer.web.views import page

routes = web.RouteTableDef()

LONGEST = 64
MOST_DIGITS = 18
MOST_SKIPPED = 1_000_000
YEARS = range(2000, 2200)
WRONG_DAYS = "期間は、始まりを終わりより前の日にしてください。"
WRONG_CASE = "案件番号は数字で入力してください。"
WRONG_LENGTH = "長さは、秒数を数字で入力してください。"


@dataclass(frozen=True, slots=True)
class Asked:
    """As it was typed: it is shown again."""

    first: date
    last: date
    by: str = ""
    debt: str = ""
    case: str = ""
    person: str = ""
    shortest: str = ""
    longest: str = ""
    skip: int = 0
    wrong: tuple[str, ...] = ()

    def wanted(self) -> Wanted:
        since, until = (datetime.combine(day, time(), TOKYO) for day in (self.first, self.last + timedelta(days=1)))
        return Wanted(
            since=since,
            until=until,
            account=self.by or None,
            debt=self.debt or None,
            case=int(self.case) if self.case else None,
            address_key=self.person or None,
            shortest=float(self.shortest) if self.shortest else None,
            longest=float(self.longest) if self.longest else None,
            skip=self.skip,
        )


@routes.get("/recordings")
@requires_one_of(*MAY_HEAR, limited=Limited.WITHIN)
async def today(request: web.Request) -> web.StreamResponse:
    return await _list(request, Fields({}))


@routes.post("/recordings")
@requires_one_of(*MAY_HEAR, limited=Limited.WITHIN)
async def search(request: web.Request) -> web.StreamResponse:
    return await _list(request, await fields_of(request))


async def _list(request: web.Request, fields: Fields) -> web.StreamResponse:
    parts, own = parts_of(request), await whose(request)
    debts = [debt.key for debt in parts.city.debts]
    asked = _asked(fields, debts, parts.clock.now().astimezone(TOKYO).date())
    wanted = asked.wanted() if not asked.wrong else None
    within = debts_heard(request)
    if wanted is not None:
        wanted = replace(wanted, account=own or wanted.account, debts=within)
    found, more = await store_of(request).find(wanted) if wanted is not None else ((), False)
    await log_operation(request, "search", "recording", [row.id for row in found], len(found), detail=_told(asked))

    async def people(connection: AsyncConnection) -> Sequence[tuple[str, str]]:
        return await log_search.people(connection, parts.city.key)

    return page(
        request,
        "recordings.html",
        status=422 if asked.wrong else 200,
        asked=asked,
        rows=[shown(row) for row in found],
        older=replace(asked, skip=asked.skip + len(found)) if more else None,
        people=await parts.database.ask(people) if own is None and within is None else (),
        everybody=own is None,
        debts=[debt for debt in parts.city.debts if within is None or debt.key in within],
        rules=parts.city.recordings,
        records=parts.settings.records(parts.city),
        room=await room_now(parts, parts.city) if own is None else None,
    )


def _told(asked: Asked) -> dict[str, str | int | None]:
    """What was looked for, as far as it is words and ids of ours."""
    told: dict[str, str | int | None] = {"first": asked.first.isoformat(), "last": asked.last.isoformat()}
    if asked.wrong:
        return told
    told |= {name: value for name, value in (("debt", asked.debt), ("case", asked.case)) if value}
    if asked.by.isascii() and asked.by.replace("-", "").replace("_", "").replace(".", "").isalnum():
        told["by"] = asked.by
    return told


def _asked(fields: Fields, debts: Sequence[str], today: date) -> Asked:
    first, last = _day(fields["first"], today), _day(fields["last"], today)
    case, lengths = fields["case"].strip(), [fields[name].strip() for name in ("shortest", "longest")]
    wrong = [WRONG_DAYS] if first > last else []
    if case and not _is_number(case):
        wrong.append(WRONG_CASE)
    if any(one and not (_is_number(one) and len(one) <= 6) for one in lengths):
        wrong.append(WRONG_LENGTH)
    skip = fields["skip"]
    return Asked(
        first,
        last,
        fields["by"].strip()[:LONGEST],
        fields["debt"] if fields["debt"] in debts else "",
        case[:LONGEST],
        fields["person"].strip()[:LONGEST],
        lengths[0][:LONGEST],
        lengths[1][:LONGEST],
        min(int(skip), MOST_SKIPPED) if _is_number(skip) else 0,
        tuple(wrong),
    )


def _is_number(typed: str) -> bool:
    return typed.isascii() and typed.isdecimal() and len(typed) <= MOST_DIGITS


def _day(typed: str, instead: date) -> date:
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return instead
    return day if day.year in YEARS else instead
