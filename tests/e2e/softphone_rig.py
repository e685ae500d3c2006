"""A real Asterisk and a site with nothing but the telephone, over TLS: one operator, and somebody to talk to."""

import os
import signal
import ssl
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import numpy as np
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from dialer.ami import AmiLink
from dialer.core.events import Answered, BridgeEntered, ChannelCreated, ChannelId, HungUp, LinkUp, OperatorWaiting
from dialer.embedded.asterisk import AsteriskInstance
from dialer.ports import Accepted, Outgoing
from dialer.web.headers import POLICY
from dialer.web.softphone import Softphones
from simnet.phones import read_phones
from tests.adapters.test_ami_asterisk import Exchange, Heard, linked_to
from tests.adapters.test_asterisk import instance_in
from tests.desk_rig import Wire
from tests.softphones import PAGE_SCRIPT, PHONE_PAGE, TAPE_SCRIPT, DeskPhone, Samples, desk_phone, sine
from tests.waiting import until

STATIC = Path(__file__).parents[2] / "dialer/web/static"
PAGES = {
    "/": ("text/html", PHONE_PAGE),
    "/page.js": ("text/javascript", PAGE_SCRIPT),
    "/tape.js": ("text/javascript", TAPE_SCRIPT),
}
CUSTOMER_HERTZ = 523.0
HUMMING = "Local/apology@customer/n"  # the rig's apology is a tone of that height


@dataclass
class Talk:
    customer: ChannelId
    name: str


@dataclass
class Rig:
    exchange: Exchange
    instance: AsteriskInstance
    link: AmiLink
    heard: Heard
    softphones: Softphones
    wire: Wire  # between the browser and the site
    address: str
    seat: dict[str, str]  # who sits where: a test may have the operator leave

    @asynccontextmanager
    async def desk_phone(self, phone: str, speaks: Path, transport: str = "udp") -> AsyncIterator[DeskPhone]:
        """Registered."""
        node, secret = self.instance.node, read_phones(self.instance.phones_file)[phone]
        folder = self.instance.folder / f"{phone}-{transport}"  # short: baresip keeps 128 characters of a path
        await until(lambda: f"{phone}/sip:" not in self.instance.say("pjsip show contacts"))  # one of an earlier test
        async with desk_phone(folder, f"{node.host}:{node.sip_port}", phone, secret, speaks, transport) as opened:
            await until(lambda: f"{phone}/sip:" in self.instance.say("pjsip show contacts"))
            yield opened

    async def clear(self) -> None:
        """As it was before: nobody on any line, and the operator in the seat."""
        self.seat["who"] = "op01"
        for up in await self.link.channels_up():
            await self.link.end(up.name)
        await until(lambda: not self.instance.say("core show channels concise").strip())

    async def restart_exchange(self) -> None:
        """Killed; the supervisor starts it again."""
        self.heard.items.clear()
        os.kill(self.exchange.pids[-1], signal.SIGKILL)
        await self.heard.first(LinkUp)

    async def leg(self, endpoint: str, seconds: float = 10.0) -> tuple[ChannelId, str]:
        """Brought up as the engine does it; its id and its channel's name."""
        leg = ChannelId(str(uuid.uuid4()))
        order = Outgoing(leg, f"PJSIP/{endpoint}", "operator", "wait", None, seconds)
        assert await self.link.start(order) == Accepted()
        created = await self.heard.first(ChannelCreated, leg)
        await self.heard.first(OperatorWaiting, leg)
        return leg, created.name

    async def talk(self, operator: str, customer_at: str = HUMMING, *, recorded: bool = True) -> Talk:
        """Somebody joined to the operator."""
        customer = ChannelId(str(uuid.uuid4()))
        told = {"MEET_WITHIN": "30", "RECORD": "yes" if recorded else "no", "ATTEMPT": customer}
        order = Outgoing(customer, customer_at, "customer", "answered", None, 10.0, told)
        assert await self.link.start(order) == Accepted()
        created = await self.heard.first(ChannelCreated, customer)
        await self.heard.first(Answered, customer)
        assert await self.link.join(created.name, operator)
        await self.heard.first(BridgeEntered, customer, with_channels=2)
        return Talk(customer, created.name)

    def tape(self, talk: Talk) -> Path:
        return self.instance.recordings / f"{talk.customer}.raw"

    async def end(self, talk: Talk) -> tuple[Samples, Samples]:
        """What was recorded of it: the customer's voice and the operator's."""
        assert await self.link.end(talk.name)
        await self.heard.first(HungUp, talk.customer)
        both = np.fromfile(self.tape(talk), dtype="<i2")
        both = both[: both.size // 2 * 2].reshape(-1, 2)
        return both[:, 0], both[:, 1]


@asynccontextmanager
async def rigged(folder: Path) -> AsyncIterator[Rig]:
    instance = instance_in(folder)
    instance.configure()
    prompts = folder / "prompts"
    prompts.mkdir(exist_ok=True)
    sine(prompts / "apology.wav", CUSTOMER_HERTZ, 120)
    node, seat = instance.node, {"who": "op01"}

    async def seat_of(_request: web.Request) -> str | None:
        return seat.get("who")

    softphones = Softphones(f"{node.host}:{node.http_port}", lambda: read_phones(instance.web_phones_file), seat_of)
    exchange = Exchange(instance)
    async with exchange.running(), linked_to(instance) as (link, heard), _site(folder, softphones) as port:
        wire = Wire(port)
        await wire.mend()
        try:
            yield Rig(exchange, instance, link, heard, softphones, wire, f"https://127.0.0.1:{wire.port}/", seat)
        finally:
            await wire.cut()


@asynccontextmanager
async def _site(folder: Path, softphones: Softphones) -> AsyncIterator[int]:
    async def page(request: web.Request) -> web.Response:
        kind, text = PAGES[request.path]
        return web.Response(text=text, content_type=kind, headers={"Content-Security-Policy": POLICY})

    site = web.Application()
    site.add_routes(
        [
            *(web.get(path, page) for path in PAGES),
            web.get("/softphone", softphones.connect),
            web.get("/softphone/login", softphones.login),
            web.static("/static", STATIC),
        ]
    )
    site.on_shutdown.append(softphones.close)
    runner = web.AppRunner(site)
    await runner.setup()
    try:
        listener = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=_certificate(folder))
        await listener.start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def _certificate(folder: Path) -> ssl.SSLContext:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = folder / "site.pem"
    file.touch(mode=0o600)
    file.write_bytes(private + certificate.public_bytes(pem))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    return context
