"""Operators' audio legs: called when somebody takes a seat, kept up, called again when lost."""

import asyncio
import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial

import structlog

from dialer.core.auto_answer import AUTO_ANSWER
from dialer.core.events import ChannelCreated, ChannelEvent, ChannelId, DialEnded, HungUp, OperatorWaiting
from dialer.core.floor import Desk
from dialer.core.values import LegState, Seat
from dialer.ports import Accepted, ChannelUp, Outgoing, Switch, SwitchNotReady
from dialer.tasks import Tasks

log = structlog.get_logger()

LEG_TIMEOUT_SECONDS = 10.0
LEG_RETRY_SECONDS = 2.0
LEG_CONTEXTS = ("operator", "monitor")  # of the dialplan: in the waiting room, and hearing somebody


@dataclass(frozen=True, slots=True)
class Told:
    """To whom the legs tell what became of them."""

    has: Callable[[Desk], bool]  # False: another engine has these operators now
    changed: Callable[[Desk], None]
    up: Callable[[Desk], None]
    lost: Callable[[Desk], None]


class Legs:
    def __init__(self, switch: Switch, tasks: Tasks, told: Told) -> None:
        self._switch, self._tasks, self._told = switch, tasks, told
        self._unwanted: set[ChannelId] = set()  # put down, and not gone yet
        self._strays: set[ChannelId] = set()  # of an engine that was killed before it had written them down

    def bring_up(self, desk: Desk) -> None:
        if not self._told.has(desk) or desk.seat is None or desk.leg is not None:
            return
        desk.leg, desk.leg_state = ChannelId(str(uuid.uuid4())), LegState.COMING
        self._told.changed(desk)
        self._tasks.spawn(self._call(desk, desk.leg, desk.seat))

    def put_down(self, desk: Desk) -> None:
        """Nobody needs it any more."""
        if desk.leg is not None:
            self._unwanted.add(desk.leg)
        if desk.channel is not None:
            self._tasks.spawn(self._end(desk.channel))
        desk.leg = desk.channel = None
        desk.leg_state = LegState.NONE

    def lose(self, desk: Desk) -> None:
        """It is called again in a moment: a page that was reloaded is soon back."""
        desk.leg = desk.channel = None
        desk.leg_state = LegState.LOST
        self._told.lost(desk)
        self._tasks.later(LEG_RETRY_SECONDS, partial(self.bring_up, desk))

    def heard(self, desk: Desk | None, event: ChannelEvent) -> None:
        match event:
            case ChannelCreated(channel=channel, name=name) if channel in self._unwanted:
                self._tasks.spawn(self._end(name))
            case HungUp(channel=channel) if channel in self._unwanted:
                self._unwanted.discard(channel)
            case ChannelCreated(name=name) if desk is not None:
                desk.channel = name
            case OperatorWaiting() if desk is not None and desk.leg_state is LegState.COMING:
                self._is_up(desk)
            case HungUp() | DialEnded(answered=False) if desk is not None:
                self.lose(desk)
            case _:
                pass

    def look(self, desk: Desk, channels: Mapping[ChannelId, ChannelUp]) -> None:
        """Legs are where Asterisk says they are."""
        up = channels.get(desk.leg) if desk.leg else None
        if up is not None:
            desk.channel = up.name
            if desk.leg_state is LegState.COMING and up.bridge:
                self._is_up(desk)
        elif desk.leg_state is LegState.UP:
            self.lose(desk)

    def end_unwanted(self, channels: Mapping[ChannelId, ChannelUp]) -> None:
        """Those that could not be ended when they were put down: the link was away."""
        self._unwanted &= channels.keys()
        for leg in self._unwanted:
            self._tasks.spawn(self._end(channels[leg].name))

    def end_strays(
        self, desks: Collection[Desk], channels: Mapping[ChannelId, ChannelUp], talks: Collection[ChannelId]
    ) -> None:
        """Legs to our telephones that no desk knows, in two looks one after the other: the list may be older than what
        was heard since. Whoever talks through one talks on.
        """
        ours = {desk.leg for desk in desks}
        telephones = {f"PJSIP/{desk.phone}{way}" for desk in desks for way in ("", "-web")}
        unknown = {
            leg
            for leg, up in channels.items()
            if up.context in LEG_CONTEXTS and up.name.rpartition("-")[0] in telephones and leg not in ours
        } - set(talks)
        for leg in unknown & self._strays:
            log.warning("stray leg ended", leg=leg)
            self._tasks.spawn(self._end(channels[leg].name))
        self._strays = unknown

    def _is_up(self, desk: Desk) -> None:
        desk.leg_state = LegState.UP
        self._told.up(desk)

    def chime(self, desk: Desk) -> None:
        """A page plays its own."""
        if desk.channel is not None and desk.seat is Seat.PHONE:
            self._tasks.spawn(self._chime(desk.channel))

    async def _chime(self, channel: str) -> None:
        try:
            await self._switch.chime(channel)
        except SwitchNotReady as away:
            log.warning("cannot chime", why=str(away))

    async def _call(self, desk: Desk, leg: ChannelId, seat: Seat) -> None:
        web = seat is Seat.BROWSER
        endpoint, variables = f"PJSIP/{desk.phone}{'-web' if web else ''}", {} if web else dict(AUTO_ANSWER)
        outgoing = Outgoing(leg, endpoint, "operator", "wait", None, LEG_TIMEOUT_SECONDS, variables)
        result = await self._switch.start(outgoing)
        if not isinstance(result, Accepted):
            log.warning("operator's phone could not be called", phone=desk.phone, why=result.why)
            self._tasks.post(partial(self._call_failed, desk, leg))
            return
        await asyncio.sleep(LEG_TIMEOUT_SECONDS + LEG_RETRY_SECONDS)
        self._tasks.post(partial(self._call_failed, desk, leg))

    def _call_failed(self, desk: Desk, leg: ChannelId) -> None:
        """Also the net under an accepted call of which nothing more was heard."""
        if self._told.has(desk) and desk.leg == leg and desk.leg_state is LegState.COMING:
            self.lose(desk)

    async def _end(self, channel: str) -> None:
        try:
            await self._switch.end(channel)
        except SwitchNotReady as away:
            log.warning("cannot end a leg", why=str(away))
