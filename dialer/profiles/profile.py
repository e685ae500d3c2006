"""A whole profile, and the City that it says."""

from typing import Annotated

from pydantic import Field

from dialer.core.city import City, DebtKind, Interpreting, Lines, Measure, Purpose, Target, TargetPer
from dialer.core.values import PhoneNumber
from dialer.profiles.calendar_tables import CalendarTable
from dialer.profiles.due_tables import DueTable
from dialer.profiles.inbound_tables import InboundTable
from dialer.profiles.layout_tables import LayoutTable
from dialer.profiles.log_tables import LogTable
from dialer.profiles.parts import Key, MonthDayField, Source, Table, Words
from dialer.profiles.password_tables import PasswordTable
from dialer.profiles.plan_tables import PlanTable
from dialer.profiles.recording_tables import RecordingTable
from dialer.profiles.rule_tables import CompletionTable, ContactTable, SmsTable
from dialer.profiles.talk_tables import DepartmentTable, ResultTable, TalkTable
from dialer.profiles.warning_tables import WarningTable

Channels = Annotated[int, Field(ge=1, le=1000)]


class DebtTable(Table):
    key: Key
    name: Words
    department: Words
    caller_id: Annotated[str, Field(pattern=r"^0\d{9,10}$")]
    group: Key
    purpose: Purpose = Purpose.REMINDER

    def value(self) -> DebtKind:
        return DebtKind(self.key, self.name, self.department, PhoneNumber(self.caller_id), self.group, self.purpose)


class LinesTable(Table):
    outbound: Channels | None = None
    inbound: Channels | None = None
    separate: bool = False
    at_least: Channels = 1
    clause: Source

    def value(self) -> Lines:
        return Lines(self.outbound, self.inbound, self.separate, self.at_least, self.clause)


class InterpretingTable(Table):
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")]
    name: Words
    debts: tuple[Key, ...]
    days_a_month: Annotated[int, Field(ge=1, le=31)]
    clause: Source

    def value(self) -> Interpreting:
        return Interpreting(self.language, self.name, self.debts, self.days_a_month, self.clause)


class TargetTable(Table):
    name: Words
    clause: Source
    measure: Measure
    at_least: Annotated[float, Field(gt=0)]
    per: TargetPer
    debts: tuple[Key, ...] = ()
    between: tuple[MonthDayField, MonthDayField] | None = None

    def value(self) -> Target:
        return Target(self.name, self.clause, self.measure, self.at_least, self.per, self.debts, self.between)


class ClassTable(Table):
    key: Key
    name: Words


class GroupTable(Table):
    key: Key
    name: Words


class Profile(Table):
    name: Words
    debt: Annotated[tuple[DebtTable, ...], Field(min_length=1)]
    group: tuple[GroupTable, ...] = ()
    debtor_class: tuple[ClassTable, ...] = ()
    interpreting: tuple[InterpretingTable, ...] = ()
    lines: LinesTable
    inbound: InboundTable
    calendar: CalendarTable
    due: tuple[DueTable, ...] = ()
    completion: CompletionTable
    contact: ContactTable
    sms: SmsTable | None = None
    plan: PlanTable
    target: tuple[TargetTable, ...] = ()
    layout: tuple[LayoutTable, ...] = ()
    department: tuple[DepartmentTable, ...] = ()
    warnings: WarningTable = WarningTable()
    talk: TalkTable
    log: LogTable
    password: PasswordTable
    recordings: RecordingTable
    result: Annotated[dict[Key, ResultTable], Field(min_length=1)]

    def value(self, key: str) -> City:
        return City(
            key=key,
            name=self.name,
            debts=tuple(debt.value() for debt in self.debt),
            languages=tuple(dict.fromkeys(one.language for one in self.interpreting)),
            lines=self.lines.value(),
            inbound=self.inbound.value(),
            calendar=self.calendar.value(self.name),
            dues=tuple(due.value() for due in self.due),
            rules=self.completion.value(key, self.contact, self.sms),
            plan=self.plan.value(),
            targets=tuple(target.value() for target in self.target),
            layouts=tuple(layout.value() for layout in self.layout),
            classes={one.key: one.name for one in self.debtor_class},
            group_names={one.key: one.name for one in self.group},
            interpreting=tuple(one.value() for one in self.interpreting),
            departments=tuple(one.value() for one in self.department),
            talk=self.talk.value(self.result, self.completion.clauses.value()),
            warnings=self.warnings.value(),
            log=self.log.value(),
            passwords=self.password.value(),
            recordings=self.recordings.value(),
        )
