"""What Asterisk lets our users do: they log in as the engine and the ear do, look at the list of orders, and leave."""

import asyncio
import hashlib
from collections.abc import Collection
from dataclasses import dataclass

from dialer.ami_events import Message, text
from dialer.ami_protocol import AmiError, Connection
from dialer.config import AsteriskNode, Settings
from dialer.core.checkup import Finding, ami
from dialer.embedded.asterisk import AsteriskInstance

CONNECT_SECONDS = 2.0
ANSWER_SECONDS = 2.0
BOOTED_SECONDS = 1.0
OF_ENGINE = ("Originate", "Redirect", "Hangup", "Setvar", "CoreStatus", "CoreShowChannels", "Ping")
OF_EAR = ("UserEvent", "Hangup", "Setvar", "CoreStatus", "CoreShowChannels", "Ping")
NO_SYSTEM = "read=system"


@dataclass(frozen=True, slots=True)
class Asked:
    refused: str = ""
    away: str = ""
    lacking: tuple[str, ...] = ()


async def users(settings: Settings, *, running: bool) -> list[Finding]:
    """Of every node; `running` is whether ours should be there."""
    found = []
    for node in settings.nodes:
        there, instance = running or not node.embedded, AsteriskInstance(settings, node)
        for key, secret in (("exchange", "ami_secret"), ("ear", "ear_secret")):
            if key == "exchange" or settings.hearing.processes:
                asked = await _user(node, instance, key, secret) if there else Asked()
                found.append(
                    ami(
                        key,
                        node.name,
                        running=there,
                        refused=asked.refused,
                        away=asked.away,
                        lacking=asked.lacking,
                    )
                )
    return found


async def _user(node: AsteriskNode, instance: AsteriskInstance, key: str, secret: str) -> Asked:
    user, orders = (node.ami_user, OF_ENGINE) if key == "exchange" else (node.ear_user, OF_EAR)
    try:
        return await ask(node, user, str(getattr(instance, secret)), orders)
    except OSError as unread:
        return Asked(refused=f"{unread.filename}: {unread.strerror}")


async def ask(node: AsteriskNode, user: str, secret: str, orders: Collection[str]) -> Asked:
    booted = asyncio.Event()

    def heard(message: Message) -> None:
        if text(message, "Event") == "FullyBooted":
            booted.set()

    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            _, connection = await asyncio.get_running_loop().create_connection(
                lambda: Connection(heard, lambda _: None), node.host, node.ami_port
            )
    except (OSError, TimeoutError) as away:
        return Asked(away=getattr(away, "strerror", None) or "応答なし")
    try:
        return await _asked(connection, user, secret, orders, booted)
    except AmiError as silent:
        return Asked(away=str(silent))
    finally:
        await connection.end(ANSWER_SECONDS)


async def _asked(
    connection: Connection, user: str, secret: str, orders: Collection[str], booted: asyncio.Event
) -> Asked:
    (challenge,) = await connection.ask({"Action": "Challenge", "AuthType": "MD5"}, ANSWER_SECONDS)
    proof = hashlib.md5((text(challenge, "Challenge") + secret).encode(), usedforsecurity=False).hexdigest()
    login = {"Action": "Login", "AuthType": "MD5", "Username": user, "Key": proof, "Events": "on"}
    (answer,) = await connection.ask(login, ANSWER_SECONDS)
    if text(answer, "Response") != "Success":
        return Asked(refused=text(answer, "Message") or "?")
    (listed,) = await connection.ask({"Action": "ListCommands"}, ANSWER_SECONDS)
    lacking = [order for order in orders if order not in listed]
    try:
        async with asyncio.timeout(BOOTED_SECONDS):
            await booted.wait()
    except TimeoutError:
        lacking.append(NO_SYSTEM)
    return Asked(lacking=tuple(lacking))
