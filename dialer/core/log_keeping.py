"""For how long logs are kept and what may go (X-009); and from where on their use is told as unusual."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from dialer.core.calendar.values import Period
from dialer.core.unusual import Thresholds
from dialer.core.values import Clause


@dataclass(frozen=True, slots=True)
class LogRules:
    keep_years: int | None = None  # none: for ever
    after_contract: bool = True  # counted from the end of the contract; else from the entry itself
    clause: Clause = ""
    unusual: Thresholds = field(default_factory=Thresholds)


def kept_from(rules: LogRules, contracts: Sequence[Period], today: date) -> date | None:
    """What was entered before this day may go. None: nothing may.

    A contract that has not ended keeps all; so does one whose end nobody knows.
    """
    if rules.keep_years is None:
        return None
    kept = years_before(today, rules.keep_years)
    if rules.after_contract and (not contracts or max(one.last for one in contracts) >= kept):
        return None
    return kept


def years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February
        return day.replace(year=day.year - years, day=28)
