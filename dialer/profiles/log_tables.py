"""`[log]`: for how long the logs of operations and sign-ins are kept, and what use of the system is unusual."""

from typing import Annotated, Literal

from pydantic import Field

from dialer.core.log_keeping import LogRules
from dialer.core.unusual import Thresholds
from dialer.profiles.parts import Source, Table

Count = Annotated[int, Field(ge=1, le=100_000)]


class UnusualTable(Table):
    views_an_hour: Count
    views_a_day: Count
    refused_a_day: Count
    tries_a_day: Count
    margin_minutes: Annotated[int, Field(ge=0, le=720)]

    def value(self) -> Thresholds:
        return Thresholds(
            self.views_an_hour, self.views_a_day, self.refused_a_day, self.tries_a_day, self.margin_minutes
        )


class LogTable(Table):
    clause: Source
    keep_years: Annotated[int, Field(ge=1, le=30)] | None = None
    counted_from: Literal["contract_end", "entry"]
    unusual: UnusualTable

    def value(self) -> LogRules:
        return LogRules(self.keep_years, self.counted_from == "contract_end", self.clause, self.unusual.value())
