"""Whether a page of ours asks. The browser says where a question comes from, and our pages know a token."""

import hashlib
import hmac

from aiohttp import web

from dialer.web.bodies import form_of
from dialer.web.security import TOKEN_FIELD, TOKEN_HEADER

HARMLESS = frozenset(("GET", "HEAD", "OPTIONS"))
FORMS = frozenset(("application/x-www-form-urlencoded", "multipart/form-data"))


def token_for(secret: str) -> str:
    """Made from the session's secret, so it need not be kept, and tells nothing about it."""
    return hmac.new(secret.encode(), b"yobikake synchroniser token", hashlib.sha256).hexdigest()


def opens_socket(request: web.Request) -> bool:
    return request.headers.get("Upgrade", "").lower() == "websocket"


def changes_something(request: web.Request) -> bool:
    return request.method not in HARMLESS or opens_socket(request)


def from_our_page(request: web.Request) -> bool:
    """At least one of the two headers has to say so, and none may deny it."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is None and origin is None:
        return False
    return site in (None, "same-origin") and origin in (None, f"https://{request.host}")


async def has_token(request: web.Request, token: str) -> bool:
    given = request.headers.get(TOKEN_HEADER)
    if given is None and request.content_type in FORMS:
        field = (await form_of(request)).get(TOKEN_FIELD)
        given = field if isinstance(field, str) else None
    return given is not None and hmac.compare_digest(given.encode(errors="replace"), token.encode())
