"""Starting calls: for each team so many as the pace allows, of the debt kinds that it takes.

One claim at a time: two would reach for the same cases, and for the same operators. What the trunk allows now is dealt
out among the teams that want calls, one by one and each time from the next team on.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import structlog

from dialer.calls import Calls
from dialer.core.floor import Desk
from dialer.core.groups import Group, dealt
from dialer.core.pacing.progressive import one_for_each
from dialer.core.pacing.values import Snapshot
from dialer.giving_way import GivingWay
from dialer.lines import Lines
from dialer.pacing import Pacing
from dialer.placing import Placing
from dialer.planning import Planning
from dialer.ports import Claimed, Clock, Store, StoreUnavailable
from dialer.tasks import Tasks
from dialer.teams import Teams

log = structlog.get_logger()

AGAIN_SECONDS = 1.0  # nothing was due, or the store was away
NOT_BY_ITSELF = "この科目は自動では発信しません"
NOBODY_TAKES_IT = "担当するグループの担当者がいないため、発信していません"


@dataclass(frozen=True, slots=True)
class Leave:
    """What the engine says."""

    may_start: Callable[[], bool]
    why_not: Callable[[Claimed], str | None]  # a call that is about to be placed, after all
    is_ours: Callable[[], bool]  # what was claimed; else whoever leads now finds these attempts open, and settles them


@dataclass(frozen=True, slots=True)
class Wanted:
    team: Group
    count: int
    debts: frozenset[str]


class Claiming:
    """`wishes`: people who asked to be called back, by the group of their debt kinds."""

    def __init__(
        self,
        city: str,
        calls: Calls,
        lines: Lines,
        planning: Planning,
        pacing: Pacing,
        placing: Placing,
        giving_way: GivingWay,
        leave: Leave,
        wishes: Callable[[], Counter[Group]],
        *,
        store: Store,
        clock: Clock,
        tasks: Tasks,
    ) -> None:
        self._city, self._calls, self._lines = city, calls, lines
        self._planning, self._pacing, self._placing = planning, pacing, placing
        self._giving_way, self._leave, self._wishes = giving_way, leave, wishes
        self._store, self._clock, self._tasks = store, clock, tasks
        self.teams = Teams(calls)
        self.offer: Callable[[], bool] = lambda: False  # cases to look at come first; True while they are looked for
        self._claiming: Counter[Group] = Counter()
        self._after: dict[Group, float] = {}  # monotonic: nothing was due before, or the store was away
        self._next = 0  # whose turn it is, of those who want calls
        self._timer: asyncio.TimerHandle | None = None

    def snapshot(self, team: Group = None) -> Snapshot:
        debts = self.teams.debts(team, self._planning.dialled_debts())
        return self._pacing.snapshot(
            self._claiming[team],
            self._lines.free_for_dialling,
            self._planning.closes_in(debts),
            self.teams.callers(self._wishes())[team],
            team,
        )

    def go_on(self) -> None:
        """Whenever there may be something to call, or somebody to call for."""
        if not self._leave.may_start() or self._lines.claiming or self.offer():
            return
        wanted = [one for team in self.teams.at_work() if (one := self._wanted(team)).count > 0]
        if not wanted:
            return
        self._next += 1
        first = self._next % len(wanted)
        wanted = wanted[first:] + wanted[:first]
        total = min(sum(one.count for one in wanted), self._lines.free_for_dialling)
        allowed = self._lines.take(total)
        shares = dealt([one.count for one in wanted], allowed)
        if allowed:
            claims = [Wanted(one.team, count, one.debts) for one, count in zip(wanted, shares, strict=True) if count]
            for one in claims:
                self._claiming[one.team] += one.count
            self._lines.claiming += allowed
            self._tasks.spawn(self._claim(claims))
        if total > allowed and self._timer is None:
            self._timer = self._tasks.later(self._lines.wait_seconds, self._again)

    def soon(self) -> None:
        """There is something new to call."""
        self._after.clear()
        self.go_on()

    def may_look(self) -> Sequence[Desk]:
        """Whom no call in flight waits for; nor whose turn with the dialer it is, as long as it has calls for them."""
        found: list[Desk] = []
        floor = self._calls.desks.floor
        for team in self.teams.at_work():
            room = self.snapshot(team)
            free = [desk for desk in floor.free() if floor.group_of(desk) == team]
            free.sort(key=lambda desk: (desk.dialers_turn, desk.since))
            if self._may_claim(team) and one_for_each(room).count > 0:
                free = [desk for desk in free if not desk.dialers_turn]
            found += free[: max(0, room.free - room.waiting - len(room.calls))]
        return found

    def why(self) -> str:
        """Why there are not more calls, as a person reads it; of each team where operators have groups."""
        teams, city = self.teams.at_work(), self._planning.city
        if teams == [None]:
            return self._why(None)
        told = [f"{city.group_name(team)}：{self._why(team)}" for team in teams]
        unserved = self.teams.unserved(self._planning.open_debts())
        if names := [debt.name for debt in city.debts if debt.key in unserved]:
            told.append(f"{'、'.join(names)}：{NOBODY_TAKES_IT}")
        return "　".join(told)

    def told(self) -> list[dict[str, object]]:
        """How each team does, for people; nothing where nobody has a group."""
        teams, there = self.teams.at_work(), self._calls.desks.floor.at_work()
        if teams == [None]:
            return []
        return [self._told(team, there[team]) for team in teams]

    def _told(self, team: Group, operators: int) -> dict[str, object]:
        room = self.snapshot(team)
        return {
            "group": team,
            "name": self._planning.city.group_name(team),
            "operators": operators,
            "free": room.free,
            "calls": len(room.calls),
            "waiting": room.waiting,
            "why": self._why(team),
        }

    def _why(self, team: Group) -> str:
        room, floor = self.snapshot(team), self._calls.desks.floor
        looks = any(desk.preview is not None and floor.group_of(desk) == team for desk in floor.desks.values())
        if (looks and not room.free) or not self.teams.debts(team, self._planning.dialled_debts()):
            return "担当者が案件を見て発信します"
        return self._pacing.why(room)

    def _may_claim(self, team: Group) -> bool:
        dialled = self.teams.debts(team, self._planning.dialled_debts())
        return bool(dialled) and self._clock.monotonic() >= self._after.get(team, 0.0)

    def _wanted(self, team: Group) -> Wanted:
        wanted = Wanted(team, *self._pacing.wanted(self.snapshot(team)))  # also when nothing is due: calls are put off
        return wanted if self._may_claim(team) else Wanted(team, 0, frozenset())

    def _again(self) -> None:
        self._timer = None
        self.go_on()

    async def _claim(self, wanted: Sequence[Wanted]) -> None:
        """Households' other cases belong to a call, as far as the team takes them too."""
        left = deque(wanted)
        try:
            while left:
                one = left[0]
                along = self.teams.debts(one.team, self._planning.open_debts()) - one.debts
                claims = await self._store.claim(self._city, one.count, self._clock.now(), one.debts, along)
                self._tasks.post(partial(self._claimed, left.popleft(), claims))
        except StoreUnavailable as away:
            log.warning("cannot claim", why=str(away))
        finally:
            for one in left:
                self._tasks.post(partial(self._claimed, one, ()))

    def _claimed(self, wanted: Wanted, claims: Sequence[Claimed]) -> None:
        self._lines.claiming -= wanted.count
        self._claiming[wanted.team] -= wanted.count
        if not self._leave.is_ours():
            return
        if len(claims) < wanted.count:
            self._after[wanted.team] = self._clock.monotonic() + AGAIN_SECONDS
        for claimed in claims:
            live = self._calls.begin(claimed, wanted.team)
            live.claimed = claimed
            by_hand_only = None if claimed.debt in self._planning.dialled_debts() else NOT_BY_ITSELF
            if why := self._leave.why_not(claimed) or by_hand_only or self._giving_way.why_not(live):
                self._calls.not_placed(live, why)
            else:
                self._pacing.placed(claimed)
                self._tasks.spawn(self._placing.start(claimed))
        self.go_on()  # for the lines that became free meanwhile
