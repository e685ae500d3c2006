"""What stands on the slip with which a talk is handed over to the city."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dialer.core.case_view import CallShown, CaseView, FormShown, Named, NumberShown, PersonWarning
from dialer.core.slip import Slip, born, slip_of
from tests.unit.test_case_view import DAY, NOW, view

YEN = [1_000_001, 1_000_002, 1_000_003, 1_000_004, 1_000_005, 1_000_006, 1_000_007, 1_000_008]
LATER = NOW + timedelta(minutes=20)
CALL = CallShown("a", 1, "0258001001", began=NOW, joined_at=NOW, ended_at=NOW + timedelta(minutes=6))


def handed_over(**changes: object) -> CaseView:
    found = view(YEN)
    form = FormShown(
        (), (Named("store", "コンビニエンスストア"),), (), (), (Named("consult", "相談室"),), 1000, DAY, None, 15, DAY
    )
    record = replace(found.records[-1], promise_way="store", **changes)  # type: ignore[arg-type]
    return replace(found, form=form, call=CALL, records=(*found.records, record))


def slip(of: CaseView, *, amounts: bool = True) -> Slip:
    return slip_of(of, now=LATER, by="見本 管理", talked_by="見本 花子", amounts=amounts)


def words(of: Slip) -> dict[str, str]:
    return dict([*of.person, *of.talk, *of.standing])


def test_it_goes_to_the_department_that_the_result_names_else_to_that_of_the_debt() -> None:
    assert slip(handed_over(department="consult")).to == "相談室"
    assert slip(handed_over()).to == "収納課"


def test_the_last_result_stands_on_it_with_who_talked_when_and_with_whom() -> None:
    told = words(slip(handed_over(name="担当課へ引継ぎ", note="分納の相談", talker="same_household")))
    assert told["応対者"] == "見本 花子"
    assert told["応対日時"] == "2026年11月25日（水）10:00〜10:06"
    assert (told["相手方"], told["本人確認"], told["結果"]) == ("同一世帯員", "済", "担当課へ引継ぎ")
    assert slip(handed_over(note="分納の相談")).note == "分納の相談"


def test_a_sum_stands_on_it_only_when_the_talker_was_identified() -> None:
    assert words(slip(handed_over()))["納付約束"] == "2026年11月25日（水）　1,000,007円　コンビニエンスストア"
    hidden = words(slip(handed_over(), amounts=False))["納付約束"]
    assert "円" not in hidden
    assert "本人確認が済んでいない" in hidden


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("1975-04-12", "昭和50年4月12日（1975年）"),
        ("1989-01-07", "昭和64年1月7日（1989年）"),
        ("1989-01-08", "平成元年1月8日（1989年）"),
        ("2019-05-01", "令和元年5月1日（2019年）"),
        ("見本町1丁目", "見本町1丁目"),
    ],
)
def test_a_day_of_birth_is_told_by_its_era(written: str, told: str) -> None:
    assert born(written) == told


def test_a_time_for_an_answer_every_living_number_and_what_must_be_known_stand_on_it() -> None:
    numbers = (
        NumberShown(1, "0258001001", 1),
        NumberShown(2, "09000001001", 2, "mobile", "携帯電話"),
        NumberShown(3, "0258001009", 3, state="dead"),
    )
    warning = PersonWarning("lawyer", "弁護士受任", "連絡は代理人へ", NOW, "import", holds_calls=True)
    asked = datetime(2026, 11, 27, 5, 30, tzinfo=UTC)
    made = slip(replace(handed_over(appointment_at=asked), numbers=numbers, warnings=(warning,)))
    told = words(made)
    assert told["回答・再架電の希望日時"] == "2026年11月27日（金）14:30"
    assert told["連絡先"] == "1）0258001001（固定電話）　2）09000001001（携帯電話）"
    assert made.warnings == ("弁護士受任 連絡は代理人へ",)
