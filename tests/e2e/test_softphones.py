"""Telephones of operators against the real Asterisk: in a real browser, and on a desk."""

import math
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from dialer.core.events import HungUp
from tests.e2e.softphone_rig import CUSTOMER_HERTZ, Rig, rigged
from tests.softphones import BrowserPhone, Samples, browser_phone, loudest_hertz, share_at, sine
from tests.waiting import until

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

OPERATOR_HERTZ = 440.0
JOIN_HERTZ = 740.0
CUT_SECONDS = 10
BYTES_PER_SECOND = 2 * 2 * 8000  # of a recording of both sides
HUNG_UP, NO_VOICE = 16, 44  # causes: somebody said so, or nothing was heard for too long
NEAR = 5.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def exchange(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Rig]:
    async with rigged(tmp_path_factory.mktemp("softphones")) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def rig(exchange: Rig) -> AsyncIterator[Rig]:
    yield exchange
    await exchange.clear()


@pytest_asyncio.fixture(loop_scope="module")
async def phone(rig: Rig, tmp_path: Path) -> AsyncIterator[BrowserPhone]:
    """Registered, and nothing more yet."""
    microphone = sine(tmp_path / "microphone.wav", OPERATOR_HERTZ, 10, rate=48000)
    async with browser_phone(rig.address, microphone) as opened:
        await opened.start()
        await opened.until("registered")
        yield opened


def seconds_of(voice: Samples) -> list[Samples]:
    return [voice[at : at + 8000] for at in range(0, voice.size - 7999, 8000)]


# --- in a browser


async def test_operator_and_customer_hear_each_other_in_a_browser(rig: Rig, phone: BrowserPhone) -> None:
    _, operator = await rig.leg("op01-web")
    await phone.until("in_leg")
    talk = await rig.talk(operator)
    await phone.until_it_hears(CUSTOMER_HERTZ)
    customer, spoken = await rig.end(talk)
    assert loudest_hertz(customer) == pytest.approx(CUSTOMER_HERTZ, abs=NEAR)
    assert loudest_hertz(spoken) == pytest.approx(OPERATOR_HERTZ, abs=NEAR)
    assert await phone.page.evaluate("phone.state") == "in_leg"  # the leg outlives the talk


async def test_no_voice_is_transcoded_between_a_line_and_a_browser(
    rig: Rig, phone: BrowserPhone, tmp_path: Path
) -> None:
    """A desk phone plays the customer: it speaks G.711, as the carrier does."""
    async with rig.desk_phone("op02", sine(tmp_path / "speaks.wav", CUSTOMER_HERTZ, 60)):
        _, operator = await rig.leg("op01-web")
        talk = await rig.talk(operator, "PJSIP/op02", recorded=False)
        await phone.until_it_hears(CUSTOMER_HERTZ)
        for channel in (operator, talk.name):
            facts = rig.instance.say(f"core show channel {channel}").split("\n")
            found = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in facts)}
            assert (found["NativeFormats"], found["ReadTranscode"], found["WriteTranscode"]) == ("(ulaw)", "No", "No")


async def test_a_talk_goes_on_while_the_websocket_is_cut_for_ten_seconds(rig: Rig, phone: BrowserPhone) -> None:
    leg, operator = await rig.leg("op01-web")
    talk = await rig.talk(operator)
    await phone.until_it_hears(CUSTOMER_HERTZ)
    await rig.wire.cut()
    await phone.until_reason("通話はそのまま")
    begun = rig.tape(talk).stat().st_size
    await until(lambda: rig.tape(talk).stat().st_size > begun + CUT_SECONDS * BYTES_PER_SECOND, within=CUT_SECONDS + 10)
    await phone.until_it_hears(CUSTOMER_HERTZ)
    await rig.wire.mend()
    await phone.until_reason("")
    _, spoken = await rig.end(talk)
    heard = [loudest_hertz(second) for second in seconds_of(spoken)]
    assert len(heard) >= CUT_SECONDS
    assert heard == [pytest.approx(OPERATOR_HERTZ, abs=NEAR)] * len(heard)
    assert await rig.link.end(operator)  # the exchange finds the browser again, in the same call
    await rig.heard.first(HungUp, leg)
    await phone.until("registered")
    await rig.leg("op01-web")
    await phone.until("in_leg")


async def test_a_leg_that_ended_during_the_cut_is_over_afterwards(rig: Rig, phone: BrowserPhone) -> None:
    leg, operator = await rig.leg("op01-web")
    await phone.until("in_leg")
    await rig.wire.cut()
    await phone.until_reason("通話はそのまま")
    assert await rig.link.end(operator)
    await rig.heard.first(HungUp, leg)
    await rig.wire.mend()
    await phone.until("registered")
    await rig.leg("op01-web")
    await phone.until("in_leg")


async def test_a_browser_comes_back_to_an_exchange_that_was_killed(rig: Rig, phone: BrowserPhone) -> None:
    await rig.leg("op01-web")
    await phone.until("in_leg")
    await rig.restart_exchange()
    await phone.until("registered")  # and the old leg is over
    await rig.leg("op01-web")
    await phone.until("in_leg")


async def test_the_leg_of_a_browser_that_died_is_ended_for_want_of_voice(rig: Rig, phone: BrowserPhone) -> None:
    leg, _ = await rig.leg("op01-web")
    await phone.until("in_leg")
    await phone.kill()
    assert (await rig.heard.first(HungUp, leg)).cause == NO_VOICE


async def test_a_page_that_is_left_hangs_up_at_once(rig: Rig, phone: BrowserPhone) -> None:
    leg, _ = await rig.leg("op01-web")
    await phone.until("in_leg")
    await phone.page.goto("about:blank")
    assert (await rig.heard.first(HungUp, leg)).cause == HUNG_UP


async def test_a_microphone_that_is_refused_is_told_with_what_to_do(rig: Rig, tmp_path: Path) -> None:
    microphone = sine(tmp_path / "microphone.wav", OPERATOR_HERTZ, 1, rate=48000)
    async with browser_phone(rig.address, microphone, allowed=False) as phone:
        await phone.start()
        reason = await phone.until("refused")
    assert "マイクの使用が許可されていません" in reason
    assert "「許可」にして" in reason


async def test_the_newest_page_of_a_seat_has_its_telephone(rig: Rig, phone: BrowserPhone) -> None:
    second = await phone.another_page()
    await second.start()
    await second.until("registered")
    assert "別の画面" in await phone.until("off")
    await rig.leg("op01-web")
    await second.until("in_leg")


async def test_who_leaves_the_seat_loses_its_telephone(rig: Rig, phone: BrowserPhone) -> None:
    await rig.leg("op01-web")
    await phone.until("in_leg")
    rig.seat.clear()
    await rig.softphones.leave("op01")
    assert "席を離れた" in await phone.until("off")
    await phone.start()
    await phone.until("lost")  # it may come back when there is a seat again


async def test_the_operators_own_voice_comes_back_while_the_leg_stays_up(rig: Rig, phone: BrowserPhone) -> None:
    await rig.leg("op01-web")
    await phone.until("in_leg")
    await phone.page.evaluate("async () => { window.echo = await phone.echo(); }")
    await phone.until_it_hears(OPERATOR_HERTZ, stream="echo")
    await phone.page.evaluate("echo()")
    await until(lambda: "!echo!" not in rig.instance.say("core show channels concise"))
    assert await phone.page.evaluate("phone.state") == "in_leg"


async def test_the_tone_of_a_join_is_soft_without_a_click_and_in_the_ear_alone(rig: Rig, phone: BrowserPhone) -> None:
    _, operator = await rig.leg("op01-web")
    await phone.until("in_leg")
    talk = await rig.talk(operator)
    await phone.until_it_hears(CUSTOMER_HERTZ)
    tone = await phone.plays("join")
    _, spoken = await rig.end(talk)
    assert tone.peak_db == pytest.approx(-24, abs=0.5)
    assert tone.seconds == pytest.approx(0.12, abs=0.005)
    amplitude = 10 ** (-24 / 20)
    assert tone.steepest < 1.1 * amplitude * 2 * math.pi * JOIN_HERTZ / tone.rate  # as steep as the sine itself
    assert share_at(OPERATOR_HERTZ, spoken) > 0.9
    assert share_at(JOIN_HERTZ, spoken) < 0.05


async def test_another_microphone_can_be_chosen_during_a_talk(rig: Rig, phone: BrowserPhone) -> None:
    _, operator = await rig.leg("op01-web")
    await phone.until("in_leg")
    talk = await rig.talk(operator)
    await phone.until_it_hears(CUSTOMER_HERTZ)
    devices = await phone.page.evaluate("phone.devices()")
    microphones = [one["deviceId"] for one in devices["inputs"]]
    assert len(microphones) > 1
    await phone.page.evaluate("(input) => phone.choose({ input })", microphones[-1])
    changed = rig.tape(talk).stat().st_size
    await until(lambda: rig.tape(talk).stat().st_size > changed + BYTES_PER_SECOND)
    _, spoken = await rig.end(talk)
    assert loudest_hertz(spoken[-4000:]) == pytest.approx(OPERATOR_HERTZ, abs=NEAR)


# --- on a desk


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_operator_and_customer_hear_each_other_on_a_desk_phone(rig: Rig, tmp_path: Path, transport: str) -> None:
    async with rig.desk_phone("op01", sine(tmp_path / "speaks.wav", OPERATOR_HERTZ, 60), transport) as phone:
        _, operator = await rig.leg("op01")
        talk = await rig.talk(operator)
        await until(lambda: loudest_hertz(phone.heard()[-4000:]) == pytest.approx(CUSTOMER_HERTZ, abs=NEAR))
        customer, spoken = await rig.end(talk)
        assert rig.instance.say("core show channels concise").count("!BridgeWait!") == 1  # the leg outlives the talk
    assert loudest_hertz(customer) == pytest.approx(CUSTOMER_HERTZ, abs=NEAR)
    assert loudest_hertz(spoken) == pytest.approx(OPERATOR_HERTZ, abs=NEAR)
