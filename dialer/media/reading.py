"""A text as it is to be spoken: numbers of every kind written the way that the voice reads them properly."""

import re
import unicodedata

import phonenumbers

DIGITS = str.maketrans("０１２３４５６７８９：／．，", "0123456789:/.,")
DASHES = re.compile(r"(?<=\d)[-‐‑–—―−－ー](?=\d)")
ERAS = {"R": "令和", "H": "平成", "S": "昭和"}

TELEPHONE = re.compile(r"(?<![\d-])0\d{1,4}-\d{1,4}-\d{3,4}(?![\d-])|(?<![\d-])0\d{9,10}(?![\d-])")
CLOCK = re.compile(r"(?<![\d:])([01]?\d|2[0-4]):([0-5]\d)(?![\d:])")
YEN = re.compile(r"[¥￥]\s*([\d,]+)")
DATE = re.compile(r"(?<!\d)(\d{4})[/-](\d{1,2})[/-](\d{1,2})(?!\d)")
ERA_DATE = re.compile(r"(?<![A-Za-z])([RHS])(\d{1,2})[./](\d{1,2})[./](\d{1,2})(?!\d)")
RANGE = re.compile(r"(?<=[時分日月円年])\s*[~～〜]\s*(?=[^\s])")


def for_the_voice(text: str) -> str:
    """What is left alone, the voice reads by itself: 12,345円, 令和8年12月1日, 第3期."""
    plain = DASHES.sub("-", unicodedata.normalize("NFC", text).translate(DIGITS))
    plain = DATE.sub(lambda one: f"{one[1]}年{int(one[2])}月{int(one[3])}日", plain)
    plain = ERA_DATE.sub(lambda one: f"{ERAS[one[1]]}{_year(one[2])}年{int(one[3])}月{int(one[4])}日", plain)
    plain = TELEPHONE.sub(lambda one: "の、".join(_groups(one[0])), plain)
    plain = CLOCK.sub(lambda one: f"{int(one[1])}時{_minutes(one[2])}", plain)
    plain = YEN.sub(lambda one: f"{one[1]}円", plain)
    return RANGE.sub("から", plain)


def _year(year: str) -> str:
    return "元" if int(year) == 1 else str(int(year))


def _minutes(minutes: str) -> str:
    return f"{int(minutes)}分" if int(minutes) else ""


def _groups(number: str) -> list[str]:
    """0258-20-9001 → 0258, 20, 9001: the voice then says digit by digit, group by group."""
    if "-" in number:
        return number.split("-")
    # no exchange begins with 0: such a sample is grouped like a number of the same area that could be somebody's
    sibling = f"{number[:4]}2{number[5:]}" if len(number) == 10 and number[4] == "0" else number
    written = phonenumbers.format_number(phonenumbers.parse(sibling, "JP"), phonenumbers.PhoneNumberFormat.NATIONAL)
    ends, groups = 0, []
    for group in written.split("-"):
        groups.append(number[ends : ends + len(group)])
        ends += len(group)
    return groups
