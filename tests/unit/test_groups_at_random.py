"""Operators of changing groups, callers and mishaps at any moment: nobody gets who is not of their debt kinds."""

import asyncio
from collections import Counter

import pytest

from dialer.core.events import ChannelId
from dialer.core.floor import Desk
from dialer.core.rulebook import Rulebook
from dialer.core.values import AttemptId, CallId, Mode, OperatorState
from tests.books import in_groups, of_two_groups
from tests.office import BOOK, at_work
from tests.unit.test_desks_at_random import LOGINS, SECONDS, RandomFloor

GROUPS = ("tax", "insurance", None)


class MovingFloor(RandomFloor):
    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.switches = False
        self.book = of_two_groups(BOOK, {}, self.chance.choice((Mode.PROGRESSIVE, Mode.PREDICTIVE, Mode.PREVIEW)))
        self.book = self.moved()
        for case in self.store.cases.values():
            case.debt = self.chance.choice(("city_tax", "insurance"))
        self.reserved: Counter[str] = Counter()
        self.wrong: list[str] = []  # the engine goes on, whatever is raised in it

    def start_engine(self) -> None:
        super().start_engine()
        desks = self.engine.calls.desks
        becomes = desks.become

        def watched(desk: Desk, state: OperatorState) -> None:
            if state is OperatorState.RESERVED and desk.attempt is not None:
                self.check(desk, desk.attempt)
            becomes(desk, state)

        desks.become = watched  # type: ignore[method-assign]

    def moved(self) -> Rulebook:
        return in_groups(self.book, {login: self.chance.choice(GROUPS) for login in LOGINS})

    def check(self, desk: Desk, call: CallId) -> None:
        """At the moment when an operator is chosen."""
        calls, floor = self.engine.calls, self.engine.calls.desks.floor
        live = calls.live.get(AttemptId(call))
        group, account = calls.group_of(call), desk.account
        if group is None:
            self.wrong.append("nobody knows what a call is about")
        elif floor.takes(desk, group):
            self.reserved["takes it"] += 1
        elif live is not None and live.call.joined_at is None:
            self.wrong.append(f"{account} got a person of {group}")
        elif floor.is_served(group):
            self.wrong.append(f"{account} got a caller of {group}, whom others take")


@pytest.mark.parametrize("seed", range(8))
def test_whoever_is_moved_and_whatever_breaks_nobody_meets_an_operator_of_other_debt_kinds(seed: int) -> None:
    async def scene(office: MovingFloor) -> None:
        until = office.clock.monotonic() + SECONDS
        while office.clock.monotonic() < until:
            await asyncio.sleep(office.chance.expovariate(0.4))
            phone, kind, detail, by = office.any_order()
            await office.store.order(phone, kind, detail, by=by)
            if office.chance.random() < 0.03:
                await office.mishap()
            if office.chance.random() < 0.05:
                office.book = office.moved()
                office.engine.use(office.book)
            if office.chance.random() < 0.05:
                group = office.chance.choice(("tax", "insurance"))
                office.switch.call_in(group=group, hangs_up_after=office.chance.uniform(5, 90))
            floor = office.engine.calls.desks.floor
            for desk in floor.desks.values():
                is_shown = desk.preview is not None
                assert not is_shown or floor.takes(desk, preview_group(office, desk)), "is shown a foreign case"
        for call in list(office.switch.up):
            if office.switch.up[call].call.context == "inbound":
                office.switch.hang_up(office.switch.up[ChannelId(call)])

    office = MovingFloor(seed)
    at_work(office, scene)
    assert office.wrong == []
    assert office.reserved["takes it"] > 3


def preview_group(office: MovingFloor, desk: Desk) -> str | None:
    assert desk.preview is not None
    return office.engine.calls.desks.floor.groups.of_debt(desk.preview.debt)
