"""The engine and the texts of its city: no call without them, and the apology of each call's debt kind."""

import asyncio
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from dialer.core.values import OperatorState, Outcome
from dialer.engine import Engine
from tests.fake_switch import PERSON, Subscriber
from tests.office import BOOK, Office, at_work

WHY = "承認された文面がそろうまで架電しません"


class Speaking(Office):
    def __init__(self, subscribers: Sequence[Subscriber], apologies: Mapping[str, str] = MappingProxyType({})) -> None:
        super().__init__(subscribers)
        self.apologies = apologies

    def apology(self, debt: str) -> str:
        return self.apologies.get(debt, "")

    def new_engine(self, inbox: "asyncio.Queue[object]") -> tuple[Engine, "asyncio.Task[None]"]:
        engine, running = super().new_engine(inbox)
        engine.hold(WHY)
        return engine, running


def test_an_engine_that_is_held_claims_nothing_says_why_and_begins_when_it_is_let_go() -> None:
    async def scene(office: Office) -> None:
        await asyncio.sleep(600)
        assert not office.store.claims
        status = office.engine.status()
        assert (status["why"], status["ready"]) == (WHY, True)
        office.engine.hold(None)
        await office.until(lambda: office.outcomes() == [Outcome.TALKED] * 2)

    at_work(Speaking([PERSON, PERSON]), scene)


def test_a_talk_goes_on_when_calls_are_held_and_nobody_else_is_called() -> None:
    async def scene(office: Office) -> None:
        office.engine.hold(None)
        await office.until(lambda: office.store.desks["op01"].state is OperatorState.TALKING)
        office.engine.hold(WHY)
        await asyncio.sleep(600)
        assert office.outcomes() == [Outcome.TALKED]

    at_work(Speaking([PERSON, PERSON]), scene)


def test_each_call_carries_the_apology_of_its_debt_kind_or_leaves_it_to_the_citys() -> None:
    async def scene(office: Office) -> None:
        office.engine.hold(None)
        await office.until(lambda: len(office.outcomes()) == 1)
        (call,) = [one for one in office.switch.placed if one.context == "customer"]
        debt = next(iter(office.store.claims.values())).debt
        named.append((debt, call.variables.get("APOLOGY")))

    named: list[tuple[str, str | None]] = []
    apologies = {debt.key: f"sound/{debt.key}" for debt in BOOK.city.debts}
    at_work(Speaking([PERSON]), scene)
    at_work(Speaking([PERSON], apologies), scene)
    (debt, none), (same, named_so) = named
    assert (none, named_so) == (None, f"sound/{debt}")
    assert same == debt
