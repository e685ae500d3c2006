"""Who has waited for long is handed to a department of the city; whatever fails, they wait on at their place."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from dialer.core.callers import InboundOutcome
from dialer.core.city import City, InboundRules, Overflow
from dialer.core.events import ChannelId
from dialer.core.values import CallId
from tests.fake_switch import CALLER_ID, FakeSwitch
from tests.office import BOOK, TRUNK, Office, at_work
from tests.talking_office import BEHAVIOURS, BUSY, DEPARTMENTS, NOBODY, RINGS, TAX
from tests.unit.test_callers import hang_up, outcome, seated, talking_with


def city(to: str | None) -> City:
    rules = InboundRules(overflow=Overflow.TRANSFER, overflow_to=to)
    return replace(BOOK.city, departments=DEPARTMENTS, inbound=rules)


class Overflowing(Office):
    """One operator."""

    def __init__(self, to: str | None = TAX, lines: int = TRUNK.lines) -> None:
        self.book = replace(BOOK, city=city(to))
        super().__init__([], operators=1, trunk=replace(TRUNK, lines=lines))
        self.switch = FakeSwitch(self.inbox, self.clock, BEHAVIOURS)

    def are_together(self, call: CallId) -> bool:
        caller, departments = self.switch.up[ChannelId(call)], self.switch.departments()
        return bool(departments) and self.switch.hear_each_other(caller, departments[0])

    def failures(self) -> list[object]:
        return [one.detail["why"] for one in self.store.appended if one.kind == "transfer_failed"]


Scene = Callable[[Overflowing, CallId, CallId], Awaitable[None]]


def with_one_waiting(scene: Scene, office: Overflowing | None = None) -> Overflowing:
    """The operator talks with the first; the second waits and overflows after ten seconds."""
    office = office or Overflowing()

    async def play(_: Office) -> None:
        await seated(office)
        first = office.switch.call_in()
        await office.until(lambda: talking_with(office) == [first], 3)
        await scene(office, first, office.switch.call_in(overflows_after=10.0))
        for call in list(office.engine.calls.callers.here):
            hang_up(office, call)
        await office.until(lambda: not office.engine.calls.callers.here, 5)

    at_work(office, play)
    assert not office.switch.departments(), "a department is left on the line"
    return office


def test_a_department_that_answers_has_the_caller_and_sees_the_number_of_the_debt() -> None:
    async def scene(office: Overflowing, first: CallId, call: CallId) -> None:
        await office.until(lambda: bool(office.switch.departments()), 15)
        (department,) = office.switch.departments()
        assert department.call.caller_id == CALLER_ID
        assert office.switch.up[ChannelId(call)].application == "AGI", "the music goes on while it rings"
        await office.until(lambda: office.are_together(call), 5)
        hang_up(office, first)
        await asyncio.sleep(30.0)
        assert talking_with(office) == [], "nobody is served twice"
        hang_up(office, call)
        await office.until(lambda: outcome(office, call) is not None, 2)
        ended = office.store.inbound_ended[call]
        assert (ended.outcome, ended.joined_at, ended.operator) == (InboundOutcome.TRANSFERRED, None, None)
        assert ended.evidence["transferred_to"] == TAX
        assert 13.0 <= float(ended.evidence["waited_seconds"] or 0) <= 14.0

    office = with_one_waiting(scene)
    assert office.engine.calls.talks.transfers.lines == 0
    kinds = [one.kind for one in office.store.appended]
    assert [kinds.count(kind) for kind in ("caller_overflows", "transfer_ordered", "transferred")] == [1, 1, 1]


@pytest.mark.parametrize(
    ("to", "why"),
    [
        (BUSY, "転送先は話し中でした"),
        (NOBODY, "転送先が応答しませんでした"),
        (RINGS, "転送先が応答しませんでした"),
    ],
)
def test_a_department_that_does_not_come_leaves_the_caller_at_their_place(to: str, why: str) -> None:
    async def scene(office: Overflowing, first: CallId, call: CallId) -> None:
        await asyncio.sleep(5.0)
        later = office.switch.call_in()
        await office.until(lambda: office.failures() == [why], 90)
        assert [one.call_id for one in office.engine.calls.callers.line] == [call, later]
        hang_up(office, first)
        await office.until(lambda: talking_with(office) == [call], 30)
        hang_up(office, call)
        await office.until(lambda: outcome(office, call) is InboundOutcome.TALKED, 2)
        assert office.store.inbound_ended[call].operator == "op01"

    with_one_waiting(scene, Overflowing(to))


def test_an_operator_who_is_free_first_has_the_caller_and_the_department_stops_ringing() -> None:
    async def scene(office: Overflowing, first: CallId, call: CallId) -> None:
        await office.until(lambda: bool(office.switch.departments()), 15)
        hang_up(office, first)
        await office.until(lambda: talking_with(office) == [call], 15)
        assert not office.switch.departments()
        assert office.failures() == ["担当者が先に応対できるようになりました"]

    with_one_waiting(scene, Overflowing(RINGS))


def test_a_caller_who_hangs_up_is_abandoned_and_the_department_stops_ringing() -> None:
    async def scene(office: Overflowing, first: CallId, call: CallId) -> None:
        await office.until(lambda: bool(office.switch.departments()), 15)
        hang_up(office, call)
        await office.until(lambda: outcome(office, call) is InboundOutcome.ABANDONED, 2)
        await office.until(lambda: not office.switch.departments(), 1)

    with_one_waiting(scene, Overflowing(RINGS))


def test_a_department_that_goes_in_that_instant_gives_the_caller_back_to_the_line() -> None:
    async def scene(office: Overflowing, first: CallId, call: CallId) -> None:
        await office.until(lambda: any(one.bridge == "departments" for one in office.switch.departments()), 20)
        office.switch.hang_up(office.switch.departments()[0])
        await office.until(lambda: bool(office.failures()), 5)
        hang_up(office, first)
        await office.until(lambda: talking_with(office) == [call], 30)

    with_one_waiting(scene)


@pytest.mark.parametrize(("to", "lines"), [(None, 4), (TAX, 2)])
def test_without_a_department_or_a_line_one_waits_on(to: str | None, lines: int) -> None:
    async def scene(office: Overflowing, first: CallId, call: CallId) -> None:
        await asyncio.sleep(20.0)
        assert [one.call_id for one in office.engine.calls.callers.line] == [call]
        assert not office.switch.departments()

    with_one_waiting(scene, Overflowing(to, lines))


def test_an_engine_that_dies_while_the_department_rings_leaves_nobody_with_a_stranger() -> None:
    """The next one knows whose that call is, ends it, and serves the caller as any other."""

    async def scene(office: Overflowing, first: CallId, call: CallId) -> None:
        await office.until(lambda: bool(office.switch.departments()), 15)
        await office.kill_engine()
        office.start_engine()
        await office.until(lambda: not office.switch.departments(), 10)
        hang_up(office, first)
        await office.until(lambda: talking_with(office) == [call], 30)

    with_one_waiting(scene, Overflowing(RINGS))


def test_who_is_with_a_department_stays_there_when_the_engine_dies_and_ends_as_handed_over() -> None:
    async def scene(office: Overflowing, first: CallId, call: CallId) -> None:
        await office.until(lambda: office.are_together(call), 20)
        await office.kill_engine()
        office.start_engine()
        await asyncio.sleep(10.0)
        assert office.are_together(call)
        hang_up(office, call)
        await office.until(lambda: outcome(office, call) is InboundOutcome.TRANSFERRED, 5)

    with_one_waiting(scene)
