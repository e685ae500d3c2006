"""A case explained: every event, where it stands, why it is not called now, what comes next; each with its clause."""

import json
from dataclasses import replace

from dialer.core.decide import KnownCase, decide
from dialer.core.explain import Explanation, explain
from dialer.core.values import Mode
from tests.books import of_two_debts
from tests.planning_city import BOOKS
from tests.unit import case_table
from tests.unit.case_table import moment

STORY = """
8/17 09:00 前回 番号1 留守電
8/17 10:00 番号1 応答なし 36秒
8/17 12:30 番号2 話し中
8/17 14:00 番号2 配偶者 世帯確認 不在 8/20の18時在宅
8/18 11:00 折り返し 本人 本人確認 8/19に5000円約束 対話拒否
"""


def explained(story: str, now: str, numbers: int = 2) -> Explanation:
    known, book = KnownCase(case_table.history(story, numbers)), BOOKS["nagaoka"]
    return explain(known, decide(known, book, moment(now)), book, moment(now))


def test_every_event_is_told_with_what_it_meant_and_its_clause() -> None:
    events = explained(STORY, "8/20 10:00").events
    assert [(event.what, event.counted, event.clause) for event in events] == [
        ("前回の架電期間の結果: 番号1 留守番電話", None, "000 §10(4)ク"),
        ("番号1に架電: 応答なし（呼出36秒）", True, "000 §10(5)ア"),
        ("番号2に架電: 話し中", False, "000 §10(4)カ"),
        ("番号2に架電: 通話。同一世帯員（確認済み）、本人は不在、在宅時間は8月20日（木）18:00", True, "000 §10(5)エ"),
        (
            "折り返しの電話: 本人（確認済み）、対話しない意思表示、8月19日（水）に5,000円の納付約束",
            None,
            "000 §10(4)ウ",
        ),
        ("納付約束の期日が過ぎました（8月19日（水））", None, "000 §10(4)"),
    ]


def test_it_says_why_no_call_is_made_now_what_comes_next_and_what_a_person_may_decide() -> None:
    text = explained(STORY, "8/20 10:00").as_text()
    assert "いま（8月20日（木）10:00）: 架電しません。次の架電は8月20日（木）18:00から" in text
    assert (
        "次の架電: 8月20日（木）18:00～18:15 番号2。指定時刻（8月20日（木）18:00）に番号2へ架電します（000 §10(5)エ）"
        in text
    )
    assert "優先順位: 指定時刻（最優先）" in text
    assert "担当者の判断で完了にできます: 再度の架電は困難（000 §10(4)ウ）" in text


def test_while_its_debt_kind_is_paused_a_due_case_is_not_called_and_says_so() -> None:
    history, now = case_table.history("8/17 10:00 番号1 応答なし 36秒", 1), moment("8/18 12:30")
    known = KnownCase(replace(history, debt="city_tax"))
    book = of_two_debts(BOOKS["nagaoka"], Mode.PAUSED, Mode.PREVIEW)
    decision = decide(known, book, now)
    assert decision.may_call(now)
    told = explain(known, decision, book, now)
    assert not told.may_call_now
    assert "架電しません。この科目の架電は休止中です（市の依頼）" in told.as_text()


def test_a_closed_case_says_why_and_that_later_news_changes_nothing() -> None:
    told = explained("8/17 10:00 応答なし、8/18 10:00 停止指示、8/18 11:00 応答なし", "8/19 10:00", numbers=1)
    assert told.next_call is None
    assert told.events[-1].reason == "案件は終わっています"
    assert "状態: 架電停止。市の指示により架電停止（000 §10(4)ケ）" in told.as_text()
    assert "次の架電: なし" in told.as_text()


def test_what_happens_later_is_not_told_yet() -> None:
    assert len(explained(STORY, "8/17 13:00").events) == 3
    assert explained("", "8/17 10:00").events == ()


def test_machines_get_the_same_as_json_without_names_or_numbers() -> None:
    told = json.loads(json.dumps(explained(STORY, "8/20 18:00").as_dict(), ensure_ascii=False))
    assert told["may_call_now"] is True
    assert told["next"]["not_before"] == "2026-08-20T18:00:00+09:00"
    assert [event["counted"] for event in told["events"]] == [None, True, False, True, None, None]
    assert told["choices"] == [{"judgement": "declined", "clause": "000 §10(4)ウ"}]
    for number in (case_table.A, case_table.B):
        assert number not in json.dumps(told)


def test_of_who_was_left_alone_it_says_that_an_operator_is_kept_for_the_next_call() -> None:
    known, book = KnownCase(case_table.history("8/17 10:00 放棄"), left_alone=moment("8/17 10:00")), BOOKS["nagaoka"]
    told = explain(known, decide(known, book, moment("8/17 10:05")), book, moment("8/17 10:05"))
    assert "次の架電: 8月17日（月）11:00～12:00 番号1。" in told.as_text()
    assert "担当者を確保してからかけます" in told.as_text()
    assert "優先順位: 担当者を確保する架電（最優先）" in told.as_text()
    assert told.as_dict()["next"]["reserved"] is True
