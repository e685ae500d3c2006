"""A talk at op01, a supervisor at op02: what is passed on between seats, in virtual time."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from dialer.core.floor import Desk
from dialer.core.orders import OrderKind
from dialer.core.values import OperatorState, PauseReason
from tests.event_table import START
from tests.fake_exchange import Channel
from tests.fake_switch import Subscriber
from tests.office import Office, at_work

TALKS = Subscriber(answers_after=2.0)  # hangs up when the test says so
ATTENDED, BLIND = "attended", "blind"
SUPERVISOR = "op02"


class CentreOffice(Office):
    """op01 has a talk; at op02 sits a supervisor, who pauses. Whoever else there is, is free."""

    def __init__(self, operators: int = 2, people: int = 1) -> None:
        super().__init__([TALKS] * people, operators=operators)
        self.rules = replace(self.rules, wrap_up_ends_by_time=False)

    def desk(self, phone: str) -> Desk:
        return self.engine.calls.desks.floor.desks[phone]

    @property
    def first(self) -> Desk:
        return self.desk("op01")

    @property
    def other(self) -> Desk:
        return self.desk(SUPERVISOR)

    @property
    def person(self) -> Channel:
        (person,) = [*self.switch.customers(), *self.switch.callers()]
        return person

    def with_person(self, phone: str) -> bool:
        leg = self.switch.leg(phone)
        return leg is not None and self.switch.hear_each_other(self.person, leg)

    @property
    def confers(self) -> bool:
        return self.confers_with(SUPERVISOR)

    def confers_with(self, phone: str) -> bool:
        one, other = self.switch.leg("op01"), self.switch.leg(phone)
        return one is not None and other is not None and self.switch.hear_each_other(one, other)

    @property
    def music(self) -> bool:
        return self.person.application == "BackGround" and self.person.bridge is None

    def kinds(self) -> list[str]:
        return [one.kind for one in self.store.appended]

    def why_failed(self) -> list[object]:
        return [one.detail["why"] for one in self.store.appended if one.kind == "pass_failed"]

    async def order(self, desk: Desk, kind: OrderKind, **detail: object) -> str:
        id_ = await self.store.order(desk.phone, kind, detail, by=desk.account or "")
        await self.until(lambda: id_ in self.store.answers)
        return self.store.answers[id_]

    async def ordered(self, desk: Desk, kind: OrderKind, **detail: object) -> None:
        assert await self.order(desk, kind, **detail) == "ok"

    async def passes(self, how: str, to: str = SUPERVISOR) -> None:
        await self.ordered(self.first, OrderKind.TRANSFER, to=to, how=how)

    async def until_taken(self, by: str = SUPERVISOR) -> None:
        await self.until(lambda: self.with_person(by) and self.desk(by).state is OperatorState.TALKING, within=30)

    async def until_back(self) -> None:
        await self.until(lambda: self.with_person("op01") and not self.first.on_hold, within=60)
        assert self.first.state is OperatorState.TALKING
        assert self.first.consulting is None
        assert self.other.takes is None

    def hang_up(self) -> None:
        self.switch.hang_up(self.person)


Scene = Callable[[CentreOffice], Awaitable[None]]


def in_a_talk(scene: Scene, office: CentreOffice | None = None, *, came_in: bool = False) -> CentreOffice:
    office = office or CentreOffice(people=0 if came_in else 1)

    async def play(_: Office) -> None:
        await office.until(lambda: office.other.state is not OperatorState.OFFLINE and bool(office.other.account))
        await office.ordered(office.other, OrderKind.PAUSE, reason=PauseReason.WORK.value)
        if came_in:
            await office.until(lambda: office.first.state is OperatorState.FREE)
            office.switch.call_in()
        await office.until(lambda: office.first.state is OperatorState.TALKING, 60)
        await scene(office)
        for person in [*office.switch.customers(), *office.switch.callers()]:
            office.switch.hang_up(person)
        await office.until(lambda: bool(office.store.ended or office.store.inbound_ended))

    office.store.cases = {key: replace(case, due_at=START) for key, case in office.store.cases.items()}
    at_work(office, play)
    return office


async def conferring(office: CentreOffice) -> None:
    await asyncio.sleep(5)  # it is a talk by now
    await office.passes(ATTENDED)
    await office.until(lambda: office.confers and office.music)


async def taken(office: CentreOffice) -> None:
    await office.passes(BLIND)
    await office.until_taken()
