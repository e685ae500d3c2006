"""Where a call goes that comes in, now or at any minute of a day to come."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from dialer.core.calendar.days import CalendarView
from dialer.core.calendar.openings import next_opening, opening_key
from dialer.core.callers import Route
from dialer.core.city import City
from dialer.core.messages import MessagePurpose
from dialer.core.offered import why_closed
from dialer.core.values import TOKYO
from dialer.core.variants import NO_OPENING, PLAIN

SoundAt = Callable[[str, MessagePurpose, datetime, str], str | None]
"""What may be said on a group's number for a purpose, at a moment, in a variant: its name."""

SPOKEN_FIRST = (Route.CLOSED, Route.WAITING, Route.GUIDE)  # with the city's own message before


def route_for(city: City, calendar: CalendarView, dialled: str, in_line: int, now: datetime) -> Route:
    """`in_line`: how many wait on that number, this call among them."""
    if city.group_called(dialled) is None:
        return Route.NOT_OURS
    if not calendar.inbound_at(now).is_open:
        return Route.GUIDE if city.inbound.has_guide else Route.CLOSED
    return Route.WAITING if in_line <= city.inbound.places else Route.FULL


def notice_for(city: City, calendar: CalendarView, sound: SoundAt, group: str, route: Route, now: datetime) -> str:
    """The sound with which a call of this route ends when nobody else speaks to it; empty: none."""
    match route:
        case Route.CLOSED | Route.GUIDE:
            opening = next_opening(calendar, now)
            purpose = MessagePurpose.GUIDE if route is Route.GUIDE else MessagePurpose.CLOSED
            return sound(group, purpose, now, opening_key(opening) if opening else NO_OPENING) or ""
        case Route.FULL if city.inbound.full_is_told:
            return sound(group, MessagePurpose.FULL, now, PLAIN) or ""
    return ""


def special_for(sound: SoundAt, group: str, route: Route, now: datetime) -> str:
    """What the city wants to be said first (I-004)."""
    return (sound(group, MessagePurpose.SPECIAL, now, PLAIN) or "") if route in SPOKEN_FIRST else ""


def overflow_is_there(city: City, calendar: CalendarView, now: datetime) -> bool:
    """Whether somebody is at the department for callers who have waited for long."""
    department = city.department(city.inbound.overflow_to or "")
    return department is not None and why_closed(calendar.office, department, now) is None


@dataclass(frozen=True, slots=True)
class DayPart:
    """From a minute of a day on, until the next part begins."""

    begins: time
    route: Route
    group: str
    notice: str
    special: str
    full: str  # said when no place is left; empty: the busy tone


def parts_of(
    city: City, calendar: CalendarView, sound: SoundAt, number: str, day: date, changes: Collection[datetime] = ()
) -> Iterator[DayPart]:
    """`changes`: when other texts may be said."""
    group = city.group_called(number) or ""
    for begins in _beginnings(calendar, day, changes):
        now = datetime.combine(day, begins, TOKYO)
        route = route_for(city, calendar, number, 0, now)
        yield DayPart(
            begins,
            route,
            group,
            notice=notice_for(city, calendar, sound, group, route, now),
            special=special_for(sound, group, route, now),
            full=notice_for(city, calendar, sound, group, Route.FULL, now),
        )


def _beginnings(calendar: CalendarView, day: date, changes: Collection[datetime]) -> list[time]:
    hours = calendar.day(day).inbound
    of_hours = [hours.opens, hours.closes] if hours else []
    local = [(moment + timedelta(seconds=59)).astimezone(TOKYO) for moment in changes]  # to whole minutes, not early
    of_texts = [moment.time().replace(second=0, microsecond=0) for moment in local if moment.date() == day]
    return sorted({time.min, *of_hours, *of_texts} - {time.max})
