"""Who says to be calling, read defensively: whatever the far end sends, the answer is a number of Japan or none."""

import re

from dialer.core.values import PhoneNumber

NATIONAL = re.compile(r"0[1-9][0-9]{8,9}")
WITHHELD = 0x20  # of Q.951: the caller does not want to be known
PRESENTATION = 0x60
LONGEST = 40
PUNCTUATION = re.compile(r"[\s()\-.]")


def caller_number(told: str, presentation: str = "0") -> PhoneNumber | None:
    """`told`: Asterisk's caller id: 0258001234, +81258001234, anonymous, unknown, or anything at all."""
    if len(told) > LONGEST or not told.isascii() or is_withheld(presentation):
        return None
    digits = PUNCTUATION.sub("", told)
    if digits.startswith("+81"):
        digits = "0" + digits.removeprefix("+81").removeprefix("0")
    elif digits.startswith("81") and len(digits) in (11, 12):
        digits = "0" + digits.removeprefix("81")
    return PhoneNumber(digits) if NATIONAL.fullmatch(digits) else None


def is_withheld(presentation: str) -> bool:
    if not (presentation.isascii() and presentation.isdigit()):
        return True
    return int(presentation) & PRESENTATION == WITHHELD
