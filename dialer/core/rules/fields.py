"""Reading fields of foreign JSON: every problem is named with its place, and reading goes on to find the next."""

from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar

Word = TypeVar("Word", bound=StrEnum)

Json = dict[str, object]


class Fields:
    """One JSON object and where it stands in the document. Collects problems instead of raising.

    A field that is missing or wrong reads as None; the problem has then been noted.
    """

    def __init__(self, document: object, place: str, problems: list[str]) -> None:
        self.place = place
        self.problems = problems
        self._values: Json = {}
        if isinstance(document, dict):
            self._values = {str(key): value for key, value in document.items()}
        else:
            problems.append(f"{place or '入力'}: オブジェクト {{…}} が必要です。{_shown(document)} があります")

    def wrong(self, name: str, what: str) -> None:
        self.problems.append(f"{self.at(name)}: {what}")

    def at(self, name: str) -> str:
        return f"{self.place}.{name}" if self.place else name

    def only(self, *names: str) -> None:
        """Names that nobody reads are mistakes: a misspelt `home_at` would silently change a decision."""
        for name in sorted(self._values.keys() - set(names)):
            self.wrong(name, f"知らない項目です。使えるのは {'、'.join(names)}")

    def has(self, name: str) -> bool:
        return self._values.get(name) is not None

    def raw(self, name: str) -> object:
        """As it stands, for who judges it alone."""
        return self._values.get(name)

    def inner(self, name: str) -> "Fields":
        return Fields(self._values.get(name), self.at(name), self.problems)

    def items(self, name: str, *, required: bool = True) -> list[object]:
        value = self._values.get(name)
        if isinstance(value, list):
            return list(value)
        if value is not None or required:
            self.wrong(name, f"リスト […] が必要です。{_shown(value)} があります")
        return []

    def text(self, name: str) -> str | None:
        value = self._values.get(name)
        if isinstance(value, str) and value:
            return value
        self.wrong(name, f"文字列が必要です。{_shown(value)} があります")
        return None

    def optional_text(self, name: str) -> str | None:
        return self.text(name) if self.has(name) else None

    def flag(self, name: str) -> bool | None:
        value = self._values.get(name)
        if value is None or isinstance(value, bool):
            return value
        self.wrong(name, f"true または false が必要です。{_shown(value)} があります")
        return None

    def whole(self, name: str, least: int = 0) -> int | None:
        value = self._values.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and value >= least:
            return value
        self.wrong(name, f"{least} 以上の整数が必要です。{_shown(value)} があります")
        return None

    def seconds(self, name: str) -> float | None:
        value = self._values.get(name)
        if value is None:
            return None
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 86_400:
            return float(value)
        self.wrong(name, f"0 以上の秒数が必要です。{_shown(value)} があります")
        return None

    def word(self, name: str, words: type[Word]) -> Word | None:
        value = self._values.get(name)
        known = {word.value: word for word in words}
        if isinstance(value, str) and value in known:
            return known[value]
        self.wrong(name, f"{_shown(value)} は使えません。{'、'.join(known)} のいずれか")
        return None

    def day(self, name: str) -> date | None:
        return as_day(self._values.get(name), self.at(name), self.problems)

    def moment(self, name: str) -> datetime | None:
        value = self._values.get(name)
        try:
            moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            self.wrong(name, f"時差つきの日時（2026-11-25T10:00:00+09:00）が必要です。{_shown(value)} があります")
            return None
        return moment


def as_day(value: object, place: str, problems: list[str]) -> date | None:
    try:
        if isinstance(value, str):
            return date.fromisoformat(value)
    except ValueError:
        pass
    problems.append(f"{place}: 日付（2026-11-25）が必要です。{_shown(value)} があります")
    return None


def _shown(value: object) -> str:
    """What stands there, without telling anything personal: strings that could be numbers or names stay out."""
    if value is None:
        return "何も書かれていないもの"
    if isinstance(value, str):
        return f"「{value}」" if value.isascii() and len(value) <= 30 and not _many_digits(value) else "別の文字列"
    return f"{value}" if isinstance(value, bool | int | float) and not _many_digits(str(value)) else "別の種類の値"


def _many_digits(text: str) -> bool:
    """Nine digits in a row may be a telephone number; a moment or a day never has them."""
    run = 0
    for character in text.replace("-", ""):
        run = run + 1 if character.isdigit() else 0
        if run >= 9:
            return True
    return False
