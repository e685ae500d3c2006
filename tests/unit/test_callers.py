"""People who call: who comes next, what the line is told, and that nobody is lost with the engine."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from dialer.core.callers import LAST, Caller, InboundOutcome, Route, Wish
from dialer.core.events import ChannelId
from dialer.core.values import CallId, CaseId, CaseState, OperatorState, Outcome
from tests.fake_switch import NOBODY, PERSON, Subscriber
from tests.office import Office, at_work

Scene = Callable[[Office], Awaitable[None]]
SHORT_TALK = Subscriber(answers_after=1.0, hangs_up_after=20.0)


def with_operators(count: int, scene: Scene, subscribers: list[Subscriber] | None = None) -> Office:
    office = Office(subscribers or [], operators=count)
    at_work(office, scene)
    return office


async def seated(office: Office) -> None:
    """Every operator is free."""
    desks = office.engine.calls.desks.floor.desks.values()
    await office.until(lambda: all(desk.state is OperatorState.FREE for desk in desks), 30)


def talking_with(office: Office) -> list[CallId]:
    desks = office.engine.calls.desks.floor.desks.values()
    return [desk.attempt for desk in desks if desk.state is OperatorState.TALKING and desk.attempt is not None]


async def next_talk(office: Office, besides: Sequence[CallId]) -> CallId:
    await office.until(lambda: not set(talking_with(office)) <= set(besides), 60)
    return next(call for call in talking_with(office) if call not in besides)


def hang_up(office: Office, call: CallId) -> None:
    """The caller does."""
    office.switch.hang_up(office.switch.up[ChannelId(call)])


def outcome(office: Office, call: CallId) -> InboundOutcome | None:
    ended = office.store.inbound_ended.get(call)
    return ended.outcome if ended else None


def test_the_exchange_knows_how_many_who_call_need_no_place_in_line() -> None:
    async def scene(office: Office) -> None:
        await seated(office)
        await office.until(lambda: office.switch.room == 3, 2)
        calls = [office.switch.call_in(rings=1.0) for _ in range(5)]
        await asyncio.sleep(0.1)
        assert office.switch.room == 3, "one reserved is as good as one free"
        await office.until(lambda: len(talking_with(office)) == 3, 5)
        await office.until(lambda: office.switch.room == 0, 1)
        for call in calls:
            hang_up(office, call)
        await office.until(lambda: office.switch.room == 3, 60)

    with_operators(3, scene)


def test_a_caller_has_a_free_operator_reserved_while_the_phone_still_rings_and_is_joined_at_the_answer() -> None:
    async def scene(office: Office) -> None:
        await seated(office)
        call = office.switch.call_in(rings=1.0)
        await asyncio.sleep(0.1)
        desk = office.engine.calls.desks.floor.with_attempt(call)
        assert desk is not None
        assert desk.state is OperatorState.RESERVED
        await office.until(lambda: call in talking_with(office), 2)
        hang_up(office, call)
        await office.until(lambda: outcome(office, call) is not None, 2)
        assert outcome(office, call) is InboundOutcome.TALKED
        assert office.store.noted[call] == desk.phone

    with_operators(1, scene)


def test_who_waits_is_joined_when_an_operator_is_free_in_the_order_of_arrival_and_the_one_left_alone_first() -> None:
    async def scene(office: Office) -> None:
        await seated(office)
        first = office.switch.call_in()
        await office.until(lambda: talking_with(office) == [first], 3)
        second, third = office.switch.call_in(), office.switch.call_in()
        await asyncio.sleep(0.5)
        left_alone_before = office.switch.call_in(rank=0)
        await asyncio.sleep(2.0)
        met = [first]
        while met[-1] != third:
            hang_up(office, met[-1])
            met.append(await next_talk(office, besides=met))
        assert met == [first, left_alone_before, second, third]
        hang_up(office, third)

    with_operators(1, scene)


def test_the_channel_of_who_waits_knows_its_place_and_the_expected_minutes() -> None:
    async def scene(office: Office) -> None:
        await seated(office)
        first = office.switch.call_in()
        await office.until(lambda: talking_with(office) == [first], 3)
        second, third = office.switch.call_in(), office.switch.call_in()
        await asyncio.sleep(3.0)
        places = [office.switch.up[ChannelId(one)].variables.get("PLACE") for one in (second, third)]
        assert places == ["1", "2"]
        hang_up(office, second)
        await asyncio.sleep(0.1)
        assert office.switch.up[ChannelId(third)].variables["PLACE"] == "1"
        assert outcome(office, second) is InboundOutcome.ABANDONED
        hang_up(office, third)
        hang_up(office, first)

    with_operators(1, scene)


def test_a_waiting_caller_takes_the_next_free_operator_before_a_new_dial_does() -> None:
    async def scene(office: Office) -> None:
        await office.until(lambda: len(talking_with(office)) == 1, 30)  # with the first of the list
        waiting = office.switch.call_in()
        placed = len(office.switch.placed)
        await office.until(lambda: waiting in talking_with(office), 60)
        dialled_since = [one for one in office.switch.placed[placed:] if one.context == "customer"]
        assert dialled_since == []
        hang_up(office, waiting)
        await office.until(lambda: office.outcomes() == [Outcome.TALKED] * 2, 120)

    with_operators(1, scene, [SHORT_TALK, SHORT_TALK])


def test_a_ringing_call_to_who_is_calling_us_does_not_ring_on() -> None:
    async def scene(office: Office) -> None:
        await office.until(lambda: any(one.state == "Ringing" for one in office.switch.customers()), 30)
        attempt = next(iter(office.store.claims))
        office.store.callers = _AlwaysKnown(Caller(CaseId(0), "city_tax", (attempt,)))
        call = office.switch.call_in()
        await office.until(lambda: office.outcomes() == [Outcome.WITHDRAWN], 5)
        hang_up(office, call)

    with_operators(2, scene, [NOBODY])


class _AlwaysKnown(dict[CallId, Caller]):
    def __init__(self, caller: Caller) -> None:
        super().__init__()
        self._caller = caller

    def get(self, key: CallId, default: object = None) -> Caller:
        return self._caller


def test_a_caller_whose_operators_leg_is_lost_at_the_join_meets_the_next_operator() -> None:
    async def scene(office: Office) -> None:
        await seated(office)
        office.switch.joins_fail = 1
        call = office.switch.call_in()
        await office.until(lambda: call in talking_with(office), 5)
        hang_up(office, call)
        await office.until(lambda: outcome(office, call) is InboundOutcome.TALKED, 2)

    with_operators(2, scene)


def test_every_route_ends_in_its_outcome() -> None:
    async def scene(office: Office) -> None:
        closed = office.switch.call_in(route=Route.CLOSED, told_after=8.0)
        guided = office.switch.call_in(route=Route.GUIDE, hangs_up_after=30.0)
        full = office.switch.call_in(route=Route.FULL, told_after=3.0)
        strange = office.switch.call_in(route=Route.NOT_OURS, hangs_up_after=0.1)
        waited = office.switch.call_in(told_after=60.0)
        soon_gone = office.switch.call_in(hangs_up_after=4.0)
        calls = (closed, guided, full, strange, waited, soon_gone)
        await office.until(lambda: all(outcome(office, one) for one in calls), 120)
        assert [outcome(office, one) for one in calls] == [
            InboundOutcome.CLOSED,
            InboundOutcome.GUIDED,
            InboundOutcome.FULL,
            InboundOutcome.REFUSED,
            InboundOutcome.NOT_TAKEN,
            InboundOutcome.ABANDONED,
        ]
        assert "4.0秒（5秒以内）" in office.store.inbound_ended[soon_gone].reason

    office = Office([], operators=1)
    office.manned = False
    at_work(office, scene)


def test_ten_callers_wait_on_while_the_engine_is_dead_and_are_served_by_the_next_one_in_their_order() -> None:
    async def scene(office: Office) -> None:
        await seated(office)
        first = office.switch.call_in()
        await office.until(lambda: talking_with(office) == [first], 3)
        waiting = []
        for _ in range(10):
            waiting.append(office.switch.call_in())
            await asyncio.sleep(0.1)
        await asyncio.sleep(2.0)
        await office.kill_engine()
        gone = waiting.pop(3)
        hang_up(office, gone)  # nobody hears it
        late = office.switch.call_in()  # nobody hears of this one either
        await asyncio.sleep(5.0)
        office.start_engine()
        await office.until(lambda: outcome(office, gone) is InboundOutcome.ABANDONED, 30)
        met = [await next_talk(office, besides=[])]
        while met[-1] != late:
            hang_up(office, met[-1])
            met.append(await next_talk(office, besides=met))
        hang_up(office, late)
        assert met == [first, *waiting, late]
        await office.until(lambda: outcome(office, late) is InboundOutcome.TALKED, 5)

    with_operators(1, scene)


def test_a_call_that_came_and_went_while_nobody_listened_is_still_in_the_records() -> None:
    async def scene(office: Office) -> None:
        await seated(office)
        await office.kill_engine()
        call = office.switch.call_in(hangs_up_after=9.0)
        await asyncio.sleep(10.0)
        office.start_engine()
        await office.until(lambda: outcome(office, call) is not None, 10)
        ended = office.store.inbound_ended[call]
        assert (ended.outcome, ended.evidence["waited_seconds"]) == (InboundOutcome.ABANDONED, 9.0)

    with_operators(1, scene)


def test_a_store_that_is_away_delays_the_record_and_not_the_caller() -> None:
    async def scene(office: Office) -> None:
        await seated(office)
        office.store.away = True
        call = office.switch.call_in()
        await office.until(lambda: call in talking_with(office), 3)
        hang_up(office, call)
        await asyncio.sleep(3.0)
        assert outcome(office, call) is None
        office.store.away = False
        await office.until(lambda: outcome(office, call) is InboundOutcome.TALKED, 10)

    with_operators(1, scene)


def test_a_lost_link_keeps_who_waits_and_settles_who_has_gone() -> None:
    async def scene(office: Office) -> None:
        await seated(office)
        first = office.switch.call_in()
        await office.until(lambda: talking_with(office) == [first], 3)
        stays, goes = office.switch.call_in(), office.switch.call_in()
        await asyncio.sleep(2.0)
        office.switch.drop_link()
        hang_up(office, goes)
        await asyncio.sleep(2.0)
        office.switch.restore_link()
        await office.until(lambda: outcome(office, goes) is InboundOutcome.ABANDONED, 10)
        hang_up(office, first)
        await office.until(lambda: stays in talking_with(office), 30)
        hang_up(office, stays)

    with_operators(1, scene)


def test_calls_that_die_with_the_exchange_are_lost_and_said_so() -> None:
    async def scene(office: Office) -> None:
        await seated(office)
        talks = office.switch.call_in()
        await office.until(lambda: talking_with(office) == [talks], 3)
        waits = office.switch.call_in()
        await asyncio.sleep(2.0)
        office.switch.die_and_boot()
        await office.until(lambda: outcome(office, waits) is not None, 30)
        assert outcome(office, waits) is InboundOutcome.LOST

    with_operators(1, scene)


def test_the_lines_of_callers_are_taken_from_those_for_dialling() -> None:
    async def scene(office: Office) -> None:
        await seated(office)
        calls = [office.switch.call_in() for _ in range(3)]
        await asyncio.sleep(2.0)
        assert office.engine.snapshot().lines_free == office.trunk.lines - 3
        for call in calls:
            hang_up(office, call)

    with_operators(3, scene)


def test_nobody_is_dialled_for_an_operator_whom_a_caller_waits_for() -> None:
    async def scene(office: Office) -> None:
        calls = [office.switch.call_in() for _ in range(2)]
        await office.until(lambda: len(talking_with(office)) == 1, 10)
        await asyncio.sleep(5.0)
        assert [one for one in office.switch.placed if one.context == "customer"] == []
        for call in calls:
            hang_up(office, call)

    with_operators(1, scene, [PERSON])


def wishes(office: Office, call: CallId, case: int) -> None:
    """What the AGI server has stored of a caller whom it knows."""
    arrived = office.store.inbound[call].at
    office.store.wishes[call] = Wish(call, CaseId(case), case + 1000, LAST, arrived)


def test_who_asked_to_be_called_back_is_called_when_the_turn_comes_and_before_who_came_later() -> None:
    async def scene(office: Office) -> None:
        await seated(office)
        first = office.switch.call_in()
        await office.until(lambda: talking_with(office) == [first], 3)
        asks = office.switch.call_in(wishes_after=5.0)
        await asyncio.sleep(1.0)
        later = office.switch.call_in()
        await asyncio.sleep(2.0)
        wishes(office, asks, 0)
        await office.until(lambda: outcome(office, asks) is InboundOutcome.WISHED, 20)
        await asyncio.sleep(2.0)
        assert office.switch.up[ChannelId(later)].variables["PLACE"] == "2"
        assert not [one for one in office.switch.placed if one.context == "customer"]
        hang_up(office, first)
        await office.until(lambda: office.outcomes() == [Outcome.TALKED], 60)
        assert office.store.granted[asks] == (next(iter(office.store.claims)), "折り返しました")
        assert [one.exten for one in office.switch.placed if one.context == "customer"] == ["dialled"]
        await office.until(lambda: talking_with(office) == [later], 30)
        hang_up(office, later)

    office = with_list_for_wishes()
    at_work(office, scene)


def test_a_wish_that_the_rules_do_not_allow_is_closed_with_the_reason_and_the_operator_is_free_again() -> None:
    async def scene(office: Office) -> None:
        await seated(office)
        office.store.cases[CaseId(0)].state = CaseState.STOPPED
        office.engine.hold("休止")  # nothing is dialled by itself before the caller comes
        asks = office.switch.call_in(wishes_after=0.1, rings=0.1)
        await office.until(lambda: asks in office.store.inbound, 5)
        wishes(office, asks, 0)
        office.engine.hold(None)
        await office.until(lambda: asks in office.store.granted, 30)
        assert office.store.granted[asks] == (None, "この案件は架電できません")
        await seated(office)

    office = with_list_for_wishes()
    at_work(office, scene)


def with_list_for_wishes() -> Office:
    """One case, which is not due by itself."""
    office = Office([SHORT_TALK], operators=1)
    office.store.cases[CaseId(0)].due_at += timedelta(days=7)
    return office
