"""People who call, over a real Asterisk with an engine: who hears whom, and that nobody is lost with the engine."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import pytest_asyncio

from dialer.core.callers import InboundOutcome
from dialer.core.events import CallerOverflows, ChannelId
from dialer.core.orders import OrderKind
from dialer.core.values import OperatorState
from dialer.simulated_operators import keep_manned
from simnet.call import Call
from simnet.callers import Caller, showing
from simnet.log import CallRecord
from tests.caller_days import put_days
from tests.e2e.talk_rig import (
    DEPARTMENT,
    DEPARTMENTS,
    ENGAGED,
    HERTZ,
    MUSIC,
    OPERATOR,
    PERSON,
    RULES,
    SILENCE,
    SUPERVISOR,
    TAX,
    Exchange,
    Rig,
    exchange_up,
    heard,
    rigged,
)
from tests.fake_switch import CALLER_ID
from tests.places import short_folder
from tests.waiting import until

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

QUICK = replace(RULES, wrap_up_seconds=0.1, wrap_up_ends_by_time=True)
HOURS = "0000,waiting,nagaoka,tax,40,1,600,,,,.\n"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def exchange() -> AsyncIterator[Exchange]:
    """Nothing answers at the AGI server's port: the dialplan goes by its files alone."""
    with short_folder() as folder:
        async with exchange_up(folder) as up:
            put_days(up.settings.caller_files, CALLER_ID, HOURS)
            yield up


def calls(rig: Rig, digits: str = "0258001000") -> Call:
    """Somebody who hums calls the city's number, and stays until the city hangs up."""
    person = Caller(CALLER_ID, showing(digits), hums_hertz=HERTZ[PERSON], keeps_tape=True)
    return rig.network.start(person)


def so_far(call: Call) -> list[str]:
    """What that caller has heard."""
    assert call.party is not None
    if call.party.tape is None:
        return []
    now = asyncio.get_running_loop().time()
    return [name for name, _ in heard(call.party.tape.between(call.party.tape.began_at, now)) if name != SILENCE]


async def until_hears(call: Call, *wanted: str, within: float = 10.0) -> None:
    try:
        await until(lambda: so_far(call)[-len(wanted) :] == list(wanted), within)
    except TimeoutError:
        raise AssertionError(f"heard {so_far(call)}, not {list(wanted)} at the end") from None


async def hangs_up(rig: Rig, call: Call) -> CallRecord:
    await rig.network.place.line(call).hang_up()
    return await rig.network.until_ended(call)


def outcomes(rig: Rig) -> list[InboundOutcome]:
    return [one.outcome for one in rig.store.inbound_ended.values()]


async def test_a_caller_hears_it_ring_and_then_the_operator_who_hears_him(exchange: Exchange) -> None:
    async with rigged(exchange, QUICK, to_call=()) as rig:
        call = calls(rig)
        await until_hears(call, OPERATOR)
        await rig.until_heard(OPERATOR, PERSON)
        (call_id,) = rig.store.inbound
        assert rig.desk.attempt == call_id
        record = await hangs_up(rig, call)
        await until(lambda: outcomes(rig) == [InboundOutcome.TALKED])
        ended = rig.store.inbound_ended[call_id]
        assert ended.operator == "op01"
        assert record.answered_at is not None
        assert 0.9 < record.answered_at - record.invited_at < 2.0
        await until(lambda: [one.attempt for one in rig.store.recordings] == [call_id])
        await until(lambda: rig.desk.state is OperatorState.FREE)
        assert not rig.channels()


async def test_who_waits_hears_music_and_comes_to_the_operator_in_the_order_of_arrival(exchange: Exchange) -> None:
    async with rigged(exchange, QUICK, to_call=()) as rig:
        first = calls(rig)
        await until_hears(first, OPERATOR)
        waiting = []
        for digits in ("0258001001", "0258001002"):
            waiting.append(calls(rig, digits))
            await until_hears(waiting[-1], MUSIC)
        for gone, next_one in zip([first, *waiting], waiting, strict=False):
            await hangs_up(rig, gone)
            await until_hears(next_one, MUSIC, OPERATOR, within=5.0)
        await hangs_up(rig, waiting[-1])
        await until(lambda: outcomes(rig) == [InboundOutcome.TALKED] * 3)


async def test_an_operator_holds_a_caller_and_hands_him_over_as_anybody_else(exchange: Exchange) -> None:
    async with rigged(exchange, QUICK, to_call=()) as rig:
        call = calls(rig)
        await until_hears(call, OPERATOR)
        await until(lambda: rig.desk.state is OperatorState.TALKING)
        await rig.ordered(OrderKind.HOLD)
        await until_hears(call, OPERATOR, MUSIC)
        await rig.ordered(OrderKind.UNHOLD)
        await until_hears(call, MUSIC, OPERATOR)
        await rig.ordered(OrderKind.TRANSFER, to=TAX, how="blind")
        await until_hears(call, MUSIC, DEPARTMENT)
        await until(lambda: rig.desk.state is OperatorState.FREE)
        await hangs_up(rig, call)
        await until(lambda: outcomes(rig) == [InboundOutcome.TALKED])
        assert not rig.channels()


async def test_a_caller_goes_to_a_supervisors_seat_after_a_word_with_the_supervisor(exchange: Exchange) -> None:
    async with rigged(exchange, QUICK, to_call=()) as rig:
        supervisor = await rig.supervisor_sits_down()
        call = calls(rig)
        await until_hears(call, OPERATOR)
        await until(lambda: rig.desk.state is OperatorState.TALKING)
        await rig.ordered(OrderKind.TRANSFER, to=supervisor.phone, how="attended")
        await until_hears(call, OPERATOR, MUSIC)
        await rig.until_heard(SUPERVISOR, OPERATOR)
        await rig.ordered(OrderKind.COMPLETE_TRANSFER)
        await until_hears(call, MUSIC, SUPERVISOR)
        await rig.until_heard(SUPERVISOR, OPERATOR, PERSON)
        await until(lambda: rig.desk.state is OperatorState.FREE)
        await hangs_up(rig, call)
        await until(lambda: outcomes(rig) == [InboundOutcome.TALKED])
        (ended,) = rig.store.inbound_ended.values()
        assert ended.operator == supervisor.phone
        assert not rig.channels()


async def test_who_has_waited_for_long_is_handed_to_a_department_or_waits_on_at_their_place(exchange: Exchange) -> None:
    async with rigged(exchange, QUICK, to_call=()) as rig:
        first = calls(rig)
        await until_hears(first, OPERATOR)
        second = calls(rig, "0258001001")
        await until_hears(second, MUSIC)
        call = next(one for one in rig.store.inbound if one != rig.desk.attempt)
        name = rig.engine.calls.callers.here[call].one.call.name
        assert name is not None

        def overflows(to: str) -> None:
            """What the server for callers tells, which is away here."""
            rig.engine.use(rig.book(to))
            rig.inbox.put_nowait(CallerOverflows(ChannelId(call), datetime.now(UTC)))

        overflows(ENGAGED)
        await until(lambda: "transfer_failed" in rig.kinds())
        waits = rig.kinds().count("caller_waits")
        assert await rig.link.hand_over(name, "PJSIP/carrier-0000ffff")  # one that has gone in that instant
        await until(lambda: rig.kinds().count("caller_waits") == waits + 1)
        assert so_far(second) == [MUSIC]
        assert [one.call_id for one in rig.engine.calls.callers.line] == [call]
        overflows(TAX)
        await until_hears(second, MUSIC, DEPARTMENT)
        await rig.until_heard(DEPARTMENT, PERSON)
        await hangs_up(rig, second)
        await until(lambda: outcomes(rig) == [InboundOutcome.TRANSFERRED])
        assert rig.store.inbound_ended[call].evidence["transferred_to"] == TAX
        await hangs_up(rig, first)
        await until(lambda: len(outcomes(rig)) == 2)
        assert rig.seen(DEPARTMENTS[0].number).from_number == CALLER_ID
        assert not rig.channels()


async def test_ten_callers_wait_on_without_an_engine_and_are_all_served_by_the_next_one(exchange: Exchange) -> None:
    async with rigged(exchange, QUICK, to_call=()) as rig:
        first = calls(rig)
        await until_hears(first, OPERATOR)
        waiting = []
        for place in range(10):
            waiting.append(calls(rig, f"025800{1100 + place}"))
            await asyncio.sleep(0.05)
        await until_hears(waiting[-1], MUSIC)
        await rig.stop()  # nobody writes anything, nobody says anything to Asterisk
        gone = waiting.pop(4)
        await hangs_up(rig, gone)
        late = calls(rig, "0258001200")
        await until_hears(late, MUSIC)
        rig.start()
        for here, next_one in zip([first, *waiting], [*waiting, late], strict=True):
            await hangs_up(rig, here)
            await until_hears(next_one, MUSIC, OPERATOR)
        await hangs_up(rig, late)
        await until(lambda: len(outcomes(rig)) == 12, 30)
        assert sorted(outcomes(rig)) == [InboundOutcome.ABANDONED] + [InboundOutcome.TALKED] * 11
        assert not rig.channels()


async def test_who_waits_waits_on_while_the_only_operators_telephone_is_away(exchange: Exchange) -> None:
    async with rigged(exchange, QUICK, to_call=()) as rig:
        first = calls(rig)
        await until_hears(first, OPERATOR)
        second = calls(rig, "0258001001")
        await until_hears(second, MUSIC)
        await rig.kill_leg()  # of the operator who talks: that talk is over, the leg comes again
        await rig.network.until_ended(first)
        await until_hears(second, MUSIC)
        back = asyncio.create_task(keep_manned(rig.store, "nagaoka", ["op01"]))
        await until_hears(second, MUSIC, OPERATOR)
        back.cancel()
        await hangs_up(rig, second)
        await until(lambda: outcomes(rig) == [InboundOutcome.TALKED] * 2)


async def test_a_caller_who_hangs_up_at_any_moment_leaves_no_operator_reserved(exchange: Exchange) -> None:
    async with rigged(exchange, QUICK, to_call=()) as rig:
        for seconds in (0.02, 0.5, 0.98, 1.0, 1.02, 1.1):  # around the answer and the join
            call = calls(rig)
            await asyncio.sleep(seconds)
            await hangs_up(rig, call)
            await until(lambda: rig.desk.state is OperatorState.FREE and not rig.engine.calls.callers.here)
        assert len(rig.store.inbound_ended) == len(rig.store.inbound) == 6
        assert not rig.channels()
