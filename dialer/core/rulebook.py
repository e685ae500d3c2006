"""All that decisions go by."""

from dataclasses import dataclass, field
from datetime import datetime

from dialer.core.calendar.days import CalendarView
from dialer.core.city import City
from dialer.core.groups import Groups
from dialer.core.modes import Modes
from dialer.core.plan.days import OpenDays
from dialer.core.plan.slots import SlotTable


@dataclass(frozen=True, slots=True)
class Rulebook:
    """All that decisions go by, replaced as a whole: what changes holds from the next decision on."""

    city: City
    calendar: CalendarView
    slots: SlotTable
    days: OpenDays = field(init=False, repr=False, compare=False)  # the calendar's, remembered
    modes: Modes = field(default_factory=Modes)
    groups: Groups = field(default_factory=Groups)  # of operators
    read_at: datetime | None = field(default=None, compare=False)  # when the profile in force was read

    def __post_init__(self) -> None:
        object.__setattr__(self, "days", OpenDays(self.calendar, self.city.plan.bands))
