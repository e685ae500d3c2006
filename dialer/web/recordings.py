"""One recording: who may hear it, held back from being deleted, and deleted with a reason (T-027, X-015)."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from aiohttp import web

from dialer.core.reach import narrower
from dialer.core.rights import Right
from dialer.core.values import TOKYO
from dialer.media.recordings import remove
from dialer.store.recordings import Entry, RecordingStore
from dialer.store.staff_logs import LogEntry
from dialer.web.desk import of_this_city
from dialer.web.floor_rows import masked
from dialer.web.parts import parts_of
from dialer.web.security import Limited, log_operation, reach_of, requires, requires_one_of, took_so_far
from dialer.web.sign_in import fields_of
from dialer.web.views import goes_to, page

log = structlog.get_logger()

routes = web.RouteTableDef()

ID = r"{id:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}}"
MAY_HEAR = (Right.HEAR_RECORDINGS, Right.DESK)
MAY_HOLD = (Right.SUPERVISE, Right.DELETE_RECORDINGS)
LONGEST_REASON = 200
NO_REASON = "理由を入れてください。履歴に残ります。"
NO_ACT = "操作を選んでください。"
IS_HELD = "保存の指定があるため、削除できません。先に指定を解除してください。"
CHANGED = "ほかの人が先に操作しました。いまの状態を確かめてください。"


@routes.get(f"/recordings/{ID}")
@requires_one_of(*MAY_HEAR, limited=Limited.WITHIN)
async def recording(request: web.Request) -> web.StreamResponse:
    row = await row_of(request)
    await log_operation(request, "view", "recording", [row.id], 1)
    return _one(request, row)


@routes.post(f"/recordings/{ID}/hold")
@requires(Right.HEAR_RECORDINGS, limited=Limited.REFUSED)
async def hold(request: web.Request) -> web.StreamResponse:
    """Held back from being deleted, or not any more."""
    row, fields = await row_of(request), await fields_of(request)
    if not any(_may(request, right) for right in MAY_HOLD):
        raise web.HTTPForbidden
    store, by, reason = store_of(request), of_this_city(request).account_login, fields["reason"].strip()
    now = parts_of(request).clock.now()
    if fields["act"] == "release":
        done = await store.release(row.id, _entry(request, "release"))
    elif fields["act"] != "hold":
        return _one(request, row, wrong=NO_ACT, status=422)
    elif not reason:
        return _one(request, row, wrong=NO_REASON, status=422)
    else:
        done = await store.hold(row.id, by, reason[:LONGEST_REASON], now, _entry(request, "hold"))
    return goes_to(f"/recordings/{row.id}") if done else _one(request, await row_of(request), wrong=CHANGED, status=409)


@routes.post(f"/recordings/{ID}/delete")
@requires(Right.HEAR_RECORDINGS, Right.DELETE_RECORDINGS, limited=Limited.REFUSED)
async def delete(request: web.Request) -> web.StreamResponse:
    """The row says so first: a file that is left after a crash is taken away by the next look of the engine."""
    row, reason = await row_of(request), (await fields_of(request))["reason"].strip()
    if not reason:
        return _one(request, row, wrong=NO_REASON, status=422)
    if row.held_at is not None:
        return _one(request, row, wrong=IS_HELD, status=409)
    by, now = of_this_city(request).account_login, parts_of(request).clock.now()
    entry = _entry(request, "delete")
    gone = await store_of(request).delete([row.id], by, reason[:LONGEST_REASON], now, entry)
    if not gone:
        return _one(request, await row_of(request), wrong=CHANGED, status=409)
    try:
        await asyncio.to_thread(remove, parts_of(request).settings.recordings_folder, row.id)
    except OSError as failed:
        log.error("a recording could not be taken away yet", call_id=row.id, why=failed.strerror)
    return goes_to(f"/recordings/{row.id}")


# --- for whoever serves recordings


def store_of(request: web.Request) -> RecordingStore:
    parts = parts_of(request)
    return RecordingStore(parts.database, parts.city.key)


async def row_of(request: web.Request) -> Any:
    """404 when there is none of this city, or it is not theirs to hear."""
    own = await whose(request)
    row = await store_of(request).one(request.match_info["id"], debts_heard(request))
    if row is None or (own is not None and row.account != own):
        raise web.HTTPNotFound
    return row


async def whose(request: web.Request) -> str | None:
    """None: everybody's. An operator hears their own, where the city wants that."""
    visitor = of_this_city(request)
    if visitor.may_some(Right.HEAR_RECORDINGS):
        return None
    if parts_of(request).city.recordings.own_talks:
        return visitor.account_login
    await log_operation(request, "refuse", "page", ["recordings"], 0)
    raise web.HTTPForbidden


def debts_heard(request: web.Request) -> tuple[str, ...] | None:
    """Those of the groups to which the right to hear is limited; None: all."""
    visitor, city = of_this_city(request), parts_of(request).city
    if not visitor.may_some(Right.HEAR_RECORDINGS):
        return None
    reach = narrower(visitor.reach(Right.HEAR_RECORDINGS), reach_of(request))
    return None if reach is None else tuple(debt.key for debt in city.debts if debt.group in reach)


def _may(request: web.Request, right: Right) -> bool:
    return of_this_city(request).may(right)


def _entry(request: web.Request, function: str) -> Entry:
    """What the log says, in the transaction of the act itself."""
    visitor, now, took = of_this_city(request), parts_of(request).clock.now(), took_so_far(request)

    def entry(ids: Sequence[str]) -> LogEntry:
        by, session = visitor.account_login, visitor.session_id
        return LogEntry(now, visitor.city, by, session, function, "recording", ids, len(ids), took)

    return entry


# --- the pages


def _one(request: web.Request, row: Any, *, wrong: str | None = None, status: int = 200) -> web.Response:
    parts = parts_of(request)
    keep_days = parts.city.recordings.keep_days
    ends = None if keep_days is None else row.at.astimezone(TOKYO).date() + timedelta(days=keep_days)
    return page(
        request,
        "recording.html",
        status=status,
        row=shown(row),
        ends=ends,
        wrong=wrong,
        longest=LONGEST_REASON,
        may_hold=_may(request, Right.HEAR_RECORDINGS) and any(_may(request, right) for right in MAY_HOLD),
        may_delete=_may(request, Right.DELETE_RECORDINGS),
        may_export=all(of_this_city(request).may_some(one) for one in (Right.HEAR_RECORDINGS, Right.EXPORT)),
    )


def shown(row: Any) -> dict[str, object]:
    """No person's name, and of the number as much as says which network it is of."""
    return {
        "id": row.id,
        "at": row.at.astimezone(TOKYO),
        "direction": "架電" if row.direction == "attempt" else "着信",
        "seconds": row.seconds,
        "length": "" if row.seconds is None else f"{int(row.seconds) // 60}:{int(row.seconds) % 60:02}",
        "debt": row.debt or "",
        "case": row.case_id,
        "number": masked(row.number) or "不明",
        "phone": row.phone or "",
        "operator": row.operator or row.account or "",
        "held": _act(row.held_at, row.held_by, row.held_why),
        "deleted": _act(row.deleted_at, row.deleted_by, row.deleted_why),
    }


def _act(at: datetime | None, by: str | None, why: str | None) -> dict[str, object] | None:
    return None if at is None else {"at": at.astimezone(TOKYO), "by": by, "why": why}
