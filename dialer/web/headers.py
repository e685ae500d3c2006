"""Headers of every answer. Nothing from outside, nothing inline, nothing kept on the terminal (D-026)."""

from aiohttp import web

POLICY = "; ".join(
    (
        "default-src 'self'",
        "connect-src 'self'",  # wss of the same origin too
        "img-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",  # no innerHTML: a name from a list can never become a script
        "trusted-types 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=(), usb=(), payment=(), display-capture=()",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # not no-referrer: forms would lose their Origin
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Server": "Yobikake",
}
WALL = "/wall/"  # what follows is a secret: it is in no log, and no other address learns it
CACHE = "Cache-Control"
ANSWER: web.RequestKey[web.StreamResponse] = web.RequestKey("answer", web.StreamResponse)


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Just before anything is sent, streams and errors included."""
    request[ANSWER] = response
    response.headers.update(HEADERS)
    if request.path.startswith(WALL):
        response.headers["Referrer-Policy"] = "no-referrer"
    response.headers.setdefault(CACHE, "no-store")
