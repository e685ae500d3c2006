"""The server under the application: what cannot even be read is answered our way, and nobody is waited for in vain."""

import structlog
from aiohttp import web

from dialer.web.headers import CACHE, HEADERS

log = structlog.get_logger()

WAITS_SECONDS = 90.0  # for a question, or for its end: somebody may open very many and end none
UNREADABLE = "この要求は読み取れません。"


class OwnHandler(web.RequestHandler):
    """One connection. aiohttp's own answer tells its version and quotes what was sent, and so does its log."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        log.warning("unreadable request", kind=type(exc).__name__, status=status)
        if request.writer.output_size > 0:
            raise ConnectionError("an answer has begun already")
        answer = web.Response(status=status, text=UNREADABLE, headers={**HEADERS, CACHE: "no-store"})
        answer.force_close()
        return answer


class OwnServer(web.Server):
    def __call__(self) -> OwnHandler:
        return OwnHandler(self, loop=self._loop, **self._kwargs)


class OwnRunner(web.AppRunner):
    """aiohttp has no place to say which handler is wanted: tests/adapters/test_web_wire.py guards this one."""

    __slots__ = ()

    def __init__(self, app: web.Application, *, shutdown_seconds: float) -> None:
        super().__init__(app, access_log=None, shutdown_timeout=shutdown_seconds, keepalive_timeout=WAITS_SECONDS)

    async def _make_server(self) -> web.Server:
        server = await super()._make_server()
        server.__class__ = OwnServer
        return server
