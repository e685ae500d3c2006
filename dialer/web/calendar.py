"""The calendar of the city: each month as it is, what it still lacks, and what is agreed about single days (C-027).

What a change would do is shown before it is entered; nothing is overwritten, the history stays.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from aiohttp import web

from dialer.core.agreed import Wish, changes_from, logged, proposed
from dialer.core.calendar.checks import quota_uses, warnings
from dialer.core.calendar.days import CalendarView, CityDay
from dialer.core.calendar.rules import Change, ChangeKind
from dialer.core.calendar.values import CalendarError, Period, in_words, month_of, months_later
from dialer.core.rights import Right
from dialer.core.values import TOKYO
from dialer.holidays import national_holidays
from dialer.store import agreed_days
from dialer.store.queries import SAVE_CITY
from dialer.web.bodies import form_of
from dialer.web.desk import of_this_city
from dialer.web.parts import parts_of
from dialer.web.security import Limited, log_operation, requires, requires_one_of, visitor_of
from dialer.web.sign_in import Fields, fields_of
from dialer.web.views import goes_to, page

routes = web.RouteTableDef()

LONGEST_REASON = 200
KIND_NAMES = {ChangeKind.OPEN: "業務日にする", ChangeKind.CLOSE: "休みにする", ChangeKind.RESTORE: "元に戻す"}
NO_KIND = "変更の内容を選んでください。"
NO_REASON = f"理由を{LONGEST_REASON}文字以内で入れてください。履歴に残ります。"
NO_PATTERN = "業務日にするときは、パターンを選んでください。"
PAST = "過ぎた日は変更できません。"
CHANGED_MEANWHILE = (
    "確かめた後に、ほかの方が暦を変更しました。もう一度、内容を確かめてください。変更は登録していません。"
)
NO_MONTH = "この月の祝日は分からないため、表示できません。"


@dataclass(frozen=True, slots=True)
class Typed:
    """The form, as it was sent."""

    day: str = ""
    kind: str = ""
    pattern: str = ""
    opens: str = ""
    closes_at: str = ""
    debts: tuple[str, ...] = ()
    closes: str = ""  # the weekday that is closed for it
    reason: str = ""


@routes.get("/calendar")
@requires_one_of(Right.RULES, Right.SUPERVISE, Right.WATCH, Right.REPORTS, limited=Limited.ALIKE)
async def calendar(request: web.Request) -> web.StreamResponse:
    day = _day_of(request.query.get("day"))
    return await _page(request, _month_asked(request, day), Typed(day=day.isoformat() if day else ""))


@routes.post("/calendar/proposal")
@requires(Right.RULES, limited=Limited.REFUSED)
async def look(request: web.Request) -> web.StreamResponse:
    """What it would change. Nothing is entered."""
    typed = await _typed(request)
    try:
        agreed = _changes(request, typed)
        return await _page(request, month_of(agreed[0].day).first, typed, agreed=agreed)
    except CalendarError as wrong:
        return await _page(request, _month_near(request, typed.day), typed, wrong=str(wrong))


@routes.post("/calendar")
@requires(Right.RULES, limited=Limited.REFUSED)
async def enter(request: web.Request) -> web.StreamResponse:
    """As it was looked at: when somebody has changed the calendar since, it is looked at again."""
    typed, fields, parts = await _typed(request), await fields_of(request), parts_of(request)
    city = of_this_city(request).city
    try:
        agreed = _changes(request, typed)
        before = await _view(request)
        proposal = proposed(before, agreed)
    except CalendarError as wrong:
        return await _page(request, _month_near(request, typed.day), typed, wrong=str(wrong))
    month = month_of(agreed[0].day).first
    seen = int(fields["seen"]) if re.fullmatch(r"\d{1,9}", fields["seen"], re.ASCII) else -1
    known = {"key": city, "name": parts.city.name}
    await parts.database.ask(lambda connection: connection.execute(SAVE_CITY, known))
    detail = {f"{one.day:%Y%m%d}_{what}": logged(one) for pair in proposal.days for what, one in _named(pair)}
    await log_operation(request, "agree", "day", [one.day.isoformat() for one in agreed], len(agreed), detail=detail)
    entered = await parts.database.ask(lambda connection: agreed_days.add_after(connection, city, agreed, seen))
    if not entered:
        return await _page(request, month, typed, agreed=agreed, wrong=CHANGED_MEANWHILE, status=409)
    return goes_to(f"/calendar?month={month:%Y-%m}&day={agreed[0].day.isoformat()}")


# --- what was typed


async def _typed(request: web.Request) -> Typed:
    fields: Fields = await fields_of(request)
    given = await form_of(request)
    return Typed(
        day=fields["day"].strip(),
        kind=fields["kind"],
        pattern=fields["pattern"],
        opens=fields["opens"].strip(),
        closes_at=fields["closes_at"].strip(),
        debts=tuple(str(one) for one in given.getall("debt", ())),
        closes=fields["closes"].strip(),
        reason=fields["reason"].strip(),
    )


def _changes(request: web.Request, typed: Typed) -> tuple[Change, ...]:
    parts, visitor = parts_of(request), visitor_of(request)
    now = parts.clock.now()
    kind = next((one for one in ChangeKind if one.value == typed.kind), None)
    if kind is None:
        raise CalendarError(NO_KIND)
    if not 0 < len(typed.reason) <= LONGEST_REASON:
        raise CalendarError(NO_REASON)
    opens = kind is ChangeKind.OPEN
    if opens and not typed.pattern:
        raise CalendarError(NO_PATTERN)
    hours = f"{typed.opens}-{typed.closes_at}" if typed.opens or typed.closes_at else None
    wish = Wish(
        typed.day,
        kind,
        typed.reason,
        visitor.account_login,
        pattern=typed.pattern if opens else None,
        calls=hours if opens else None,
        debts=typed.debts,
        closes=(typed.closes or None) if opens else None,
    )
    agreed = changes_from(parts.city, wish, now)
    if min(one.day for one in agreed) < now.astimezone(TOKYO).date():
        raise CalendarError(PAST)
    for one in agreed:
        national_holidays().name(one.day)  # of a year that is known
    return agreed


def _day_of(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text and re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII) else None
    except ValueError:
        return None


def _month_asked(request: web.Request, day: date | None) -> date:
    """The month of the address, else of the day, else this one."""
    asked = _day_of(f"{request.query.get('month', '')}-01")
    today = parts_of(request).clock.now().astimezone(TOKYO).date()
    return (asked or day or today).replace(day=1)


def _month_near(request: web.Request, typed: str) -> date:
    """Of the day that was typed, when that is one we know anything of."""
    day, holidays = _day_of(typed), national_holidays()
    known = day is not None and holidays.first_year <= day.year <= holidays.last_year
    return _month_asked(request, day if known else None)


# --- the page


async def _view(request: web.Request) -> CalendarView:
    parts = parts_of(request)
    city = parts.city
    changes = await parts.database.ask(lambda connection: agreed_days.changes(connection, city.key))
    return CalendarView(city.calendar, national_holidays(), tuple(changes))


async def _page(
    request: web.Request,
    month: date,
    typed: Typed,
    *,
    agreed: Sequence[Change] = (),
    wrong: str | None = None,
    status: int | None = None,
) -> web.StreamResponse:
    of_this_city(request)
    parts, view = parts_of(request), await _view(request)
    period = month_of(month)
    try:
        weeks = _weeks(view, period)
        told = warnings(view, period)
        uses = quota_uses(view, period)
        proposal = proposed(view, agreed) if agreed else None
    except CalendarError as unknown:
        raise web.HTTPNotFound(text=f"{NO_MONTH}{unknown}") from None
    await log_operation(request, "view", "day", [f"{month:%Y-%m}"], len(weeks))
    return page(
        request,
        "calendar.html",
        status=status or (422 if wrong else 200),
        city=parts.city,
        month=month,
        earlier=months_later(month, -1),
        later=months_later(month, 1),
        weeks=weeks,
        holidays=view.holidays,
        patterns=parts.city.calendar.patterns,
        pattern_names={one.key: one.name for one in parts.city.calendar.patterns},
        exchanges=bool(parts.city.calendar.exchanged),
        warnings=told,
        uses=uses,
        changed={one.day for one in view.changes},
        changes=[one for one in reversed(view.changes) if one.day in period],
        seen=len(view.changes),
        typed=typed,
        proposal=proposal,
        planned=await _planned(request, agreed),
        wrong=wrong,
        kinds=KIND_NAMES,
        longest=LONGEST_REASON,
        in_words=in_words,
        tokyo=TOKYO,
        today=parts.clock.now().astimezone(TOKYO).date(),
    )


async def _planned(request: web.Request, agreed: Sequence[Change]) -> list[tuple[date, int]]:
    parts = parts_of(request)
    ask = parts.database.ask
    return [
        (one.day, await ask(partial(agreed_days.planned, city=parts.city.key, day=one.day, debts=one.debts)))
        for one in agreed
    ]


def _weeks(view: CalendarView, period: Period) -> list[list[CityDay | None]]:
    """From Sunday on, as calendars hang on the wall; days of other months are left empty."""
    days: list[CityDay | None] = list(view.days(period))
    before = [None] * (period.first.isoweekday() % 7)
    cells = [*before, *days]
    cells += [None] * (-len(cells) % 7)
    return [cells[at : at + 7] for at in range(0, len(cells), 7)]


def _named(pair: tuple[CityDay, CityDay]) -> tuple[tuple[str, CityDay], tuple[str, CityDay]]:
    return ("old", pair[0]), ("new", pair[1])
