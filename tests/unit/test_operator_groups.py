"""Operators of two groups at work, in virtual time: nobody gets a call of a debt kind that they do not take."""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from dialer.claiming import NOBODY_TAKES_IT
from dialer.core.callers import LAST, InboundOutcome, Wish
from dialer.core.events import ChannelId
from dialer.core.orders import OK, OrderKind
from dialer.core.pacing.record import replay
from dialer.core.pacing.values import PaceRules
from dialer.core.values import CallId, CaseId, Mode, OperatorState, Outcome
from tests.books import in_groups, of_two_groups
from tests.desks import ANNA, BEN, DeskOffice
from tests.fake_switch import NOBODY, PERSON, Subscriber
from tests.office import BOOK, TRUNK, Office, at_work
from tests.unit.test_callers import hang_up, outcome, seated, talking_with
from tests.unit.test_predictive import Predicting

TAX, INSURANCE = "city_tax", "insurance"
SHORT = Subscriber(answers_after=2.0, hangs_up_after=20.0)
LATE = Subscriber(answers_after=20.0, hangs_up_after=60.0)


def login(phone: int) -> str:
    """Of who sits there when everybody only wants to work."""
    return f"rehearsal-op{phone:02d}"


def sitting(*groups: str | None) -> dict[str, str | None]:
    return {login(place): group for place, group in enumerate(groups, 1)}


class Grouped(Office):
    """Every second case is of the insurance."""

    def __init__(self, people: Sequence[Subscriber], *groups: str | None, lines: int = 12) -> None:
        self.book = of_two_groups(BOOK, sitting(*groups))
        super().__init__(people, len(groups), trunk=replace(TRUNK, lines=lines))
        for case in self.store.cases.values():
            case.debt = INSURANCE if case.case % 2 else TAX

    def regroup(self, *groups: str | None) -> None:
        self.book = in_groups(self.book, sitting(*groups))
        self.engine.use(self.book)

    def met(self) -> dict[str, Counter[str]]:
        """By phone: how many calls of which debt kind."""
        found: dict[str, Counter[str]] = {}
        for attempt, ended in self.store.ended.items():
            if ended.joined_at is not None:
                found.setdefault(ended.operator or "", Counter())[self.store.claims[attempt].debt] += 1
        return found

    def called(self) -> Counter[str]:
        return Counter(claimed.debt for claimed in self.store.claims.values())

    def why(self) -> str:
        return str(self.engine.status()["why"])


def played(scene: Callable[[Grouped], Awaitable[None]], office: Grouped) -> Grouped:
    at_work(office, scene)
    return office


def test_each_operator_gets_calls_of_the_own_group_and_who_has_none_gets_any() -> None:
    async def scene(office: Grouped) -> None:
        await office.until(lambda: len(office.outcomes()) == 30)

    office = played(scene, Grouped([SHORT] * 30, "tax", "insurance", None))
    met = office.met()
    assert set(met["op01"]) == {TAX}
    assert set(met["op02"]) == {INSURANCE}
    assert set(met["op03"]) == {TAX, INSURANCE}
    assert set(office.outcomes()) == {Outcome.TALKED}


def test_an_operator_who_is_moved_in_the_middle_of_the_day_gets_the_other_debt_kind_from_then_on() -> None:
    before: list[Counter[str]] = []

    async def scene(office: Grouped) -> None:
        await office.until(lambda: len(office.outcomes()) >= 8)
        office.regroup("tax", "tax")
        await asyncio.sleep(1.0)
        await office.until(lambda: office.engine.calls.desks.floor.desks["op02"].state is OperatorState.FREE)
        before.extend((office.met()["op02"], office.called()))
        assert office.store.desks["op02"].group == "tax"
        await office.until(lambda: office.met()["op02"][TAX] >= 3)

    office = played(scene, Grouped([SHORT] * 60, "tax", "insurance"))
    met, called = before
    assert set(met) == {INSURANCE}
    assert office.met()["op02"][INSURANCE] == met[INSURANCE]
    assert office.called()[INSURANCE] == called[INSURANCE]
    assert Outcome.ABANDONED not in office.outcomes()


def test_a_debt_kind_that_nobody_at_work_takes_is_not_dialled_and_it_is_said_why() -> None:
    async def scene(office: Grouped) -> None:
        await office.until(lambda: office.called()[TAX] == 10)
        await office.until(lambda: len(office.outcomes()) == 10)
        assert f"{office.book.city.debts[1].name}：{NOBODY_TAKES_IT}" in office.why()
        office.regroup("tax", None)
        await office.until(lambda: office.called()[INSURANCE] == 10)
        assert NOBODY_TAKES_IT not in office.why()

    played(scene, Grouped([SHORT] * 20, "tax", "tax"))


def test_a_telephone_that_rings_for_an_operator_who_is_moved_stops_ringing_and_a_talk_goes_on() -> None:
    async def scene(office: Grouped) -> None:
        await office.until(lambda: len(office.engine.calls.live) == 2)
        talks = office.store.cases[CaseId(1)]
        ringing = next(live for live in office.engine.calls.live.values() if live.debt == TAX)
        await office.until(lambda: office.store.desks["op02"].state is OperatorState.TALKING, 10)
        office.regroup("insurance", "tax")
        await asyncio.sleep(0.5)
        assert office.store.ended[ringing.attempt].outcome is Outcome.WITHDRAWN
        assert office.store.desks["op02"].state is OperatorState.TALKING
        await office.until(lambda: talks.state == "complete", 120)

    played(scene, Grouped([LATE, PERSON], "tax", "insurance"))


def test_lines_are_shared_out_evenly_among_the_groups_that_want_them() -> None:
    async def scene(office: Grouped) -> None:
        await seated(office)
        await asyncio.sleep(60)  # those who sat down first had all lines
        rings = Counter(live.debt for live in office.engine.calls.live.values())
        assert rings == {TAX: 2, INSURANCE: 2}
        await asyncio.sleep(200)

    office = played(scene, Grouped([NOBODY] * 60, *["tax"] * 4, *["insurance"] * 4, lines=4))
    called = office.called()
    assert called.total() < len(office.store.cases)
    assert abs(called[TAX] - called[INSURANCE]) <= 4


def test_a_caller_takes_an_operator_of_the_number_called_and_waits_while_only_others_are_free() -> None:
    async def scene(office: Grouped) -> None:
        await seated(office)
        first = office.switch.call_in(group="insurance")
        await office.until(lambda: first in talking_with(office), 3)
        assert office.store.desks["op02"].attempt == first
        second = office.switch.call_in(group="insurance")
        await asyncio.sleep(5.0)
        assert second not in talking_with(office)
        tax = office.switch.call_in(group="tax")
        await office.until(lambda: tax in talking_with(office), 3)
        assert office.switch.up[ChannelId(second)].variables["PLACE"] == "1"
        hang_up(office, first)
        await office.until(lambda: second in talking_with(office), 30)
        for call in (second, tax):
            hang_up(office, call)
        await office.until(lambda: outcome(office, second) is InboundOutcome.TALKED, 5)

    played(scene, Grouped([], "tax", "insurance"))


@pytest.mark.parametrize("group", ["insurance", ""], ids=["nobody serves it", "nobody knows for what"])
def test_a_caller_for_a_group_that_nobody_at_work_serves_does_not_wait_for_it(group: str) -> None:
    async def scene(office: Grouped) -> None:
        await seated(office)
        call = office.switch.call_in(group=group)
        await office.until(lambda: call in talking_with(office), 3)
        hang_up(office, call)

    played(scene, Grouped([], "tax", "tax"))


async def one_talks_one_waits(office: Grouped) -> tuple[CallId, CallId]:
    """Both for the group of which one operator is at work."""
    first = office.switch.call_in(group="insurance")
    await office.until(lambda: first in talking_with(office), 3)
    waits = office.switch.call_in(group="insurance")
    await asyncio.sleep(3.0)
    assert waits not in talking_with(office)
    return first, waits


def test_a_caller_who_waits_for_a_group_goes_to_anybody_as_soon_as_its_last_operator_is_moved() -> None:
    async def scene(office: Grouped) -> None:
        await seated(office)
        first, waits = await one_talks_one_waits(office)
        office.regroup("tax", "tax")
        await office.until(lambda: waits in talking_with(office), 3)
        for call in (first, waits):
            hang_up(office, call)

    played(scene, Grouped([], "tax", "insurance"))


def test_a_caller_does_not_wait_for_a_group_whose_last_operator_will_pause() -> None:
    async def scene(office: Grouped) -> None:
        await seated(office)
        first, waits = await one_talks_one_waits(office)
        await office.store.order("op02", OrderKind.PAUSE, {"reason": "meal"}, by=login(2))
        await office.until(lambda: waits in talking_with(office), 3)
        for call in (first, waits):
            hang_up(office, call)

    played(scene, Grouped([], "tax", "insurance"))


def test_who_asked_to_be_called_back_is_called_by_who_takes_the_debt_kind() -> None:
    async def scene(office: Grouped) -> None:
        await seated(office)
        first = office.switch.call_in(group="insurance")
        await office.until(lambda: first in talking_with(office), 3)
        asks = office.switch.call_in(group="insurance", wishes_after=5.0)
        await asyncio.sleep(2.0)
        arrived = office.store.inbound[asks].at
        office.store.wishes[asks] = Wish(asks, CaseId(1), 1001, LAST, arrived, INSURANCE)
        await office.until(lambda: outcome(office, asks) is InboundOutcome.WISHED, 20)
        await asyncio.sleep(20.0)
        assert not office.store.granted, "who is free takes the tax alone"
        hang_up(office, first)
        await office.until(lambda: asks in office.store.granted, 60)
        await office.until(lambda: bool(office.met()), 120)
        assert set(office.met()) == {"op02"}

    office = Grouped([NOBODY, SHORT], "tax", "insurance")
    for case in office.store.cases.values():
        case.due_at = case.due_at.replace(year=case.due_at.year + 1)
    played(scene, office)


def test_after_a_restart_who_answers_a_call_that_still_rang_meets_who_takes_it() -> None:
    async def scene(office: Grouped) -> None:
        await office.until(lambda: len(office.switch.customers()) == 2)
        await office.kill_engine()
        office.start_engine()
        await office.until(lambda: len(office.outcomes()) == 2, 200)

    office = played(scene, Grouped([LATE, LATE], "tax", "insurance"))
    assert office.met() == {"op01": Counter([TAX]), "op02": Counter([INSURANCE])}


def test_each_group_is_predicted_by_itself_and_every_decision_can_be_looked_at_again() -> None:
    class Both(Predicting):
        book = of_two_groups(BOOK, sitting(*["tax"] * 3, *["insurance"] * 3), Mode.PREDICTIVE)
        pace = PaceRules(target=0.03, half_until=0)

    async def scene(office: Both) -> None:
        for case in office.store.cases.values():
            case.debt = INSURANCE if case.case % 2 else TAX
        await office.until(lambda: len(office.outcomes()) >= len(office.store.cases))
        noted.extend(json.loads(line) for line in office.noted)
        for attempt, ended in office.store.ended.items():
            if ended.joined_at is not None:
                took.setdefault(ended.operator or "", set()).add(office.store.claims[attempt].debt)

    noted: list[dict[str, Any]] = []
    took: dict[str, set[str]] = {}
    at_work(Both(), scene)
    looked = [line["now"] for line in noted if line["told"] == "decided"]
    assert {now["group"] for now in looked if now["free"] or now["busy"]} == {"tax", "insurance"}
    assert replay(noted).different == []
    assert took == {f"op{place:02d}": {TAX if place <= 3 else INSURANCE} for place in range(1, 7)}


class Shown(DeskOffice):
    """Everything is looked at first."""

    book = of_two_groups(BOOK, {ANNA: "tax", BEN: "insurance"}, Mode.PREVIEW)

    def __init__(self) -> None:
        super().__init__([PERSON] * 9, 2)
        for case in self.store.cases.values():
            case.debt = INSURANCE if case.case % 2 else TAX
        del self.store.cases[CaseId(0)]  # 0 is no id

    def shows(self, phone: str) -> str | None:
        case = self.desk(phone).preview
        return None if case is None else self.store.cases[case].debt


def test_operators_are_shown_cases_of_their_group_and_a_foreign_one_is_taken_back() -> None:
    async def scene(office: Shown) -> None:
        await office.work("op01", ANNA)
        await office.work("op02", BEN)
        await office.until(lambda: (office.shows("op01"), office.shows("op02")) == (TAX, INSURANCE), 5)
        office.engine.use(in_groups(office.book, {ANNA: "tax", BEN: "tax"}))
        await office.until(lambda: (office.shows("op01"), office.shows("op02")) == (TAX, TAX), 5)
        assert office.desk("op01").preview != office.desk("op02").preview

    at_work(Shown(), scene)


def test_whoever_sits_down_is_of_their_group_from_the_first_moment() -> None:
    async def scene(office: Shown) -> None:
        assert office.desk("op02").group is None
        await office.sit("op02", ANNA)
        assert office.desk("op02").group == "tax"
        assert await office.order("leave_seat", "op02", ANNA) == OK
        await office.until(lambda: office.desk("op02").group is None, 5)

    at_work(Shown(), scene)


def test_the_floor_is_told_each_group_and_how_it_does() -> None:
    async def scene(office: Grouped) -> None:
        await seated(office)
        told = office.engine.showing.now()
        assert [one["group"] for one in told["operators"]] == ["tax", "insurance", "insurance"]
        assert [(one["group"], one["operators"], one["free"]) for one in told["teams"]] == [
            ("insurance", 2, 2),
            ("tax", 1, 1),
        ]
        office.regroup(None, None, None)
        await asyncio.sleep(0.1)
        assert office.engine.showing.now()["teams"] == []

    played(scene, Grouped([], "tax", "insurance", "insurance"))


def test_moving_operators_plans_no_case_anew() -> None:
    async def scene(office: Grouped) -> None:
        await seated(office)
        planned = len(office.store.planned)
        office.regroup("insurance", "tax")
        await asyncio.sleep(5.0)
        assert len(office.store.planned) == planned

    played(scene, Grouped([], "tax", "insurance"))
