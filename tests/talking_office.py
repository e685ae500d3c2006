"""One person in a talk, departments to hand over to, and operators whose results are entered by the test."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from dialer.core.city import Department
from dialer.core.floor import Desk
from dialer.core.orders import OrderKind
from dialer.core.values import OperatorState, Outcome, PhoneNumber
from tests.fake_switch import FakeSwitch, Subscriber
from tests.office import BOOK, TRUNK, Office, at_work

TAX, BUSY, NOBODY, RINGS = "tax", "busy", "nobody", "rings"
DEPARTMENTS = (
    Department(TAX, "収納課", PhoneNumber("0258009101")),
    Department(BUSY, "相談室", PhoneNumber("0258009102")),
    Department(NOBODY, "窓口", PhoneNumber("0258009103")),
    Department(RINGS, "夜間窓口", PhoneNumber("0258009104")),
)
BEHAVIOURS = {
    "0258009101": Subscriber(answers_after=2.0),
    "0258009102": Subscriber(rings_after=None, refused_with=(17, 486)),
    "0258009103": Subscriber(rings_after=0.1, refused_with=(19, 480)),
    "0258009104": Subscriber(),
}
TALKS = Subscriber(answers_after=2.0)  # hangs up when the test says so
ATTENDED, BLIND = "attended", "blind"


class TalkingOffice(Office):
    """One person, and operators whose results are entered by the test."""

    book = replace(BOOK, city=replace(BOOK.city, departments=DEPARTMENTS))

    def __init__(self, operators: int = 1, lines: int = TRUNK.lines) -> None:
        super().__init__([TALKS], operators=operators, trunk=replace(TRUNK, lines=lines))
        self.rules = replace(self.rules, wrap_up_ends_by_time=False)
        subscribers = {one.number: TALKS for one in self.store.cases.values()} | BEHAVIOURS
        self.switch = FakeSwitch(self.inbox, self.clock, subscribers)

    @property
    def desk(self) -> Desk:
        return self.engine.calls.desks.floor.desks["op01"]

    def kinds(self) -> list[str]:
        return [one.kind for one in self.store.appended]

    async def order(self, kind: OrderKind, **detail: object) -> str:
        id_ = await self.store.order(self.desk.phone, kind, detail, by=self.desk.account or "")
        await self.until(lambda: id_ in self.store.answers)
        return self.store.answers[id_]

    async def ordered(self, kind: OrderKind, **detail: object) -> None:
        assert await self.order(kind, **detail) == "ok"

    async def transfer(self, to: str, how: str) -> None:
        await self.ordered(OrderKind.TRANSFER, to=to, how=how)

    @property
    def together(self) -> bool:
        (person,), leg = self.switch.customers(), self.switch.leg("op01")
        return leg is not None and self.switch.hear_each_other(person, leg)

    @property
    def is_muted(self) -> bool:
        leg = self.switch.leg("op01")
        return leg is not None and leg.muted

    @property
    def handed_over(self) -> bool:
        persons, departments = self.switch.customers(), self.switch.departments()
        return bool(persons and departments) and self.switch.hear_each_other(persons[0], departments[0])

    @property
    def consulting(self) -> bool:
        departments = self.switch.departments()
        leg = self.switch.leg("op01")
        return bool(departments) and leg is not None and self.switch.hear_each_other(departments[0], leg)

    @property
    def music(self) -> bool:
        (person,) = self.switch.customers()
        return person.application == "BackGround" and person.bridge is None

    async def until_back(self) -> None:
        await self.until(lambda: self.together and not self.desk.on_hold, within=60)
        assert self.desk.state is OperatorState.TALKING
        assert self.desk.consulting is None

    async def hang_up(self) -> None:
        """The person does, and the call comes to its end."""
        for person in self.switch.customers():
            self.switch.hang_up(person)
        await self.until(lambda: bool(self.store.ended))

    def evidence(self) -> dict[str, str | int | float | bool | None]:
        (ended,) = self.store.ended.values()
        assert ended.outcome is Outcome.TALKED
        return ended.evidence


Scene = Callable[[TalkingOffice], Awaitable[None]]


def in_a_talk(scene: Scene, operators: int = 1, office: TalkingOffice | None = None) -> TalkingOffice:
    office = office or TalkingOffice(operators)

    async def play(_: Office) -> None:
        await office.until(lambda: any(desk.state is OperatorState.TALKING for desk in office.store.desks.values()))
        await scene(office)
        await office.hang_up()

    at_work(office, play)
    assert not office.switch.departments(), "a department is left on the line"
    return office


async def held(office: TalkingOffice) -> None:
    await office.ordered(OrderKind.HOLD)


async def ringing(office: TalkingOffice) -> None:
    await office.transfer(TAX, ATTENDED)
    await office.until(lambda: bool(office.switch.departments()))


async def consulting(office: TalkingOffice) -> None:
    await office.transfer(TAX, ATTENDED)
    await office.until(lambda: office.consulting)


async def cancelled(office: TalkingOffice) -> None:
    await office.ordered(OrderKind.CANCEL_TRANSFER)
    await office.until_back()


async def handed_over(office: TalkingOffice) -> None:
    await office.transfer(TAX, BLIND)
    await office.until(lambda: office.handed_over)
