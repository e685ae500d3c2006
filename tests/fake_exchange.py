"""The inside of the tiny exchange: channels, bridges, and what is told of them."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from dialer.core import events as heard
from dialer.core.events import ChannelEvent, ChannelId
from dialer.core.values import Ear
from dialer.ports import Clock, Outgoing, SwitchNotReady

ROOMS = ("idle", "departments")
"""Bridges in which one waits and hears nobody."""


@dataclass(slots=True)
class Channel:
    call: Outgoing
    name: str
    state: str = "Down"
    bridge: str | None = None
    application: str = ""
    muted: bool = False
    digits: str = ""  # sent to its far end
    chimed: int = 0
    variables: dict[str, str] = field(default_factory=dict)  # set since it is up
    timers: list[asyncio.TimerHandle] = field(default_factory=list)


class FakeExchange:
    """Who shares a `bridge` hears each other; a person without one who is in `BackGround` hears music."""

    def __init__(self, inbox: "asyncio.Queue[object]", clock: Clock) -> None:
        self.inboxes, self._clock = [inbox], clock
        self.up: dict[ChannelId, Channel] = {}
        self.written: dict[ChannelId, list[ChannelEvent]] = {}
        self.connected = True
        self.bridger_first = False  # as a rule whoever waited is there first
        self.listening: dict[str, tuple[str, Ear]] = {}  # a supervisor's leg to an operator's
        self._bridges = 0

    def _meet(self, one: Channel, other: Channel) -> None:
        """Bridge() of the first with the second, wherever that was."""
        self._leaves(one)
        self._leaves(other)
        self._bridges += 1
        one.application, one.bridge = "Bridge", f"talk-{self._bridges}"
        other.bridge = one.bridge
        came = [one, other] if self.bridger_first else [other, one]
        for count, channel in enumerate(came, start=1):
            self._tell(heard.BridgeEntered(channel.call.channel, self._clock.now(), one.bridge, count))

    def _leaves(self, channel: Channel) -> None:
        if channel.bridge not in ROOMS:
            self._alone(channel)
        channel.bridge = None

    def _alone(self, channel: Channel) -> None:
        """Taken out of its bridge; an operator who was there waits again."""
        bridge, channel.bridge = channel.bridge, None
        for other in [one for one in self.up.values() if one.bridge == bridge is not None]:
            if other.call.context == "operator":
                self._waits(other)

    def _held(self, channel: Channel) -> None:
        channel.application, channel.bridge = "BackGround", None
        self._tell(heard.Held(channel.call.channel, self._clock.now()))

    def _waits_for_person(self, channel: Channel) -> None:
        channel.application, channel.bridge = "BridgeWait", "departments"
        self._tell(heard.BridgeEntered(channel.call.channel, self._clock.now(), "departments", 1))
        self._after(channel, 5.0, lambda one: self._gone(one, 16, None) if one.bridge == "departments" else None)

    def _waits(self, channel: Channel) -> None:
        channel.application, channel.bridge, channel.muted = "BridgeWait", "idle", False
        self._tell(heard.OperatorWaiting(channel.call.channel, self._clock.now()))

    def _gone(self, channel: Channel, cause: int, code: int | None, *, by_far_end: bool = False) -> None:
        now, id_ = self._clock.now(), channel.call.channel
        for timer in channel.timers:
            timer.cancel()
        if self.up.pop(id_, None) is None:
            return
        if by_far_end:
            self._tell(heard.FarEndHungUp(id_, now))
        for other in [one for one in self.up.values() if one.bridge == channel.bridge not in (None, *ROOMS)]:
            if other.call.context == "operator":
                self._waits(other)
            elif "-web-" in channel.name and other.call.context == "customer":
                self._held(other)  # Bridge() returned: the dialplan waits for the page's next leg
            else:  # or ends the call
                self._gone(other, 16, None)
        self._tell(heard.HungUp(id_, now, cause, code))
        self.listening.pop(channel.name, None)
        for other in [one for one in self.up.values() if self.listening.get(one.name, ("",))[0] == channel.name]:
            del self.listening[other.name]
            self._waits(other)

    def _tell(self, event: ChannelEvent) -> None:
        """Asterisk writes its own record whether we are connected or not."""
        by_the_dialplan = heard.OperatorWaiting | heard.Held | heard.TransferMissed | heard.CallerArrived
        of_callers = heard.CallerWaits | heard.CallerTold | heard.CallerWished | heard.CallerOverflows
        unseen = heard.RingingStarted | by_the_dialplan | of_callers
        if not isinstance(event, unseen):
            self.written.setdefault(event.channel, []).append(event)
        if self.connected:
            self._tell_all(event)

    def _tell_all(self, item: object) -> None:
        for inbox in self.inboxes:
            inbox.put_nowait(item)

    def _after(self, channel: Channel, seconds: float, step: Callable[[Channel], None]) -> None:
        channel.timers.append(asyncio.get_running_loop().call_later(seconds, step, channel))

    def _asked(self, name: str) -> Channel | None:
        if not self.connected:
            raise SwitchNotReady("link down")
        return self._named(name)

    def _named(self, name: str) -> Channel | None:
        return next((one for one in self.up.values() if one.name == name), None)
