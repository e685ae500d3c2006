"""The log for those who audit: who did what when; found by person, function, case and time (X-007, X-008, X-010).

What is looked for is sent in the body: addresses are kept by browsers. Each look is itself in the log.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from functools import partial
from typing import Any

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.calendar.days import CalendarView
from dialer.core.log_words import FUNCTION_NAMES, KIND_NAMES, REASON_NAMES, SIGN_IN_NAMES, WHAT_NAMES
from dialer.core.rights import Right
from dialer.core.unusual import HoursOf, Notice, Span, is_outside, notices, span_of
from dialer.core.values import TOKYO
from dialer.holidays import national_holidays
from dialer.store import agreed_days, log_search
from dialer.store.log_search import LogPage, LogQuestion
from dialer.web.parts import WebParts, parts_of
from dialer.web.security import Limited, log_operation, requires, visitor_of
from dialer.web.sign_in import Fields, fields_of
from dialer.web.views import page

routes = web.RouteTableDef()

WATCHED_DAYS = 7
MOST_IDS = 6
YEARS = range(2000, 2200)
LONGEST = 64
MOST_DIGITS = 18
WRONG_CASE = "案件番号は数字で入力してください。"
WRONG_TIME = "期間は、始まりを終わりより前にしてください。"


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for, as it was typed: it is shown again."""

    log: str  # operation or sign_in
    since: datetime
    until: datetime
    by: str = ""
    function: str = ""
    case: str = ""
    before: int | None = None
    wrong: tuple[str, ...] = ()

    def question(self, city: str) -> LogQuestion:
        return LogQuestion(
            city, self.since, self.until, self.by or None, self.function or None, self.case or None, self.before
        )


@routes.get("/log")
@requires(Right.LOGS, limited=Limited.REFUSED)
async def today(request: web.Request) -> web.StreamResponse:
    return await _shown(request, _wish(Fields({}), parts_of(request).clock.now()))


@routes.post("/log")
@requires(Right.LOGS, limited=Limited.REFUSED)
async def search(request: web.Request) -> web.StreamResponse:
    return await _shown(request, _wish(await fields_of(request), parts_of(request).clock.now()))


def _wish(fields: Fields, now: datetime) -> Wish:
    """A day to begin with: today's."""
    midnight = datetime.combine(now.astimezone(TOKYO), time(), TOKYO)
    since, until = _moment(fields["since"], midnight), _moment(fields["until"], midnight + timedelta(days=1))
    log = "sign_in" if fields["log"] == "sign_in" else "operation"
    case, before = fields["case"].strip(), fields["before"]
    wrong = []
    if case and not (case.isascii() and case.isdecimal() and len(case) <= MOST_DIGITS):
        wrong.append(WRONG_CASE)
    if since >= until:
        wrong.append(WRONG_TIME)
    known = SIGN_IN_NAMES if log == "sign_in" else FUNCTION_NAMES
    return Wish(
        log=log,
        since=since,
        until=until,
        by=fields["by"].strip()[:LONGEST],
        function=fields["function"] if fields["function"] in known else "",
        case=case[:LONGEST],
        before=int(before) if before.isascii() and before.isdecimal() and len(before) <= MOST_DIGITS else None,
        wrong=tuple(wrong),
    )


def _moment(typed: str, instead: datetime) -> datetime:
    """As a field for a date and time sends it, in the time of Japan."""
    try:
        moment = datetime.fromisoformat(typed)
    except ValueError:
        return instead
    if moment.year not in YEARS:
        return instead
    return moment.replace(tzinfo=TOKYO) if moment.tzinfo is None else moment.astimezone(TOKYO)


async def _shown(request: web.Request, wish: Wish) -> web.StreamResponse:
    parts, visitor = parts_of(request), visitor_of(request)
    now = parts.clock.now()
    usual = await _usual(parts)

    async def work(connection: AsyncConnection) -> tuple[LogPage, list[Notice], Sequence[tuple[str, str]]]:
        since = datetime.combine(now.astimezone(TOKYO), time(), TOKYO) - timedelta(days=WATCHED_DAYS - 1)
        used = await log_search.used(connection, visitor.city, since, now + timedelta(minutes=1))
        look = log_search.sign_ins if wish.log == "sign_in" else log_search.operations
        found = LogPage((), False) if wish.wrong else await look(connection, wish.question(visitor.city))
        return found, notices(used, usual, parts.city.log.unusual), await log_search.people(connection, visitor.city)

    found, told, people = await parts.database.ask(work)
    await _log(request, wish, len(found.rows))
    names = dict(people)
    return page(
        request,
        "log.html",
        status=422 if wish.wrong else 200,
        wish=wish,
        rows=_rows(wish.log, found.rows, usual),
        notices=[_notice(one, names) for one in told],
        people=people,
        functions=SIGN_IN_NAMES if wish.log == "sign_in" else FUNCTION_NAMES,
        older=replace(wish, before=found.rows[-1].place) if found.more else None,
        days=WATCHED_DAYS,
    )


async def _log(request: web.Request, wish: Wish, count: int) -> None:
    """What was looked for, as far as it is words and ids of ours; names can be typed into a field."""
    detail: dict[str, str | int | None] = {
        "log": wish.log,
        "since": wish.since.isoformat(timespec="minutes"),
        "until": wish.until.isoformat(timespec="minutes"),
    }
    if wish.function:
        detail["function"] = wish.function
    if wish.by.isascii() and wish.by.replace("-", "").replace("_", "").replace(".", "").isalnum():
        detail["by"] = wish.by
    if wish.case and not wish.wrong:
        detail["case"] = wish.case
    await log_operation(request, "search", "log", [], count, detail=detail)


async def _usual(parts: WebParts) -> HoursOf:
    """The hours of a day, as the calendar and what was agreed about it have them."""
    city = parts.city
    changes = await parts.database.ask(partial(agreed_days.changes, city=city.key))
    view = CalendarView(city.calendar, national_holidays(), tuple(changes))
    known: dict[object, Span] = {}

    def usual(at: datetime) -> Span:
        date = at.astimezone(TOKYO).date()
        if date not in known:
            day = view.day(date)
            known[date] = span_of(at, (day.calls, day.inbound), city.log.unusual)
        return known[date]

    return usual


# --- as it is read


def _rows(log: str, rows: Iterable[Any], usual: HoursOf) -> list[dict[str, object]]:
    tell = _signed if log == "sign_in" else _used
    return [{**_common(row, usual), **tell(row)} for row in rows]


def _common(row: Any, usual: HoursOf) -> dict[str, object]:
    return {
        "place": row.place,
        "at": row.at.astimezone(TOKYO),
        "by": row.by or "－",
        "name": row.name,
        "address": row.address,
        "took": f"{row.took_ms / 1000:.2f}秒",
        "outside": is_outside(row.at, usual(row.at)),
    }


def _used(row: Any) -> dict[str, object]:
    what = WHAT_NAMES.get(row.what, row.what)
    ids = "、".join(row.ids[:MOST_IDS])
    more = f" ほか{len(row.ids) - MOST_IDS}" if len(row.ids) > MOST_IDS else ""
    return {
        "function": FUNCTION_NAMES.get(row.function, row.function),
        "what": f"{what} {ids}{more}".strip(),
        "count": row.count,
        "detail": _detail(row.detail),
        "refused": row.function == "refuse",
    }


def _signed(row: Any) -> dict[str, object]:
    return {
        "function": SIGN_IN_NAMES.get(row.kind, row.kind),
        "what": REASON_NAMES.get(row.reason, row.reason or ""),
        "count": None,
        "detail": "",
        "refused": row.kind.endswith("refused"),
    }


def _detail(detail: dict[str, Any] | None) -> str:
    if not detail:
        return ""
    rest = {name: value for name, value in detail.items() if name not in ("old", "new")}
    told = [f"{name}: {value}" for name, value in rest.items()]
    if "new" in detail:
        told.insert(0, f"{detail.get('old') or 'なし'} → {detail['new'] or 'なし'}")
    return "、".join(told)


def _notice(notice: Notice, names: dict[str, str]) -> dict[str, object]:
    first, last = notice.first.astimezone(TOKYO), notice.last.astimezone(TOKYO) + timedelta(minutes=15)
    return {
        "kind": KIND_NAMES[notice.kind],
        "by": notice.by,
        "name": names.get(notice.by),
        "first": first,
        "last": last,
        "count": notice.count,
        "threshold": notice.threshold,
        "log": "sign_in" if notice.kind == "tries" else "operation",
        "function": "refuse" if notice.kind == "refused" else "",
    }
