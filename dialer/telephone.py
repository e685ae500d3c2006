"""Telephone numbers as people write them, judged before one is ever dialled.

phonenumbers knows the numbering plan; it is too kind for our purpose (it accepts extensions, reads 080-0 as toll-free
and takes M2M numbers for pagers), so what may not be called is refused here first, each with its own reason. A missing
leading zero, which spreadsheets eat, is offered as a repair and never put back silently.
"""

import re
import unicodedata
from dataclasses import dataclass

from phonenumbers import PhoneNumber as Parsed
from phonenumbers import PhoneNumberType, number_type

from dialer.core.values import PhoneNumber

JAPAN = 81
DIALABLE = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE, PhoneNumberType.VOIP}
REFUSED_TYPES = {
    PhoneNumberType.TOLL_FREE: "着信課金番号のため架電できません",
    PhoneNumberType.PREMIUM_RATE: "情報料課金番号のため架電できません",
    PhoneNumberType.UAN: "ナビダイヤル等の統一番号のため架電できません",
    PhoneNumberType.PAGER: "M2M・無線呼出の番号のため架電できません",
}
SHORT_CODE = re.compile(r"1\d\d")  # 110, 118, 119, 171, 188, 189 and every other service of the network
NOT_SHOWN_OR_SHOWN = ("184", "186")  # dialled before a number to hide or show one's own; the trunk's affair

SEPARATORS = re.compile(r"[\s()\-‐‑‒–—―−ー.・]")  # after NFKC; ー is what a kana keyboard gives for a hyphen
EXTENSION = re.compile(r"内線|ext|[x#*;,]", re.IGNORECASE)
EXPONENT = re.compile(r"\d+(\.\d+)?e\+?\d+", re.IGNORECASE)  # 9.01E+09: what a spreadsheet makes of a number
NOBODYS = re.compile(r"025800\d{4}|0[679]00\d{7}")
"""0258-00 is no exchange, and no mobile number has a 0 after 060, 070 or 090 (0800 is toll-free, so not among them)."""


@dataclass(frozen=True, slots=True)
class Dialable:
    number: PhoneNumber
    is_mobile: bool


@dataclass(frozen=True, slots=True)
class Undialable:
    why: str
    repair: PhoneNumber | None = None  # what it probably should have been, for a person to confirm


def nobodys(number: str) -> bool:
    """Cannot be assigned to anybody: safe for tests and demonstrations, a fault of the list with a real carrier."""
    return NOBODYS.fullmatch(number) is not None


def judge_number(written: str, *, simulated: bool = False) -> Dialable | Undialable:
    """`simulated`: the trunk ends on this machine, so numbers that nobody owns are welcome."""
    plain = unicodedata.normalize("NFKC", written).strip()
    if EXPONENT.fullmatch(plain):
        return Undialable("指数表記になっていて元の番号が分かりません")
    if EXTENSION.search(plain):
        return Undialable("内線番号や記号が付いています")
    digits = SEPARATORS.sub("", plain)
    if digits.startswith("+"):
        if not digits.startswith("+81"):
            return Undialable("国外の電話番号には架電できません")
        digits = "0" + digits.removeprefix("+81").removeprefix("0")  # +81(0)90… is often written
    if not digits:
        return Undialable("番号がありません")
    if not digits.isascii() or not digits.isdigit():
        return Undialable("数字以外の文字があります")
    return _judge_digits(digits, simulated)


def _judge_digits(digits: str, simulated: bool) -> Dialable | Undialable:
    if SHORT_CODE.fullmatch(digits):
        return Undialable("緊急通報・特別番号には架電できません")
    if digits.startswith(NOT_SHOWN_OR_SHOWN):
        return Undialable(f"先頭の {digits[:3]}（番号通知の指定）を除いてください")
    if not digits.startswith("0"):
        return _without_zero(digits, simulated)
    if nobodys(digits):
        mobile = digits[1] in "679"
        return Dialable(PhoneNumber(digits), mobile) if simulated else Undialable("使われていない番号帯です")
    if digits.startswith("020"):
        return Undialable(REFUSED_TYPES[PhoneNumberType.PAGER])
    kind = number_type(Parsed(country_code=JAPAN, national_number=int(digits))) if digits[1:2] != "0" else None
    if kind in REFUSED_TYPES:
        return Undialable(REFUSED_TYPES[kind])
    if kind in DIALABLE:
        return Dialable(PhoneNumber(digits), kind == PhoneNumberType.MOBILE)
    return Undialable(_what_is_wrong(digits))


def _without_zero(digits: str, simulated: bool) -> Undialable:
    repaired = _judge_digits("0" + digits, simulated)
    if isinstance(repaired, Dialable):
        return Undialable(f"先頭の0がありません（{repaired.number} ではありませんか）", repaired.number)
    return Undialable("日本の電話番号ではありません")


def _what_is_wrong(digits: str) -> str:
    wanted = 11 if re.match(r"0[5-9]0", digits) else 10
    if len(digits) != wanted:
        return f"桁数が違います（{len(digits)}桁、正しくは{wanted}桁）"
    return "日本の電話番号ではありません"
