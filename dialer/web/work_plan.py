"""The work plan and what came of it (業務計画と実績), for who may see figures; entered by who leads (C-008, C-009).

A table is shown with what it would change before it is entered; a single month is changed with a reason. Nothing is
overwritten: earlier plans stay in the history.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from aiohttp import web
from aiohttp.web_request import FileField

from dialer.core.rights import Right
from dialer.core.typed_table import BadTable, decoded, shown_problems
from dialer.core.values import TOKYO
from dialer.core.work_plan import (
    CHANNEL_NAMES,
    Channel,
    PlanKey,
    Planned,
    count_in_words,
    in_force,
    key_in_words,
    months_of,
    subjects_of,
    year_of,
)
from dialer.core.work_plan_file import PlanTable, count_of, is_count, read_plan, year_named
from dialer.store import work_plans
from dialer.store.queries import SAVE_CITY
from dialer.store.work_plans import LARGEST_BYTES, Compared
from dialer.web.bodies import form_of
from dialer.web.desk import of_this_city
from dialer.web.parts import parts_of
from dialer.web.security import Limited, log_operation, requires, requires_one_of
from dialer.web.sign_in import Fields, fields_of
from dialer.web.views import goes_to, page
from dialer.web.work_plan_rows import book_of, page_values

routes = web.RouteTableDef()

LONGEST_REASON = 200
FIRST_YEAR, LAST_YEAR = 2000, 2099
NO_REASON = f"理由を{LONGEST_REASON}文字以内で入れてください。履歴に残ります。"
NO_TABLE = "計画の表のファイルを選ぶか、表を貼り付けてください。"
TOO_LARGE = f"表が大きすぎます。{LARGEST_BYTES // 1000} KBまでにしてください。"
NO_CELL = "科目、種別、月を選んでください。"
NO_COUNT = "件数は0以上の整数で入れてください。空欄にすると、この月の計画を取り消します。"
SAME = "計画は今と同じです。変更は登録していません。"
CHANGED_MEANWHILE = (
    "確かめた後に、ほかの方が計画を変更しました。もう一度、内容を確かめてください。変更は登録していません。"
)


class WronglyTyped(Exception):
    """What is wrong, a line for each."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


@dataclass(frozen=True, slots=True)
class Proposal:
    table: PlanTable
    found: Compared
    text: str


# --- routes


@routes.get("/plan")
@requires_one_of(Right.SUPERVISE, Right.WATCH, Right.REPORTS, limited=Limited.REFUSED)
async def plan(request: web.Request) -> web.StreamResponse:
    key = _key(request, *request.query.get("cell", "").split(".")) if "cell" in request.query else None
    typed = Fields({}) if key is None else Fields({"subject": key[0], "channel": key[1], "month": f"{key[2]:%Y-%m}"})
    return await _page(request, _year_asked(request, request.query.get("year", "")), typed)


@routes.post("/plan/proposal")
@requires(Right.SUPERVISE, limited=Limited.REFUSED)
async def look(request: web.Request) -> web.StreamResponse:
    """What a table would change. Nothing is entered."""
    typed = await _table_typed(request)
    try:
        proposal = await _proposal(request, typed)
    except WronglyTyped as wrong:
        return await _page(request, _year_asked(request, typed["year"]), typed, wrong=wrong.lines)
    return await _page(request, proposal.table.years[0], typed, proposal=proposal)


@routes.post("/plan")
@requires(Right.SUPERVISE, limited=Limited.REFUSED)
async def enter(request: web.Request) -> web.StreamResponse:
    """As it was looked at: when somebody has changed the plan since, it is looked at again."""
    typed = await _table_typed(request)
    try:
        proposal = await _proposal(request, typed)
        reason = _reason(typed)
    except WronglyTyped as wrong:
        return await _page(request, _year_asked(request, typed["year"]), typed, wrong=wrong.lines)
    year, wanted = proposal.table.years[0], {one.key: one.after for one in proposal.found.changes}
    detail = {"sha256": hashlib.sha256(proposal.text.encode()).hexdigest()}
    years = [str(one) for one in proposal.table.years]
    await log_operation(request, "import", "work_plan", years, len(wanted), detail=detail)
    if not await _entered(request, wanted, reason, typed["seen"]):
        return await _page(request, year, typed, proposal=proposal, wrong=(CHANGED_MEANWHILE,), status=409)
    return goes_to(f"/plan?year={year}")


@routes.post("/plan/cell")
@requires(Right.SUPERVISE, limited=Limited.REFUSED)
async def change(request: web.Request) -> web.StreamResponse:
    """One month of one debt and channel."""
    typed = await fields_of(request)
    key = _key(request, typed["subject"], typed["channel"], typed["month"])
    year = _year_asked(request, typed["year"]) if key is None else year_of(key[2])
    try:
        if key is None:
            raise WronglyTyped(NO_CELL)
        if not is_count(typed["planned"]):
            raise WronglyTyped(NO_COUNT)
        reason, count = _reason(typed), count_of(typed["planned"])
        before = in_force(await _entries(request, year)).get(key)
        if count == before:
            raise WronglyTyped(SAME)
    except WronglyTyped as wrong:
        return await _page(request, year, typed, wrong=wrong.lines)
    name = f"{key[0]}.{key[1]}.{key[2]:%Y-%m}"
    await log_operation(request, "plan", "work_plan", [name], 1, detail={"old": before, "new": count})
    if not await _entered(request, {key: count}, reason, typed["seen"]):
        return await _page(request, year, typed, wrong=(CHANGED_MEANWHILE,), status=409)
    return goes_to(f"/plan?year={year}")


# --- what was typed


async def _table_typed(request: web.Request) -> Fields:
    """The table as a file, else as text."""
    typed = await fields_of(request)
    file = (await form_of(request)).get("file")
    if isinstance(file, FileField):
        data = file.file.read()
        try:
            typed.values["text"] = decoded(data)
        except BadTable as bad:
            typed.values["problem"] = bad.problems[0]
    return typed


async def _proposal(request: web.Request, typed: Fields) -> Proposal:
    if typed["problem"]:
        raise WronglyTyped(typed["problem"])
    text = typed["text"].replace("\r\n", "\n")
    if not text.strip():
        raise WronglyTyped(NO_TABLE)
    if len(text.encode()) > LARGEST_BYTES:
        raise WronglyTyped(TOO_LARGE)
    city = book_of(request).city
    try:
        table = read_plan(text, subjects_of(city), year_named(typed["year"]))
    except BadTable as bad:
        raise WronglyTyped(*shown_problems(bad.problems)) from None
    found = await parts_of(request).database.ask(partial(work_plans.compared, city=city, table=table))
    return Proposal(table, found, text)


def _reason(typed: Fields) -> str:
    reason = typed["reason"].strip()
    if not (0 < len(reason) <= LONGEST_REASON and reason.isprintable()):
        raise WronglyTyped(NO_REASON)
    return reason


def _year_asked(request: web.Request, word: str) -> int:
    """This one, unless another is named."""
    year = year_named(word)
    return year if year is not None and FIRST_YEAR <= year <= LAST_YEAR else year_of(_today(request))


def _key(request: web.Request, subject: str = "", channel: str = "", month: str = "", *_: str) -> PlanKey | None:
    """None for what is no month of a plan."""
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError:
        return None
    known = any(one.key == subject for one in subjects_of(book_of(request).city))
    is_near = FIRST_YEAR <= year_of(first) <= LAST_YEAR
    return (subject, Channel(channel), first) if known and is_near and channel in set(Channel) else None


def _today(request: web.Request) -> date:
    return parts_of(request).clock.now().astimezone(TOKYO).date()


# --- tables


async def _entries(request: web.Request, year: int) -> Sequence[Planned]:
    city = book_of(request).city.key
    return await parts_of(request).database.ask(partial(work_plans.entries, city=city, year=year))


async def _entered(request: web.Request, wanted: Mapping[PlanKey, int | None], reason: str, seen: str) -> bool:
    """False: not any more what was looked at, nothing is entered."""
    visitor, parts = of_this_city(request), parts_of(request)
    known = int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 10 else -1
    now = parts.clock.now()
    entries = [Planned(*key, count, reason, visitor.account_login, now) for key, count in wanted.items()]
    row = {"key": visitor.city, "name": parts.city.name}
    await parts.database.ask(lambda connection: connection.execute(SAVE_CITY, row))
    return await parts.database.ask(partial(work_plans.enter, city=visitor.city, wanted=entries, seen=known))


async def _page(
    request: web.Request,
    year: int,
    typed: Fields,
    *,
    proposal: Proposal | None = None,
    wrong: Sequence[str] = (),
    status: int | None = None,
) -> web.StreamResponse:
    city = of_this_city(request).city
    seen = await parts_of(request).database.ask(partial(work_plans.count, city=city))
    entries = await _entries(request, year)
    values = await page_values(request, year, entries, _today(request))
    await log_operation(request, "view", "work_plan", [str(year)], len(entries))
    return page(
        request,
        "plan.html",
        status=status or (422 if wrong else 200),
        year=year,
        months=months_of(year),
        seen=seen,
        typed=typed,
        proposal=proposal,
        wrong=wrong,
        channels=CHANNEL_NAMES,
        longest=LONGEST_REASON,
        key_in_words=key_in_words,
        count_in_words=count_in_words,
        **values,
    )
