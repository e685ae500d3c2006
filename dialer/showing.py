"""The floor as it is now, for people who watch it: operators, calls in flight, who waits, lines.

Ids, words and moments only: whose call it is, the pages look up by the rights of whoever watches.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from dialer.caller_parts import Present
from dialer.calls import Calls
from dialer.core.floor import Desk
from dialer.core.stages import stage_of, stage_of_caller
from dialer.lines import Lines
from dialer.live_call import Live
from dialer.pacing import Pacing
from dialer.planning import Planning
from dialer.ports import Clock

Told = dict[str, Any]


class Showing:
    def __init__(
        self,
        calls: Calls,
        lines: Lines,
        planning: Planning,
        pacing: Pacing,
        clock: Clock,
        *,
        wishes: Callable[[], int],
        why: Callable[[], str],
        teams: Callable[[], list[Told]],
    ) -> None:
        self._calls, self._lines, self._planning, self._pacing = calls, lines, planning, pacing
        self._clock, self._wishes, self._why, self._teams = clock, wishes, why, teams

    def now(self) -> Told:
        calls, floor = self._calls, self._calls.desks.floor
        operators = {desk.attempt: desk.phone for desk in floor.desks.values() if desk.attempt is not None}
        places = {present.call_id: place for place, present in enumerate(calls.callers.line, 1)}
        return {
            "at": self._clock.now().isoformat(),
            "why": self._why(),
            "operators": [_operator(desk) | {"group": floor.group_of(desk)} for desk in floor.desks.values()],
            "teams": self._teams(),
            "calls": [self._call(one, operators) for one in calls.live.values()],
            "callers": [_caller(one, places, operators) for one in calls.callers.here.values()],
            "wishes": self._wishes(),
            "lines": self._lines.told(),
            "modes": {debt.key: self._planning.mode_of(debt.key).value for debt in self._planning.city.debts},
            "open": sorted(self._planning.open_debts()),
            "pace": self._pacing.status(),
        }

    def status(self) -> Told:
        """In figures: for the health page and the command line."""
        live, callers, floor = self._calls.live.values(), self._calls.callers, self._calls.desks.floor
        return {
            "calls": len(live),
            "callers": len(callers.here),
            "callers_waiting": len(callers.line),
            "wishes": self._wishes(),
            "ringing": sum(one.call.is_ringing for one in live),
            "talking": sum(one.call.is_up and one.call.joined_at is not None for one in live),
            "operators": {desk.phone: desk.state.value for desk in floor.desks.values()},
            "unwritten": self._calls.journal.length,
            "modes": self._planning.chosen_modes(),
            "teams": self._teams(),
            "pace": self._pacing.status() if self._planning.predicted_debts() else None,
            "why": self._why(),
        }

    def _call(self, live: Live, operators: Mapping[Any, str]) -> Told:
        call = live.call
        stage, since = stage_of(call, listens=self._calls.listening.listens(live.attempt, call))
        return {
            "call": live.attempt,
            "stage": stage.value,
            "since": _text(since or live.claimed_at),
            "began": _text(live.claimed_at),
            "answerer": call.answerer.value if call.answerer else None,
            "group": self._calls.desks.floor.groups.of_debt(live.debt),
            "operator": operators.get(live.attempt),
        }


def _operator(desk: Desk) -> Told:
    return {
        "phone": desk.phone,
        "state": desk.state.value,
        "since": _text(desk.changed_at),
        "seat": desk.seat.value if desk.seat else None,
        "account": desk.account,
        "leg": desk.leg_state.value,
        "call": desk.attempt or desk.wrapping,
        "preview": desk.preview.case if desk.preview else None,
        "pause": desk.pause_reason.value if desk.pause_reason else None,
        "wrap_up_until": _text(desk.wrap_up_until),
        "on_hold": desk.on_hold,
        "muted": desk.muted,
        "help": desk.help,
        "consulting": desk.consulting,
        "leaving": desk.leaving,
        "listens_to": desk.listens_to,
        "listens_how": desk.listens_how.value if desk.listens_how else None,
    }


def _caller(present: Present, places: Mapping[Any, int], operators: Mapping[Any, str]) -> Told:
    one, call = present.one, present.call_id
    stage, since = stage_of_caller(one)
    return {
        "call": call,
        "stage": stage.value,
        "since": _text(since),
        "began": _text(one.call.placed_at),
        "group": one.group,
        "rank": one.rank,
        "place": places.get(call),
        "operator": operators.get(call),
    }


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
