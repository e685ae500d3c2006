"""The predictive mode in the engine, in virtual time: what it places, what it counts, what it keeps."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest

from dialer.core.pacing.record import replay, written
from dialer.core.pacing.values import MOST_PUT_OFF, PaceRules, Snapshot
from dialer.core.values import Mode, OperatorState, Outcome
from dialer.daemon import Report
from dialer.pace_ports import KeptPace
from dialer.pacing import PUT_OFF
from dialer.ports import Claimed
from tests.books import in_mode, of_two_debts
from tests.event_table import START
from tests.fake_store import MemoryStore
from tests.fake_switch import NOBODY, PERSON, Subscriber
from tests.office import BOOK, TRUNK, Office, at_work
from tests.unit.test_pacing_lookahead import taught

CASES = 120
INSURANCE = "insurance"


class Predicting(Office):
    """Six operators, a third of the people answer, and yesterday has taught as much."""

    book = in_mode(BOOK, Mode.PREDICTIVE)
    pace = PaceRules(target=0.03, half_until=0)

    def __init__(self, people: list[Subscriber] | None = None, operators: int = 6) -> None:
        chance = Random(2)
        subscribers = people or [PERSON if chance.random() < 0.3 else NOBODY for _ in range(CASES)]
        super().__init__(subscribers, operators, trunk=replace(TRUNK, lines=60, calls_per_second=100))
        self.store.kept_pace = KeptPace(json.loads(json.dumps(written(taught()))), START - timedelta(days=1))
        self.most_over = 0  # calls in flight more than free operators

    async def watch(self) -> None:
        while True:
            now = self.engine.snapshot()
            self.most_over = max(self.most_over, len(now.calls) + now.waiting - now.free)
            await asyncio.sleep(0.05)

    @property
    def pace_told(self) -> dict[str, object]:
        told = self.engine.status()["pace"]
        assert isinstance(told, dict)
        return told


def played(office: Predicting, scene: Callable[[Predicting], Awaitable[None]] | None = None) -> Predicting:
    async def play(office: Predicting) -> None:
        watching = asyncio.create_task(office.watch())
        await (scene or all_called)(office)
        watching.cancel()

    at_work(office, play)
    return office


async def all_called(office: Predicting) -> None:
    await office.until(lambda: len(office.outcomes()) >= len(office.store.cases))


def test_calls_are_placed_before_operators_are_free_and_all_get_their_outcome() -> None:
    office = played(Predicting())
    assert office.most_over > 0
    assert len(office.store.ended) >= CASES
    assert set(office.outcomes()) <= {Outcome.TALKED, Outcome.NO_ANSWER, Outcome.ABANDONED}


def test_the_same_centre_in_progressive_mode_never_has_more_calls_than_free_operators() -> None:
    class Progressing(Predicting):
        book = BOOK

    assert played(Progressing()).most_over <= 0


def test_a_city_that_leaves_nobody_alone_gets_one_operator_for_each_call() -> None:
    class Strict(Predicting):
        pace = PaceRules(target=0.0)

    office = played(Strict())
    assert office.most_over <= 0
    assert Outcome.ABANDONED not in office.outcomes()


def test_without_anything_learned_it_begins_with_one_call_for_each_operator() -> None:
    async def scene(office: Predicting) -> None:
        await office.until(lambda: bool(office.outcomes()))
        assert "実績が少ない" in str(office.pace_told["progressive_because"])

    office = Predicting()
    office.store.kept_pace = None
    assert played(office, scene).most_over <= 0


def test_every_decision_of_the_engine_can_be_looked_at_again() -> None:
    async def scene(office: Predicting) -> None:
        await all_called(office)
        seen.extend(office.noted)

    seen: list[str] = []
    played(Predicting(), scene)
    again = replay(json.loads(line) for line in seen)
    assert again.different == []
    assert again.calls > 0
    assert not any('"0258' in line for line in seen), "numbers belong into the database"


def test_an_engine_that_stands_by_keeps_no_record() -> None:
    async def scene(office: Predicting) -> None:
        await all_called(office)
        before = sum('"begin"' in line for line in office.noted)
        _, running = office.new_engine(asyncio.Queue())
        await asyncio.sleep(5.0)
        running.cancel()
        assert sum('"begin"' in line for line in office.noted) == before == 1

    played(Predicting(), scene)


def test_who_is_left_alone_is_counted_once_and_remembered_by_the_next_engine() -> None:
    """The only operator goes when three persons are about to answer."""

    async def scene(office: Predicting) -> None:
        await office.until(lambda: office.engine.snapshot().free == 3)
        await office.until(lambda: len(office.engine.snapshot().calls) == 3)
        for desk in office.engine.calls.desks.floor.desks.values():
            office.engine.calls.desks.become(desk, OperatorState.PAUSED)
        await office.until(lambda: len(office.outcomes()) == 3)
        assert (office.pace_told["persons"], office.pace_told["left_alone"]) == (3, 3)
        await office.kill_engine()
        office.start_engine()
        await office.until(lambda: office.pace_told["persons"] == 3)
        assert office.pace_told["left_alone"] == 3
        assert "上限に近い" in str(office.pace_told["progressive_because"])

    office = Predicting([Subscriber(answers_after=4.0, hangs_up_after=9.0)] * 3, operators=3)
    played(office, scene)


def test_who_meets_an_operator_after_more_than_two_seconds_counts_as_left_alone() -> None:
    """Also between two ticks of the engine, which are a second apart."""

    async def scene(office: Predicting) -> None:
        await office.until(lambda: office.engine.snapshot().free == 1)
        await office.until(lambda: len(office.engine.snapshot().calls) == 1)
        desks = office.engine.calls.desks
        desk = next(iter(desks.floor.desks.values()))
        desks.become(desk, OperatorState.PAUSED)
        await office.until(lambda: office.engine.snapshot().waiting == 1)
        await asyncio.sleep(2.1)
        desks.rest(desk)
        await office.until(lambda: len(office.outcomes()) == 1)
        assert office.outcomes() == [Outcome.TALKED]
        assert (office.pace_told["persons"], office.pace_told["left_alone"]) == (1, 1)

    played(Predicting([Subscriber(answers_after=4.3, hangs_up_after=20.0)], operators=1), scene)


def test_a_call_is_put_off_before_its_first_ring_when_its_operator_goes_and_never_after_it() -> None:
    """Its case is called later; a third time a day is the last."""

    async def scene(office: Predicting) -> None:
        desks = office.engine.calls.desks
        desk = next(iter(desks.floor.desks.values()))
        for calls in range(MOST_PUT_OFF + 1):
            desks.rest(desk)
            await office.until(lambda: any(call.kind for call in office.engine.snapshot().calls), 900)
            await asyncio.sleep(2.0)
            desks.become(desk, OperatorState.PAUSED)
            while len(office.store.ended) == calls:
                await asyncio.sleep(0.1)
        *put_off, rang = office.store.ended.values()
        assert {one.outcome for one in put_off} == {Outcome.WITHDRAWN}
        assert all("呼出音が鳴る前に" in one.reason and one.ringing_at is None for one in put_off)
        assert {one.again_after for one in put_off} == {PUT_OFF}
        assert rang.outcome is Outcome.NO_ANSWER
        assert office.pace_told["put_off"] == MOST_PUT_OFF
        seen.extend(office.noted)

    seen: list[str] = []
    played(Predicting([Subscriber(rings_after=5.0)], operators=1), scene)
    again = replay(json.loads(line) for line in seen)
    assert again.different == []


def test_what_was_learned_is_kept_for_the_next_engine() -> None:
    async def scene(office: Predicting) -> None:
        await office.until(lambda: office.store.kept_pace is not before, within=600)

    office = Predicting()
    before = office.store.kept_pace
    played(office, scene)
    assert office.store.kept_pace is not None
    assert office.store.kept_pace.at > START


class RoomStore(MemoryStore):
    """Notes how many operators had no call, when a claim reached for insurance."""

    def __init__(self, like: MemoryStore) -> None:
        super().__init__(list(like.cases.values()), list(like.desks))
        self.kept_pace = like.kept_pace
        self.room: Callable[[], Snapshot] | None = None
        self.unused: list[int] = []

    async def claim(
        self, city: str, limit: int, now: datetime, debts: Collection[str], along: Collection[str] = ()
    ) -> Sequence[Claimed]:
        if INSURANCE in debts and self.room is not None:
            room = self.room()
            self.unused.append(room.free - room.waiting - len(room.calls))
        return await super().claim(city, limit, now, debts, along)


def test_beside_a_predicted_debt_kind_a_progressive_one_gets_no_call_without_a_free_operator() -> None:
    class Mixed(Predicting):
        book = of_two_debts(BOOK, Mode.PREDICTIVE, Mode.PROGRESSIVE)

    async def scene(office: Predicting) -> None:
        store.room = office.engine.snapshot
        await all_called(office)

    office = Mixed()
    for case in list(office.store.cases.values())[CASES // 2 :]:
        case.debt = INSURANCE
    office.store = store = RoomStore(office.store)
    played(office, scene)
    assert {claimed.debt for claimed in store.claims.values()} == {"city_tax", INSURANCE}
    assert office.most_over > 0
    assert min(store.unused) >= 0, "the claim itself is counted as a call"


@pytest.mark.parametrize("step", [timedelta(hours=-1), timedelta(hours=1)])
def test_a_clock_that_steps_makes_no_call_older(step: timedelta) -> None:
    async def scene(office: Predicting) -> None:
        await office.until(lambda: len(office.engine.snapshot().calls) > 3)
        ages = [call.seconds for call in office.engine.snapshot().calls]
        office.clock.stepped = step
        assert [call.seconds for call in office.engine.snapshot().calls] == pytest.approx(ages)

    played(Predicting(), scene)


def test_a_target_that_is_chosen_in_the_day_holds_from_the_next_second_on_and_is_on_record() -> None:
    """0: from then on an operator is kept for each call."""

    async def scene(office: Predicting) -> None:
        await office.until(lambda: len(office.outcomes()) >= CASES // 3)
        assert office.most_over > 0
        office.engine.use(replace(office.book, modes=replace(office.book.modes, target=0.0)))
        await asyncio.sleep(60.0)  # calls of before come to their end
        assert office.pace_told["target"] == 0.0
        office.most_over = 0
        await all_called(office)
        assert office.most_over <= 0
        office.engine.use(replace(office.book, modes=replace(office.book.modes, target=0.15)))
        await asyncio.sleep(2.0)
        assert office.pace_told["target"] == office.pace.ceiling, "beyond what the settings allow"
        seen.extend(office.noted)

    seen: list[str] = []
    played(Predicting(), scene)
    assert replay(json.loads(line) for line in seen).different == []


class EarlierToday(RoomStore):
    """Insurance has left too many alone, before this engine led."""

    async def left_alone(self, city: str, since: datetime) -> Mapping[str, tuple[int, int]]:
        return {INSURANCE: (20, 6), "city_tax": (300, 2)}


def test_a_debt_kind_that_left_too_many_alone_gets_one_operator_for_each_call_and_the_other_goes_on() -> None:
    class Both(Predicting):
        book = of_two_debts(BOOK, Mode.PREDICTIVE, Mode.PREDICTIVE)
        pace = PaceRules(target=0.02, ceiling=0.05, half_until=0)

    async def scene(office: Predicting) -> None:
        await office.until(lambda: office.pace_told["persons"] == 320)
        assert str(office.pace_told["progressive_because"]).startswith("国民健康保険料は放棄率が上限に近いため")
        told = office.pace_told["by_debt"]
        assert told == {
            "city_tax": {"persons": 300, "left_alone": 2, "spent": False},
            INSURANCE: {"persons": 20, "left_alone": 6, "spent": True},
        }
        text = Report(running=True, children={}, engine=office.engine.status()).as_text()
        assert "insurance: 6 of 20 (30.0%), one call for each operator until that is made up for" in text
        assert "city_tax: 2 of 300 (0.7%)\n" in text + "\n"
        store.room = office.engine.snapshot
        await all_called(office)
        seen.extend(office.noted)

    seen: list[str] = []
    office = Both()
    for case in list(office.store.cases.values())[::2]:
        case.debt = INSURANCE
    office.store = store = EarlierToday(office.store)
    played(office, scene)
    assert {claimed.debt for claimed in store.claims.values()} == {"city_tax", INSURANCE}
    assert office.most_over > 0
    assert min(store.unused) >= 0, "the claim itself is counted as a call"
    assert replay(json.loads(line) for line in seen).different == []
