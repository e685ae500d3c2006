"""Held, muted, handed over: the engine with a tiny exchange and a store in memory, in virtual time."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import pytest

from dialer.core.city import Department
from dialer.core.floor import Desk
from dialer.core.orders import OrderKind
from dialer.core.values import OperatorState, Outcome, PhoneNumber
from dialer.ports import Recorded, Refused, StoreUnavailable, Unknown
from tests.event_table import START
from tests.fake_store import MemoryStore
from tests.fake_switch import CALLER_ID, FakeSwitch, Subscriber
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


# --- hold, mute, keys


def test_a_person_is_held_and_taken_back_and_how_long_it_took_is_kept() -> None:
    async def scene(office: TalkingOffice) -> None:
        await office.ordered(OrderKind.HOLD)
        await office.until(lambda: office.music)
        assert (office.desk.state, office.desk.on_hold) == (OperatorState.TALKING, True)
        await office.until(lambda: office.store.desks["op01"].on_hold)
        await asyncio.sleep(30)
        await office.ordered(OrderKind.UNHOLD)
        await office.until_back()

    office = in_a_talk(scene)
    assert office.evidence()["held_seconds"] == pytest.approx(30, abs=1.5)


@pytest.mark.parametrize(
    ("before", "kind", "why"),
    [
        ((), OrderKind.UNHOLD, "保留中ではありません"),
        ((OrderKind.HOLD,), OrderKind.HOLD, "すでに保留中です"),
        ((OrderKind.HOLD,), OrderKind.MUTE, "保留中は相手に声が届いていません"),
        ((), OrderKind.CANCEL_TRANSFER, "転送の手続き中ではありません"),
        ((), OrderKind.COMPLETE_TRANSFER, "転送先と話しているときだけ完了できます"),
    ],
)
def test_what_makes_no_sense_now_is_refused_with_its_reason(
    before: tuple[OrderKind, ...], kind: OrderKind, why: str
) -> None:
    async def scene(office: TalkingOffice) -> None:
        for one in before:
            await office.ordered(one)
        assert await office.order(kind) == why

    in_a_talk(scene)


def test_without_a_talk_nothing_can_be_done_to_it() -> None:
    async def scene(office: TalkingOffice) -> None:
        await office.hang_up()
        for kind in (OrderKind.HOLD, OrderKind.UNHOLD, OrderKind.MUTE, OrderKind.COMPLETE_TRANSFER):
            assert "ません" in await office.order(kind)
        assert await office.order(OrderKind.TRANSFER, to=TAX, how=BLIND) == "通話中ではありません"
        assert len(office.switch.placed) == 2  # the leg, and the person

    in_a_talk(scene)


def test_an_operator_who_mutes_himself_is_heard_by_the_next_person() -> None:
    async def scene(office: TalkingOffice) -> None:
        await office.ordered(OrderKind.MUTE)
        await office.until(lambda: office.is_muted)
        assert office.desk.muted
        await office.hang_up()
        assert not office.desk.muted
        await office.until(lambda: not office.is_muted)

    in_a_talk(scene)


def test_keys_go_to_whom_the_operator_speaks_with() -> None:
    async def scene(office: TalkingOffice) -> None:
        (person,) = office.switch.customers()
        await office.ordered(OrderKind.DIGITS, digits="12#")
        await office.until(lambda: person.digits == "12#")
        await office.ordered(OrderKind.HOLD)
        assert await office.order(OrderKind.DIGITS, digits="3") == "保留中は送れません"
        await office.transfer(TAX, ATTENDED)
        await office.until(lambda: office.consulting)
        await office.ordered(OrderKind.DIGITS, digits="9")
        (department,) = office.switch.departments()
        await office.until(lambda: department.digits == "9")
        assert person.digits == "12#"
        await office.ordered(OrderKind.CANCEL_TRANSFER)
        await office.until_back()

    in_a_talk(scene)


# --- handing over


def test_a_blind_transfer_frees_the_operator_when_the_two_are_together_and_not_before() -> None:
    async def scene(office: TalkingOffice) -> None:
        await office.transfer(TAX, BLIND)
        await office.until(lambda: office.music)
        assert (office.desk.state, office.desk.consulting) == (OperatorState.TALKING, TAX)
        await office.until(lambda: office.handed_over)
        await office.until(lambda: office.desk.state is OperatorState.WRAP_UP)
        assert office.desk.wrapping == next(iter(office.store.claims))
        call = office.switch.placed[-1]
        assert (call.endpoint, call.caller_id) == ("PJSIP/0258009101@carrier", CALLER_ID)
        assert call.channel == f"{next(iter(office.store.claims))}.t1"
        await asyncio.sleep(60)
        assert office.handed_over

    office = in_a_talk(scene)
    assert office.evidence()["transferred_to"] == TAX
    assert office.store.ended[next(iter(office.store.claims))].operator in (None, "op01")
    assert office.engine.calls.talks.transfers.lines == 0


def test_an_attended_transfer_is_completed_or_taken_back() -> None:
    for kind in (OrderKind.COMPLETE_TRANSFER, OrderKind.CANCEL_TRANSFER):
        completes = kind is OrderKind.COMPLETE_TRANSFER

        async def scene(office: TalkingOffice, kind: OrderKind = kind, completes: bool = completes) -> None:
            await office.transfer(TAX, ATTENDED)
            await office.until(lambda: office.consulting)
            assert office.music
            assert await office.order(OrderKind.UNHOLD) == "転送の手続き中です。取り消すと相手に戻ります"
            await office.ordered(kind)
            await (office.until(lambda: office.handed_over) if completes else office.until_back())

        office = in_a_talk(scene)
        assert office.evidence().get("transferred_to") == (TAX if completes else None)


class StoreThatTakesNoTransfers(MemoryStore):
    refuses = True

    async def append(self, events: Sequence[Recorded]) -> None:
        if self.refuses and any(one.kind == "transfer_ordered" for one in events):
            raise StoreUnavailable("test")
        await super().append(events)


def test_nothing_is_dialled_before_the_order_is_in_the_store_and_nobody_waits_for_ever_for_that() -> None:
    async def scene(office: TalkingOffice) -> None:
        assert isinstance(office.store, StoreThatTakesNoTransfers)
        await office.store.order("op01", OrderKind.TRANSFER, {"to": TAX, "how": BLIND}, by=office.desk.account or "")
        await office.until(lambda: office.desk.consulting == TAX)
        await office.until_back()
        assert len(office.switch.placed) == 2
        office.store.refuses = False
        await office.until(lambda: "transfer_ordered" in office.kinds())
        await asyncio.sleep(10)
        assert len(office.switch.placed) == 2, "a transfer that was given up was dialled after all"

    office = TalkingOffice()
    office.store = StoreThatTakesNoTransfers(list(office.store.cases.values()), list(office.store.desks))
    in_a_talk(scene, office=office)


def test_only_departments_of_the_city_are_called() -> None:
    async def scene(office: TalkingOffice) -> None:
        assert await office.order(OrderKind.TRANSFER, to="somebody", how=BLIND) == "この転送先は登録されていません"
        assert office.together

    in_a_talk(scene)


def test_without_a_free_line_the_person_is_not_even_held() -> None:
    async def scene(office: TalkingOffice) -> None:
        assert "回線がすべて使用中です" in await office.order(OrderKind.TRANSFER, to=TAX, how=BLIND)
        assert office.together

    in_a_talk(scene, office=TalkingOffice(lines=1))


def test_a_department_takes_a_line_until_the_person_has_gone() -> None:
    async def scene(office: TalkingOffice) -> None:
        for stage in (_consulting, _cancelled, _handed_over):
            await stage(office)
            left = TRUNK.lines - (1 if stage is _cancelled else 2)
            await office.until(lambda left=left: office.engine.snapshot().lines_free == left)  # type: ignore[misc]

    in_a_talk(scene)


@pytest.mark.parametrize("how", [BLIND, ATTENDED])
@pytest.mark.parametrize(
    ("to", "why"), [(BUSY, "転送先は話し中でした"), (NOBODY, "転送先が応答しませんでした")], ids=[BUSY, NOBODY]
)
def test_a_department_that_does_not_come_gives_the_person_back(to: str, why: str, how: str) -> None:
    async def scene(office: TalkingOffice) -> None:
        await office.transfer(to, how)
        await office.until(lambda: "transfer_failed" in office.kinds())
        await office.until_back()
        await office.transfer(TAX, BLIND)  # another may come
        await office.until(lambda: office.handed_over)

    office = in_a_talk(scene)
    assert [one.detail["why"] for one in office.store.appended if one.kind == "transfer_failed"] == [why]
    assert office.evidence()["transfers_tried"] == 2


@pytest.mark.parametrize("answer", [Refused("test"), Unknown("test")], ids=["refused", "unknown"])
def test_a_department_that_could_not_be_dialled_gives_the_person_back(answer: Refused | Unknown) -> None:
    async def scene(office: TalkingOffice) -> None:
        office.switch.answer_to_start = answer
        await office.transfer(TAX, BLIND)
        await office.until(lambda: "transfer_failed" in office.kinds())
        await office.until_back()

    in_a_talk(scene)


def test_a_department_that_rings_for_ever_gives_the_person_back() -> None:
    async def scene(office: TalkingOffice) -> None:
        await office.transfer(RINGS, BLIND)
        await office.until_back()
        await office.until(lambda: not office.switch.departments())

    in_a_talk(scene)


# --- who hangs up when


async def _held(office: TalkingOffice) -> None:
    await office.ordered(OrderKind.HOLD)


async def _ringing(office: TalkingOffice) -> None:
    await office.transfer(TAX, ATTENDED)
    await office.until(lambda: bool(office.switch.departments()))


async def _consulting(office: TalkingOffice) -> None:
    await office.transfer(TAX, ATTENDED)
    await office.until(lambda: office.consulting)


async def _cancelled(office: TalkingOffice) -> None:
    await office.ordered(OrderKind.CANCEL_TRANSFER)
    await office.until_back()


async def _handed_over(office: TalkingOffice) -> None:
    await office.transfer(TAX, BLIND)
    await office.until(lambda: office.handed_over)


@pytest.mark.parametrize("stage", [_held, _ringing, _handed_over])
def test_a_person_who_hangs_up_ends_it_all_and_the_operator_wraps_up(stage: Scene) -> None:
    async def scene(office: TalkingOffice) -> None:
        await stage(office)
        await office.hang_up()
        await office.until(lambda: office.desk.state is OperatorState.WRAP_UP)
        assert not office.desk.on_hold
        assert office.desk.consulting is None
        await office.until(lambda: not office.switch.departments())

    in_a_talk(scene)


def test_a_person_who_hangs_up_during_a_consultation_leaves_the_operator_with_the_department() -> None:
    async def scene(office: TalkingOffice) -> None:
        await _consulting(office)
        await office.hang_up()
        await office.until(lambda: office.desk.state is OperatorState.WRAP_UP)
        assert office.consulting
        assert await office.order(OrderKind.COMPLETE_TRANSFER) == "通話中ではありません"
        await office.ordered(OrderKind.CANCEL_TRANSFER)
        await office.until(lambda: not office.switch.departments())

    in_a_talk(scene)


@pytest.mark.parametrize("stage", [_ringing, _consulting])
def test_a_department_that_hangs_up_gives_the_person_back(stage: Scene) -> None:
    async def scene(office: TalkingOffice) -> None:
        await stage(office)
        (department,) = office.switch.departments()
        office.switch.hang_up(department)
        await office.until_back()

    in_a_talk(scene)


@pytest.mark.parametrize("stage", [_held, _ringing, _consulting])
def test_a_leg_that_is_lost_comes_back_to_its_person(stage: Scene) -> None:
    async def scene(office: TalkingOffice) -> None:
        await stage(office)
        office.switch.hang_up_leg("op01")
        assert office.music
        await office.until_back()
        await office.until(lambda: not office.switch.departments())

    in_a_talk(scene)


def test_a_blind_transfer_needs_no_operator_any_more() -> None:
    async def scene(office: TalkingOffice) -> None:
        await office.transfer(TAX, BLIND)
        await office.until(lambda: bool(office.switch.departments()))
        office.switch.hang_up_leg("op01")
        await office.until(lambda: office.handed_over)

    in_a_talk(scene)


def test_a_held_person_whose_operator_stays_away_is_taken_by_another() -> None:
    async def scene(office: TalkingOffice) -> None:
        first = next(desk for desk in office.engine.calls.desks.floor.desks.values() if desk.attempt)
        id_ = await office.store.order(first.phone, OrderKind.HOLD, {}, by=first.account or "")
        await office.until(lambda: office.store.answers.get(id_) == "ok")
        office.switch.legs_answer_after = 3600.0
        office.switch.hang_up_leg(first.phone)
        (person,) = office.switch.customers()
        other = next(phone for phone in office.store.desks if phone != first.phone)
        leg = office.switch.leg(other)
        assert leg is not None
        await office.until(lambda: office.switch.hear_each_other(person, leg), within=60)
        desk = office.engine.calls.desks.floor.desks[other]
        await office.until(lambda: desk.state is OperatorState.TALKING and not desk.on_hold)

    in_a_talk(scene, operators=2)


# --- crashes


@pytest.mark.parametrize("stage", [_held, _ringing, _consulting, _handed_over])
def test_whatever_was_going_on_when_the_engine_died_somebody_is_with_the_person_again(stage: Scene) -> None:
    async def scene(office: TalkingOffice) -> None:
        await stage(office)
        await asyncio.sleep(0.5)
        await office.kill_engine()
        await asyncio.sleep(3)
        office.start_engine()
        if stage is _handed_over:
            await office.until(lambda: office.desk.state is OperatorState.WRAP_UP)
            assert office.handed_over
        elif stage is _consulting:
            await office.until(lambda: office.desk.consulting == TAX and office.desk.on_hold)
            await office.ordered(OrderKind.COMPLETE_TRANSFER)
            await office.until(lambda: office.handed_over)
        elif stage is _held:
            await office.until(lambda: office.desk.on_hold and bool(office.engine.calls.live))
            assert office.music
            await office.ordered(OrderKind.UNHOLD)
            await office.until_back()
        else:
            await office.until_back()

    office = in_a_talk(scene)
    assert office.evidence().get("transferred_to") == (TAX if stage in (_consulting, _handed_over) else None)


@pytest.mark.parametrize("stage", [_held, _ringing, _consulting])
def test_what_happened_while_the_link_was_away_is_made_good(stage: Scene) -> None:
    """The department has hung up meanwhile, or answered, and waited in vain."""

    async def scene(office: TalkingOffice) -> None:
        await stage(office)
        office.switch.drop_link()
        assert await office.order(OrderKind.UNHOLD) != "ok"
        for department in office.switch.departments():
            office.switch.hang_up(department)
        await asyncio.sleep(20)
        office.switch.restore_link(START)
        if stage is _held:
            await office.until(lambda: office.switch.ready and office.desk.leg_state.value == "up")
            await asyncio.sleep(3)
            await office.ordered(OrderKind.UNHOLD)
        await office.until_back()

    in_a_talk(scene)


def test_a_hold_whose_order_broke_off_is_found_and_can_be_ended() -> None:
    async def scene(office: TalkingOffice) -> None:
        (person,) = office.switch.customers()
        office.switch.drop_link()
        office.switch.hold_unheard(person)
        await asyncio.sleep(2)
        office.switch.restore_link(START)
        await office.until(lambda: office.desk.on_hold, within=30)
        await office.ordered(OrderKind.UNHOLD)
        await office.until_back()

    in_a_talk(scene)


def test_a_completion_whose_order_broke_off_can_be_taken_back() -> None:
    async def scene(office: TalkingOffice) -> None:
        await _consulting(office)
        assert office.desk.attempt is not None
        assert office.engine.calls.talks.transfers.complete(office.desk.attempt) is None
        office.switch.drop_link()  # before it was written
        await asyncio.sleep(2)
        office.switch.restore_link(START)
        assert office.consulting
        await asyncio.sleep(20)
        await _cancelled(office)

    in_a_talk(scene)


def test_who_enters_a_bridge_first_is_chance() -> None:
    async def scene(office: TalkingOffice) -> None:
        office.switch.bridger_first = True
        await _held(office)
        await office.ordered(OrderKind.UNHOLD)
        await office.until_back()
        await _consulting(office)
        await _cancelled(office)
        await _consulting(office)
        await office.ordered(OrderKind.COMPLETE_TRANSFER)
        await office.until(lambda: office.handed_over and office.desk.state is OperatorState.WRAP_UP)

    office = in_a_talk(scene)
    assert office.evidence()["transferred_to"] == TAX
