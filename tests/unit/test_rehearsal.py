"""The rules of a rehearsal: the same city at any hour."""

from datetime import datetime

import pytest

from dialer.core.calendar.days import CalendarView
from dialer.core.decide import KnownCase, Rulebook, decide
from dialer.core.plan.slots import SlotTable
from dialer.core.rehearsal import always_open
from dialer.core.rules.happenings import CaseHistory, Round
from dialer.core.values import CaseId, PhoneNumber
from dialer.profiles import cities, load_city
from tests.books import HOLIDAYS


@pytest.mark.parametrize("key", cities())
@pytest.mark.parametrize("at", ["2026-11-28T03:00", "2026-11-29T12:00", "2027-01-01T23:30", "2026-11-25T10:00"])
def test_in_a_rehearsal_a_fresh_case_is_called_at_once_at_any_hour_of_any_day(key: str, at: str) -> None:
    city = always_open(load_city(key))
    book = Rulebook(city, CalendarView(city.calendar, HOLIDAYS), SlotTable.empty(city.plan))
    now = datetime.fromisoformat(f"{at}+09:00")
    debt = city.debts[0].key
    assert book.calendar.calls_at(now, debt).is_open
    rounds = book.calendar.period_of(now.date(), debt)
    assert rounds is not None
    case = CaseHistory(key, CaseId(1), Round(rounds.first, rounds.last), (PhoneNumber("0258001234"),), debt=debt)
    assert decide(KnownCase(case), book, now).may_call(now)
