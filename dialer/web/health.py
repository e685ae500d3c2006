"""`/health`: whether calls can be made, and what does not work; `/metrics`: figures for a monitoring system."""

import ipaddress

from aiohttp import web

from dialer.core.health import is_well
from dialer.ports import StoreUnavailable
from dialer.web.guard import address_of
from dialer.web.metrics import metrics_of
from dialer.web.parts import parts_of
from dialer.web.prometheus import CONTENT_TYPE, written
from dialer.web.security import public
from dialer.web.warden import WARDEN

routes = web.RouteTableDef()

FORWARDED = ("Forwarded", "X-Forwarded-For", "Via")


@routes.get("/health")
@public
async def health(request: web.Request) -> web.Response:
    """200 when calls can be made, 503 when not; it names what is not well, and nothing else."""
    warden = request.app.get(WARDEN)
    parts = () if warden is None else warden.parts()
    told = [{"part": one.key, "state": one.state.value, "needed": one.needed, "why": one.text} for one in parts]
    ill = [row for row, one in zip(told, parts, strict=True) if not one.is_well]
    well = is_well(parts)
    return web.json_response({"ok": well, "ill": ill, "parts": [one.key for one in parts]}, status=200 if well else 503)


@routes.get("/metrics")
@public
async def metrics(request: web.Request) -> web.Response:
    """From this machine, or a network that the settings name."""
    if not _may_ask(request):
        raise web.HTTPForbidden
    warden = request.app.get(WARDEN)
    if warden is None:
        raise StoreUnavailable("this process watches nothing")
    text = written(
        metrics_of(
            floor=warden.floor,
            figures=warden.figures,
            parts=warden.parts(),
            outcomes=await warden.outcomes(),
            streams=warden.ear_streams,
            warnings=warden.shown.get("warnings", ()),
        )
    )
    return web.Response(body=text.encode(), headers={"Content-Type": CONTENT_TYPE})


def _may_ask(request: web.Request) -> bool:
    """What a proxy on this machine passes on does not come from this machine."""
    try:
        address = ipaddress.ip_address(address_of(request).partition("%")[0])
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    if any(address in network for network in parts_of(request).settings.web.metrics_from):
        return True
    return address.is_loopback and not any(name in request.headers for name in FORWARDED)
