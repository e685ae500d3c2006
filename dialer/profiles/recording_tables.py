"""`[recordings]`: whether talks are recorded, how long that is kept, and how much has to fit."""

from typing import Annotated

from pydantic import Field

from dialer.core.recording_rules import RecordingRules
from dialer.profiles.parts import Source, Table


class RecordingTable(Table):
    clause: Source
    on: bool
    keep_days: Annotated[int, Field(ge=1, le=3660)] | None = None
    recorders: Annotated[int, Field(ge=1, le=1000)] | None = None
    hours_each: Annotated[float, Field(ge=1, le=10_000)]
    own_talks: bool

    def value(self) -> RecordingRules:
        return RecordingRules(self.on, self.keep_days, self.recorders, self.hours_each, self.own_talks, self.clause)
