"""Which telephone numbers are dialled, and what is said of the others."""

import pytest

from dialer.telephone import Dialable, Undialable, judge_number, nobodys


@pytest.mark.parametrize(
    ("written", "number", "mobile"),
    [
        ("0258001234", "0258001234", False),
        ("0258-00-1234", "0258001234", False),
        ("０２５８－００－１２３４", "0258001234", False),
        ("0258ー00ー1234", "0258001234", False),  # the long-vowel mark of a kana keyboard
        ("(0258)00-1234", "0258001234", False),
        ("０２５８（００）１２３４", "0258001234", False),
        (" 090 0123 4567 ", "09001234567", True),
        ("+81 90-0123-4567", "09001234567", True),
        ("＋８１９００１２３４５６７", "09001234567", True),
        ("+81(0)90-0123-4567", "09001234567", True),
        ("060-0123-4567", "06001234567", True),
        ("070-0123-4567", "07001234567", True),
    ],
)
def test_a_subscribers_number_is_read_however_it_is_written(written: str, number: str, mobile: bool) -> None:
    assert judge_number(written, simulated=True) == Dialable(number, mobile)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("prefix", "is_mobile"),
    [("03", False), ("0258", False), ("060", True), ("070", True), ("080", True), ("050", False)],
)
def test_every_kind_of_subscriber_is_called(prefix: str, is_mobile: bool) -> None:
    """The numbering plan's own sample of each block, whoever may have it; nothing is ever dialled here."""
    length = 10 if prefix in ("03", "0258") else 11
    number = prefix + "3" * (length - len(prefix))
    assert judge_number(number) == Dialable(number, is_mobile)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("0120-000-000", "着信課金"),
        ("0800-123-4567", "着信課金"),
        ("080-0123-4567", "着信課金"),  # as a mobile it would be wrong, as it stands it is 0800
        ("0570-000-000", "統一番号"),
        ("0990-123-456", "情報料"),
        ("020-1234-5678", "M2M"),
        ("0200-1234-567890", "M2M"),
        ("110", "緊急"),
        ("119", "緊急"),
        ("１１８", "緊急"),
        ("188", "緊急"),
        ("#7119", "記号"),
        ("184-0258-00-1234", "184"),
        ("１８６０９００１２３４５６７", "186"),
        ("0258-00-1234 内線12", "内線"),
        ("0258-00-1234 ext 12", "内線"),
        ("0258-00-1234x12", "内線"),
        ("0258-00-1234,12", "内線"),
        ("+1 202 555 0100", "国外"),
        ("090-0123-456", "10桁、正しくは11桁"),
        ("0258-00-12345", "11桁、正しくは10桁"),
        ("0258-00-123四", "数字以外"),
        ("なし", "数字以外"),
        ('="0258001234"', "数字以外"),
        ("-", "番号がありません"),
        ("", "番号がありません"),
        ("9.01235E+09", "指数表記"),
        ("0000000000", "日本の電話番号では"),
        ("0911234567", "日本の電話番号では"),
        ("12345", "日本の電話番号では"),
    ],
)
def test_what_may_not_be_called_is_refused_with_its_reason(written: str, said: str) -> None:
    for simulated in (False, True):
        judged = judge_number(written, simulated=simulated)
        assert isinstance(judged, Undialable)
        assert said in judged.why
        assert judged.repair is None


@pytest.mark.parametrize(
    ("written", "repair"), [("9001234567", "09001234567"), ("258001234", "0258001234"), ("90-0123-4567", "09001234567")]
)
def test_a_missing_leading_zero_is_offered_and_never_put_back_silently(written: str, repair: str) -> None:
    judged = judge_number(written, simulated=True)
    assert isinstance(judged, Undialable)
    assert judged.repair == repair
    assert repair in judged.why


@pytest.mark.parametrize("number", ["0258001234", "0258000000", "09001234567", "07009999999", "06000000001"])
def test_numbers_that_nobody_can_have_are_for_simulated_carriers_only(number: str) -> None:
    assert nobodys(number)
    assert isinstance(judge_number(number), Undialable)
    assert judge_number(number, simulated=True) == Dialable(number, len(number) == 11)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "number", ["0258321234", "02580012345", "025800123", "09012345678", "08001234567", "0025800123"]
)
def test_numbers_that_somebody_may_have_are_never_taken_for_nobodys(number: str) -> None:
    assert not nobodys(number)
