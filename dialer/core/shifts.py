"""What operators did with their day: from what they ordered at their seats and from their talks.

An operator is at work while ready for calls, in a talk, or with its result; a pause that is asked for in a talk begins
after it. Who was at the seat before the day began is at work from the first order on: nothing is guessed before it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from dialer.core.orders import OrderKind

OF_ATTENDANCE = (
    *(OrderKind.TAKE_SEAT, OrderKind.LEAVE_SEAT, OrderKind.READY, OrderKind.PAUSE),
    *(OrderKind.GIVE_BREAK, OrderKind.FREE_SEAT),  # by a supervisor
)
NO_TIME = timedelta()

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class SeatOrder:
    """Carried out."""

    phone: str
    kind: OrderKind
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Talked:
    account: str
    joined_at: datetime
    ended_at: datetime | None  # None: it goes on
    noted_at: datetime | None = None  # when its first result was in


@dataclass(frozen=True, slots=True)
class Shift:
    """Of one operator."""

    talks: tuple[Span, ...] = ()  # each that is over
    wrap_ups: tuple[Span, ...] = ()
    busy: tuple[Span, ...] = ()  # with any of these, or in a talk that goes on; as all that follows without overlap
    at_work: tuple[Span, ...] = ()  # none where nothing is known of the seat
    pauses: tuple[Span, ...] = ()


@dataclass(slots=True)
class _Seat:
    account: str | None = None
    ready: bool = False
    since: datetime | None = None


@dataclass(slots=True)
class _Attendance:
    ready: list[Span] = field(default_factory=list)
    paused: list[Span] = field(default_factory=list)
    left: list[datetime] = field(default_factory=list)


def shifts(orders: Sequence[SeatOrder], talks: Iterable[Talked], until: datetime) -> Mapping[str, Shift]:
    """By account. `until`: the end of the day, or now; orders in the order in which they were given."""
    attended = _attendance(orders, until)
    by_account: dict[str, list[Talked]] = {}
    for talk in talks:
        by_account.setdefault(talk.account, []).append(talk)
    return {
        account: _shift(by_account.get(account, []), attended.get(account), until)
        for account in sorted(attended.keys() | by_account.keys())
    }


def _attendance(orders: Sequence[SeatOrder], until: datetime) -> dict[str, _Attendance]:
    seats: dict[str, _Seat] = {}
    found: dict[str, _Attendance] = {}
    for order in orders:
        seat = seats.setdefault(order.phone, _Seat())
        if order.kind is OrderKind.READY and seat.account is None:
            seat.account = order.by  # was there before the day began
        _close(seat, order.at, found)
        match order.kind:
            case OrderKind.TAKE_SEAT:
                seats[order.phone] = _Seat(order.by, ready=False, since=order.at)
            case OrderKind.LEAVE_SEAT | OrderKind.FREE_SEAT:
                if seat.account is not None:
                    found.setdefault(seat.account, _Attendance()).left.append(order.at)
                seats[order.phone] = _Seat()
            case _ if seat.account is not None:
                seat.ready, seat.since = order.kind is OrderKind.READY, order.at
    for seat in seats.values():
        _close(seat, until, found)
    return found


def _close(seat: _Seat, at: datetime, found: dict[str, _Attendance]) -> None:
    if seat.account is not None and seat.since is not None and seat.since < at:
        attended = found.setdefault(seat.account, _Attendance())
        (attended.ready if seat.ready else attended.paused).append((seat.since, at))


def _shift(talks: Sequence[Talked], attended: _Attendance | None, until: datetime) -> Shift:
    talks = sorted(talks, key=lambda talk: talk.joined_at)
    left = attended.left if attended is not None else []
    over = tuple((talk.joined_at, talk.ended_at) for talk in talks if talk.ended_at is not None)
    going_on = ((talk.joined_at, until) for talk in talks if talk.ended_at is None)
    wrapped = tuple(span for span in _wrap_ups(talks, left, until) if span[0] < span[1])
    busy = merged((*over, *going_on, *wrapped))
    if attended is None:
        return Shift(over, wrapped, busy)
    return Shift(over, wrapped, busy, merged((*attended.ready, *busy)), without(merged(attended.paused), busy))


def _wrap_ups(talks: Sequence[Talked], left: Sequence[datetime], until: datetime) -> Iterable[Span]:
    """From the end of a talk to its result, unless the next talk or the end at the seat came before."""
    for talk, following in pairwise((*talks, None)):
        if talk is None or talk.ended_at is None:
            continue
        ended = talk.ended_at
        ends = [until, *(at for at in left if at >= ended)]
        ends += [talk.noted_at] if talk.noted_at is not None else []
        ends += [following.joined_at] if following is not None else []
        yield ended, min(ends)


# --- spans


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """In their order, without overlap; empty ones are left out."""
    found: list[Span] = []
    for first, last in sorted(span for span in spans if span[0] < span[1]):
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return tuple(found)


def without(spans: Sequence[Span], taken: Sequence[Span]) -> tuple[Span, ...]:
    """What the others leave of these; both without overlaps and in order."""
    found: list[Span] = []
    for first, last in spans:
        for begins, ends in taken:
            if ends <= first or begins >= last:
                continue
            if first < begins:
                found.append((first, begins))
            first = max(first, ends)
        if first < last:
            found.append((first, last))
    return tuple(found)


def lasting(spans: Iterable[Span]) -> timedelta:
    return sum((last - first for first, last in spans), NO_TIME)


def utilisation(found: Iterable[Shift]) -> float | None:
    """How much of their time at work operators talk or note what was said. None while nobody is at work."""
    known = [shift for shift in found if shift.at_work]
    at_work = sum((lasting(shift.at_work) for shift in known), NO_TIME)
    busy = sum((lasting(shift.busy) for shift in known), NO_TIME)
    return busy / at_work if at_work else None


def utilisation_by_part(found: Iterable[Shift], begins: datetime, part: timedelta) -> Mapping[int, float]:
    """The same for each part of the day, by its place after that moment; of those in which anybody is at work."""
    known = [shift for shift in found if shift.at_work]
    at_work = _in_parts((span for shift in known for span in shift.at_work), begins, part)
    busy = _in_parts((span for shift in known for span in shift.busy), begins, part)
    return {place: busy.get(place, NO_TIME) / lasted for place, lasted in at_work.items()}


def _in_parts(spans: Iterable[Span], begins: datetime, part: timedelta) -> Mapping[int, timedelta]:
    """How much of the spans lies in each part; each span is looked at once."""
    found: dict[int, timedelta] = {}
    for first, last in spans:
        while first < last:
            place = (first - begins) // part
            ends = min(last, begins + (place + 1) * part)
            found[place] = found.get(place, NO_TIME) + (ends - first)
            first = ends
    return found
