"""A floor on which anything is ordered at any moment and everything breaks: what must hold all the same."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from dialer.core.modes import Modes
from dialer.core.orders import OrderKind, problems
from dialer.core.values import Ear, LegState, Mode, OperatorState
from dialer.ports import Operator
from tests.books import of_two_debts
from tests.desks import DeskOffice
from tests.event_table import START
from tests.fake_switch import NOBODY, NOT_IN_USE, PERSON, Subscriber
from tests.office import BOOK, at_work

PHONES = ("op01", "op02", "op03")
LOGINS = ("anna", "ben", "chris", "dora")
SECONDS = 1500
CASES = 120
QUICK = Subscriber(answers_after=1.0, hangs_up_after=9.0)
LONG = Subscriber(answers_after=3.0, hangs_up_after=240.0)


class RandomFloor(DeskOffice):
    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        super().__init__([self.chance.choice((QUICK, PERSON, LONG, NOBODY, NOT_IN_USE)) for _ in range(CASES)], 3)
        self.switches = seed % 4 == 2  # debt kinds change their modes all the time
        if self.switches:
            self.use_any_modes()
            for case in self.store.cases.values():
                case.debt = self.chance.choice(("city_tax", "insurance"))
        elif seed % 4 == 3:
            self.book = replace(BOOK, modes=Modes(Mode.PREVIEW))

    def use_any_modes(self) -> None:
        self.book = of_two_debts(BOOK, *(self.chance.choice(list(Mode)) for _ in range(2)))

    def any_order(self) -> tuple[str, OrderKind, dict[str, object], str]:
        chance = self.chance
        kind = chance.choice([OrderKind.TAKE_SEAT, OrderKind.READY, OrderKind.READY, OrderKind.FINISH, *OrderKind])
        phone, by = chance.choice(PHONES), chance.choice(LOGINS)
        seated = self.desk(phone)
        if seated.preview is not None and chance.random() < 0.3:
            kind = OrderKind.DIAL
        if seated.account is not None and chance.random() < 0.8:
            by = seated.account
        case = chance.randrange(1, CASES)
        details: dict[OrderKind, dict[str, object]] = {
            OrderKind.TAKE_SEAT: {"seat": chance.choice(("browser", "phone"))},
            OrderKind.PAUSE: {"reason": chance.choice(("meal", "break"))},
            OrderKind.DIGITS: {"digits": "12#"},
            OrderKind.CORRECT: {"what": chance.choice(("voicemail", "fax"))},
            OrderKind.FINISH: {"attempt": seated.attempt or "0" * 36},
            OrderKind.TRANSFER: {"to": "nobody", "how": "blind"},
            OrderKind.LISTEN: {"to": chance.choice(PHONES), "how": chance.choice(list(Ear))},
            OrderKind.GIVE_BREAK: {"account": chance.choice(LOGINS), "reason": "break"},
            OrderKind.FREE_SEAT: {"account": chance.choice(LOGINS)},
            OrderKind.END_TALK: {"attempt": seated.attempt or "0" * 36},
            OrderKind.TAKE_OVER: {"attempt": seated.attempt or "0" * 36},
            OrderKind.RELIEVE: {"attempt": seated.attempt or "0" * 36},
            OrderKind.ANSWER_HELP: {"account": chance.choice(LOGINS)},
            OrderKind.HELP: {"on": chance.random() < 0.5},
            OrderKind.DIAL: {"case": seated.preview or case, "number": (seated.preview or case) + 1000},
            OrderKind.SKIP: {"case": seated.preview or case, "reason": "確認が必要"},
        }
        return phone, kind, details.get(kind, {}), by

    async def mishap(self) -> None:
        match self.chance.randrange(12):
            case 0:
                await self.kill_engine()
                await asyncio.sleep(self.chance.uniform(0, 20))
                self.start_engine()
            case 1:
                self.switch.die_and_boot()
            case 2:
                self.switch.drop_link()
                await asyncio.sleep(self.chance.uniform(0, 10))
                self.switch.restore_link(START - timedelta(hours=1))
            case 3:
                self.store.away = True
                await asyncio.sleep(self.chance.uniform(0, 20))
                self.store.away = False
            case 4 | 5 | 6:
                legs = [one for one in self.switch.up.values() if one.call.context == "operator"]
                if legs:
                    self.switch.hang_up_leg(self.chance.choice(legs).call.endpoint.removeprefix("PJSIP/"))
            case _:
                if people := self.switch.customers():
                    self.switch.hang_up(self.chance.choice(people))


def wrong(desk: Operator) -> Iterator[str]:
    """What no desk may ever be."""
    is_taken = desk.account is not None
    if is_taken != (desk.seat is not None) or is_taken == (desk.state is OperatorState.OFFLINE):
        yield "somebody sits there, or nobody does"
    if desk.state is OperatorState.FREE and desk.leg_state is not LegState.UP:
        yield "free without a leg"
    if desk.state is OperatorState.FREE and desk.pause_reason is not None:
        yield "free and paused"
    if desk.state is OperatorState.PAUSED and desk.pause_reason is None:
        yield "paused without a reason"
    if desk.state in (OperatorState.TALKING, OperatorState.WRAP_UP) and desk.attempt is None:
        yield "with nobody"
    if desk.state in (OperatorState.FREE, OperatorState.PAUSED, OperatorState.OFFLINE) and desk.attempt is not None:
        yield "with somebody"
    if desk.preview is not None and desk.state is not OperatorState.FREE:
        yield "is shown a case, and cannot dial"
    if (desk.leg is not None) != (desk.leg_state in (LegState.COMING, LegState.UP)):
        yield "its leg is not what it says"
    if desk.state is not OperatorState.WRAP_UP and desk.wrap_up_until is not None:
        yield "wraps up nothing"


@pytest.mark.parametrize("seed", range(24))
def test_whatever_is_ordered_and_breaks_desks_make_sense_and_every_call_has_its_end(seed: int) -> None:
    answers: Counter[str] = Counter()

    async def scene(office: RandomFloor) -> None:
        asked: list[asyncio.Task[str | None]] = []
        until = office.clock.monotonic() + SECONDS
        while office.clock.monotonic() < until:
            await asyncio.sleep(office.chance.expovariate(0.4))
            phone, kind, detail, by = office.any_order()
            assert problems(kind, detail) == []
            order = await office.store.order(phone, kind, detail, by=by)
            asked.append(asyncio.create_task(office.store.answered(order, within_seconds=120.0)))
            if office.chance.random() < 0.04:
                await office.mishap()
            if office.switches and office.chance.random() < 0.04:
                office.use_any_modes()
                office.engine.use(office.book)
            for desk in office.store.desks.values():
                assert list(wrong(desk)) == [], desk
            for one in office.engine.calls.desks.floor.desks.values():
                assert one.listens_to is None or one.state is OperatorState.PAUSED, "listens, and may get a call"
            bridges = Counter(one.bridge for one in office.switch.up.values() if one.bridge not in (None, "idle"))
            assert all(count <= 2 for count in bridges.values()), "two calls took one operator"
        answers.update(str(one) for one in await asyncio.gather(*asked))
        for phone in PHONES:  # at the end of the day everybody goes home
            if (account := office.desk(phone).account) is not None:
                assert await office.order("leave_seat", phone, account) == "ok"
        await office.until(lambda: all(desk.state is OperatorState.OFFLINE for desk in office.store.desks.values()))
        await office.until(lambda: not office.switch.up, within=600)

    office = RandomFloor(seed)
    at_work(office, scene)
    assert answers["None"] == 0, "an order without an answer"
    assert answers["ok"] > 50
    assert len(office.store.claims) > 5
