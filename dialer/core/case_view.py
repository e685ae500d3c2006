"""All that a desk shows of a case, as values, and the JSON of it that may leave the server.

Until the talker's identity is confirmed no amount leaves: neither arrears nor promises, nor what operators noted, nor
the columns of the city's list, nor the steps of the script behind the identity step. The page asks again afterwards.
"""

from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date, datetime
from typing import Any

from dialer.core.script import FilledScript, NoScript
from dialer.core.talk_results import Json, TalkResult
from dialer.core.values import TOKYO


@dataclass(frozen=True, slots=True)
class Named:
    """A choice of the form, or a cell of the city's list."""

    key: str
    name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PersonShown:
    id: int
    address_key: str  # 宛名番号
    name: str = field(repr=False)
    kana: str = field(repr=False)
    household: str | None = None
    others_in_household: int = 0  # people with cases of the same household
    language: str = "ja"
    language_name: str = "日本語"
    identifying: tuple[Named, ...] = field(default=(), repr=False)  # birthday, address: as the list has them


@dataclass(frozen=True, slots=True)
class PersonWarning:
    """What must be known before the first word."""

    kind: str
    name: str
    note: str
    since: datetime
    by: str
    holds_calls: bool


@dataclass(frozen=True, slots=True)
class ItemShown:
    name: str | None
    year: str | None
    term: str | None
    due_on: date | None
    yen: int | None


@dataclass(frozen=True, slots=True)
class DebtShown:
    case: int
    debt: str
    name: str
    department: str
    state: str
    state_name: str
    reason: str
    round_first: date
    round_last: date
    debtor_class: str | None
    yen: int
    items: tuple[ItemShown, ...] = ()
    is_this: bool = False
    is_owed: bool = True  # part of the total: asked for by a list that is in force
    in_this_call: bool = False  # the call is for it too
    imported: tuple[tuple[Named, ...], ...] = field(default=(), repr=False)  # the list's rows, as they were


@dataclass(frozen=True, slots=True)
class NumberShown:
    id: int
    number: str = field(repr=False)
    place: int = 1  # 番号1, as reasons name it
    type: str = "fixed"
    type_name: str = "固定電話"
    state: str = "open"
    state_name: str = ""
    why: str = ""
    source: str = "list"
    source_name: str = ""
    obtained_on: date | None = None
    counted: int = 0
    last_at: datetime | None = None
    last_result: str | None = None
    best_time: str | None = None  # 平日夜間（3回中2回つながりました）
    is_called: bool = False  # by the call that is shown


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One thing that happened to the person, in words; `what` never names an amount."""

    at: datetime
    kind: str  # attempt, talk, caller, callback, stop, paid, decision, previous_round, sms, letter
    what: str
    debt: str | None
    place: int | None = None  # of the number
    by: str | None = None
    promise_yen: int | None = None
    note: str = field(default="", repr=False)
    attempt: str | None = None
    result: str | None = None  # key in the result list
    corrected: int = 0  # so many entries before the one that counts
    of_this_case: bool = True
    has_recording: bool = False


@dataclass(frozen=True, slots=True)
class ChoiceShown:
    """What a person may decide (C-047)."""

    key: str
    name: str
    clause: str


@dataclass(frozen=True, slots=True)
class StandingShown:
    state: str
    state_name: str
    reason: str
    clause: str
    next_call: str | None
    may_call_now: bool
    why_now: str
    why_now_clause: str
    choices: tuple[ChoiceShown, ...] = ()
    promise_until: date | None = None
    contacted: bool = False


@dataclass(frozen=True, slots=True)
class CallShown:
    """The call that the view was made for."""

    attempt: str  # its id, also of one that came in
    number_place: int | None
    number: str = field(repr=False)
    caller_id: str = ""
    phone: str | None = None
    began: datetime | None = None
    joined_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: str | None = None
    outcome_name: str | None = None
    direction: str = "attempt"  # or inbound: caller_id is then the city's number that was dialled
    number_given: str | None = "given"  # or withheld, unusable; none: not known yet
    matches: int | None = None  # so many persons have the caller's number


@dataclass(frozen=True, slots=True)
class RecordShown:
    """A result that was entered for the attempt; the last one counts."""

    number: int
    at: datetime
    by: str
    result: str
    name: str
    talker: str
    identity_confirmed: bool | None
    note: str = field(repr=False)
    promise_day: date | None = None
    promise_yen: int | None = None
    promise_way: str | None = None
    appointment_at: datetime | None = None
    department: str | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class FormShown:
    """What the result form needs beside the list of results."""

    results: tuple[TalkResult, ...]
    ways: tuple[Named, ...]
    relations: tuple[Named, ...]
    identity: tuple[Named, ...]
    departments: tuple[Named, ...]
    note_longest: int
    promise_first: date
    promise_last: date | None  # none: as far as the person wants
    appointment_minutes: int
    appointment_last: date  # the round's last day


@dataclass(frozen=True, slots=True)
class CaseView:
    city: str
    city_name: str
    case: int
    made_at: datetime
    person: PersonShown
    warnings: tuple[PersonWarning, ...]
    debts: tuple[DebtShown, ...]
    numbers: tuple[NumberShown, ...]
    standing: StandingShown
    history: tuple[HistoryLine, ...]
    form: FormShown
    script: FilledScript | NoScript
    call: CallShown | None = None
    records: tuple[RecordShown, ...] = ()
    happened: int = 0  # so many things have happened to the case: what whoever decides it is to tell

    @property
    def total_yen(self) -> int:
        return sum(debt.yen for debt in self.debts if debt.is_owed)

    @property
    def this(self) -> DebtShown:
        return next(debt for debt in self.debts if debt.is_this)

    @property
    def expected_number(self) -> int:
        """What `save_result` is to be told: so many results the page has seen."""
        return len(self.records)


GATED: dict[type, tuple[str, ...]] = {
    DebtShown: ("yen", "items", "imported"),
    HistoryLine: ("promise_yen", "note"),
    RecordShown: ("promise_yen", "note", "why"),
}
"""What may hold an amount: null until the talker's identity is confirmed."""


def as_json(view: CaseView, *, amounts: bool) -> Json:
    """The view's fields by their names; moments in Tokyo. `amounts`: the talker's identity has been confirmed."""
    told = {one.name: _plain(getattr(view, one.name), amounts) for one in fields(view)}
    totals = {"total_yen": view.total_yen if amounts else None, "expected_number": view.expected_number}
    return {**told, **totals, "amounts": amounts}


def _plain(value: object, amounts: bool) -> object:
    match value:
        case FilledScript():
            return value.as_json(amounts=amounts)
        case NoScript(reason):
            return {"key": None, "why": reason, "steps": []}
        case TalkResult():
            return value.as_json()
        case datetime():
            return value.astimezone(TOKYO).isoformat(timespec="seconds")
        case date():
            return value.isoformat()
        case tuple():
            return [_plain(one, amounts) for one in value]
        case _ if is_dataclass(value) and not isinstance(value, type):
            return _fields(value, amounts)
    return value


def _fields(value: Any, amounts: bool) -> Json:
    hidden = () if amounts else GATED.get(type(value), ())
    told = {one.name: _plain(getattr(value, one.name), amounts) for one in fields(value)}
    return {**told, **dict.fromkeys(hidden)}
