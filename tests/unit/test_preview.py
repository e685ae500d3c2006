"""Preview mode in virtual time: operators see a case, then dial or skip."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

from dialer.core.modes import Modes
from dialer.core.orders import OK
from dialer.core.values import CaseId, Mode, OperatorState, Outcome
from dialer.preview import NOT_OFFERED
from tests.desks import ANNA, BEN, DeskOffice
from tests.event_table import START
from tests.fake_switch import PERSON, Subscriber
from tests.office import BOOK, at_work


class PreviewOffice(DeskOffice):
    book = replace(BOOK, modes=Modes(Mode.PREVIEW))

    def __init__(self, people: int, operators: int = 1, subscriber: Subscriber = PERSON) -> None:
        super().__init__([subscriber] * (people + 1), operators)
        del self.store.cases[CaseId(0)]  # 0 is no id

    async def shown(self, phone: str = "op01", besides: CaseId | None = None) -> CaseId:
        await self.until(lambda: self.desk(phone).preview not in (None, besides), within=5)
        case = self.desk(phone).preview
        assert case is not None
        return case

    async def dial(self, case: CaseId, phone: str = "op01", by: str = ANNA) -> str | None:
        return await self.order("dial", phone, by, case=case, number=case + 1000)


def played(scene: Callable[[PreviewOffice], Awaitable[None]], office: PreviewOffice) -> PreviewOffice:
    at_work(office, scene)
    return office


def test_nothing_is_dialled_until_the_operator_has_seen_the_case_and_dials() -> None:
    async def scene(office: PreviewOffice) -> None:
        await office.work()
        assert await office.shown() == 1
        await asyncio.sleep(300)
        assert not office.store.claims
        assert await office.dial(CaseId(1)) == OK
        assert office.desk().preview is None
        await office.talk()
        await office.until_is(OperatorState.WRAP_UP)
        assert office.desk().preview is None
        (attempt,) = office.store.claims
        assert await office.order("finish", attempt=attempt) == OK
        assert await office.shown() == 2

    office = played(scene, PreviewOffice(2))
    assert office.outcomes() == [Outcome.TALKED]


def test_each_operator_is_shown_another_case_and_who_pauses_gives_it_back() -> None:
    async def scene(office: PreviewOffice) -> None:
        await office.work("op01", ANNA)
        assert await office.shown("op01") == 1
        await office.work("op02", BEN)
        assert await office.shown("op02") == 2
        assert await office.order("pause", "op01", ANNA, reason="meal") == OK
        assert office.desk("op01").preview is None
        assert await office.order("skip", "op02", BEN, case=2, reason="記録の確認が必要") == OK
        assert await office.shown("op02", besides=CaseId(2)) == 1

    played(scene, PreviewOffice(2, operators=2))


def test_a_skipped_case_is_offered_again_only_after_some_minutes() -> None:
    async def scene(office: PreviewOffice) -> None:
        await office.work()
        assert await office.shown() == 1
        assert await office.order("skip", case=2, reason="別の案件") == NOT_OFFERED
        assert await office.order("skip", case=1, reason="記録の確認が必要") == OK
        await asyncio.sleep(300)
        assert office.desk().preview is None
        began = office.clock.now()
        await office.until(lambda: office.desk().preview == 1, within=600)
        assert office.clock.now() - began > timedelta(minutes=4)

    played(scene, PreviewOffice(1))


def test_a_case_that_comes_due_later_is_offered_then() -> None:
    async def scene(office: PreviewOffice) -> None:
        office.store.cases[CaseId(1)].due_at = START + timedelta(minutes=5)
        await office.work()
        await asyncio.sleep(200)
        assert office.desk().preview is None
        await office.until(lambda: office.desk().preview == 1, within=120)

    played(scene, PreviewOffice(1))
