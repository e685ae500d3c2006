"""Whatever the far end says of itself, the answer is a number of Japan or none."""

import pytest
from hypothesis import given
from hypothesis import strategies as any_

from dialer.core.caller_ids import caller_number, is_withheld


@pytest.mark.parametrize(
    ("told", "number"),
    [
        ("0258001234", "0258001234"),
        ("09000001234", "09000001234"),
        ("+81258001234", "0258001234"),
        ("+819000001234", "09000001234"),
        ("+81(0)9000001234", "09000001234"),
        ("81258001234", "0258001234"),
        ("819000001234", "09000001234"),
        ("0258-00-1234", "0258001234"),
        ("(0258) 00 1234", "0258001234"),
        ("", None),
        ("anonymous", None),
        ("Anonymous", None),
        ("unknown", None),
        ("unavailable", None),
        ("restricted", None),
        ("0", None),
        ("110", None),
        ("00258001234", None),
        ("+12125550100", None),  # from abroad
        ("0010812580012", None),
        ("012345678901234567890123456789", None),
        ("02580012341", "02580012341"),  # eleven digits, whoever may have them
        ("025800123", None),
        ("０２５８００１２３４", None),
        ("٠٢٥٨٠٠١٢٣٤", None),
        ("0258001234;ext=1", None),
        ("0258001234@192.0.2.1", None),
        ('"><sip:0258001234', None),
        ("0258001234\r\nAction: Originate", None),
        ("0258001234\x00", None),
        ("$(reboot)", None),
        ("'; DROP TABLE call; --", None),
        ("山田太郎", None),
        ("1" * 100_000, None),
    ],
)
def test_a_caller_id_is_a_number_of_japan_or_none(told: str, number: str | None) -> None:
    assert caller_number(told) == number


@pytest.mark.parametrize(
    ("presentation", "withheld"),
    [("0", False), ("3", False), ("32", True), ("35", True), ("67", False), ("", True), ("x", True), ("-1", True)],
)
def test_who_does_not_want_to_be_known_is_not(presentation: str, withheld: bool) -> None:
    assert is_withheld(presentation) is withheld
    assert (caller_number("0258001234", presentation) is None) is withheld


@given(any_.text())
def test_nothing_is_an_exception(told: str) -> None:
    number = caller_number(told, told)
    assert number is None or number.isdigit()
    assert caller_number(told) is None or told
