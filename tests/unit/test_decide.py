"""A decision as a whole: state and next call together, and the acceptance examples that the city would try."""

from dataclasses import replace
from datetime import timedelta

import pytest

from dialer.bench.planning import MORNING, bench_planning, open_cases, taught
from dialer.core.decide import KnownCase, decide
from dialer.core.plan.facts import PlanFacts
from dialer.core.plan.planning import Planner
from dialer.core.plan.values import NumberType, Slot, SlotCount, SlotDay
from dialer.core.rules.happenings import Attempt, Result
from tests.planning_city import BOOKS, book, decided, told
from tests.unit import case_table
from tests.unit.case_table import moment

SPOUSE = "配偶者 世帯確認"
TWICE = "8/17 10:00 応答なし、8/18 14:00 応答なし"


@pytest.mark.parametrize(
    ("happened", "numbers", "now", "state", "clause", "following"),
    [
        # 1, 2
        (
            "8/17 10:00 応答なし、8/18 14:00 応答なし、8/19 18:00 応答なし",
            1,
            "8/19 18:05",
            "complete",
            "000 §10(4)カ",
            "終了",
        ),
        (
            "8/17 10:00 応答なし、8/18 14:00 応答なし、8/19 15:00 応答なし",
            2,
            "8/19 15:05",
            "open",
            "000 §10(4)",
            "8/19 17:00～20:00 番号2 first",
        ),
        # 3
        ("8/17 10:00 他人宅", 2, "8/17 10:05", "open", "000 §10(4)オ", "8/17 12:00～17:00 番号2 first"),
        (
            "8/17 10:00 他人宅、8/17 14:00 番号2 本人 スクリプト完了",
            2,
            "8/17 14:05",
            "complete",
            "000 §10(4)ア",
            "終了",
        ),
        # 4
        (f"8/17 10:00 {SPOUSE} 申出あり スクリプト完了", 1, "8/17 10:05", "complete", "000 §10(4)イ", "終了"),
        # 5: home after 18:00 on Thursday, inside the round
        (
            f"{TWICE}、8/19 18:00 {SPOUSE} 申出なし 不在 8/20の18時在宅",
            1,
            "8/19 18:05",
            "open",
            "000 §10(5)エ",
            "8/20 18:00～18:15 番号1 appointment",
        ),
        (
            f"{TWICE}、8/19 18:00 {SPOUSE} 申出なし 不在 8/20の18時在宅、8/20 18:00 応答なし",
            1,
            "8/20 18:05",
            "complete",
            "000 §10(4)カ",
            "終了",
        ),
        # 6: the Thursday after the round's end
        (
            f"{TWICE}、8/19 18:00 {SPOUSE} 申出なし 不在 9/3の18時在宅",
            1,
            "8/19 18:05",
            "escalated",
            "000 §10(5)エ",
            "終了",
        ),
        # inside the round but at 21:00 is outside
        (
            f"{TWICE}、8/19 18:00 {SPOUSE} 申出なし 不在 8/20の21時在宅",
            1,
            "8/19 18:05",
            "escalated",
            "000 §10(5)エ",
            "終了",
        ),
        # 7: attempts two and three follow
        ("8/17 10:00 本人 途中で切断", 1, "8/17 10:05", "open", "000 §10(4)ア", "8/18 12:00～17:00 番号1 retry"),
        (
            "8/17 10:00 本人 途中で切断、8/18 14:00 応答なし",
            1,
            "8/18 14:05",
            "open",
            "000 §10(5)ア",
            "8/19 17:00～20:00 番号1 retry",
        ),
        # 8
        ("8/17 10:00 応答なし 34秒", 1, "8/17 10:05", "open", "000 §10(5)ア", "8/17 11:00～12:00 番号1 again"),
        ("8/17 10:00 応答なし 35秒", 1, "8/17 10:05", "open", "000 §10(5)ア", "8/18 12:00～17:00 番号1 retry"),
        # 9
        ("8/17 10:00 留守電 伝言あり", 1, "8/17 10:05", "open", "000 §10(5)イ", "8/18 12:00～17:00 番号1 retry"),
        ("8/17 10:00 留守電 伝言なし", 1, "8/17 10:05", "open", "000 §10(5)イ", "8/18 12:00～17:00 番号1 retry"),
        # 10
        ("8/17 10:00 料金未払", 1, "8/17 10:05", "open", "000 §10(5)ウ", "8/18 12:00～17:00 番号1 retry"),
        ("8/17 10:00 欠番", 1, "8/17 10:05", "complete", "000 §10(4)オ", "終了"),
        # 11: a callback that completes cancels the retry
        (
            "8/17 10:00 応答なし、8/23 16:00 折り返し 本人 本人確認 スクリプト完了",
            1,
            "8/23 16:05",
            "complete",
            "000 §10(4)キ",
            "終了",
        ),
    ],
)
def test_the_acceptance_examples_of_nagaoka(
    happened: str, numbers: int, now: str, state: str, clause: str, following: str
) -> None:
    decision = decided(happened, now, numbers=numbers)
    assert (decision.standing.state, decision.standing.clause, told(decision)) == (state, clause, following)


def test_a_case_whose_calls_are_over_is_an_sms_candidate_and_was_not_contacted() -> None:
    happened = "8/17 10:00 応答なし、8/18 14:00 応答なし、8/19 18:00 応答なし"
    standing = decided(f"{happened}、8/19 19:00 番号2 欠番", "8/19 19:05", numbers=2).standing
    assert (standing.state, standing.contacted) == ("complete", False)
    mobile = case_table.history(happened.replace("応答なし", "番号2 応答なし") + "、8/20 10:00 欠番", 2)
    assert decide(KnownCase(mobile), BOOKS["nagaoka"], moment("8/20 10:05")).standing.sms_candidate


@pytest.mark.parametrize("before", ["", "8/17 10:00 応答なし、8/18 14:00 応答なし"])
def test_a_talk_without_its_result_holds_the_case_even_when_it_was_the_last_call_owed(before: str) -> None:
    """What was said may complete it, or ask for one call more; nobody knows yet."""
    talked = Attempt(moment("8/19 18:00"), 0, Result.TALKED)
    known = KnownCase(case_table.history(before).and_then(talked), awaits_result=True)
    decision = decide(known, BOOKS["nagaoka"], moment("8/19 18:05"))
    assert (decision.standing.state, told(decision)) == ("open", "awaits_result 8/29 00:00")
    assert decision.held is not None
    assert "未入力" in decision.held.reason
    stopped = replace(known, history=known.history.and_then(*case_table.happenings("8/20 10:00 停止指示")))
    assert decide(stopped, BOOKS["nagaoka"], moment("8/20 10:05")).standing.state == "stopped"


def test_what_happens_later_is_not_yet_known() -> None:
    happened = "8/17 10:00 応答なし、8/18 14:00 停止指示"
    assert told(decided(happened, "8/18 13:00")) == "8/18 13:00～17:00 番号1 retry"
    assert told(decided(happened, "8/18 14:00")) == "終了"


def test_a_person_s_own_experience_is_followed() -> None:
    """Reached on Saturday afternoons whenever it was tried, and never on weekdays (C-035)."""
    saturday, tuesday = (Slot(day, "afternoon") for day in (SlotDay.SAT, SlotDay.TUE))
    person = (SlotCount(saturday, 6, 6), SlotCount(tuesday, 6, 0))
    assert told(decided("8/17 10:00 応答なし", "8/17 10:05")) == "8/18 12:00～17:00 番号1 retry"
    known = decided("8/17 10:00 応答なし", "8/17 10:05", person=person)
    assert told(known) == "8/22 12:00～17:00 番号1 retry"
    assert known.plan is not None
    assert "つながる見込みは約80％" in known.plan.reason  # (6 + 4 x 0.5) / (6 + 4)


def test_what_the_log_teaches_about_slots_is_followed_and_said() -> None:
    counts = {(NumberType.FIXED, Slot(day, "evening")): (1000, 600) for day in SlotDay}
    counts |= {(NumberType.FIXED, Slot(day, band)): (1000, 100) for day in SlotDay for band in ("morning", "afternoon")}
    taught = decided("8/17 10:00 応答なし", "8/17 10:05", rules=book("nagaoka", counts=counts))
    assert told(taught) == "8/18 17:00～20:00 番号1 retry"
    assert taught.plan is not None
    assert "つながる見込みは約58％" in taught.plan.reason  # (600 + 50 x 0.267) / 1050


def test_a_number_that_is_far_likelier_to_be_answered_goes_first() -> None:
    counts = {(NumberType.MOBILE, Slot(day, band)): (1000, 600) for day in SlotDay for band in ("morning", "afternoon")}
    counts |= {(NumberType.FIXED, Slot(day, band)): (1000, 100) for day in SlotDay for band in ("morning", "afternoon")}
    taught = book("nagaoka", counts=counts)
    assert told(decided("", "8/17 09:00", numbers=2, rules=taught)) == "8/17 09:00～12:00 番号2 first"
    # and once more, before the other had its first: six times as likely outweighs one call more
    assert told(decided("8/17 10:00 番号2 応答なし", "8/17 10:05", numbers=2, rules=taught)).endswith("番号2 retry")


@pytest.mark.parametrize(("mobile", "number"), [(1200, 1), (1700, 2)])
def test_one_call_more_must_promise_half_as_much_again(mobile: int, number: int) -> None:
    """Fixed 1000 of 10000. The mobile has been called once already."""
    weekdays = [Slot(day, band) for day in SlotDay for band in ("morning", "afternoon")]
    counts = {(NumberType.FIXED, slot): (10_000, 1000) for slot in weekdays}
    counts |= {(NumberType.MOBILE, slot): (10_000, mobile) for slot in weekdays}
    taught = book("nagaoka", counts=counts)
    following = told(decided("8/17 14:00 番号2 応答なし", "8/18 09:00", numbers=2, rules=taught))
    assert following.split()[2] == f"番号{number}"


def test_no_wait_gets_shorter_by_parts_of_a_second() -> None:
    """The facts keep whole seconds."""
    dialled = moment("8/17 10:00") + timedelta(milliseconds=1)
    known = KnownCase(case_table.history("").and_then(Attempt(dialled, 0, Result.BUSY)))
    plan = decide(known, BOOKS["nagaoka"], moment("8/17 10:01")).plan
    assert plan is not None
    assert plan.not_before == moment("8/17 10:20") + timedelta(seconds=1)


@pytest.mark.parametrize("city", sorted(BOOKS))
@pytest.mark.parametrize(
    "happened",
    [
        "",
        "8/17 10:00 応答なし、8/18 14:00 番号2 留守電",
        "8/17 10:00 話し中、8/17 10:30 着信拒否",
        "8/17 10:00 応答なし、8/18 10:00 番号2 配偶者 本人確認なし 不在 8/20の11時在宅",
        "8/17 10:00 本人 本人確認なし 8/20に1000円約束",
    ],
)
def test_the_kept_facts_give_the_same_plan_as_the_history(city: str, happened: str) -> None:
    """A day is planned from the facts alone."""
    person = (SlotCount(Slot(SlotDay.TUE, "morning"), 3, 2),)
    for now in ("8/18 10:05", "8/18 17:30"):
        decision = decided(happened, now, numbers=2, rules=BOOKS[city], person=person)
        planner = Planner(BOOKS[city], moment(now))
        debt = BOOKS[city].city.debts[0].key
        assert planner.plan_of(decision.facts, debt) == (decision.plan or decision.held)
        assert PlanFacts.from_text(decision.facts).text == decision.facts


def test_the_kept_facts_hold_nothing_personal() -> None:
    decision = decided("8/17 10:00 配偶者 居住せず 別番号あり", "8/17 10:05", numbers=2)
    for number in (case_table.A, case_table.B, case_table.NEW):
        assert number not in decision.facts
        assert number not in repr(decision)
    assert decision.facts.count("mobile") == 2


def test_what_a_day_s_planning_remembers_of_other_cases_changes_no_plan() -> None:
    rules = taught("kurume")
    cases = list(open_cases(rules, 10_000))
    planner = Planner(rules, MORNING)
    plans = [planner.plan_of(facts, debt) for facts, debt in cases]
    for place in range(0, len(cases), 500):
        facts, debt = cases[place]
        assert plans[place] == Planner(rules, MORNING).plan_of(facts, debt)


def test_the_bench_of_planning_counts_its_cases() -> None:
    figures = bench_planning("sendai", count=300)
    assert (figures.cases, figures.city) == (300, "sendai")
    assert 0 < figures.unlike <= 300
