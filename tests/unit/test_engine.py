"""The engine with a tiny exchange and a store in memory, in virtual time."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta

from dialer.core.values import CaseId, CaseState, Lead, OperatorState, Outcome
from dialer.ports import Claimed, Unknown
from tests.books import weekdays
from tests.event_table import START
from tests.fake_store import MemoryStore
from tests.fake_switch import NOBODY, NOT_IN_USE, PERSON, Subscriber
from tests.office import TRUNK, Office, at_work


def test_everybody_is_called_once_and_every_attempt_has_its_outcome() -> None:
    async def scene(office: Office) -> None:
        await office.until(lambda: len(office.outcomes()) == 6)

    office = Office([PERSON, NOBODY, NOT_IN_USE] * 2, operators=2)
    at_work(office, scene)
    assert sorted(office.outcomes()) == sorted([Outcome.TALKED, Outcome.NO_ANSWER, Outcome.NOT_IN_USE] * 2)


def test_nobody_is_let_go_before_35_seconds_of_ringing() -> None:
    async def scene(office: Office) -> None:
        await office.until(lambda: len(office.outcomes()) == 1)

    office = Office([Subscriber(rings_after=6.0)])  # a slow carrier
    at_work(office, scene)
    (ended,) = office.store.ended.values()
    assert ended.outcome is Outcome.NO_ANSWER
    assert ended.ringing_at is not None
    assert ended.ended_at - ended.ringing_at >= timedelta(seconds=35)


def test_never_more_calls_than_free_operators_or_lines() -> None:
    async def scene(office: Office) -> None:
        await office.until(lambda: len(office.outcomes()) == 30)

    for operators, most in ((3, 3), (9, TRUNK.lines)):
        office = Office([PERSON, NOBODY] * 15, operators=operators)
        at_work(office, scene)
        assert office.switch.busiest == most


class StoreThatTakesItsTime(MemoryStore):
    """Two claims at once see the same cases, and the second comes back with nothing: as in Postgres."""

    claiming = 0

    async def claim(
        self, city: str, limit: int, now: datetime, debts: Collection[str], along: Collection[str] = ()
    ) -> Sequence[Claimed]:
        self.claiming += 1
        alone = self.claiming == 1
        found = await super().claim(city, limit, now, debts, along) if alone else ()
        await asyncio.sleep(0.05)
        self.claiming -= 1
        return found


def test_a_line_that_becomes_free_during_a_claim_waits_for_that_claim_only() -> None:
    async def scene(office: Office) -> None:
        began = office.clock.monotonic()
        await office.until(lambda: len(office.outcomes()) == 40)
        assert office.clock.monotonic() - began < 4, "the engine took a claim of its own for the end of the list"

    office = Office([NOT_IN_USE] * 40, operators=4, trunk=replace(TRUNK, calls_per_second=100))
    office.store = StoreThatTakesItsTime(list(office.store.cases.values()), list(office.store.desks))
    at_work(office, scene)


def test_calls_start_at_the_rate_of_the_trunk_and_not_below_it() -> None:
    async def scene(office: Office) -> None:
        await office.until(lambda: len(office.outcomes()) == 40)

    office = Office([NOT_IN_USE] * 40, operators=4)
    at_work(office, scene)
    starts = sorted(one.claimed_at for one in office.store.claims.values())
    seconds = (starts[-1] - starts[0]).total_seconds()
    assert TRUNK.calls_per_second * 0.95 < 39 / seconds <= TRUNK.calls_per_second


def test_the_operator_is_joined_in_the_moment_of_the_answer() -> None:
    async def scene(office: Office) -> None:
        await office.until(lambda: bool(office.outcomes()))

    office = Office([PERSON])
    at_work(office, scene)
    (ended,) = office.store.ended.values()
    assert ended.joined_at == ended.answered_at
    assert ended.operator == "op01"


def test_a_join_that_failed_is_tried_with_the_operator_again_while_the_person_is_there() -> None:
    async def scene(office: Office) -> None:
        office.switch.joins_fail = 2
        await office.until(lambda: bool(office.outcomes()))

    office = Office([PERSON])
    at_work(office, scene)
    assert office.outcomes() == [Outcome.TALKED]


def test_an_operator_whose_leg_is_lost_gets_it_back_and_goes_on() -> None:
    async def scene(office: Office) -> None:
        await office.until(lambda: office.store.desks["op01"].state is OperatorState.TALKING)
        office.switch.hang_up_leg("op01")
        await office.until(lambda: office.store.desks["op01"].state is OperatorState.FREE)
        await office.until(lambda: len(office.outcomes()) == 2)

    office = Office([PERSON, PERSON])
    at_work(office, scene)
    assert office.outcomes() == [Outcome.TALKED, Outcome.TALKED]


def test_while_the_store_is_away_no_call_starts_and_no_outcome_is_lost() -> None:
    async def scene(office: Office) -> None:
        await office.until(lambda: office.store.desks["op01"].state is OperatorState.TALKING)
        office.store.away = True
        placed = len(office.switch.placed)
        await asyncio.sleep(120)  # the talk ends meanwhile
        assert len(office.switch.placed) == placed
        assert not office.outcomes()
        office.store.away = False
        await office.until(lambda: len(office.outcomes()) == 2)

    office = Office([PERSON, PERSON])
    at_work(office, scene)


def test_outside_the_citys_hours_nothing_is_dialled() -> None:
    async def scene(office: Office) -> None:
        await asyncio.sleep(10.5 * 3600)  # from 10:00 to 20:30
        late = [claimed for claimed in office.store.claims.values() if claimed.claimed_at > START + timedelta(hours=10)]
        assert len(office.store.claims) > 5
        assert not late

    at_work(Office([NOBODY] * 3), scene)


def test_a_lost_link_starts_nothing_and_what_happened_meanwhile_is_read_from_the_witness() -> None:
    async def scene(office: Office) -> None:
        await office.until(lambda: office.store.desks["op01"].state is OperatorState.TALKING)
        office.switch.drop_link()
        placed = len(office.switch.placed)
        await asyncio.sleep(100)
        assert len(office.switch.placed) == placed
        office.switch.restore_link(START - timedelta(hours=1))
        await office.until(lambda: len(office.outcomes()) == 2)

    office = Office([PERSON, PERSON])
    at_work(office, scene)
    first = office.store.ended[next(iter(office.store.claims))]
    assert first.outcome is Outcome.TALKED
    assert first.answered_at is not None
    assert first.ended_at - first.answered_at == timedelta(seconds=60)


def test_an_answer_during_a_lost_link_is_met_when_the_link_is_back() -> None:
    async def scene(office: Office) -> None:
        await office.until(lambda: bool(office.switch.customers()))
        office.switch.drop_link()
        await office.until(lambda: office.switch.customers()[0].state == "Up")
        office.switch.restore_link(START - timedelta(hours=1))
        await office.until(lambda: bool(office.outcomes()))

    office = Office([PERSON])
    at_work(office, scene)
    assert office.outcomes() == [Outcome.TALKED]


def test_calls_that_die_with_the_exchange_are_lost_and_not_repeated_at_once() -> None:
    async def scene(office: Office) -> None:
        await office.until(lambda: len(office.switch.customers()) == 3)
        office.switch.die_and_boot()
        await office.until(lambda: len(office.outcomes()) == 3)
        await asyncio.sleep(29 * 60)
        assert len(office.store.claims) == 3

    office = Office([NOBODY] * 3, operators=3)
    at_work(office, scene)
    assert office.outcomes()[:3] == [Outcome.LOST] * 3


def test_an_order_to_dial_that_was_never_confirmed_is_not_sent_again() -> None:
    async def scene(office: Office) -> None:
        await office.until(lambda: office.store.desks["op01"].state is OperatorState.TALKING)
        office.switch.answer_to_start = Unknown("no answer")
        await office.until(lambda: len(office.outcomes()) == 2)
        await asyncio.sleep(29 * 60)
        assert len(office.store.claims) == 2

    office = Office([PERSON, PERSON])
    at_work(office, scene)
    assert office.outcomes() == [Outcome.TALKED, Outcome.NOT_PLACED]


def test_a_new_engine_takes_over_a_talk_and_a_ringing_call() -> None:
    async def scene(office: Office) -> None:
        await office.until(lambda: office.store.desks["op01"].state is OperatorState.TALKING)
        await office.until(lambda: len(office.switch.customers()) == 2)
        await office.kill_engine()
        await asyncio.sleep(5)
        office.start_engine()
        await office.until(lambda: len(office.outcomes()) == 2)
        assert len(office.store.claims) == 2

    office = Office([PERSON, NOBODY], operators=2)
    at_work(office, scene)
    assert office.outcomes() == [Outcome.TALKED, Outcome.NO_ANSWER]


def test_an_engine_that_stands_by_touches_nothing_until_it_leads() -> None:
    async def scene(office: Office) -> None:
        inbox: asyncio.Queue[object] = asyncio.Queue()
        office.switch.inboxes.append(inbox)
        second, running = office.new_engine(inbox)
        office.switch.restore_link(START - timedelta(hours=1))
        await office.until(lambda: office.store.desks["op01"].state is OperatorState.TALKING)
        await office.until(lambda: len(office.switch.customers()) == 2)
        assert not second.calls.live

        office.engine.lead(Lead.STANDS_BY)
        await office.until(lambda: not office.engine.calls.live)
        second.lead(Lead.LEADS)
        await office.until(lambda: len(second.calls.live) == 2)
        await office.until(lambda: len(office.outcomes()) == 2)
        assert len([call for call in office.switch.placed if call.context == "operator"]) == 2, (
            "a second leg was called"
        )

        second.stop()
        await running
        office.engine.lead(Lead.LEADS)

    office = Office([PERSON, NOBODY], operators=2)
    at_work(office, scene)
    assert office.outcomes() == [Outcome.TALKED, Outcome.NO_ANSWER]


def test_while_nobody_knows_who_leads_nothing_starts_and_talks_go_on() -> None:
    async def scene(office: Office) -> None:
        await office.until(lambda: office.store.desks["op01"].state is OperatorState.TALKING)
        office.engine.lead_unknown()
        await office.until(lambda: len(office.outcomes()) == 1)
        await asyncio.sleep(60)
        assert len(office.store.claims) == 1
        office.engine.lead(Lead.LEADS)
        await office.until(lambda: len(office.outcomes()) == 2)

    at_work(Office([PERSON, PERSON]), scene)


def test_a_hang_up_heard_after_an_answer_that_was_not_is_judged_with_what_the_witness_saw() -> None:
    async def scene(office: Office) -> None:
        await office.until(lambda: bool(office.switch.customers()))
        office.switch.drop_link()
        await office.until(lambda: office.switch.customers()[0].state == "Up")
        office.switch.restore_link(START - timedelta(hours=1))
        office.switch.hang_up(office.switch.customers()[0])  # heard before Asterisk could be looked at
        await office.until(lambda: bool(office.outcomes()))

    office = Office([PERSON])
    office.store.looking_takes = 0.3
    at_work(office, scene)
    (ended,) = office.store.ended.values()
    assert ended.answered_at is not None
    assert ended.outcome is Outcome.HUNG_UP_EARLY


def test_a_person_who_answers_while_a_new_engine_looks_around_is_met() -> None:
    async def scene(office: Office) -> None:
        await office.until(lambda: bool(office.switch.customers()))
        await office.kill_engine()
        await asyncio.sleep(2.6)  # it rings; the answer comes after 4.1, when the record has been read
        office.store.looking_takes = 1.0
        office.start_engine()
        await office.until(lambda: bool(office.outcomes()))

    office = Office([PERSON])
    at_work(office, scene)
    assert office.outcomes() == [Outcome.TALKED]


def test_new_rules_hold_from_the_next_call_on_and_leave_calls_in_flight_alone() -> None:
    async def scene(office: Office) -> None:
        await office.until(lambda: office.store.desks["op01"].state is OperatorState.TALKING)
        closed = weekdays(closes=time(10))
        office.engine.use(closed)
        await office.until(lambda: len(office.outcomes()) == 1)
        await asyncio.sleep(3600)
        assert office.store.book is closed
        assert len(office.store.claims) == 1, "called after the new closing time"

    office = Office([PERSON, PERSON])
    at_work(office, scene)
    assert office.outcomes() == [Outcome.TALKED]


def test_every_case_is_planned_once_a_day_and_again_by_new_rules() -> None:
    async def scene(office: Office) -> None:
        await asyncio.sleep(15 * 3600)  # over midnight
        assert len(office.store.planned) == 2
        office.engine.use(weekdays())
        await office.until(lambda: len(office.store.planned) == 3)

    at_work(Office([]), scene)


def test_a_telephone_stops_ringing_when_its_case_is_stopped() -> None:
    async def scene(office: Office) -> None:
        await office.until(lambda: bool(office.switch.customers()))
        office.store.cases[CaseId(0)].state = CaseState.STOPPED
        await office.until(lambda: bool(office.outcomes()), within=3)

    office = Office([NOBODY])
    at_work(office, scene)
    assert office.outcomes() == [Outcome.WITHDRAWN]


def test_who_has_answered_is_talked_to_although_the_case_was_stopped() -> None:
    async def scene(office: Office) -> None:
        await office.until(lambda: office.store.desks["op01"].state is OperatorState.TALKING)
        office.store.cases[CaseId(0)].state = CaseState.STOPPED
        await office.until(lambda: bool(office.outcomes()))

    office = Office([PERSON])
    at_work(office, scene)
    assert office.outcomes() == [Outcome.TALKED]
    assert office.store.cases[CaseId(0)].state is CaseState.STOPPED


def test_only_debt_kinds_that_are_open_now_and_plans_that_still_hold_are_dialled() -> None:
    async def scene(office: Office) -> None:
        office.store.cases[CaseId(1)].debt = "unknown_to_the_calendar"
        office.store.cases[CaseId(2)].until = START - timedelta(minutes=1)
        await office.until(lambda: bool(office.outcomes()))
        await asyncio.sleep(60)
        assert [one.case for one in office.store.claims.values()] == [CaseId(0)]

    at_work(Office([NOBODY] * 3), scene)


def test_no_call_is_started_that_could_ring_past_the_closing_of_the_day() -> None:
    class ClosesSoon(Office):
        book = weekdays(closes=time(10, 5))

    async def scene(office: Office) -> None:
        await asyncio.sleep(400.0)

    office = ClosesSoon([NOBODY] * 30)
    at_work(office, scene)
    closing = START + timedelta(minutes=5)
    ended = [one for one in office.store.ended.values() if one.placed_at is not None]
    assert len(ended) >= 6
    assert max(one.ended_at for one in ended) <= closing
