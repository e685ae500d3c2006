"""`rules replay`: the JSON of a history in, the JSON of the decision out."""

import json
from pathlib import Path
from typing import Any

import pytest

from dialer.calendar_commands import CannotAnswer
from dialer.core.rules.reading import Problems
from dialer.replay import Answer, replay, replay_file

ROUND = {"from": "2026-08-17", "to": "2026-08-28"}
NUMBERS = ["0258-00-0001", "09000000002"]


def document(city: str = "nagaoka", *events: dict[str, Any], now: str, **more: Any) -> dict[str, Any]:
    return {
        "city": city,
        "round": {**ROUND, **more.get("round", {})},
        "case": {"id": "K-1", "numbers": NUMBERS[: more.get("numbers", 1)], **more.get("case", {})},
        "events": list(events),
        "now": f"2026-{now}:00+09:00",
    }


def event(at: str, kind: str = "attempt", **fields: Any) -> dict[str, Any]:
    return {"at": f"2026-{at}:00+09:00", "kind": kind, **fields}


def call(at: str, result: str = "no_answer", number: int = 0, **fields: Any) -> dict[str, Any]:
    return event(at, number=number, result=result, **fields)


def answer(document: dict[str, Any]) -> dict[str, Any]:
    found = replay(document)
    assert isinstance(found, Answer), found
    return found.as_dict()


def test_the_answer_has_the_shape_that_others_script_against() -> None:
    assert answer(document("nagaoka", call("08-17T10:00"), now="08-18T09:00")) == {
        "state": "open",
        "reason": "呼び出しましたが応答なし。別の日時に再架電します",
        "clause": "000 §10(5)ア",
        "numbers": [{"state": "open", "counted_attempts": 1}],
        "next": {
            "kind": "retry",
            "number": 0,
            "not_before": "2026-08-18T12:00:00+09:00",
            "not_after": "2026-08-18T17:00:00+09:00",
            "slot": "tue.afternoon",
        },
        "may_call_now": False,
        "why_not": "次の架電は8月18日（火）12:00から。番号1へ2回目の架電（8月18日（火）午後）。"
        "前回（8月17日（月）午前）とは別の日・別の時間帯",
        "contacted": False,
        "sms_candidate": False,
        "assumed": None,
    }


def test_while_a_call_may_be_made_nothing_is_said_against_it() -> None:
    told = answer(document("nagaoka", call("08-17T10:00"), now="08-18T12:00"))
    assert told["may_call_now"] is True
    assert "why_not" not in told


@pytest.mark.parametrize(
    ("events", "now", "state", "following", "why_not"),
    [
        ([], "08-17T08:59", "open", ("retry", "2026-08-17T09:00:00+09:00"), "架電時間（09:00～20:00）の外です"),
        ([event("08-17T10:00", "stop")], "08-17T10:00", "stopped", None, "案件は「架電停止」です"),
        ([event("08-17T10:00", "paid")], "08-17T11:00", "paid", None, "案件は「納付済み」です"),
        ([], "08-29T10:00", "open", None, "架電期間（8月28日（金）まで）が終わりました"),
        (
            [call("08-17T10:00", "talked", talker="self", promise={"date": "2026-08-20", "yen": 3000})],
            "08-18T10:00",
            "open",
            None,
            "納付約束（8月20日（木））",
        ),
        (
            [call("08-17T10:00", "talked", talker="same_household", absent=True, home_at="2026-08-20T18:30:00+09:00")],
            "08-20T18:29",
            "open",
            ("appointment", "2026-08-20T18:30:00+09:00"),
            "次の架電は8月20日（木）18:30から",
        ),
        (
            [call("08-17T10:00", "talked", talker="same_household", absent=True, home_at="2026-08-20T18:30:00+09:00")],
            "08-20T18:30",
            "open",
            ("appointment", "2026-08-20T18:30:00+09:00"),
            None,
        ),
    ],
)
def test_state_next_call_and_what_speaks_against_calling_now(
    events: list[dict[str, Any]], now: str, state: str, following: tuple[str, str] | None, why_not: str | None
) -> None:
    told = answer(document("nagaoka", *events, now=now))
    assert told["state"] == state
    assert (told["next"] and (told["next"]["kind"], told["next"]["not_before"])) == following
    assert told["may_call_now"] is (why_not is None)
    assert why_not is None or told["why_not"].startswith(why_not)


def test_a_hold_gives_its_own_reason_and_clause() -> None:
    told = answer(document("nagaoka", call("08-17T10:00"), now="08-29T10:00"))
    assert (told["reason"], told["clause"]) == ("架電期間（8月28日（金）まで）が終わりました", "000 §6(2)ア(ア)")


def test_the_round_of_the_input_is_the_authority_not_the_periods_of_the_profile() -> None:
    """January 2029 lies in no calling period of Nagaoka, and Saitama calls for car tax in summer."""
    for city, debt in (("nagaoka", "city_tax"), ("saitama", "car_tax")):
        asked = document(city, now="08-17T10:00", case={"debt": debt})
        asked |= {"round": {"from": "2029-01-09", "to": "2029-01-19"}, "now": "2029-01-09T10:00:00+09:00"}
        told = answer(asked)
        assert told["may_call_now"] is True, city
        assert told["next"]["slot"] == "tue.morning"


def test_excluded_days_are_closed() -> None:
    told = answer(document(now="08-17T10:00", round={"excluded": ["2026-08-17", "2026-08-18"]}))
    assert told["next"]["not_before"] == "2026-08-19T09:00:00+09:00"
    assert told["may_call_now"] is False


@pytest.mark.parametrize(
    ("city", "debt", "now", "may", "assumed"),
    [
        ("niigata", "city_tax", "08-18T18:00", True, "平日夜間催告（平日 12:00～20:00）"),
        ("niigata", "city_tax", "08-22T14:00", True, "休日催告"),
        ("niigata", "city_tax", "08-18T14:00", True, "平日夜間催告"),
        ("saitama", "car_tax", "08-18T18:00", True, "夜間納税しょうよう（平日 08:30～20:00）"),
        ("saitama", "自動車税", "08-18T18:00", True, "夜間納税しょうよう"),
        ("saitama", "business_tax", "08-22T14:00", False, "休日納税しょうよう"),  # an evening has to come first
        ("nagaoka", "city_tax", "08-18T18:00", True, None),
        ("kurume", "city_tax", "08-18T18:00", True, None),
        ("kurume", "city_tax", "08-22T14:00", False, None),
        ("sendai", "national_health", "08-18T18:00", False, None),
        ("sendai", "national_health", "08-22T14:00", False, None),
    ],
)
def test_days_that_a_tender_asks_for_by_agreement_are_taken_as_agreed_and_it_is_said(
    city: str, debt: str, now: str, may: bool, assumed: str | None
) -> None:
    told = answer(document(city, call("08-17T10:00"), now=now, case={"debt": debt}))
    assert told["may_call_now"] is may
    assert (told["assumed"] is None) if assumed is None else (assumed in told["assumed"])


def test_agreed_days_of_the_input_replace_the_assumption() -> None:
    agreed = {"agreed": [{"date": "2026-08-19", "pattern": "evening"}]}
    asked = {"round": agreed, "case": {"debt": "car_tax"}}
    tuesday = answer(document("saitama", call("08-17T10:00"), now="08-18T18:00", **asked))
    wednesday = answer(document("saitama", call("08-17T10:00"), now="08-19T18:00", **asked))
    assert (tuesday["may_call_now"], wednesday["may_call_now"]) == (False, True)
    assert tuesday["assumed"] is None
    none = answer(document("saitama", call("08-17T10:00"), now="08-19T18:00", round={"agreed": []}))
    assert (none["may_call_now"], none["assumed"]) == (False, None)


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"city": "edo"}, "city: 知らない委託者です。kurume、nagaoka"),
        (
            {"case": {"id": 1, "debt": "salt_tax", "numbers": []}},
            "case.debt: 長岡市にない科目です。city_tax のいずれか",
        ),
        (
            {"round": {**ROUND, "agreed": [{"date": "2026-08-18", "pattern": "x"}]}},
            "round.agreed[0].pattern: 長岡市にないパターンです。weekday、rest のいずれか",
        ),
        (
            {"round": {**ROUND, "agreed": [{"date": "2026-08-18", "pattern": "rest"}]}},
            "round.agreed[0].date: 土日祝日は8月18日（火）に実施できません",
        ),
        (
            {"round": {**ROUND, "agreed": [{"day": "2026-08-18"}]}},
            "round.agreed[0].day: 知らない項目です",
        ),
        ({"round": {"from": "2099-01-01", "to": "2099-02-01"}}, "round: 祝日が分かるのは2022～2031年です"),
    ],
)
def test_names_and_days_that_the_profile_does_not_know_are_problems(changed: dict[str, Any], problem: str) -> None:
    found = replay(document(now="08-17T10:00") | changed)
    assert isinstance(found, Problems)
    assert any(line.startswith(problem) for line in found.lines), found.lines


def test_people_read_the_same_in_japanese() -> None:
    found = replay(document("niigata", call("08-17T10:00"), now="08-18T18:00", case={"debt": "city_tax"}))
    assert isinstance(found, Answer)
    text = found.as_text()
    for words in (
        "継続",
        "番号1: 架電対象、架電回数 1回",
        "いま架電できます",
        "001 §9(1)",
        "前提: 実施日が協議で決まる",
    ):
        assert words in text
    assert "0258" not in text


def test_a_file_is_answered_with_or_without_a_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "history.json"
    asked = document(now="08-17T10:00")
    for encoding in ("utf-8", "utf-8-sig"):
        file.write_text(json.dumps(asked, ensure_ascii=False), encoding=encoding)
        assert replay_file(file).as_dict() == answer(asked)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "読めません"),
        (b"{", "JSON として読めません（1行2文字目）"),
        ('{"city": "\u5e02"}'.encode("cp932"), "UTF-8 ではありません"),
        (b"{}", "city: 文字列が必要です"),
    ],
)
def test_a_file_that_is_no_history_says_where_and_what(tmp_path: Path, content: bytes | None, problem: str) -> None:
    file = tmp_path / "history.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(CannotAnswer, match=problem):
        replay_file(file)
