"""What can happen to a case, as values: attempts, talks, callbacks, orders of the city, decisions of people."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Self

from dialer.core.person_flags import FlagKind
from dialer.core.values import TOKYO, CaseId, PhoneNumber


class Result(StrEnum):
    """How one dial ended, as far as the rules of completion tell endings apart."""

    NO_ANSWER = "no_answer"
    BUSY = "busy"
    MACHINE = "machine"
    FAX = "fax"
    NOT_IN_USE = "not_in_use"
    OTHER_HOME = "other_home"
    REMOVED = "removed"
    UNPAID = "unpaid"
    OFF_OR_OUT_OF_AREA = "off_or_out_of_area"
    REJECTED = "rejected"
    NETWORK_ERROR = "network_error"
    SHORT_RING = "short_ring"
    HUNG_UP_EARLY = "hung_up_early"
    ABANDONED = "abandoned"
    UNCLEAR = "unclear"  # refused in a way that names no cause
    LOST = "lost"  # the exchange died: what the person heard is not known
    TALKED = "talked"


RESULT_NAMES: dict[Result, str] = {
    Result.NO_ANSWER: "応答なし",
    Result.BUSY: "話し中",
    Result.MACHINE: "留守番電話",
    Result.FAX: "ＦＡＸ",
    Result.NOT_IN_USE: "欠番",
    Result.OTHER_HOME: "他人宅",
    Result.REMOVED: "電話取り外し",
    Result.UNPAID: "料金未払等で通話不能",
    Result.OFF_OR_OUT_OF_AREA: "電源断・圏外",
    Result.REJECTED: "着信拒否",
    Result.NETWORK_ERROR: "網の障害",
    Result.SHORT_RING: "呼出時間不足",
    Result.HUNG_UP_EARLY: "応答後すぐ切断",
    Result.ABANDONED: "応答されたが担当者につながらず",
    Result.UNCLEAR: "理由不明の不接続",
    Result.LOST: "記録の途切れ",
    Result.TALKED: "通話",
}


class Talker(StrEnum):
    SELF = "self"
    SAME_HOUSEHOLD = "same_household"
    OTHER = "other"
    UNKNOWN = "unknown"


TALKER_NAMES: dict[Talker, str] = {
    Talker.SELF: "本人",
    Talker.SAME_HOUSEHOLD: "同一世帯員",
    Talker.OTHER: "他の人",
    Talker.UNKNOWN: "相手不明",
}


class Script(StrEnum):
    COMPLETED = "completed"
    PARTIAL = "partial"
    NONE = "none"


class Judgement(StrEnum):
    """What a person decided where the tender says "may"; the engine never decides these (C-047)."""

    DECLINED = "declined"
    AWAY = "away"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Promise:
    day: date
    yen: int


@dataclass(frozen=True, slots=True)
class Talk:
    talker: Talker
    script: Script = Script.NONE
    identity_confirmed: bool | None = None  # None: not recorded. Neither yes nor no may be read into it
    offered_to_hear: bool = False
    absent: bool = False
    home_at: datetime | None = None
    absent_all_period: bool = False
    not_living_there: bool = False
    new_number: PhoneNumber | None = None
    declined: bool = False
    other_home: bool = False  # the number is another household's
    handed_over: bool = False  # the city goes on with it: instalments, refusal, a lawyer, hardship (C-062)
    promise: Promise | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    at: datetime
    number: int  # index into the numbers of the case, in the order in which they became known
    result: Result
    ring_seconds: float | None = None
    message_left: bool = False
    talk: Talk | None = None  # exactly when the result is TALKED


@dataclass(frozen=True, slots=True)
class Callback:
    at: datetime
    talk: Talk


@dataclass(frozen=True, slots=True)
class Stop:
    at: datetime
    flag: FlagKind | None = None  # for as long as this warning holds; none: the city ordered it, once and for all


@dataclass(frozen=True, slots=True)
class FlagLifted:
    """The warning holds no longer, and what it had stopped is as if it had never been there."""

    at: datetime
    flag: FlagKind


@dataclass(frozen=True, slots=True)
class Paid:
    at: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    at: datetime
    complete: Judgement
    reason: str = field(default="", repr=False)  # what whoever decided wrote


@dataclass(frozen=True, slots=True)
class PreviousRound:
    """The last result of a number in the round before; the city sends it with the list (D-012)."""

    at: datetime
    number: int
    result: Result


Happening = Attempt | Callback | Stop | FlagLifted | Paid | Decision | PreviousRound


@dataclass(frozen=True, slots=True)
class Round:
    first: date
    last: date
    excluded: frozenset[date] = frozenset()

    def holds(self, moment: datetime) -> bool:
        """Whether calls may be made on that day as far as the round decides; hours are the calendar's matter."""
        day = moment.astimezone(TOKYO).date()
        return self.first <= day <= self.last and day not in self.excluded


ORDER = (PreviousRound, Attempt, Callback, Decision, Paid, Stop, FlagLifted)


def in_order(happening: Happening) -> tuple[bool, datetime, int, str]:
    """By time; earlier rounds first whenever they were imported. Ties are broken by what happened, never by arrival."""
    earlier_round = isinstance(happening, PreviousRound)
    return not earlier_round, happening.at, ORDER.index(type(happening)), repr(happening)


@dataclass(frozen=True, slots=True)
class CaseHistory:
    """All that is known of a case in a round. Keeps itself in order, so a late import lands where it belongs."""

    city: str
    case: CaseId | str
    round: Round
    numbers: tuple[PhoneNumber, ...] = field(repr=False)
    happenings: tuple[Happening, ...] = ()
    debt: str | None = None
    debtor_class: str | None = None
    language: str | None = None
    dead: frozenset[int] = frozenset()  # numbers that a call for somebody else found unusable

    @property
    def ordered(self) -> tuple[Happening, ...]:
        return tuple(sorted(self.happenings, key=in_order))

    def and_then(self, *more: Happening) -> Self:
        return replace(self, happenings=(*self.happenings, *more))
