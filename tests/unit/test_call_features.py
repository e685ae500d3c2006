"""Held, muted, handed over: the engine with a tiny exchange and a store in memory, in virtual time."""

import asyncio
from collections.abc import Sequence

import pytest

from dialer.core.orders import OrderKind
from dialer.core.values import OperatorState
from dialer.ports import Recorded, Refused, StoreUnavailable, Unknown
from tests.fake_store import MemoryStore
from tests.fake_switch import CALLER_ID
from tests.office import TRUNK
from tests.talking_office import (
    ATTENDED,
    BLIND,
    BUSY,
    NOBODY,
    RINGS,
    TAX,
    TalkingOffice,
    cancelled,
    consulting,
    handed_over,
    in_a_talk,
)

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
        for stage in (consulting, cancelled, handed_over):
            await stage(office)
            left = TRUNK.lines - (1 if stage is cancelled else 2)
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
