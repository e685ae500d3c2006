"""What a page has sent: read whatever it is, and refused when it holds what no text may."""

import re
from collections.abc import Iterator

from aiohttp import web
from multidict import MultiDict, MultiDictProxy

Form = MultiDictProxy[str | bytes | bytearray | web.FileField]

FORM: web.RequestKey[Form] = web.RequestKey("form", MultiDictProxy)
NO_TEXT = re.compile("[\0\ud800-\udfff]")  # Postgres keeps neither, and nobody can type them
UNREADABLE = (ValueError, LookupError, RecursionError)  # no JSON, an encoding that is none, nested without end


async def form_of(request: web.Request) -> Form:
    """Empty when it is none. 422 when somebody has put in what is no text."""
    if FORM not in request:
        try:
            given: Form = await request.post()
        except UNREADABLE:
            given = MultiDictProxy(MultiDict())
        request[FORM] = given
        refuse_no_text(*(value for pair in given.items() for value in pair))
    return request[FORM]


async def json_of(request: web.Request) -> object:
    """None when it is none."""
    try:
        sent: object = await request.json()
    except UNREADABLE:
        return None
    refuse_no_text(sent)
    return sent


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
