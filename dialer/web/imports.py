"""Files of the city, handed in on the page: what they would come to is shown first, then taken over or discarded.

All of it is the code of `dialer import`, in a process of its own. What was shown is what is taken over: when somebody
has changed the data meanwhile, nothing is, and what it comes to now is shown.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from datetime import date
from urllib.parse import unquote

from aiohttp import web

from dialer.core.rights import Right
from dialer.core.values import to_the_minute
from dialer.lists.recognising import import_layouts
from dialer.ports import StoreUnavailable
from dialer.store.import_log import handovers
from dialer.web.bodies import chunks_of
from dialer.web.desk import of_this_city, refused
from dialer.web.import_job import IMPORTER
from dialer.web.import_rows import STATE_NAMES, counts_shown, difference_shown, layout_names, rounds_shown
from dialer.web.parts import PARTS, parts_of
from dialer.web.security import Limited, log_operation, requires, visitor_of
from dialer.web.sign_in import fields_of
from dialer.web.streams import BEAT, event, pushed
from dialer.web.uploads import CutOff, State, TooLarge, TooMany, Upload, Uploads, sweeping
from dialer.web.views import goes_to, page, problem

routes = web.RouteTableDef()

UPLOADS: web.AppKey[Uploads] = web.AppKey("uploads", Uploads)
BEAT_SECONDS = 5.0
SWEEP_SECONDS = 600.0
CHUNK = 256 * 1024
NAME_HEADER = "X-File-Name"
GONE = "このファイルはもうありません。取込が済んだか、破棄されたか、1日が過ぎています。もう一度送ってください。"
GONE_TOLD = {"state": State.GONE.value}
TOO_LARGE = "ファイルが大きすぎます。{0:,} MB までのファイルを受け付けます。受付は行っていません。"
CUT_OFF = "ファイルが途中で切れました。もう一度送ってください。受付は行っていません。"
TOO_MANY = "取込を待っているファイルが多すぎます。先に取り込むか、破棄してください。"
NO_ROOM = "ファイルを保存できません。サーバーの空き容量を管理者に確かめてください。受付は行っていません。"
WRONG_LAYOUT = "取込形式を選び直してください。"
WRONG_ROUND = "架電期間は、初めの日と終わりの日の両方を、正しい順で入れてください。"
NOT_SHOWN = "表示していた内容と変わっています。もう一度お確かめください。取込は行っていません。"
BAD_ROWS = "誤りのある行を除いて取り込むことを確かめて、印を付けてください。取込は行っていません。"


def add_imports(app: web.Application) -> None:
    """Where somebody reads lists (IMPORTER)."""
    parts = app[PARTS]
    folder = parts.settings.state_dir / "imports" / parts.city.key
    largest = parts.settings.web.largest_list_mb * 1024 * 1024
    app[UPLOADS] = Uploads(folder, parts.city.key, app[IMPORTER], parts.clock, largest)
    app.cleanup_ctx.append(_running)


async def _running(app: web.Application) -> AsyncIterator[None]:
    uploads = app[UPLOADS]
    uploads.begin()
    swept = asyncio.create_task(sweeping(uploads, SWEEP_SECONDS))
    yield
    swept.cancel()
    await asyncio.gather(swept, return_exceptions=True)
    await uploads.end()


@routes.get("/imports")
@requires(Right.IMPORT, limited=Limited.REFUSED)
async def imports(request: web.Request) -> web.StreamResponse:
    visitor, parts = of_this_city(request), parts_of(request)
    runs = await parts.database.ask(lambda connection: handovers(connection, visitor.city))
    await log_operation(request, "view", "list", [], len(runs))
    return page(
        request,
        "imports.html",
        city=parts.city,
        layouts=import_layouts(parts.city),
        names=layout_names(parts.city),
        runs=[(one, counts_shown(one.counts)) for one in runs],
        waiting=_uploads(request).waiting(visitor.account_login),
        states=STATE_NAMES,
        largest=_uploads(request).largest,
        tokyo=to_the_minute,
    )


@routes.post("/imports")
@requires(Right.IMPORT, limited=Limited.REFUSED)
async def receive(request: web.Request) -> web.StreamResponse:
    """The file is the body, streamed to the disk; its name comes beside it."""
    visitor, uploads = of_this_city(request), _uploads(request)
    layout = _layout(request, request.query.get("layout", ""))
    round_ = _round(request.query.get("first", ""), request.query.get("last", ""))
    if isinstance(layout, web.Response):
        return layout
    if isinstance(round_, web.Response):
        return round_
    name = unquote(request.headers.get(NAME_HEADER, ""), errors="replace")
    chunks = chunks_of(request, CHUNK)
    try:
        upload = await uploads.receive(name, visitor.account_login, chunks, request.content_length)
    except TooLarge:
        return _closing(refused(413, TOO_LARGE.format(uploads.largest // 1024 // 1024)))
    except TooMany:
        return _closing(refused(409, TOO_MANY))
    except (CutOff, ConnectionError):
        return _closing(refused(400, CUT_OFF))
    except OSError:
        return _closing(refused(507, NO_ROOM))
    await log_operation(request, "upload", "list", [upload.id], 1)
    uploads.begin_with(upload, layout, round_)
    return web.json_response({"id": upload.id})


def _closing(answer: web.Response) -> web.Response:
    """The rest of the file is not waited for."""
    answer.force_close()
    return answer


@routes.get("/imports/{id:[0-9a-f]{24}}")
@requires(Right.IMPORT, limited=Limited.REFUSED)
async def shown(request: web.Request) -> web.StreamResponse:
    return await _one(request)


@routes.get("/imports/{id:[0-9a-f]{24}}/state")
@requires(Right.IMPORT, activity=False, limited=Limited.REFUSED)
async def state(request: web.Request) -> web.StreamResponse:
    upload = _upload(request)
    return web.json_response(GONE_TOLD if upload is None else _told(upload))


@routes.get("/imports/{id:[0-9a-f]{24}}/events")
@requires(Right.IMPORT, activity=False, limited=Limited.REFUSED)
async def events(request: web.Request) -> web.StreamResponse:
    return await pushed(request, _events(_upload(request)))


async def _events(upload: Upload | None) -> AsyncGenerator[bytes]:
    """Ends with the state in which nothing goes on any more."""
    if upload is None:
        yield event("import", json.dumps(GONE_TOLD))
    while upload is not None:
        changed = upload.changed
        yield event("import", json.dumps(_told(upload)), upload.version)
        if not upload.is_busy:
            return
        try:
            async with asyncio.timeout(BEAT_SECONDS):
                await changed.wait()
        except TimeoutError:
            yield BEAT


def _told(upload: Upload) -> dict[str, object]:
    return {"state": upload.state.value, "done": upload.done, "of": upload.of}


@routes.post("/imports/{id:[0-9a-f]{24}}")
@requires(Right.IMPORT, limited=Limited.REFUSED)
async def act(request: web.Request) -> web.StreamResponse:
    """Read it as another layout or for another period, take it over, or discard it."""
    of_this_city(request)
    upload, fields = _upload(request), await fields_of(request)
    if upload is None:
        return problem(request, 404, "ファイルがありません", GONE)
    uploads = _uploads(request)
    match fields["act"]:
        case "discard":
            await log_operation(request, "discard", "list", [upload.id], 1)
            await uploads.discard(upload)
            return goes_to("/imports")
        case "look":
            layout, round_ = _layout(request, fields["layout"]), _round(fields["first"], fields["last"])
            if isinstance(layout, web.Response) or isinstance(round_, web.Response):
                return await _one(request, wrong=WRONG_LAYOUT if isinstance(layout, web.Response) else WRONG_ROUND)
            uploads.look(upload, layout, round_)
            return goes_to(f"/imports/{upload.id}")
        case "apply":
            answer = upload.answer
            if answer is not None and answer["bad_rows"] and fields["without_bad"] != "yes":
                return await _one(request, wrong=BAD_ROWS)
            if answer is None or upload.state is not State.SHOWN or fields["digest"] != answer["digest"]:
                return await _one(request, wrong=NOT_SHOWN, status=409)
            detail = {"layout": upload.layout, "sha256": answer["sha256"]}
            await log_operation(request, "import", "list", [upload.id], answer["rows"], detail=detail)
            if not uploads.apply(upload, fields["digest"]):
                return await _one(request, wrong=NOT_SHOWN, status=409)
            return goes_to(f"/imports/{upload.id}")
    return await _one(request, wrong="操作を選んでください。")


async def _one(request: web.Request, *, wrong: str | None = None, status: int = 422) -> web.StreamResponse:
    of_this_city(request)
    upload = _upload(request)
    if upload is None:
        return problem(request, 404, "ファイルがありません", GONE)
    parts, answer = parts_of(request), upload.answer
    await log_operation(request, "view", "list", [upload.id], answer["rows"] if answer else 0)
    return page(
        request,
        "import.html",
        status=status if wrong else 200,
        upload=upload,
        State=State,
        answer=answer,
        counts=counts_shown(answer["counts"]) if answer else [],
        differences=[difference_shown(one) for one in answer["differences"]] if answer else [],
        rounds=rounds_shown(parts.city, answer["rounds"]) if answer else [],
        layouts=import_layouts(parts.city),
        choices=[one for one in import_layouts(parts.city) if one.key in upload.choices],
        names=layout_names(parts.city),
        states=STATE_NAMES,
        wrong=wrong,
        tokyo=to_the_minute,
    )


def _uploads(request: web.Request) -> Uploads:
    found = request.app.get(UPLOADS)
    if found is None:
        raise StoreUnavailable("this process takes no lists")
    return found


def _upload(request: web.Request) -> Upload | None:
    return _uploads(request).of(request.match_info["id"], visitor_of(request).account_login)


def _layout(request: web.Request, key: str) -> str | web.Response | None:
    """None: whichever fits."""
    known = {one.key for one in import_layouts(parts_of(request).city)}
    return key or None if not key or key in known else refused(422, WRONG_LAYOUT)


def _round(first: str, last: str) -> str | web.Response | None:
    """2026-12-01..2026-12-10, None when none was typed."""
    if not first and not last:
        return None
    try:
        if date.fromisoformat(first) > date.fromisoformat(last):
            return refused(422, WRONG_ROUND)
    except ValueError:
        return refused(422, WRONG_ROUND)
    return f"{first}..{last}"
