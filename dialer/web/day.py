"""The page that looks back on a day: figures, and the calls behind each of them. It changes nothing."""

from datetime import timedelta
from functools import partial
from urllib.parse import urlencode

from aiohttp import web

from dialer.core.calendar.values import Period
from dialer.core.rights import Right
from dialer.core.rulebook import Rulebook
from dialer.core.values import TOKYO
from dialer.store.calls_behind import CALLS_PER_PAGE, LISTING_SECONDS, calls_behind
from dialer.web.day_asked import TOO_LONG, Asked, WronglyAsked, calls_asked, span_of
from dialer.web.day_period import (
    HOUR_SECONDS,
    KEPT,
    LONGEST_SPAN,
    MAP_SECONDS,
    Kept,
    holidays_in,
    hours_shown,
    targets_shown,
    usual_span,
)
from dialer.web.day_rows import day_figures, outcome_name
from dialer.web.desk import of_this_city
from dialer.web.desk_parts import desk_of
from dialer.web.floor_rows import masked
from dialer.web.parts import PARTS, parts_of
from dialer.web.security import Limited, log_operation, requires
from dialer.web.views import page, problem

routes = web.RouteTableDef()


def add_day(app: web.Application) -> None:
    app[KEPT] = Kept(app[PARTS].clock)


@routes.get("/floor/day")
@requires(Right.REPORTS, limited=Limited.REFUSED)
async def day_page(request: web.Request) -> web.StreamResponse:
    of_this_city(request)
    today = parts_of(request).clock.now().astimezone(TOKYO).date()
    span = usual_span(_book(request), today)
    return page(request, "day.html", city=parts_of(request).city.name, today=today, span=span)


@routes.get("/floor/day/figures")
@requires(Right.REPORTS, activity=False, limited=Limited.REFUSED)
async def figures(request: web.Request) -> web.StreamResponse:
    of_this_city(request)
    parts, now = parts_of(request), parts_of(request).clock.now()
    today = now.astimezone(TOKYO).date()
    try:
        day = span_of(request.query, Period(today, today)).first
    except WronglyAsked as wrong:
        return problem(request, 422, "表示できません", str(wrong))
    lost = parts.settings.pace_rules().lost_by_ear
    work = partial(day_figures, city=_book(request).city, day=day, now=now, lost=lost)
    return web.json_response(await parts.database.ask(work))


@routes.get("/floor/day/hours")
@requires(Right.REPORTS, activity=False, limited=Limited.REFUSED)
async def hours(request: web.Request) -> web.StreamResponse:
    """By day of the week and hour, over the calling period or the days asked for."""
    of_this_city(request)
    parts, now, book = parts_of(request), parts_of(request).clock.now(), _book(request)
    today = now.astimezone(TOKYO).date()
    try:
        span = span_of(request.query, usual_span(book, today))
        if span.last - span.first > LONGEST_SPAN:
            raise WronglyAsked(TOO_LONG)
    except WronglyAsked as wrong:
        return problem(request, 422, "表示できません", str(wrong))
    make = partial(hours_shown, parts.database, book, span, now)
    asked = ("hours", span.first, span.last, today)
    return web.json_response(
        await request.app[KEPT].answer(asked, make, seconds=MAP_SECONDS, anew="anew" in request.query)
    )


@routes.get("/floor/day/targets")
@requires(Right.REPORTS, activity=False, limited=Limited.REFUSED)
async def targets(request: web.Request) -> web.StreamResponse:
    of_this_city(request)
    parts, now, book = parts_of(request), parts_of(request).clock.now(), _book(request)
    make = partial(targets_shown, parts.database, book, now)
    asked = ("targets", now.astimezone(TOKYO).date())
    return web.json_response(
        await request.app[KEPT].answer(asked, make, seconds=HOUR_SECONDS, anew="anew" in request.query)
    )


@routes.get("/floor/day/calls")
@requires(Right.REPORTS, limited=Limited.REFUSED)
async def calls(request: web.Request) -> web.StreamResponse:
    """The calls behind a figure: masked numbers, numbers of cases, no names of persons."""
    of_this_city(request)
    parts, book = parts_of(request), _book(request)
    try:
        asked = calls_asked(request.query, book.city, parts.clock.now().astimezone(TOKYO).date())
    except WronglyAsked as wrong:
        return problem(request, 422, "表示できません", str(wrong))
    found, total = await parts.database.ask(
        partial(
            calls_behind,
            city=book.city,
            wanted=asked.wanted,
            holidays=holidays_in(book, asked.span),
            evening_from=book.calendar.city.evening_from,
        ),
        patience_seconds=LISTING_SECONDS,
    )
    await log_operation(request, "day_calls", "call", [one.call for one in found], len(found))
    lines = [(one, outcome_name(one.direction, one.outcome), masked(one.number), _clock(one.talk)) for one in found]
    before, after = _pages(request, asked, total)
    return page(
        request,
        "day_calls.html",
        words=asked.words,
        lines=lines,
        total=total,
        first=asked.wanted.skip + 1,
        several_days=asked.span.first != asked.span.last,
        before=before,
        after=after,
        day=asked.span.last,
    )


def _pages(request: web.Request, asked: Asked, total: int) -> tuple[str | None, str | None]:
    """Where the pages before and after this one are."""

    def to(number: int) -> str:
        rest = [(name, value) for name, value in request.query.items() if name != "page"]
        return f"{request.path}?{urlencode([*rest, ('page', str(number))])}"

    after = to(asked.page + 1) if asked.wanted.skip + CALLS_PER_PAGE < total else None
    return to(asked.page - 1) if asked.page > 1 else None, after


def _clock(lasted: timedelta | None) -> str:
    if lasted is None:
        return ""
    minutes, seconds = divmod(int(lasted.total_seconds()), 60)
    return f"{minutes}:{seconds:02d}"


def _book(request: web.Request) -> Rulebook:
    return desk_of(request).live.parts.book
