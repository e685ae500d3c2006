"""The plan of shifts: read strictly, and reckoned with: at a break's begin nobody is left alone."""

import asyncio
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from dialer.core.orders import OrderKind
from dialer.core.pacing.progressive import one_for_each
from dialer.core.pacing.values import PaceRules, Snapshot
from dialer.core.shift_file import read_plan
from dialer.core.shift_plan import PlannedTime, TimeKind, seconds_until_gone
from dialer.core.typed_table import BadTable
from dialer.core.values import TOKYO, OperatorState, Outcome, PauseReason
from dialer.simulated_operators import BY
from dialer.trials.day import Day
from dialer.trials.policy import LookAhead, Policy, Progressive
from dialer.trials.scenario import Scenario, SeatsAt
from tests.event_table import START
from tests.fake_switch import Subscriber
from tests.office import TRUNK, Office, at_work
from tests.unit.test_pacing_lookahead import LEARNED

DAY = date(2026, 12, 1)
HEADER = ["日付", "ログインID", "区分", "開始", "終了"]


def planned(*times: str) -> Sequence[PlannedTime]:
    """勤務 09:00-17:00"""
    rows = [["2026-12-01", "sato", *one.replace("-", " ").split()] for one in times]
    return read_plan([HEADER, *rows])


def at(clock: str) -> datetime:
    return datetime.combine(DAY, time.fromisoformat(clock), TOKYO)


@pytest.mark.parametrize(
    ("times", "now", "seconds"),
    [
        (["勤務 09:00-17:00", "休憩 12:00-13:00"], "11:59:20", 40.0),
        (["勤務 09:00-17:00", "休憩 12:00-13:00"], "08:50:00", 11400.0),  # there early
        (["勤務 09:00-17:00", "休憩 12:00-13:00"], "12:03:00", 0.0),  # a talk, or a pause that is forgotten
        (["勤務 09:00-17:00", "休憩 12:00-13:00"], "12:05:00", 17700.0),  # stays: until the end of the shift
        (["勤務 09:00-17:00"], "17:04:59", 0.0),
        (["勤務 09:00-17:00"], "17:05:00", None),  # longer than planned
        (["勤務 09:00-12:00", "勤務 13:00-17:00"], "11:59:00", 60.0),
        (["休憩 10:30-10:40", "休憩 15:00-15:10"], "10:30:30", 0.0),  # breaks alone are a plan as well
        (["休憩 10:30-10:40", "休憩 15:00-15:10"], "10:40:00", 15600.0),
        ([], "10:00:00", None),
    ],
)
def test_when_somebody_who_is_there_will_go(times: Sequence[str], now: str, seconds: float | None) -> None:
    assert seconds_until_gone(planned(*times) if times else (), at(now)) == seconds


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "見出しは「日付,ログインID,区分,開始,終了」の5列にしてください"),
        ([["日付", "氏名", "区分", "開始", "終了"]], "見出しは"),
        ([HEADER], "計画の行がありません"),
        ([HEADER, ["2026-02-30", "sato", "勤務", "09:00", "17:00"]], "行 2 列「日付」: 2026-12-01 のように"),
        ([HEADER, ["2026-12-01", "", "勤務", "09:00", "17:00"]], "行 2 列「ログインID」: 空です"),
        ([HEADER, ["2026-12-01", "sato", "昼休み", "12:00", "13:00"]], "行 2 列「区分」: 勤務、休憩のいずれか"),
        ([HEADER, ["2026-12-01", "sato", "勤務", "9時", "17:00"]], "行 2 列「開始」: 09:00 のように"),
        ([HEADER, ["2026-12-01", "sato", "勤務", "09:00", "25:00"]], "行 2 列「終了」: 09:00 のように"),
        ([HEADER, ["2026-12-01", "sato", "勤務", "17:00", "09:00"]], "行 2 列「終了」: 開始より後の時刻"),
        ([HEADER, ["2026-12-01", "sato", "勤務", "09:00"]], "行 2: 列が4あります"),
        (
            [HEADER, *(["2026-12-01", "sato", "勤務", *span] for span in (("09:00", "12:00"), ("11:00", "15:00")))],
            "2026-12-01 sato 勤務 09:00～12:00 と 11:00～15:00 が重なっています",
        ),
        (
            [
                HEADER,
                ["2026-12-01", "sato", "勤務", "09:00", "12:00"],
                ["2026-12-01", "sato", "休憩", "12:00", "13:00"],
            ],
            "2026-12-01 sato 休憩 12:00～13:00: 勤務の時間の外です",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_row(rows: Sequence[Sequence[str]], said: str) -> None:
    with pytest.raises(BadTable) as bad:
        read_plan(rows)
    (problem,) = bad.value.problems
    assert said in problem


def test_columns_may_stand_in_any_order_and_empty_rows_say_nothing() -> None:
    rows = [["区分", "開始", "終了", "日付", "ログインID"], [], ["休憩", "9:05", "9:15", "2026/12/1", "sato"], ["", ""]]
    assert read_plan(rows) == [PlannedTime(DAY, "sato", TimeKind.BREAK, time(9, 5), time(9, 15))]


# --- the pace


def test_who_goes_before_a_telephone_has_rung_to_its_end_gets_no_call() -> None:
    assert one_for_each(Snapshot(free=5, leaving=[20.0, 39.0, 41.0])).count == 3
    nobody = one_for_each(Snapshot(free=2, leaving=[0.0, 30.0]))
    assert (nobody.count, "休憩または勤務終了" in nobody.why) == (0, True)


BREAK_AT = 300.0


def left_alone_around_the_break(policy: Policy, seed: int, seats: tuple[int, int], *, known: bool) -> int:
    """Counted from twenty seconds before it until everybody has answered who was dialled before."""
    before, after = seats
    changes = (SeatsAt(hour=BREAK_AT / 3600.0, seats=after),)
    scenario = Scenario(seats=before, hours=1.0, seats_at=changes, breaks_known=known)
    return Day(scenario, policy, seed).run(BREAK_AT - 20.0, BREAK_AT + 40.0).left_alone


def looking_ahead() -> Policy:
    return LookAhead(PaceRules(target=0.01, half_until=0, answers_first=0), deepcopy(LEARNED))


@pytest.mark.parametrize(("policy", "seeds"), [(Progressive, range(40)), (looking_ahead, range(8))])
def test_when_most_go_for_a_break_a_plan_keeps_persons_from_being_left_alone(
    policy: Callable[[], Policy], seeds: Sequence[int]
) -> None:
    with_plan, without = (
        sum(left_alone_around_the_break(policy(), seed, (12, 2), known=known) for seed in seeds)
        for known in (True, False)
    )
    assert without >= 5
    assert with_plan <= without / 5


def test_when_half_the_floor_goes_as_planned_nobody_is_left_alone() -> None:
    assert sum(left_alone_around_the_break(looking_ahead(), seed, (20, 10), known=True) for seed in range(3)) == 0


LATE = Subscriber(answers_after=20.0, hangs_up_after=60.0)


class AtNoon(Office):
    """Six operators. Three go while telephones ring."""

    planned = True

    def __init__(self) -> None:
        super().__init__([LATE] * 40, operators=6, trunk=replace(TRUNK, lines=60))
        self.goes_at = START + timedelta(minutes=4, seconds=45)
        if self.planned:
            clock = self.goes_at.astimezone(TOKYO)
            self.store.planned_shifts = [
                PlannedTime(clock.date(), f"{BY}-op0{place}", TimeKind.BREAK, clock.time(), time(11))
                for place in (1, 2, 3)
            ]


class Unplanned(AtNoon):
    planned = False


async def three_go(office: AtNoon) -> None:
    await asyncio.sleep((office.goes_at - office.clock.now()).total_seconds())
    office.manned = False
    for place in (1, 2, 3):
        detail = {"reason": PauseReason.BREAK.value}
        await office.store.order(f"op0{place}", OrderKind.PAUSE, detail, by=f"{BY}-op0{place}")
    await asyncio.sleep(120.0)
    desks = office.engine.calls.desks.floor.desks
    assert [desks[f"op0{place}"].state for place in (1, 2, 3)] == [OperatorState.PAUSED] * 3


def test_with_a_plan_no_telephone_has_to_stop_ringing_because_operators_go() -> None:
    office = AtNoon()
    at_work(office, three_go)
    assert not {Outcome.WITHDRAWN, Outcome.ABANDONED} & set(office.outcomes())
    without = Unplanned()
    at_work(without, three_go)
    assert Outcome.WITHDRAWN in without.outcomes()


def test_the_engine_knows_who_goes_and_when() -> None:
    async def scene(office: AtNoon) -> None:
        await office.until(lambda: office.engine.snapshot().free == 6)
        wait = office.goes_at - office.clock.now() - timedelta(seconds=25)
        await asyncio.sleep(wait.total_seconds())
        now = office.engine.snapshot()
        goes = [*now.leaving, *(one.leaves_in for one in now.busy if one.leaves_in is not None)]
        assert [round(away) for away in goes] == [25, 25, 25]
        assert now.operators == 6

    at_work(AtNoon(), scene)
