"""Answers: a page from a template, JSON, or a kind word about what went wrong."""

import hashlib
from functools import cache
from pathlib import Path
from urllib.parse import quote

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dialer.core.rights import Right
from dialer.web.security import VISITOR, Visitor, wants_page

HERE = Path(__file__).parent
STATIC = HERE / "static"


def static_url(name: str) -> str:
    """With what it contains in its address: after an update nobody sees an old one."""
    return f"/static/{name}?v={_sum(name, (STATIC / name).stat().st_mtime_ns)}"


@cache
def _sum(name: str, _changed: int) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


templates = Environment(
    loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
templates.globals.update(static=static_url, Right=Right)


def page(request: web.Request, template: str, *, status: int = 200, **values: object) -> web.Response:
    """`visitor` (None when nobody is signed in) is always there."""
    visitor: Visitor | None = request.get(VISITOR)
    text = templates.get_template(template).render(visitor=visitor, **values)
    return web.Response(text=text, status=status, content_type="text/html")


def problem(request: web.Request, status: int, heading: str, message: str, *, retry: bool = False) -> web.Response:
    """As a page for a person, as JSON for a script."""
    if wants_page(request):
        back = request.path_qs if retry and request.method == "GET" else "/"
        answer = page(request, "problem.html", status=status, heading=heading, message=message, retry=retry, back=back)
    else:
        answer = web.json_response({"message": message}, status=status)
    if retry:
        answer.headers["Retry-After"] = "2"
    return answer


def goes_to(where: str) -> web.Response:
    """After a form: the browser asks for this page, and a reload sends nothing twice."""
    return web.Response(status=303, headers={"Location": where})


def with_next(where: str, request: web.Request) -> str:
    """Back to this page afterwards, when it is one that may be asked for again."""
    return f"{where}?next={quote(request.path)}" if request.method == "GET" and request.path != "/" else where


def safe_next(wanted: object) -> str:
    """Only a place of our own; the way others write to us must not lead away."""
    if not isinstance(wanted, str) or not wanted.startswith("/") or wanted.startswith("//"):
        return "/"
    return "/" if "\\" in wanted or any(ord(one) < 32 for one in wanted) else wanted
