"""The session's cookie: for this origin only, over TLS only, out of reach of scripts and of other sites' links."""

import re
import secrets

from aiohttp import web

COOKIE = "__Host-yobikake"
SECRET = re.compile(r"[A-Za-z0-9_-]{1,100}")


def new_secret() -> str:
    return secrets.token_urlsafe(32)


def secret_of(request: web.Request) -> str | None:
    given = request.cookies.get(COOKIE)
    return given if given is not None and SECRET.fullmatch(given) else None


def give(response: web.StreamResponse, secret: str) -> None:
    """Gone with the browser; how long it holds is the server's matter."""
    response.set_cookie(COOKIE, secret, path="/", secure=True, httponly=True, samesite="Strict")


def take_back(response: web.StreamResponse) -> None:
    response.del_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="Strict")
