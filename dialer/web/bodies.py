"""What a page has sent: read whatever it is, and refused when it holds what no text may."""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Iterator
from typing import TypeVar

from aiohttp import web
from multidict import MultiDict, MultiDictProxy

T = TypeVar("T")
Form = MultiDictProxy[str | bytes | bytearray | web.FileField]

FORM: web.RequestKey[Form] = web.RequestKey("form", MultiDictProxy)
NO_TEXT = re.compile("[\0\ud800-\udfff]")  # Postgres keeps neither, and nobody can type them
BODY_SECONDS = 30.0  # all of a form; a file may take longer, but never stops for so long
NO_BODY = (ValueError, LookupError, RecursionError)  # no JSON, an encoding that is none, nested without end
CUT_OFF = (ConnectionError, web.RequestPayloadError)  # or packed wrongly


async def form_of(request: web.Request) -> Form:
    """Empty when it is none. 422 when somebody has put in what is no text."""
    if FORM not in request:
        try:
            given = await _in_time(request.post())
        except NO_BODY:
            given = MultiDictProxy(MultiDict())
        request[FORM] = given
        refuse_no_text(*(value for pair in given.items() for value in pair))
    return request[FORM]


async def json_of(request: web.Request) -> object:
    """None when it is none."""
    try:
        sent: object = await _in_time(request.json())
    except NO_BODY:
        return None
    refuse_no_text(sent)
    return sent


async def _in_time(reading: Awaitable[T]) -> T:
    """Half of something is nothing."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await reading
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except CUT_OFF:
        raise web.HTTPBadRequest from None


async def chunks_of(request: web.Request, size: int) -> AsyncGenerator[bytes]:
    """Of a file; it ends early, too early for its length, when no more comes."""
    chunks: AsyncIterator[bytes] = request.content.iter_chunked(size)
    while True:
        try:
            async with asyncio.timeout(BODY_SECONDS):
                chunk = await anext(chunks, b"")
        except (TimeoutError, *CUT_OFF):
            raise ConnectionError("no more of the file comes") from None
        if not chunk:
            return
        yield chunk


def refuse_no_text(*values: object) -> None:
    if any(NO_TEXT.search(text) for text in _texts(list(values))):
        raise web.HTTPUnprocessableEntity


def _texts(left: list[object]) -> Iterator[str]:
    while left:
        match left.pop():
            case str(text):
                yield text
            case list(several):
                left += several
            case dict(pairs):
                left += [*pairs, *pairs.values()]
