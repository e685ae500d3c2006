"""`[inbound]`: people who call us, and the numbers besides those that are shown."""

from typing import Annotated, Literal

from pydantic import Field

from dialer.core.city import CallerClass, InboundNumber, InboundRules, Overflow
from dialer.core.values import PhoneNumber
from dialer.profiles.parts import Key, Source, Table


class InboundNumberTable(Table):
    number: Annotated[str, Field(pattern=r"^0\d{9,10}$")]
    group: Key

    def value(self) -> InboundNumber:
        return InboundNumber(PhoneNumber(self.number), self.group)


class InboundTable(Table):
    clause: Source
    number: tuple[InboundNumberTable, ...] = ()
    ring_seconds: Annotated[float, Field(ge=0, le=10)]
    places: Annotated[int, Field(ge=0, le=500)]
    first: tuple[CallerClass, ...]
    full: Literal["notice", "busy"]
    announce_seconds: Annotated[float, Field(ge=10, le=600)]
    overflow: Overflow
    overflow_to: Key | None = None
    overflow_after_seconds: Annotated[float, Field(ge=5, le=3600)]
    longest_wait_minutes: Annotated[float, Field(gt=0, le=120)]
    outside: Literal["notice", "guide"]

    def value(self) -> InboundRules:
        return InboundRules(
            clause=self.clause,
            numbers=tuple(one.value() for one in self.number),
            ring_seconds=self.ring_seconds,
            places=self.places,
            first=self.first,
            full_is_told=self.full == "notice",
            announce_seconds=self.announce_seconds,
            overflow=self.overflow,
            overflow_to=self.overflow_to,
            overflow_after_seconds=self.overflow_after_seconds,
            longest_wait_minutes=self.longest_wait_minutes,
            has_guide=self.outside == "guide",
        )
