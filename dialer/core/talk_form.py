"""What the desk's form says, as it comes from a browser: nothing in it is trusted, every field is looked at."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from dialer.core.rules.happenings import Talker
from dialer.core.talk_results import Json
from dialer.core.values import TOKYO

LONGEST = 10_000
"""Of any text before it is judged: a form is typed by a person."""
MOST_STEPS = 200
KEY = re.compile(r"[a-z][a-z0-9_]{0,99}")
HIGHEST_YEN = 99_999_999_999


@dataclass(frozen=True, slots=True)
class FieldProblems:
    """What is wrong, by field of the form; one line each."""

    by_field: Mapping[str, str]

    def as_json(self) -> Json:
        return {"problems": dict(self.by_field)}


@dataclass(frozen=True, slots=True)
class Entered:
    """One result as an operator has filled it in."""

    result: str
    talker: Talker | None = None
    relation: str | None = None
    identity_confirmed: bool | None = None
    identity_how: str | None = None
    promise_day: date | None = None
    promise_yen: int | None = None
    promise_way: str | None = None
    appointment_at: datetime | None = None
    new_number: str | None = field(default=None, repr=False)
    department: str | None = None
    note: str = field(default="", repr=False)
    script_key: str | None = None
    script_version: int | None = None
    steps: tuple[str, ...] = ()  # of the script, as they were gone through
    why: str | None = field(default=None, repr=False)  # of a correction

    def tidied(self, talker: Talker, *, keeps_why: bool) -> "Entered":
        return replace(self, talker=talker, note=self.note.strip(), why=self.why if keeps_why else None)


def entered_from(document: object) -> Entered | FieldProblems:
    """The body of `POST /desk/results`, without its attempt and number. Unknown fields are problems."""
    if not isinstance(document, Mapping):
        return FieldProblems({"result": "入力の形が違います。画面を読み直してください"})
    reading = _Reading(document)
    entered = Entered(
        result=reading.text("result") or "",
        talker=reading.talker(),
        relation=reading.text("relation"),
        identity_confirmed=reading.flag("identity_confirmed"),
        identity_how=reading.text("identity_how"),
        promise_day=reading.day("promise_day"),
        promise_yen=reading.whole("promise_yen", HIGHEST_YEN),
        promise_way=reading.text("promise_way"),
        appointment_at=reading.moment("appointment_at"),
        new_number=reading.text("new_number"),
        department=reading.text("department"),
        note=(reading.text("note") or "").strip(),
        script_key=reading.key("script_key"),
        script_version=reading.whole("script_version", 1_000_000),
        steps=reading.texts("steps"),
        why=(reading.text("why") or "").strip() or None,
    )
    return FieldProblems(reading.wrong) if reading.finished() else entered


class _Reading:
    def __init__(self, document: Mapping[Any, Any]) -> None:
        self._left = dict(document)
        self.wrong: dict[str, str] = {}

    def finished(self) -> bool:
        """Whether something is wrong; what nobody asked for is."""
        for name in self._left:
            self.wrong.setdefault(str(name)[:40], "知らない項目です")
        return bool(self.wrong)

    def _take(self, name: str) -> Any:
        """An empty field of a form is one that was not filled in."""
        value = self._left.pop(name, None)
        return None if value == "" else value

    def _no(self, name: str, what: str) -> None:
        self.wrong[name] = what

    def text(self, name: str) -> str | None:
        value = self._take(name)
        if value is None or (isinstance(value, str) and len(value) <= LONGEST):
            return value
        self._no(name, f"{LONGEST:,}文字までの文字列が必要です")
        return None

    def key(self, name: str) -> str | None:
        value = self.text(name)
        if value is None or _is_key(value):
            return value
        self._no(name, "英小文字・数字・_ の名前が必要です")
        return None

    def texts(self, name: str) -> tuple[str, ...]:
        value = self._take(name)
        if value is None:
            return ()
        if isinstance(value, list) and len(value) <= MOST_STEPS and all(_is_key(one) for one in value):
            return tuple(value)
        self._no(name, f"{MOST_STEPS}件までの、ステップの名前の並びが必要です")
        return ()

    def flag(self, name: str) -> bool | None:
        value = self._take(name)
        if value is None or isinstance(value, bool):
            return value
        self._no(name, "true か false が必要です")
        return None

    def whole(self, name: str, most: int) -> int | None:
        value = self._take(name)
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most):
            return value
        self._no(name, f"0 から {most:,} までの整数が必要です")
        return None

    def day(self, name: str) -> date | None:
        value = self._take(name)
        try:
            return None if value is None else date.fromisoformat(value)
        except (TypeError, ValueError):
            self._no(name, "2026-08-25 のような日付が必要です")
            return None

    def moment(self, name: str) -> datetime | None:
        """Without an offset it is a clock in Japan."""
        value = self._take(name)
        try:
            at = None if value is None else datetime.fromisoformat(value)
        except (TypeError, ValueError):
            self._no(name, "2026-08-25T18:00 のような日時が必要です")
            return None
        return at.replace(tzinfo=TOKYO) if at is not None and at.tzinfo is None else at

    def talker(self) -> Talker | None:
        value = self._take("talker")
        try:
            return None if value is None else Talker(value)
        except ValueError:
            self._no("talker", f"{'、'.join(Talker)} のいずれかが必要です")
            return None


def _is_key(value: object) -> bool:
    return isinstance(value, str) and KEY.fullmatch(value) is not None
