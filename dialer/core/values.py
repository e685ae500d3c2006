"""The words of the glossary as types: ids, states and outcomes. Same words in Python, SQL, log and screen."""

from datetime import datetime
from enum import StrEnum
from typing import NewType
from zoneinfo import ZoneInfo

TOKYO = ZoneInfo("Asia/Tokyo")


def to_the_minute(moment: datetime | None) -> str:
    """As people read it, in Japan: 2026-12-01 09:30. Nothing for none."""
    return f"{moment.astimezone(TOKYO):%Y-%m-%d %H:%M}" if moment else ""


Clause = str  # where a tender says it: 000 §10(4)ア

CallId = NewType("CallId", str)  # a uuid, of a call in either direction; also its ChannelId
AttemptId = CallId  # of a call that we place
CaseId = NewType("CaseId", int)
PhoneNumber = NewType("PhoneNumber", str)  # national digits, 0258001234; personal: never logged unmasked


class CaseState(StrEnum):
    OPEN = "open"
    COMPLETE = "complete"  # the city's rule says no further call
    ESCALATED = "escalated"  # handed over to the city
    STOPPED = "stopped"  # the city asked for it
    PAID = "paid"


class Mode(StrEnum):
    """How the cases of a debt kind are called."""

    PROGRESSIVE = "progressive"  # the engine dials for each free operator
    PREDICTIVE = "predictive"  # it also dials for operators who will probably be free when somebody answers
    PREVIEW = "preview"  # an operator sees the case first, and dials or skips it
    PAUSED = "paused"  # not at all

    @property
    def dials_by_itself(self) -> bool:
        return self in (Mode.PROGRESSIVE, Mode.PREDICTIVE)


MODE_NAMES: dict[Mode, str] = {
    Mode.PROGRESSIVE: "自動発信",
    Mode.PREDICTIVE: "予測発信",
    Mode.PREVIEW: "プレビュー発信",
    Mode.PAUSED: "休止",
}


class Ear(StrEnum):
    """How a supervisor takes part in a talk."""

    LISTEN = "listen"  # hears both, is heard by nobody
    WHISPER = "whisper"  # is heard by the operator
    JOIN = "join"  # is heard by both


class Lead(StrEnum):
    """One engine leads a city."""

    LEADS = "leads"
    UNSURE = "unsure"  # the store cannot be asked: nothing is started, and what is up is looked after
    STANDS_BY = "stands_by"  # another engine leads


class NumberState(StrEnum):
    """Of a telephone number within one case. Dead is so for everybody."""

    OPEN = "open"
    EXHAUSTED = "exhausted"  # called as often as the city asks
    DEAD = "dead"  # not in use, removed, another home or a fax line: never dialled again
    COMPLETE = "complete"  # finished by another rule: two calls, or the person lives elsewhere


class OperatorState(StrEnum):
    OFFLINE = "offline"
    CONNECTING = "connecting"  # the audio leg is being brought up
    PAUSED = "paused"  # gets no call until the operator says so
    FREE = "free"
    RESERVED = "reserved"  # a person answered, the join is under way; or the operator's own call rings
    TALKING = "talking"
    WRAP_UP = "wrap_up"


class PauseReason(StrEnum):
    SIGNED_IN = "signed_in"  # has just taken the seat
    LEG_LOST = "leg_lost"
    PAGE_GONE = "page_gone"  # closed, locked, asleep: nobody would see who is on the line
    BREAK = "break"
    MEAL = "meal"
    TRAINING = "training"
    MEETING = "meeting"
    WORK = "work"
    OTHER = "other"

    @property
    def may_be_ordered(self) -> bool:
        """By a desk; of the others only the engine knows."""
        return self not in (PauseReason.SIGNED_IN, PauseReason.LEG_LOST)


PAUSE_NAMES = {
    PauseReason.SIGNED_IN: "受付前",
    PauseReason.LEG_LOST: "通話の切断",
    PauseReason.PAGE_GONE: "画面から離席",
    PauseReason.BREAK: "休憩",
    PauseReason.MEAL: "食事",
    PauseReason.TRAINING: "研修",
    PauseReason.MEETING: "打合せ",
    PauseReason.WORK: "事務作業",
    PauseReason.OTHER: "その他",
}


class Seat(StrEnum):
    """What an operator hears and speaks through."""

    BROWSER = "browser"
    PHONE = "phone"


class LegState(StrEnum):
    """Of an operator's audio leg."""

    NONE = "none"  # nobody sits there
    COMING = "coming"
    UP = "up"
    LOST = "lost"  # tried again by itself


class Outcome(StrEnum):
    """How an attempt ended. Exactly one per attempt."""

    TALKED = "talked"  # joined to an operator
    ABANDONED = "abandoned"  # answered, met no operator; heard the apology
    HUNG_UP_EARLY = "hung_up_early"  # before an operator could be joined
    MACHINE = "machine"  # a voicemail; whether the message was left stands in the evidence
    SCREENED = "screened"  # a device asked who calls, and no person came
    FAX = "fax"
    NO_ANSWER = "no_answer"  # rang at least the required seconds (T-016)
    SHORT_RING = "short_ring"  # ended before the required seconds of ringing
    BUSY = "busy"
    NOT_IN_USE = "not_in_use"
    NUMBER_CHANGED = "number_changed"
    UNPAID = "unpaid"  # stopped, mostly because a bill is unpaid; only the announcement says so
    REJECTED = "rejected"
    BARRED = "barred"  # the network forbids the call
    OFF_OR_OUT_OF_AREA = "off_or_out_of_area"
    UNREACHABLE = "unreachable"  # no user responding, out of order
    UNCLEAR_REFUSAL = "unclear_refusal"  # the code says nothing; an announcement would (the ear)
    NETWORK_ERROR = "network_error"  # never blamed on the number
    INVALID_NUMBER = "invalid_number"
    NOT_PLACED = "not_placed"  # surely never reached the network
    WITHDRAWN = "withdrawn"  # while it rang: the city stopped the case, payment came, or a caller took the operator
    LOST = "lost"  # the exchange died during the call; what the person heard is not known


OUTCOME_NAMES: dict[Outcome, str] = {
    Outcome.TALKED: "通話",
    Outcome.ABANDONED: "放棄",
    Outcome.HUNG_UP_EARLY: "応答後すぐ切断",
    Outcome.MACHINE: "留守番電話",
    Outcome.SCREENED: "自動応答（応答者なし）",
    Outcome.FAX: "ＦＡＸ",
    Outcome.NO_ANSWER: "応答なし",
    Outcome.SHORT_RING: "呼出不足",
    Outcome.BUSY: "話中",
    Outcome.NOT_IN_USE: "欠番",
    Outcome.NUMBER_CHANGED: "番号変更",
    Outcome.UNPAID: "利用停止",
    Outcome.REJECTED: "着信拒否",
    Outcome.BARRED: "発信規制",
    Outcome.OFF_OR_OUT_OF_AREA: "電源断・圏外",
    Outcome.UNREACHABLE: "接続不能",
    Outcome.UNCLEAR_REFUSAL: "理由不明の不接続",
    Outcome.NETWORK_ERROR: "回線輻輳・網障害",
    Outcome.INVALID_NUMBER: "番号不正",
    Outcome.NOT_PLACED: "未発信",
    Outcome.WITHDRAWN: "架電取りやめ",
    Outcome.LOST: "不明",
}
"""As screens and reports name them."""


CASE_STATE_NAMES: dict[CaseState, str] = {
    CaseState.OPEN: "継続",
    CaseState.COMPLETE: "業務完了",
    CaseState.ESCALATED: "市へ引継ぎ",
    CaseState.STOPPED: "架電停止",
    CaseState.PAID: "納付済み",
}


class EndedBy(StrEnum):
    FAR_END = "far_end"
    US = "us"
    OPERATOR = "operator"
    UNKNOWN = "unknown"
