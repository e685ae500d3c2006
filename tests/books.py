"""Small rulebooks for tests whose claim is not about a real city's calendar."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import time

from dialer.core.calendar.days import CalendarView
from dialer.core.calendar.rules import CityCalendar, Pattern
from dialer.core.calendar.values import DayClass, Hours
from dialer.core.decide import Rulebook
from dialer.core.groups import GroupChoice
from dialer.core.modes import ModeChoice, Modes
from dialer.core.plan.slots import SlotTable
from dialer.core.values import Mode, PhoneNumber
from dialer.holidays import national_holidays
from dialer.profiles import load_city
from tests.event_table import START

HOLIDAYS = national_holidays()


def weekdays(opens: time = time(9), closes: time = time(20)) -> Rulebook:
    """Nagaoka's rules, called from Monday to Friday all the year."""
    hours = Hours(opens, closes)
    calendar = CityCalendar(
        name="見本市",
        clause="見本",
        patterns=(Pattern("day", "平日", "見本", (DayClass.WEEKDAY,), hours, hours),),
        usual={DayClass.WEEKDAY: "day"},
        evening_from=time(17),
    )
    city = replace(load_city("nagaoka"), name="見本市", calendar=calendar)
    return Rulebook(city, CalendarView(calendar, HOLIDAYS), SlotTable.empty(city.plan))


def in_mode(book: Rulebook, mode: Mode) -> Rulebook:
    """Every debt kind."""
    return replace(book, modes=Modes(mode))


def of_two_debts(book: Rulebook, tax: Mode, insurance: Mode) -> Rulebook:
    """`city_tax` and `insurance`, each in its own mode."""
    city = book.city
    debts = (city.debts[0], replace(city.debts[0], key="insurance", name="国民健康保険料"))
    choices = [
        ModeChoice(debt, mode, "市の依頼", "user-1", START)
        for debt, mode in (("city_tax", tax), ("insurance", insurance))
    ]
    return replace(book, city=replace(city, debts=debts), modes=Modes.of_choices(Mode.PROGRESSIVE, choices))


def of_two_groups(book: Rulebook, operators: Mapping[str, str | None], mode: Mode = Mode.PROGRESSIVE) -> Rulebook:
    """`city_tax` and `insurance` with a number each; who of the operators takes which, by login and group."""
    two = of_two_debts(book, mode, mode)
    tax, insurance = two.city.debts
    insurance = replace(insurance, group="insurance", caller_id=PhoneNumber("0258009002"))
    return in_groups(replace(two, city=replace(two.city, debts=(tax, insurance))), operators)


def in_groups(book: Rulebook, operators: Mapping[str, str | None]) -> Rulebook:
    choices = [GroupChoice(account, group, "応援", "user-1", START) for account, group in operators.items()]
    return replace(book, groups=book.city.grouped(choices))


def always() -> Rulebook:
    """For calls at whatever hour the tests run."""
    hours = Hours(time.min, time.max)
    calendar = CityCalendar(
        name="見本市",
        clause="見本",
        patterns=(Pattern("day", "毎日", "見本", tuple(DayClass), hours, hours),),
        usual=dict.fromkeys(DayClass, "day"),
        evening_from=time(17),
    )
    city = replace(load_city("nagaoka"), name="見本市", calendar=calendar)
    return Rulebook(city, CalendarView(calendar, HOLIDAYS), SlotTable.empty(city.plan))
