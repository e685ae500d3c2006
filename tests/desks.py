"""People at desks, in virtual time: what they order, and what becomes of it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from dialer.calls import CallRules
from dialer.core.orders import OK, OrderKind
from dialer.core.values import LegState, OperatorState
from dialer.ports import Operator
from tests.fake_switch import Subscriber
from tests.office import RULES, Office, at_work

ANNA, BEN = "anna", "ben"  # logins


class DeskOffice(Office):
    """Nobody sits anywhere until somebody orders it, and a wrap-up ends with the result."""

    def __init__(self, subscribers: Sequence[Subscriber], operators: int = 1) -> None:
        super().__init__(subscribers, operators)
        self.rules = replace(RULES, wrap_up_ends_by_time=False)
        self.manned = False

    def by_time(self) -> CallRules:
        return RULES

    def desk(self, phone: str = "op01") -> Operator:
        return self.store.desks[phone]

    async def order(self, kind: str, phone: str = "op01", by: str = ANNA, **detail: object) -> str | None:
        """The engine's answer."""
        order = await self.store.order(phone, OrderKind(kind), detail, by=by)
        return await self.store.answered(order, within_seconds=5.0)

    async def sit(self, phone: str = "op01", by: str = ANNA, seat: str = "phone") -> None:
        assert await self.order("take_seat", phone, by, seat=seat) == OK
        await self.until(lambda: self.desk(phone).leg_state is LegState.UP)

    async def work(self, phone: str = "op01", by: str = ANNA) -> None:
        await self.sit(phone, by)
        assert await self.order("ready", phone, by) == OK

    async def talk(self, phone: str = "op01") -> None:
        await self.until_is(OperatorState.TALKING, phone)

    async def until_is(self, state: OperatorState, phone: str = "op01") -> None:
        await self.until(lambda: self.desk(phone).state is state)

    def legs_called(self) -> list[str]:
        return [call.endpoint for call in self.switch.placed if call.context == "operator"]


Scene = Callable[[DeskOffice], Awaitable[None]]


def played(scene: Scene, *people: Subscriber, operators: int = 1) -> DeskOffice:
    office = DeskOffice(people, operators)
    at_work(office, scene)
    return office
