"""By which of the readers a layout is read."""

from collections.abc import Callable
from typing import Any

from dialer.core.layout import LayoutKind
from dialer.lists.cases import ReadList, read_cases, read_people
from dialer.lists.orders import read_payments, read_results, read_stops

READERS: dict[LayoutKind, Callable[..., ReadList[Any]]] = {
    LayoutKind.CASES: read_cases,
    LayoutKind.PEOPLE: read_people,
    LayoutKind.PAYMENTS: read_payments,
    LayoutKind.STOPS: read_stops,
    LayoutKind.HISTORY: read_results,
}
