"""What an order must carry, and how late it may come."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from dialer.core.orders import OF_A_TALK, PATIENT, Order, OrderKind, is_too_late, problems

ATTEMPT = "6c1b8f6e-7a55-4b6e-9d2f-0a1b2c3d4e5f"
RIGHT: list[tuple[str, Mapping[str, object]]] = [
    ("take_seat", {"seat": "browser"}),
    ("take_seat", {"seat": "phone"}),
    ("leave_seat", {}),
    ("ready", {}),
    *(("pause", {"reason": why}) for why in ("page_gone", "break", "meal", "training", "meeting", "work", "other")),
    ("hang_up", {}),
    ("hold", {}),
    ("unhold", {}),
    ("mute", {}),
    ("unmute", {}),
    ("digits", {"digits": "0123456789*#"}),
    *(("correct", {"what": what}) for what in ("voicemail", "fax", "announcement")),
    ("extend", {}),
    ("finish", {"attempt": ATTEMPT}),
    ("transfer", {"to": "city_tax", "how": "blind"}),
    ("transfer", {"to": "city_tax", "how": "attended"}),
    ("complete_transfer", {}),
    ("cancel_transfer", {}),
    ("help", {"on": True}),
    ("dial", {"case": 1, "number": 2}),
    ("skip", {"case": 1, "reason": "通話記録の確認が必要"}),
    ("listen", {"to": "op02", "how": "whisper"}),
    ("stop_listening", {}),
    ("give_break", {"account": "hanako", "reason": "meal"}),
    ("free_seat", {"account": "hanako"}),
    ("end_talk", {"attempt": ATTEMPT}),
    ("answer_help", {"account": "hanako"}),
    ("relieve", {"attempt": ATTEMPT}),
    ("take_over", {"attempt": ATTEMPT}),
]
WRONG: list[tuple[str, object, str]] = [
    ("juggle", {}, "操作「juggle」はありません"),
    ("x" * 5000, {}, f"操作「{'x' * 40}」はありません"),
    ("ready", [], "操作の内容は、項目名と値の組で送ってください"),
    ("ready", None, "操作の内容は、項目名と値の組で送ってください"),
    ("ready", {"now": True}, "now: この操作にない項目です"),
    ("take_seat", {}, "seat: 必要です（browser、phone のいずれか）"),
    ("take_seat", {"seat": "floor"}, "seat: 正しくありません（browser、phone のいずれか）"),
    ("take_seat", {"seat": ["browser"]}, "seat: 正しくありません（browser、phone のいずれか）"),
    (
        "pause",
        {"reason": "leg_lost"},
        "reason: 正しくありません（page_gone、break、meal、training、meeting、work、other のいずれか）",
    ),
    ("digits", {"digits": "12a"}, "digits: 正しくありません（0から9、*、# を32字まで）"),
    ("digits", {"digits": ""}, "digits: 正しくありません（0から9、*、# を32字まで）"),
    ("digits", {"digits": "1" * 33}, "digits: 正しくありません（0から9、*、# を32字まで）"),
    ("correct", {"what": "person"}, "what: 正しくありません（voicemail、fax、announcement のいずれか）"),
    ("finish", {"attempt": "'; DROP TABLE"}, "attempt: 正しくありません（架電の番号）"),
    ("transfer", {"to": "Local/1@x", "how": "blind"}, "to: 正しくありません（部署または席の名前）"),
    ("listen", {"to": "op02 &", "how": "listen"}, "to: 正しくありません（席の名前）"),
    ("listen", {"to": "op02", "how": "shout"}, "how: 正しくありません（listen、whisper、join のいずれか）"),
    ("free_seat", {}, "account: 必要です（ログイン名）"),
    ("free_seat", {"account": "花子"}, "account: 正しくありません（ログイン名）"),
    ("help", {"on": 1}, "on: 正しくありません（true または false）"),
    ("dial", {"case": True, "number": 2}, "case: 正しくありません（番号（整数））"),
    ("dial", {"case": 1, "number": "0258001001"}, "number: 正しくありません（番号（整数））"),
    ("dial", {"case": 1, "number": 2**63}, "number: 正しくありません（番号（整数））"),
    ("skip", {"case": 1, "reason": "  "}, "reason: 正しくありません（200字までの文）"),
    (
        "skip",
        {"case": 0, "reason": ""},
        "case: 正しくありません（番号（整数））\nreason: 正しくありません（200字までの文）",
    ),
]


@pytest.mark.parametrize(("kind", "detail"), RIGHT)
def test_what_is_complete_has_no_problem(kind: str, detail: Mapping[str, object]) -> None:
    assert problems(kind, detail) == []


def test_every_kind_is_tried() -> None:
    assert {kind for kind, _ in RIGHT} == {kind.value for kind in OrderKind}


@pytest.mark.parametrize(("kind", "detail", "said"), WRONG)
def test_what_is_wrong_is_named_in_a_line_for_each(kind: str, detail: object, said: str) -> None:
    assert "\n".join(problems(kind, detail)) == said


@pytest.mark.parametrize("kind", OrderKind)
def test_only_what_takes_an_operator_away_from_calls_is_done_however_late(kind: OrderKind) -> None:
    def waited(seconds: float) -> Order:
        return Order(1, "op01", kind.value, {}, "user-1", datetime(2026, 11, 25, tzinfo=UTC), seconds)

    assert not is_too_late(waited(4.9))
    assert is_too_late(waited(3600)) is (kind not in PATIENT)


@pytest.mark.parametrize(
    "kind", [*sorted(OF_A_TALK), OrderKind.HANG_UP, OrderKind.READY, OrderKind.DIAL, OrderKind.CORRECT]
)
def test_what_is_meant_for_this_moment_is_not_done_later(kind: OrderKind) -> None:
    order = Order(1, "op01", kind.value, {}, "user-1", datetime(2026, 11, 25, tzinfo=UTC), 5.1)
    assert is_too_late(order)
