"""A municipality's profile as values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from itertools import chain

from dialer.core.calendar.due import DueRule
from dialer.core.calendar.rules import CityCalendar
from dialer.core.calendar.values import Hours, MonthDay
from dialer.core.groups import EVERY_NAME, GroupChoice, Groups
from dialer.core.layout import Layout
from dialer.core.log_keeping import LogRules
from dialer.core.passwords import PasswordRules
from dialer.core.plan.values import PlanRules
from dialer.core.recording_rules import RecordingRules
from dialer.core.rules.completion import CompletionRules
from dialer.core.talk_results import TalkRules
from dialer.core.values import Clause, PhoneNumber
from dialer.core.warning_values import WarningRules


class Purpose(StrEnum):
    """What a call of a debt kind is for. Only reminders enter the figures of reminding (C-005)."""

    REMINDER = "reminder"
    FILING = "filing"  # 申告勧奨: people who have not filed an income return
    WITHDRAWAL = "withdrawal"  # 資格喪失手続勧奨: people probably insured elsewhere


@dataclass(frozen=True, slots=True)
class DebtKind:
    key: str
    name: str
    department: str
    caller_id: PhoneNumber  # shown on every call of this kind, and where calls come back (T-004)
    group: str  # debts with one number and one group of operators: tax, insurance
    purpose: Purpose = Purpose.REMINDER


@dataclass(frozen=True, slots=True)
class Department:
    """Whom calls and cases can be handed over to (C-062)."""

    key: str
    name: str
    number: PhoneNumber  # over the external line (T-015)
    debts: tuple[str, ...] = ()  # none: of every debt kind
    hours: Hours | None = None  # on open days of the city hall; none: nobody has said, so it is never taken for closed


@dataclass(frozen=True, slots=True)
class Lines:
    outbound: int | None  # at most so many at once on the city's number; None: the trunk decides
    inbound: int | None
    separate: bool  # outbound never takes an inbound line (T-007)
    at_least: int = 1  # fewer lines than these do not fulfil the tender (T-005)
    clause: Clause = ""


class Overflow(StrEnum):
    """What becomes of a caller who has waited for long."""

    WISH = "wish"  # may ask to be called back
    MESSAGE = "message"  # is told that nobody can come, and the call ends
    TRANSFER = "transfer"  # a department is called for them; when it does not answer, they wait on
    NONE = "none"  # waits on


class CallerClass(StrEnum):
    """Who may come before others in the waiting line. One caller can be of several."""

    LEFT_ALONE = "left_alone"  # by our call or in our line today, and not talked to since
    CALLED_BACK = "called_back"  # asked to be called back, or for a time today, and was not called yet
    CALLED = "called"  # by us, these last days
    KNOWN = "known"  # has a case, of whatever state


@dataclass(frozen=True, slots=True)
class InboundNumber:
    """A number that people call besides those that are shown (T-008)."""

    number: PhoneNumber
    group: str


@dataclass(frozen=True, slots=True)
class InboundRules:
    """People who call us."""

    clause: Clause = ""
    numbers: tuple[InboundNumber, ...] = ()
    ring_seconds: float = 1.0  # it rings so long before we answer: the case opens on a desk meanwhile
    places: int = 10  # in the waiting line of one number
    first: tuple[CallerClass, ...] = (CallerClass.LEFT_ALONE,)  # come before all others, in this order
    full_is_told: bool = True  # else whoever finds no place hears the busy tone
    announce_seconds: float = 30.0  # between two announcements of the place in line
    overflow: Overflow = Overflow.WISH
    overflow_after_seconds: float = 120.0
    overflow_to: str | None = None  # a department, by its key
    longest_wait_minutes: float = 15.0
    has_guide: bool = False  # outside the hours: the menu, else the notice


@dataclass(frozen=True, slots=True)
class Interpreting:
    """A language besides Japanese that some days can be served in (C-070)."""

    language: str  # ISO 639-1
    name: str
    debts: tuple[str, ...]
    days_a_month: int  # at least
    clause: Clause


class Measure(StrEnum):
    """What a target counts. Rates are shares of one, all else is a number."""

    CONTACT_RATE = "contact_rate"
    CONSENT_RATE = "consent_rate"
    ANSWER_RATE = "answer_rate"
    FIRST_CONTACT_RATE = "first_contact_rate"  # 一次完了率
    CALLS = "calls"
    EVENING_CALLS = "evening_calls"
    HOLIDAY_CALLS = "holiday_calls"
    CASES = "cases"
    SMS = "sms"
    ANSWERED = "answered"
    PLEDGES = "pledges"
    PLEDGED_YEN = "pledged_yen"


class TargetPer(StrEnum):
    """The time over which a target is counted."""

    ROUND = "round"
    MONTH = "month"
    FISCAL_YEAR = "fiscal_year"
    CONTRACT_YEAR = "contract_year"
    OPERATION = "operation"  # the whole contract


@dataclass(frozen=True, slots=True)
class Target:
    """What the tender wants to be reached: a rate or a count."""

    name: str
    clause: Clause
    measure: Measure
    at_least: float
    per: TargetPer = TargetPer.ROUND
    debts: tuple[str, ...] = ()  # none: of the city as a whole
    between: tuple[MonthDay, MonthDay] | None = None  # only what lies between these days of a year counts


@dataclass(frozen=True, slots=True)
class City:
    key: str
    name: str
    debts: tuple[DebtKind, ...]
    languages: tuple[str, ...]  # besides Japanese, as ISO 639-1; details in `interpreting`
    lines: Lines
    calendar: CityCalendar
    dues: tuple[DueRule, ...]
    rules: CompletionRules
    plan: PlanRules
    targets: tuple[Target, ...]
    layouts: tuple[Layout, ...]
    classes: Mapping[str, str] = field(default_factory=dict)  # of debtors, key to name (C-003)
    interpreting: tuple[Interpreting, ...] = ()
    departments: tuple[Department, ...] = ()
    talk: TalkRules = field(default_factory=TalkRules, repr=False)  # long, and of no use in a log
    inbound: InboundRules = field(default_factory=InboundRules)
    warnings: WarningRules = field(default_factory=WarningRules)
    log: LogRules = field(default_factory=LogRules)
    passwords: PasswordRules = field(default_factory=PasswordRules)
    recordings: RecordingRules = field(default_factory=RecordingRules)
    group_names: Mapping[str, str] = field(default_factory=dict)  # of groups of debts, where the profile names them

    def debt(self, key: str) -> DebtKind | None:
        return next((debt for debt in self.debts if debt.key == key), None)

    def group_called(self, number: str) -> str | None:
        """Whose number it is; None: nobody has set it up."""
        shown = (debt.group for debt in self.debts if debt.caller_id == number)
        besides = (one.group for one in self.inbound.numbers if one.number == number)
        return next(chain(shown, besides), None)

    @property
    def numbers_called(self) -> tuple[PhoneNumber, ...]:
        """All that people may call."""
        besides = (one.number for one in self.inbound.numbers)
        return tuple(dict.fromkeys(chain((debt.caller_id for debt in self.debts), besides)))

    def debts_of(self, group: str) -> tuple[DebtKind, ...]:
        return tuple(debt for debt in self.debts if debt.group == group)

    def group_of(self, debt: str | None) -> str | None:
        """None: no debt kind of this city."""
        return next((one.group for one in self.debts if one.key == debt), None)

    @property
    def groups(self) -> tuple[str, ...]:
        """Of debts with one number, in the order of the profile."""
        return tuple(dict.fromkeys(debt.group for debt in self.debts))

    def grouped(self, choices: Iterable[GroupChoice]) -> Groups:
        """Its operators, as chosen."""
        return Groups.of_choices({debt.key: debt.group for debt in self.debts}, choices)

    def group_name(self, group: str | None) -> str:
        """As people read it; none: of every debt kind."""
        if group is None:
            return EVERY_NAME
        return self.group_names.get(group) or "・".join(debt.name for debt in self.debts_of(group)) or group

    def department(self, key: str) -> Department | None:
        return next((one for one in self.departments if one.key == key), None)

    def departments_of(self, debt: str) -> tuple[Department, ...]:
        return tuple(one for one in self.departments if not one.debts or debt in one.debts)

    def target_of(self, measure: Measure, day: date) -> float | None:
        """One for a part of the year stands before the one for all of it."""
        found = [one for one in self.targets if one.measure is measure]
        parts = [(one, one.between) for one in found if one.between]
        here = [one for one, (first, last) in parts if first.of(day.year) <= day <= last.of(day.year)]
        always = [one for one in found if one.between is None]
        return next((one.at_least for one in (*here, *always)), None)

    def layout(self, key: str) -> Layout | None:
        return next((layout for layout in self.layouts if layout.key == key), None)
