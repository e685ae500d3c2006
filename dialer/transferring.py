"""Handing a person over to a department of the city, over the external line (T-014, T-015).

The person waits with music from the first moment on. The department's call is stored with the attempt, then dialled;
what it shows is the number of the person's debt (T-004). Blind: whoever answers has the person at once. Attended: the
operator speaks first, then completes or takes the person back. Whatever fails, and whoever hangs up, the person is back
with the operator, who stays in the talk until the person and the department are in one bridge.

    WRITING ── stored ──► CALLING ── answered, blind ─────────────────────────► JOINING ── in one bridge ──► handed over
                             └────── answered, attended ──► MEETING ──► TALKING ── complete ──► PARTING ──► JOINING
"""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import structlog

from dialer.core import events as heard
from dialer.core.call import Call
from dialer.core.city import Department
from dialer.core.events import ChannelEvent, ChannelId
from dialer.core.transfers import Consult, Stage, belongs_to
from dialer.core.values import AttemptId, PhoneNumber
from dialer.journal import Journal
from dialer.ports import Accepted, ChannelUp, Clock, Outgoing, StartResult, Switch, SwitchNotReady
from dialer.tasks import Tasks

log = structlog.get_logger()

STORED_WITHIN_SECONDS = 5.0  # the person waits: no longer for the database than for a department
RING_SECONDS = 40.0
BACKSTOP_SECONDS = 5.0  # after Asterisk's own time-out
GHOST_SECONDS = 0.2
MISSES = 2  # looks in a row without its channel

BUSY_CAUSE, NO_ANSWER_CAUSE = 17, 19  # Q.850
NOBODY = "転送先が応答しませんでした"
CANCELLED = "担当者が転送を取り消しました"
OPERATOR_CAME = "担当者が先に応対できるようになりました"


@dataclass(frozen=True, slots=True)
class Outside:
    """What is known of the way to the departments."""

    department: Callable[[str], Department | None]  # of the city, by its key
    shown: Callable[[AttemptId], PhoneNumber | None]  # the number that the attempt showed
    dial: Callable[[ChannelId, PhoneNumber, PhoneNumber], Outgoing]  # id, whom, shown: as the trunk wants it
    has_line: Callable[[], bool]  # of the trunk, for one more call
    overflow_to: Callable[[], str | None]  # the department for callers who have waited for long


@dataclass(frozen=True, slots=True)
class TransferSteps:
    """What Talks can do for a transfer."""

    call: Callable[[AttemptId], Call | None]
    leg: Callable[[AttemptId], str | None]  # the operator's channel, while it is up
    say: Callable[[ChannelEvent], None]  # as if it had been heard of the person's channel
    consulting: Callable[[AttemptId, str | None], None]  # shown at the desk
    take_back: Callable[[AttemptId], None]
    handed_over: Callable[[AttemptId], None]


class Transfers:
    def __init__(
        self, outside: Outside, steps: TransferSteps, *, switch: Switch, journal: Journal, clock: Clock, tasks: Tasks
    ) -> None:
        self._outside, self._steps = outside, steps
        self._switch, self._journal, self._clock, self._tasks = switch, journal, clock, tasks
        self._under_way: dict[AttemptId, Consult] = {}
        self._there: set[AttemptId] = set()  # persons who are with a department now

    @property
    def lines(self) -> int:
        """Of the trunk, besides those of the persons."""
        return sum(one.stage is not Stage.WRITING for one in self._under_way.values()) + len(self._there)

    def of(self, attempt: AttemptId) -> Consult | None:
        return self._under_way.get(attempt)

    def forget(self) -> None:
        self._under_way.clear()
        self._there.clear()

    # --- what the operator wants; None: it is done, else why not

    def begin(self, attempt: AttemptId, call: Call, key: str, *, attended: bool) -> str | None:
        """The person is on the way to the music already."""
        department = self._outside.department(key)
        if department is None:
            return "この転送先は登録されていません"
        if attempt in self._under_way:
            return "転送の手続き中です"
        if not self._outside.has_line():
            return "回線がすべて使用中です。空いてからもう一度操作してください"
        if self._outside.shown(attempt) is None:
            return "この通話で通知した番号が分からないため、転送できません"
        number = max((one.number for one in call.transfers), default=0) + 1
        consult = self._under_way[attempt] = Consult(attempt, number, department, attended)
        self._steps.consulting(attempt, department.key)
        self._say(consult, partial(heard.TransferOrdered, number=number, department=department.key, attended=attended))

        async def stored() -> None:
            """Written after the events before it: TransferOrdered is in the store."""
            self._tasks.post(partial(self._dial, consult))

        self._journal.write(stored)
        self._later(consult, STORED_WITHIN_SECONDS, Stage.WRITING, "記録を保存できないため、転送できませんでした")
        return None

    def complete(self, attempt: AttemptId) -> str | None:
        consult = self._under_way.get(attempt)
        if consult is None or consult.stage is not Stage.TALKING or consult.name is None or consult.person_gone:
            return "転送先と話しているときだけ完了できます"
        consult.stage = Stage.PARTING
        self._order(consult, self._switch.part(consult.name))
        return None

    def cancel(self, attempt: AttemptId) -> str | None:
        consult = self._under_way.get(attempt)
        if consult is None:
            return "転送の手続き中ではありません"
        if consult.stage in (Stage.PARTING, Stage.JOINING):
            return "もう転送先につながるところです"
        self._fail(consult, CANCELLED)
        return None

    def operator_came(self, call: AttemptId) -> None:
        """For a caller who waits; a department that has answered has the caller all the same."""
        consult = self._under_way.get(call)
        if consult is not None and consult.stage is not Stage.JOINING:
            self._fail(consult, OPERATOR_CAME, take_back=False)

    # --- what happens

    def heard(self, attempt: AttemptId, event: ChannelEvent) -> None:
        """Of a department's channel."""
        consult = self._under_way.get(attempt)
        if consult is None or consult.channel != event.channel:
            if isinstance(event, heard.ChannelCreated):  # it was taken back before Asterisk had begun it
                self._end(event.name)
            return
        match event:
            case heard.ChannelCreated(name=name):
                consult.name = name
            case heard.Answered():
                self._answered(consult)
            case heard.BridgeEntered(bridge=bridge):
                consult.bridge = bridge
                self._entered(consult)
            case heard.FarEndHungUp():
                self._tasks.later(GHOST_SECONDS, partial(self._lay_ghost, consult))
            case heard.HungUp(cause=cause):
                self._gone(consult, cause)
            case heard.DialEnded(answered=False) if consult.name is None:
                self._gone(consult, None)
            case _:
                pass

    def person_entered(self, attempt: AttemptId, bridge: str) -> bool:
        """The person is in a bridge with somebody. True when a transfer has to do with it."""
        consult = self._under_way.get(attempt)
        if consult is None or consult.stage is not Stage.JOINING:
            return False
        consult.persons_bridge = bridge
        self._met(consult)
        return True

    def operator_entered(self, attempt: AttemptId, bridge: str) -> None:
        consult = self._under_way.get(attempt)
        if consult is not None:
            consult.operators_bridge = bridge
            if consult.stage is Stage.MEETING:
                self._entered(consult)

    def person_missed(self, attempt: AttemptId) -> None:
        """Bridge() with the department returned at once."""
        consult = self._under_way.get(attempt)
        if consult is not None and consult.stage is Stage.JOINING:
            self._fail(consult, "転送先が電話を切りました")

    def person_gone(self, attempt: AttemptId) -> None:
        """Whoever speaks with the department then tells it so, and hangs up; every other call to it ends."""
        self._there.discard(attempt)
        consult = self._under_way.get(attempt)
        if consult is None:
            return
        if consult.stage is Stage.TALKING:
            consult.person_gone = True
            return
        del self._under_way[attempt]
        self._end(consult.name)

    def operator_gone(self, attempt: AttemptId) -> None:
        """Who is to be handed over blind needs no operator; else nobody would be there for the department."""
        consult = self._under_way.get(attempt)
        if consult is None or consult.stage in (Stage.PARTING, Stage.JOINING):
            return
        if consult.attended:
            self._fail(consult, "担当者の音声が切れました")

    # --- after a time in which nothing was heard

    def look(
        self, attempt: AttemptId, call: Call, channels: Mapping[ChannelId, ChannelUp], leg: ChannelId | None
    ) -> None:
        """Of a person who is up: what is there of calls to departments, and what is missing."""
        up = {number: one for one in channels.values() if (number := _number(one.channel, attempt)) is not None}
        person, desk = channels.get(ChannelId(attempt)), channels.get(leg) if leg else None
        for number, one in up.items():
            if person is not None and person.bridge is not None and person.bridge == one.bridge:
                self._found_there(attempt, number, call)
                up = {other: theirs for other, theirs in up.items() if other != number}
                break
        consult = self._under_way.get(attempt)
        if consult is None and attempt not in self._there and up and (call.is_held or call.joined_at is None):
            consult = self._adopted(attempt, call, up, desk)
        if consult is not None:
            self._checked(consult, up.get(consult.number), desk)

    def _found_there(self, attempt: AttemptId, number: int, call: Call) -> None:
        consult = self._under_way.pop(attempt, None)
        if consult is not None and consult.number != number:
            self._end(consult.name)
        if call.transferred != number:
            self._steps.say(heard.Transferred(ChannelId(attempt), self._clock.now(), number))
        if attempt not in self._there:
            self._there.add(attempt)
            self._steps.handed_over(attempt)

    def _adopted(
        self, attempt: AttemptId, call: Call, up: Mapping[int, ChannelUp], desk: ChannelUp | None
    ) -> Consult | None:
        """Of an engine before us: who speaks with a department goes on; any other call to one ends, and Talks sees to
        the person."""
        number, one = max(up.items())
        ordered = next((ordered for ordered in call.transfers if ordered.number == number), None)
        department = self._outside.department(ordered.department) if ordered else None
        if desk is not None and desk.bridge is not None and desk.bridge == one.bridge and department is not None:
            consult = Consult(attempt, number, department, attended=True, stage=Stage.TALKING, name=one.name)
            self._under_way[attempt] = consult
            self._steps.consulting(attempt, department.key)
            return consult
        for one in up.values():
            self._end(one.name)
        return None

    def _checked(self, consult: Consult, up: ChannelUp | None, desk: ChannelUp | None) -> None:
        if consult.stage is Stage.WRITING:
            return
        with_operator = up is not None and desk is not None and desk.bridge is not None and desk.bridge == up.bridge
        not_parted = with_operator and consult.stage is Stage.PARTING  # the order broke off with the link
        consult.missing = consult.missing + 1 if up is None or not_parted else 0
        if consult.missing >= MISSES and not_parted:
            consult.stage = Stage.TALKING
        elif consult.missing >= MISSES:
            self._gone(consult, None)
        if up is None:
            return
        consult.name = up.name
        if up.state == "Up" and consult.stage is Stage.CALLING:
            self._answered(consult)
        elif with_operator and consult.stage is Stage.MEETING:
            consult.stage = Stage.TALKING

    # --- one step each

    def _dial(self, consult: Consult) -> None:
        shown = self._outside.shown(consult.attempt)
        if not self._is(consult, Stage.WRITING) or shown is None:
            return
        consult.stage = Stage.CALLING
        call = self._outside.dial(consult.channel, consult.department.number, shown)
        self._tasks.spawn(self._start(consult, call))
        self._later(consult, call.timeout_seconds + BACKSTOP_SECONDS, Stage.CALLING, NOBODY)

    async def _start(self, consult: Consult, call: Outgoing) -> None:
        result = await self._switch.start(call)
        if not isinstance(result, Accepted):
            self._tasks.post(partial(self._not_dialled, consult, result))

    def _not_dialled(self, consult: Consult, result: StartResult) -> None:
        """Also when nobody knows: should it ring after all, it is ended as soon as it is heard of."""
        assert not isinstance(result, Accepted)
        log.warning("department not called", attempt_id=consult.attempt, why=result.why)
        if self._is(consult, Stage.CALLING):
            self._fail(consult, "転送先に発信できませんでした")

    def _answered(self, consult: Consult) -> None:
        call, leg = self._steps.call(consult.attempt), self._steps.leg(consult.attempt)
        if consult.stage is not Stage.CALLING or call is None or call.name is None or consult.name is None:
            return
        if not consult.attended:
            self._hand_over(consult, call.name)
        elif leg is None:
            self._fail(consult, "担当者の音声が切れました")
        else:
            consult.stage = Stage.MEETING
            self._order(consult, self._switch.consult(consult.name, leg))

    def _entered(self, consult: Consult) -> None:
        """Who enters first, and how many wait in the department's waiting room, is chance: only equal bridges count."""
        if consult.stage is Stage.MEETING and consult.bridge == consult.operators_bridge:
            consult.stage = Stage.TALKING
        elif consult.stage is Stage.PARTING:
            call = self._steps.call(consult.attempt)
            if call is not None and call.name is not None:
                self._hand_over(consult, call.name)
        elif consult.stage is Stage.JOINING:
            self._met(consult)

    def _hand_over(self, consult: Consult, person: str) -> None:
        assert consult.name is not None  # it has answered
        consult.stage, consult.persons_bridge = Stage.JOINING, None
        self._order(consult, self._switch.hand_over(person, consult.name))

    def _met(self, consult: Consult) -> None:
        """Both in one bridge: the only proof."""
        if consult.persons_bridge is None or consult.persons_bridge != consult.bridge:
            return
        attempt = consult.attempt
        del self._under_way[attempt]
        self._there.add(attempt)
        log.info("handed over", attempt_id=attempt, department=consult.department.key, attended=consult.attended)
        self._say(consult, partial(heard.Transferred, number=consult.number))
        self._steps.consulting(attempt, None)
        self._steps.handed_over(attempt)

    def _gone(self, consult: Consult, cause: int | None) -> None:
        """The department's channel has ended, or never was."""
        if not self._has(consult):
            return
        consult.name = None
        if consult.stage is not Stage.CALLING:
            self._fail(consult, "転送先が電話を切りました")
        elif cause == BUSY_CAUSE:
            self._fail(consult, "転送先は話し中でした")
        else:
            self._fail(consult, NOBODY if cause == NO_ANSWER_CAUSE else "転送先につながりませんでした")

    def _fail(self, consult: Consult, why: str, *, take_back: bool = True) -> None:
        del self._under_way[consult.attempt]
        self._end(consult.name)
        log.info("not handed over", attempt_id=consult.attempt, department=consult.department.key, why=why)
        self._steps.consulting(consult.attempt, None)
        if consult.person_gone:
            return
        self._say(consult, partial(heard.TransferFailed, number=consult.number, why=why))
        if take_back:
            self._steps.take_back(consult.attempt)

    # ---

    def _order(self, consult: Consult, order: Coroutine[object, object, bool]) -> None:
        stage = consult.stage

        def failed() -> None:
            if self._is(consult, stage):
                self._fail(consult, "転送先が電話を切りました")

        self._tasks.order(consult.attempt, order, failed)

    def _later(self, consult: Consult, seconds: float, stage: Stage, why: str) -> None:
        """Unless it has gone on by then."""
        self._tasks.later(seconds, lambda: self._fail(consult, why) if self._is(consult, stage) else None)

    def _lay_ghost(self, consult: Consult) -> None:
        if self._has(consult):
            self._end(consult.name)

    def _has(self, consult: Consult) -> bool:
        return self._under_way.get(consult.attempt) is consult

    def _is(self, consult: Consult, stage: Stage) -> bool:
        return self._has(consult) and consult.stage is stage

    def _say(self, consult: Consult, event: Callable[[ChannelId, datetime], ChannelEvent]) -> None:
        self._steps.say(event(ChannelId(consult.attempt), self._clock.now()))

    def _end(self, name: str | None) -> None:
        if name is not None:
            self._tasks.spawn(self._ended(name))

    async def _ended(self, name: str) -> None:
        try:
            await self._switch.end(name)
        except SwitchNotReady as away:
            log.warning("cannot end", channel=name, why=str(away))


def _number(channel: ChannelId, attempt: AttemptId) -> int | None:
    found = belongs_to(channel)
    return found[1] if found is not None and found[0] == attempt else None
