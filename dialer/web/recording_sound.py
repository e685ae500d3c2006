"""What is heard of a recording: decrypted part by part as it is sent, and each hearing in the log (T-027, X-023).

The page names each of its hearings by a number of its own: a player asks many times for parts of one sound.
"""

import asyncio
import hashlib
from collections import OrderedDict
from http import HTTPStatus
from typing import Any

import structlog
from aiohttp import web

from dialer.core.rights import Right
from dialer.media.recording_keys import KeyFile, KeyMissing, KeysUnusable, RecordingUnreadable
from dialer.media.recordings import Kept
from dialer.web.guard import visit_state
from dialer.web.parts import parts_of
from dialer.web.ranges import Part, Unsatisfiable, part_of
from dialer.web.recordings import ID, MAY_HEAR, row_of
from dialer.web.security import Limited, VisitState, log_operation, requires, requires_one_of, visitor_of
from dialer.web.sign_in import fields_of
from dialer.web.views import problem

log = structlog.get_logger()

routes = web.RouteTableDef()

BLOCK = 1 << 16
LOOK_AFTER_BYTES = 1 << 20  # half a minute of sound: is whoever hears it still signed in?
MOST_HEARINGS = 10_000
LONGEST_SECONDS = 86_400
CANNOT = "この録音は聞けません"
TELL = "保守の担当に知らせてください。"


class Hearings:
    """Those of which the log knows."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[int, str, str], None] = OrderedDict()

    def is_new(self, session: int, recording: str, number: str) -> bool:
        """A hearing without a number is always a new one."""
        key = (session, recording, number[:40])
        if number and key in self._known:
            return False
        self._known[key] = None
        while len(self._known) > MOST_HEARINGS:
            self._known.popitem(last=False)
        return True


HEARINGS: web.AppKey[Hearings] = web.AppKey("hearings", Hearings)


def add_recordings(app: web.Application) -> None:
    app[HEARINGS] = Hearings()


@routes.get(f"/recordings/{ID}/sound")
@requires_one_of(*MAY_HEAR, activity=False, limited=Limited.WITHIN)
async def sound(request: web.Request) -> web.StreamResponse:
    row = await row_of(request)
    kept = await _open(request, row)
    if isinstance(kept, web.Response):
        return kept
    with kept:
        try:
            part = part_of(request.headers.get("Range"), kept.size)
        except Unsatisfiable:
            ranges = {"Content-Range": f"bytes */{kept.size}", "Accept-Ranges": "bytes"}
            return web.Response(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=ranges)
        await _note(request, row)
        return await _send(request, kept, part, {})


@routes.get(f"/recordings/{ID}/wave")
@requires_one_of(*MAY_HEAR, activity=False, limited=Limited.WITHIN)
async def wave(request: web.Request) -> web.StreamResponse:
    kept = await _open(request, await row_of(request))
    if isinstance(kept, web.Response):
        return kept
    with kept:
        try:
            form = await asyncio.to_thread(kept.wave_form)
        except (OSError, RecordingUnreadable) as unread:
            return _cannot(request, unread)
        return web.json_response({"seconds": kept.seconds, "sides": [list(side) for side in form.sides]})


@routes.post(f"/recordings/{ID}/heard")
@requires_one_of(*MAY_HEAR, limited=Limited.WITHIN)
async def heard(request: web.Request) -> web.StreamResponse:
    """From which second to which. What the page says; that it was heard at all the server has seen itself."""
    row, fields = await row_of(request), await fields_of(request)
    seconds = [fields["from"], fields["to"]]
    if not all(one.isascii() and one.isdecimal() and len(one) <= 5 for one in seconds):
        return problem(request, 422, "記録できません", "再生した範囲を、秒で送ってください。")
    first, last = (int(one) for one in seconds)
    if not first <= last <= LONGEST_SECONDS:
        return problem(request, 422, "記録できません", "再生した範囲を、秒で送ってください。")
    await log_operation(request, "heard", "recording", [row.id], 1, detail={"from": first, "to": last})
    return web.json_response({})


@routes.post(f"/recordings/{ID}/file")
@requires(Right.HEAR_RECORDINGS, Right.EXPORT, limited=Limited.WITHIN)
async def export(request: web.Request) -> web.StreamResponse:
    """Taken out of the system: with the sum of the file in the log (D-014, X-015)."""
    row = await row_of(request)
    kept = await _open(request, row)
    if isinstance(kept, web.Response):
        return kept
    with kept:
        try:
            digest = await asyncio.to_thread(_sum, kept)
        except (OSError, RecordingUnreadable) as unread:
            return _cannot(request, unread)
        await log_operation(request, "export", "recording", [row.id], 1, detail={"sha256": digest})
        named = {"Content-Disposition": f'attachment; filename="{row.id}.wav"'}
        return await _send(request, kept, None, named)


async def _open(request: web.Request, row: Any) -> Kept | web.Response:
    """Or why it cannot be heard, in a sentence."""
    if row.deleted_at is not None:
        return problem(request, HTTPStatus.GONE, CANNOT, "この録音は削除されました。")
    settings = parts_of(request).settings
    keys = KeyFile(settings.recording_key_file)
    try:
        return await asyncio.to_thread(Kept, settings.recordings_folder, keys, row.id)
    except (OSError, RecordingUnreadable, KeysUnusable) as unread:
        log.error("a recording cannot be heard", call_id=row.id, why=str(unread))
        return _cannot(request, unread)


def _cannot(request: web.Request, unread: Exception) -> web.Response:
    status = HTTPStatus.NOT_FOUND if isinstance(unread, FileNotFoundError) else HTTPStatus.CONFLICT
    return problem(request, status, CANNOT, _sentence(unread))


def _sentence(unread: Exception) -> str:
    match unread:
        case FileNotFoundError():
            return f"録音のファイルがありません。{TELL}"
        case KeyMissing(key_id=key_id):
            return f"この録音の鍵（{key_id}）がありません。鍵のファイルを控えから戻すと聞けます。{TELL}"
        case KeysUnusable():
            return f"録音の鍵のファイルが使えません。{TELL}"
        case RecordingUnreadable():
            return f"録音のファイルが壊れているか、書き換えられています。{TELL}"
    return f"録音のファイルを読めません。{TELL}"


async def _note(request: web.Request, row: Any) -> None:
    hearings, session = request.app[HEARINGS], visitor_of(request).session_id
    if request.method != "HEAD" and hearings.is_new(session, row.id, request.query.get("hearing", "")):
        await log_operation(request, "hear", "recording", [row.id], 1)


async def _send(request: web.Request, kept: Kept, part: Part | None, headers: dict[str, str]) -> web.StreamResponse:
    """Never more of it in memory than a block. It is broken off when it is deleted, or whoever hears it has gone."""
    status = HTTPStatus.OK if part is None else HTTPStatus.PARTIAL_CONTENT
    part = part or Part(0, kept.size - 1)
    response = web.StreamResponse(status=status, headers={"Accept-Ranges": "bytes", **headers})
    response.content_type, response.content_length = "audio/wav", part.length
    if status is HTTPStatus.PARTIAL_CONTENT:
        response.headers["Content-Range"] = f"bytes {part.first}-{part.last}/{kept.size}"
    await response.prepare(request)
    if request.method == "HEAD":
        return response
    at, look_at = part.first, part.first + LOOK_AFTER_BYTES
    while at <= part.last:
        if kept.is_deleted:
            return _broken_off(response, "deleted")
        if at >= look_at:
            look_at += LOOK_AFTER_BYTES
            if await visit_state(request) is not VisitState.OPEN:
                return _broken_off(response, "signed out")
        try:
            block = await asyncio.to_thread(kept.read, at, min(BLOCK, part.last + 1 - at))
            await response.write(block)
        except ConnectionError:  # a player that has got enough
            return response
        except (OSError, RecordingUnreadable) as unread:
            return _broken_off(response, str(unread))
        at += len(block)
    return response


def _broken_off(response: web.StreamResponse, why: str) -> web.StreamResponse:
    """Less than was promised: the connection ends, and the player sees that it has not got all."""
    log.warning("a recording was broken off", why=why)
    response.force_close()
    return response


def _sum(kept: Kept) -> str:
    digest, at = hashlib.sha256(), 0
    while block := kept.read(at, BLOCK):
        digest.update(block)
        at += len(block)
    return digest.hexdigest()
