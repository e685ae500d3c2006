"""`[warnings]`: from when on a supervisor is warned. What a city does not say is as usual."""

from typing import Annotated

from pydantic import Field

from dialer.core.warning_values import WarningRules
from dialer.profiles.parts import Table

USUAL = WarningRules()

Share = Annotated[float, Field(gt=0, le=1)]
Count = Annotated[int, Field(ge=1, le=10_000)]
Seconds = Annotated[float, Field(ge=5, le=7200)]
Minutes = Annotated[float, Field(ge=1, le=480)]
Hours = Annotated[float, Field(ge=0, le=10_000)]


class WarningTable(Table):
    answer_rate_calls: Count = USUAL.answer_rate_calls
    answer_rate_fall: Share = USUAL.answer_rate_fall
    answer_rate_minutes: Minutes = USUAL.answer_rate_minutes
    abandoned_persons: Count = USUAL.abandoned_persons
    abandoned_near: Share = USUAL.abandoned_near
    caller_wait_seconds: Seconds = USUAL.caller_wait_seconds
    hold_seconds: Seconds = USUAL.hold_seconds
    talk_minutes: Minutes = USUAL.talk_minutes
    wrap_up_seconds: Seconds = USUAL.wrap_up_seconds
    list_minutes: Minutes = USUAL.list_minutes
    quota_days: Annotated[int, Field(ge=0, le=366)] = USUAL.quota_days
    refused_share: Share = USUAL.refused_share
    refused_calls: Count = USUAL.refused_calls
    refused_minutes: Annotated[float, Field(ge=1, le=60)] = USUAL.refused_minutes
    disk_hours: Hours = USUAL.disk_hours
    disk_hours_left: Hours = USUAL.disk_hours_left
    disk_gb: Hours = USUAL.disk_gb
    disk_gb_left: Hours = USUAL.disk_gb_left
    recordings_near: Annotated[float, Field(ge=1, le=10)] = USUAL.recordings_near

    def value(self) -> WarningRules:
        return WarningRules(**self.model_dump())
