"""Two debt kinds, each in its own mode, in virtual time."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from dialer.core.orders import OK
from dialer.core.values import CaseId, Mode, OperatorState, Outcome
from dialer.daemon import Report
from dialer.preview import NOT_OFFERED
from tests.books import of_two_debts
from tests.desks import ANNA, BEN, DeskOffice
from tests.event_table import START
from tests.fake_switch import NOBODY, PERSON, Subscriber
from tests.office import BOOK, at_work

TAX, INSURANCE = "city_tax", "insurance"


class TwoDebts(DeskOffice):
    """City tax is dialled and insurance is looked at first, until somebody says otherwise."""

    book = of_two_debts(BOOK, Mode.PROGRESSIVE, Mode.PREVIEW)

    def __init__(self, tax: int, insurance: int, operators: int = 1, subscriber: Subscriber = PERSON) -> None:
        super().__init__([subscriber] * (tax + insurance + 1), operators)
        del self.store.cases[CaseId(0)]  # 0 is no id
        for case in list(self.store.cases.values())[tax:]:
            case.debt = INSURANCE

    def choose(self, tax: Mode, insurance: Mode) -> None:
        self.engine.use(of_two_debts(BOOK, tax, insurance))

    async def shown(self, phone: str = "op01") -> CaseId:
        await self.until(lambda: self.desk(phone).preview is not None, within=5)
        return self.desk(phone).preview or CaseId(0)

    async def dials(self, phone: str = "op01", by: str = ANNA) -> None:
        case = await self.shown(phone)
        assert await self.order("dial", phone, by, case=case, number=case + 1000) == OK
        await self.talk(phone)

    async def finishes(self, phone: str = "op01", by: str = ANNA) -> None:
        await self.until_is(OperatorState.WRAP_UP, phone)
        assert await self.order("finish", phone, by, attempt=self.desk(phone).attempt) == OK

    def called(self) -> list[str]:
        return [claimed.debt for claimed in self.store.claims.values()]

    def why(self) -> object:
        return self.engine.status()["why"]


def played(scene: Callable[[TwoDebts], Awaitable[None]], office: TwoDebts) -> TwoDebts:
    at_work(office, scene)
    return office


def test_one_operator_takes_turns_between_looking_and_the_dialer() -> None:
    async def scene(office: TwoDebts) -> None:
        await office.work()
        for _ in range(2):
            await office.dials()
            await office.finishes()
            await office.talk()  # the dialer's
            await office.finishes()

    office = played(scene, TwoDebts(tax=3, insurance=3))
    assert office.called()[:4] == [INSURANCE, TAX, INSURANCE, TAX]
    assert set(office.outcomes()) == {Outcome.TALKED}


def test_who_has_just_dialled_is_shown_the_next_case_when_the_dialer_has_none() -> None:
    async def scene(office: TwoDebts) -> None:
        await office.work()
        for _ in range(3):
            await office.dials()
            await office.finishes()

    assert played(scene, TwoDebts(tax=0, insurance=3)).called() == [INSURANCE] * 3


def test_who_looks_at_a_case_gets_no_call_and_nobody_answers_in_vain() -> None:
    async def scene(office: TwoDebts) -> None:
        await office.work("op01", ANNA)
        assert await office.shown("op01") == 7
        await office.work("op02", BEN)
        for _ in range(6):
            await office.talk("op02")
            assert office.desk("op01").preview == 7
            await office.finishes("op02", BEN)
        assert office.why() == "空いている担当者の人数分を発信します"

    office = played(scene, TwoDebts(tax=6, insurance=1, operators=2))
    assert office.outcomes() == [Outcome.TALKED] * 6
    assert office.switch.busiest == 1


def test_nobody_is_shown_a_case_while_a_telephone_rings_for_them() -> None:
    async def scene(office: TwoDebts) -> None:
        office.store.cases[CaseId(2)].due_at = START + timedelta(seconds=20)
        await office.work()
        await office.until(lambda: bool(office.switch.customers()), within=2)
        await asyncio.sleep(25)
        assert office.switch.customers()
        assert office.desk().preview is None
        await office.until(lambda: bool(office.outcomes()))
        assert await office.shown() == 2

    assert played(scene, TwoDebts(tax=1, insurance=1, subscriber=NOBODY)).outcomes() == [Outcome.NO_ANSWER]


def test_a_switch_takes_back_what_is_shown_and_leaves_calls_in_flight_alone() -> None:
    async def scene(office: TwoDebts) -> None:
        await office.work("op01", ANNA)
        await office.dials("op01")
        await office.work("op02", BEN)
        shown = await office.shown("op02")
        office.choose(Mode.PREVIEW, Mode.PAUSED)
        await office.until(lambda: office.desk("op02").preview not in (None, shown), within=3)
        assert office.desk("op02").preview == 1
        assert office.desk("op01").state is OperatorState.TALKING
        assert await office.order("skip", "op02", BEN, case=shown, reason="確認") == NOT_OFFERED
        assert await office.order("skip", "op02", BEN, case=1, reason="確認") == OK
        office.choose(Mode.PROGRESSIVE, Mode.PROGRESSIVE)
        await office.talk("op02")

    office = played(scene, TwoDebts(tax=1, insurance=2, operators=2))
    assert office.outcomes() == [Outcome.TALKED] * 2


def test_what_is_paused_is_neither_dialled_nor_shown_and_says_why() -> None:
    async def scene(office: TwoDebts) -> None:
        office.choose(Mode.PAUSED, Mode.PAUSED)
        await office.work()
        await asyncio.sleep(300)
        assert not office.store.claims
        assert office.desk().preview is None
        assert office.why() == "この科目の架電は休止中です（市の依頼）"
        assert await office.order("dial", case=1, number=1001) == office.why()
        office.choose(Mode.PAUSED, Mode.PREVIEW)
        assert await office.shown() == 2
        assert office.why() == "担当者が案件を見て発信します"
        status = office.engine.status()
        assert status["modes"] == [
            {"debt": TAX, "mode": "paused", "text": "市税: 休止（市の依頼。user-1、2026-11-25 10:00から）"},
            {
                "debt": INSURANCE,
                "mode": "preview",
                "text": "国民健康保険料: プレビュー発信（市の依頼。user-1、2026-11-25 10:00から）",
            },
        ]
        text = Report(running=True, children={}, engine=status).as_text()
        assert "市税: 休止（市の依頼。" in text
        assert "担当者が案件を見て発信します" in text

    played(scene, TwoDebts(tax=1, insurance=1))


def test_a_person_who_waits_is_joined_to_whom_a_case_is_taken_back_from() -> None:
    async def scene(office: TwoDebts) -> None:
        await office.work("op01", ANNA)
        await office.shown("op01")
        await office.work("op02", BEN)
        await office.until(lambda: bool(office.switch.customers()))
        office.switch.joins_fail = 1
        await office.until(lambda: office.switch.customers()[0].state == "Up")
        assert await office.order("pause", "op02", BEN, reason="meal") == OK  # before the join is tried again
        assert await office.order("skip", "op01", ANNA, case=2, reason="確認") == OK
        await office.talk("op01")

    assert played(scene, TwoDebts(tax=1, insurance=1, operators=2)).outcomes() == [Outcome.TALKED]
