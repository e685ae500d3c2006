"""The network and a real Asterisk: registrations, the number shown, joined audio, and an Asterisk that is killed."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from dialer.config import AsteriskNode, Trunk, load_settings
from dialer.embedded.asterisk import AsteriskInstance
from dialer.media.prompts import make_prompts
from dialer.profiles import load_city
from simnet.arrivals import burst
from simnet.callers import Caller, Press, Wait, showing
from simnet.log import CallRecord, Direction, EndedBy
from simnet.network import Network, Plan
from simnet.phones import read_phones
from simnet.ports import quiet_port
from simnet.strange import BROKEN, LEGAL, NUMBERS_NOT_OURS
from simnet.strangers import Stranger
from simnet.subscribers import Behaviour, Subscriber, subscriber
from tests.caller_days import put_days
from tests.places import LIB
from tests.sim.facing import SHOWN, SPEECH

pytestmark = pytest.mark.asterisk

TALKER = subscriber("0258003000", Behaviour.PERSON, setup_seconds=0.1, ring_seconds=0.3, talk_seconds=5)
LONG_TALKER = subscriber("0258003001", Behaviour.PERSON, setup_seconds=0.1, ring_seconds=0.1, talk_seconds=60)
NOBODY = subscriber("0258003002", Behaviour.NO_ANSWER, setup_seconds=0.1)
PEOPLE = {who.number: who for who in (TALKER, LONG_TALKER, NOBODY)}
LOST_SECONDS = 8.0
ECHO = "777"


class Exchange:
    """A real Asterisk as a child of the test, spoken to over its manager port."""

    def __init__(self, instance: AsteriskInstance) -> None:
        self.instance = instance
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *self.instance.argv(), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
        )
        async with asyncio.timeout(20):
            while not await asyncio.to_thread(self.instance.is_ready):
                await asyncio.sleep(0.05)

    async def kill(self) -> None:
        assert self._process is not None
        if self._process.returncode is None:
            os.kill(self._process.pid, signal.SIGKILL)
        await self._process.wait()

    async def ask(self, *actions: dict[str, str]) -> None:
        """Each action must succeed."""
        login = {"Action": "Login", "Username": self.instance.node.ami_user, "Secret": self.instance.ami_secret}
        reader, writer = await asyncio.open_connection("127.0.0.1", self.instance.node.ami_port)
        await reader.readline()
        for number, action in enumerate((login, *actions)):
            lines = {**action, "ActionID": str(number)}
            writer.write(("".join(f"{key}: {value}\r\n" for key, value in lines.items()) + "\r\n").encode())
            answer = ""
            while f"ActionID: {number}\r\n" not in answer or "Response:" not in answer:
                answer = (await reader.readuntil(b"\r\n\r\n")).decode()
            assert "Response: Success" in answer, answer
        writer.close()
        await writer.wait_closed()

    async def call(self, who: Subscriber, **more: str) -> None:
        await self.ask(
            {
                "Action": "Originate", "Channel": f"PJSIP/{who.number}@carrier", "ChannelId": f"call-{who.number}",
                "Context": "operator", "Exten": "wait", "Priority": "1", "CallerID": f"<{SHOWN}>", "Async": "true",
                "Timeout": "60000", **more,
            }
        )  # fmt: skip

    async def call_phone(self, phone: str) -> None:
        await self.ask(
            {
                "Action": "Originate", "Channel": f"PJSIP/{phone}", "ChannelId": f"leg-{phone}",
                "Context": "operator", "Exten": "wait", "Priority": "1", "Async": "true",
            }
        )  # fmt: skip


@dataclass(slots=True)
class Together:
    exchange: Exchange
    network: Network

    async def record(self, number: str) -> CallRecord:
        while True:
            for one in self.network.ended:
                if one.number == number:
                    return one
            await self.network.until_next_end()

    async def until_answered(self, number: str) -> None:
        async with asyncio.timeout(10):
            while not any(call.number == number and call.answered_at for call in self.network.open_calls):
                await asyncio.sleep(0.02)


@pytest.fixture
async def together(tmp_path: Path) -> AsyncIterator[Together]:
    carrier, phones = quiet_port(), quiet_port()
    sip, ami, http = (quiet_port() for _ in range(3))
    node = AsteriskNode(sip_port=sip, ami_port=ami, http_port=http, rtp_from=26000, rtp_to=26400)
    settings = load_settings(
        state_dir=tmp_path, lib_dir=LIB, nodes=(node,), trunk=Trunk(port=carrier), operator_phones=3
    )
    make_prompts(settings.prompts, [load_city("nagaoka")], drafts=True, spoken=settings.spoken)
    put_days(settings.caller_files, SHOWN, "0000,closed,nagaoka,tax,0,0,0,nagaoka/closed,,,.\n")
    instance = AsteriskInstance(settings, node)
    instance.configure()
    exchange = Exchange(instance)
    await exchange.start()
    plan = Plan(
        folder=tmp_path / "network",
        carrier_port=carrier,
        exchange=f"127.0.0.1:{node.sip_port}",
        subscribers=PEOPLE,
        phones=read_phones(instance.phones_file),
        phone_port=phones,
        speech_folder=SPEECH,
    )
    try:
        async with Network(plan) as network:
            async with asyncio.timeout(10):
                await network.registrations.until_all()
            yield Together(exchange, network)
    finally:
        await exchange.kill()


async def test_a_person_and_an_operators_phone_hear_each_other_over_asterisk(together: Together) -> None:
    await together.exchange.call_phone("op01")
    await together.until_answered("op01")
    await together.exchange.call(TALKER)
    await together.until_answered(TALKER.number)
    console = await asyncio.to_thread(together.exchange.instance.say, "core show channels concise")
    channels = {line.split("!")[-1]: line.split("!")[0] for line in console.splitlines() if "!" in line}
    await together.exchange.ask(
        {
            "Action": "Setvar", "Channel": channels[f"call-{TALKER.number}"],
            "Variable": "OPERATOR", "Value": channels["leg-op01"],
        },
        {
            "Action": "Redirect", "Channel": channels[f"call-{TALKER.number}"],
            "Context": "customer", "Exten": "join", "Priority": "1",
        },
    )  # fmt: skip
    person = await together.record(TALKER.number)
    phone = next(call for call in together.network.open_calls if call.number == "op01")
    assert phone.party is not None
    assert (person.from_number, person.p_asserted) == (SHOWN, SHOWN)
    assert person.ended_by is EndedBy.FAR_END
    assert person.heard_ms > 1000  # the operator's greeting at least
    assert phone.party.heard.sound_ms > 500  # the person's reply


async def test_phones_with_a_wrong_secret_are_denied(together: Together, tmp_path: Path) -> None:
    plan = Plan(
        folder=tmp_path / "strangers",
        carrier_port=quiet_port(),
        exchange=together.network.plan.exchange,
        subscribers={},
        phones={"op01": "guessed", "op99": "guessed"},
        phone_port=quiet_port(),
        speech_folder=SPEECH,
    )
    async with Network(plan) as strangers:
        async with asyncio.timeout(10):
            while strangers.registrations.denied != {"op01", "op99"}:
                await asyncio.sleep(0.02)
        assert strangers.registrations.registered == set()


async def test_a_killed_asterisk_ends_its_calls_and_has_its_phones_again(together: Together) -> None:
    await together.exchange.call_phone("op02")
    await together.exchange.call(LONG_TALKER)
    await together.exchange.call(NOBODY)
    await together.until_answered("op02")
    await together.until_answered(LONG_TALKER.number)
    await together.exchange.kill()
    await together.exchange.start()
    async with asyncio.timeout(LOST_SECONDS):
        lost = [await together.record(number) for number in ("op02", LONG_TALKER.number, NOBODY.number)]
    assert [record.ended_by for record in lost] == [EndedBy.TIMEOUT] * 3
    async with asyncio.timeout(10):
        await together.network.registrations.until_all()
    await together.exchange.call_phone("op02")
    await together.exchange.call(TALKER)
    await together.until_answered("op02")
    await together.until_answered(TALKER.number)
    assert (await together.record(TALKER.number)).final_code == 200


async def test_a_call_into_the_exchange_is_answered_and_ended_by_it(together: Together) -> None:
    call = together.network.call("0258003999", SHOWN, seconds=60)
    record = await together.record(SHOWN)
    assert record.call_id == call.call_id
    assert (record.direction, record.final_code, record.ended_by) == (Direction.TO_EXCHANGE, 200, EndedBy.EXCHANGE)
    assert record.from_number == "0258003999"
    assert record.heard_ms > 1000  # the prompt for callers


async def test_keys_reach_asterisk_as_they_were_pressed_even_in_a_storm(together: Together) -> None:
    """Its echo sends every key back."""
    for priority, application in enumerate(("Answer()", "Echo()"), start=1):
        together.exchange.instance.say(f"dialplan add extension {ECHO},{priority},{application} into arrivals")
    slowly, storm = Press("159*", 0.2), Press("0123456789*" * 2, 0.05)
    crowd = [Caller(ECHO, showing(f"025800399{n}"), (step, Wait(2.0))) for n, step in enumerate((slowly, storm))]
    records = await together.network.callers(burst(crowd, 0.1))
    assert [record.pressed for record in records] == [slowly.keys, storm.keys]
    assert [record.keys for record in records] == [slowly.keys, storm.keys]


async def test_nothing_that_callers_show_and_no_stranger_upsets_the_exchange(together: Together) -> None:
    host, _, port = together.network.plan.exchange.partition(":")
    shown = [*(Caller(SHOWN, one, (), 1.0) for one in (*LEGAL.values(), *BROKEN.values()))]
    dialled = [Caller(one, showing("0258003997"), (), 1.0) for one in NUMBERS_NOT_OURS]
    async with Stranger("127.0.0.9", (host, int(port))) as stranger:
        strange = asyncio.create_task(together.network.callers(burst([*shown, *dialled])))
        stranger.send(b"\0\1\2 no SIP at all\r\n\r\n")
        for method, users in (("REGISTER", [f"op{n:02d}" for n in range(20)]), ("INVITE", [SHOWN] * 20)):
            await stranger.sends(method, users)
        async with asyncio.timeout(10):
            await stranger.until_answered()
            records = await strange
        assert stranger.answers == {401: 40}  # the same for names that there are and names that there are not
    assert not {EndedBy.TIMEOUT} & {record.ended_by for record in records}
    assert None not in {record.final_code for record in records}
    after = together.network.start(Caller(SHOWN, showing("0258003999"), ()))
    assert (await together.network.until_ended(after)).final_code == 200
