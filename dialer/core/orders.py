"""What an operator asks of the engine: kinds of orders, what each must carry, and how late it may come."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dialer.core.ear_events import Answerer
from dialer.core.values import AttemptId, CaseId, Ear, PauseReason, Seat


class OrderKind(StrEnum):
    TAKE_SEAT = "take_seat"
    LEAVE_SEAT = "leave_seat"
    READY = "ready"
    PAUSE = "pause"
    HANG_UP = "hang_up"
    HOLD = "hold"
    UNHOLD = "unhold"
    MUTE = "mute"
    UNMUTE = "unmute"
    DIGITS = "digits"
    CORRECT = "correct"
    EXTEND = "extend"
    FINISH = "finish"
    TRANSFER = "transfer"
    COMPLETE_TRANSFER = "complete_transfer"
    CANCEL_TRANSFER = "cancel_transfer"
    HELP = "help"
    DIAL = "dial"
    SKIP = "skip"
    LISTEN = "listen"
    STOP_LISTENING = "stop_listening"
    GIVE_BREAK = "give_break"
    FREE_SEAT = "free_seat"
    END_TALK = "end_talk"
    ANSWER_HELP = "answer_help"
    RELIEVE = "relieve"
    TAKE_OVER = "take_over"


OF_A_TALK = frozenset(
    {
        *(OrderKind.HOLD, OrderKind.UNHOLD, OrderKind.MUTE, OrderKind.UNMUTE, OrderKind.DIGITS),
        *(OrderKind.TRANSFER, OrderKind.COMPLETE_TRANSFER, OrderKind.CANCEL_TRANSFER),
    }
)
"""What is done to a talk that is going on."""

OF_LISTENING = frozenset({OrderKind.LISTEN, OrderKind.STOP_LISTENING})
"""What a supervisor orders for the own seat."""

OF_OTHERS_SEATS = frozenset(
    {
        *(OrderKind.GIVE_BREAK, OrderKind.FREE_SEAT, OrderKind.END_TALK, OrderKind.ANSWER_HELP, OrderKind.RELIEVE),
        OrderKind.TAKE_OVER,
    }
)
"""What a supervisor orders for somebody else's seat. Each says whose, or which call: it may be another's by now."""

OF_A_SUPERVISOR = OF_LISTENING | OF_OTHERS_SEATS
"""What no desk orders, not even for itself."""

OK = "ok"
NO_SUCH_SEAT = "この席はありません"
NO_SOUND = "音声がつながっていません。つながるまでお待ちください"
TOO_LATE = "時間切れのため実行しませんでした。もう一度操作してください"

NOW_SECONDS = 5.0
SOON_SECONDS = 60.0
PATIENT = frozenset(
    {
        OrderKind.LEAVE_SEAT,
        OrderKind.PAUSE,
        OrderKind.FINISH,
        OrderKind.GIVE_BREAK,
        OrderKind.FREE_SEAT,
        OrderKind.RELIEVE,
    }
)
"""Right however late: they only take an operator away from calls, or say what is true."""
SOON = frozenset({OrderKind.TAKE_SEAT, OrderKind.EXTEND, OrderKind.HELP, OrderKind.ANSWER_HELP})


@dataclass(frozen=True, slots=True)
class Order:
    id: int
    phone: str  # op01: the seat it is about
    kind: str  # an OrderKind, or a word that is none
    detail: Mapping[str, object]
    by: str  # login of the account
    at: datetime
    waited_seconds: float = 0.0  # when it was taken, by the clock that wrote `at`

    # what checked orders carry

    @property
    def seat(self) -> Seat:
        return Seat(str(self.detail["seat"]))

    @property
    def pause_reason(self) -> PauseReason:
        return PauseReason(str(self.detail["reason"]))

    @property
    def attempt(self) -> AttemptId:
        return AttemptId(str(self.detail["attempt"]))

    @property
    def account(self) -> str:
        """Whose seat it is thought to be."""
        return str(self.detail["account"])

    @property
    def corrected(self) -> Answerer:
        return Answerer(str(self.detail["what"]))

    @property
    def case(self) -> CaseId:
        return CaseId(_whole(self.detail["case"]))

    @property
    def number(self) -> int:
        """The id of a telephone number."""
        return _whole(self.detail["number"])

    @property
    def on(self) -> bool:
        return self.detail["on"] is True


def problems(kind: str, detail: object) -> list[str]:
    """What is wrong with an order, a line for each; nothing when it can be carried out."""
    if kind not in set(OrderKind):
        return [f"操作「{_shown(kind)}」はありません"]
    if not isinstance(detail, Mapping):
        return ["操作の内容は、項目名と値の組で送ってください"]
    fields = FIELDS.get(OrderKind(kind), {})
    found = [f"{name}: この操作にない項目です" for name in map(_shown, detail.keys() - fields.keys())]
    for name, field in fields.items():
        if name not in detail:
            found.append(f"{name}: 必要です（{field.form}）")
        elif not field.is_right(detail[name]):
            found.append(f"{name}: 正しくありません（{field.form}）")
    return sorted(found)


def is_too_late(order: Order) -> bool:
    """A click whose moment has passed is not made up for: the person may have gone, another may be on the line."""
    if order.kind in PATIENT:
        return False
    return order.waited_seconds > (SOON_SECONDS if order.kind in SOON else NOW_SECONDS)


@dataclass(frozen=True, slots=True)
class Field:
    form: str  # as a person reads it
    is_right: Callable[[object], bool]


def _one_of(*words: StrEnum) -> Field:
    values = [word.value for word in words]
    return Field("、".join(values) + " のいずれか", lambda value: isinstance(value, str) and value in values)


def _is_id(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63


def _is_attempt(value: object) -> bool:
    return isinstance(value, str) and len(value) == 36 and set(value) <= set("0123456789abcdef-")


def _is_key(value: object) -> bool:
    return (
        isinstance(value, str) and 0 < len(value) <= 40 and set(value) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-")
    )


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= 200


def _are_digits(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 32 and set(value) <= set("0123456789*#")


def _is_login(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[a-z][a-z0-9._-]{1,31}", value) is not None


class How(StrEnum):
    BLIND = "blind"
    ATTENDED = "attended"


ID = Field("番号（整数）", _is_id)
ATTEMPT = Field("架電の番号", _is_attempt)
LOGIN = Field("ログイン名", _is_login)
PAUSE = _one_of(*(reason for reason in PauseReason if reason.may_be_ordered))
FIELDS: Mapping[OrderKind, Mapping[str, Field]] = {
    OrderKind.TAKE_SEAT: {"seat": _one_of(*Seat)},
    OrderKind.PAUSE: {"reason": PAUSE},
    OrderKind.DIGITS: {"digits": Field("0から9、*、# を32字まで", _are_digits)},
    OrderKind.CORRECT: {"what": _one_of(Answerer.VOICEMAIL, Answerer.FAX, Answerer.ANNOUNCEMENT)},
    OrderKind.FINISH: {"attempt": ATTEMPT},
    OrderKind.TRANSFER: {"to": Field("部署または席の名前", _is_key), "how": _one_of(*How)},
    OrderKind.HELP: {"on": Field("true または false", lambda value: isinstance(value, bool))},
    OrderKind.DIAL: {"case": ID, "number": ID},
    OrderKind.LISTEN: {"to": Field("席の名前", _is_key), "how": _one_of(*Ear)},
    OrderKind.SKIP: {"case": ID, "reason": Field("200字までの文", _is_text)},
    OrderKind.GIVE_BREAK: {"account": LOGIN, "reason": PAUSE},
    OrderKind.FREE_SEAT: {"account": LOGIN},
    OrderKind.END_TALK: {"attempt": ATTEMPT},
    OrderKind.ANSWER_HELP: {"account": LOGIN},
    OrderKind.RELIEVE: {"attempt": ATTEMPT},
    OrderKind.TAKE_OVER: {"attempt": ATTEMPT},
}
"""Of kinds that carry something."""


def _whole(value: object) -> int:
    assert isinstance(value, int)
    return value


def _shown(word: object) -> str:
    """Never whole: what a client sends may be anything."""
    return str(word)[:40]
