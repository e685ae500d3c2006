"""Keeps the operators' phones registered at the exchange, which may die and come back at any time."""

import asyncio
import contextlib
import json
import re
import uuid
from collections.abc import Mapping
from pathlib import Path

from simnet.notices import Notice
from simnet.sipp import Sipp

RENEW_SECONDS = 2.0  # a restarted exchange has forgotten its phones for no longer than this
RETRY_SECONDS = 1.0
EXPIRES_SECONDS = 30
ANSWER_SECONDS = 4.0
SECRETS_FILE = "phones.csv"  # read by incoming.xml
PHONE = re.compile(r"[a-z0-9]+")
SECRET = re.compile(r"[A-Za-z0-9_-]+")


class PhonesFileWrong(Exception):
    """The phones' secrets cannot be read."""


def read_phones(path: Path) -> dict[str, str]:
    """{"op01": "secret", …}"""
    try:
        phones = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as wrong:
        raise PhonesFileWrong(f"{path.name}: cannot be read as JSON ({wrong})") from None
    if not isinstance(phones, dict) or not all(isinstance(secret, str) for secret in phones.values()):
        raise PhonesFileWrong(f'{path.name}: must be one object like {{"op01": "secret"}}')
    bad = [name for name, secret in phones.items() if not (PHONE.fullmatch(name) and SECRET.fullmatch(secret))]
    if bad:
        raise PhonesFileWrong(
            f"{path.name}: {bad[0]}: a name has small letters and digits, a secret letters, digits, - and _"
        )
    return phones


def write_secrets(folder: Path, phones: Mapping[str, str]) -> Path:
    """SIPp's injection file for incoming.xml; the carrier reads it too and needs a line in it."""
    path = folder / SECRETS_FILE
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    lines = [f"{name};[authentication username={name} password={secret}]" for name, secret in phones.items()]
    path.write_text("\n".join(["SEQUENTIAL", *lines, "nobody;nothing"]) + "\n", "utf-8")
    return path


class Registrations:
    def __init__(self, names: list[str]) -> None:
        self._sipp: Sipp | None = None
        self.registered: set[str] = set()
        self.denied: set[str] = set()
        self._fresh: set[str] = set()
        self._all = asyncio.Event()
        self._names = names
        self._answers: dict[str, asyncio.Future[str]] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, sipp: Sipp) -> None:
        self._sipp = sipp
        self._tasks = [asyncio.create_task(self._keep(name), name=f"register {name}") for name in self._names]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def until_all(self) -> None:
        """Until every phone has been registered from now on; what an exchange knew before it died does not count."""
        self._fresh.clear()
        self._all.clear()
        if self._names:
            await self._all.wait()

    def hear_of(self, notice: Notice) -> None:
        answer = self._answers.pop(notice.call_id, None)
        if answer is not None and not answer.done():
            answer.set_result(notice.kind)

    async def _keep(self, name: str) -> None:
        while True:
            answer = await self._register(name)
            (self.registered.add if answer == "REGISTERED" else self.registered.discard)(name)
            (self.denied.add if answer == "DENIED" else self.denied.discard)(name)
            (self._fresh.add if answer == "REGISTERED" else self._fresh.discard)(name)
            if len(self._fresh) == len(self._names):
                self._all.set()
            await asyncio.sleep(RENEW_SECONDS if answer == "REGISTERED" else RETRY_SECONDS)

    async def _register(self, name: str) -> str:
        """What came of it: REGISTERED, DENIED or UNHEARD."""
        assert self._sipp is not None
        call_id = f"{uuid.uuid4()}@{name}"
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._answers[call_id] = answer
        self._sipp.say("REGISTERS", call_id, {"X-Phone": name, "X-Expires": str(EXPIRES_SECONDS)})
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_SECONDS):  # not wait_for: on 3.11 it can swallow a cancellation
                return await answer
        self._answers.pop(call_id, None)
        return "UNHEARD"
