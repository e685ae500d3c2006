"""What holds for every history, drawn at random: the order of arrival, the way of replaying, and that cases end."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.core.person_flags import HOLDS_CALLS
from dialer.core.rules.completion import CompletionRules, Effect
from dialer.core.rules.happenings import (
    Attempt,
    Callback,
    CaseHistory,
    Decision,
    FlagLifted,
    Happening,
    Judgement,
    Paid,
    PreviousRound,
    Promise,
    Result,
    Script,
    Stop,
    Talk,
    Talker,
)
from dialer.core.rules.progress import begun, step
from dialer.core.rules.standing import standing_after, standing_of
from dialer.core.values import NumberState, PhoneNumber
from tests.city_profiles import RULES
from tests.unit.case_table import FIRST, NEW, ROUND, A, B

END = FIRST + timedelta(days=12)

moments = st.integers(0, 24).map(lambda halves: FIRST + timedelta(hours=12 * halves))  # few, so that many are equal
talks = st.builds(
    Talk,
    talker=st.sampled_from(Talker),
    script=st.sampled_from(Script),
    identity_confirmed=st.none() | st.booleans(),
    offered_to_hear=st.booleans(),
    home_at=st.none() | moments.map(lambda at: at + timedelta(days=3)),
    absent_all_period=st.booleans(),
    not_living_there=st.booleans(),
    new_number=st.sampled_from([None, None, NEW, A]),
    declined=st.booleans(),
    promise=st.none() | st.builds(Promise, st.dates(date(2026, 8, 16), date(2026, 8, 30)), st.just(1000)),
)
numbers = st.integers(0, 1)
attempts = st.builds(Attempt, moments, numbers, st.sampled_from([r for r in Result if r is not Result.TALKED]))
talked = st.builds(lambda at, number, talk: Attempt(at, number, Result.TALKED, talk=talk), moments, numbers, talks)
happenings: st.SearchStrategy[Happening] = st.one_of(
    attempts,
    talked,
    st.builds(Callback, moments, talks),
    st.builds(Stop, moments),
    st.builds(Stop, moments, st.sampled_from(HOLDS_CALLS)),
    st.builds(FlagLifted, moments, st.sampled_from(HOLDS_CALLS)),
    st.builds(Paid, moments),
    st.builds(Decision, moments, st.sampled_from(Judgement)),
    st.builds(PreviousRound, moments, numbers, st.sampled_from(Result)),
)
calm = st.one_of(attempts, talked, st.builds(Callback, moments, talks))
cities = st.sampled_from(sorted(RULES)).map(RULES.__getitem__)
stories = st.lists(happenings, max_size=9).map(tuple) | st.lists(calm, max_size=9).map(tuple)


def history(story: tuple[Happening, ...], two: tuple[PhoneNumber, ...] = (A, B)) -> CaseHistory:
    return CaseHistory("any", "case", ROUND, two, story)


@given(story=stories, shuffle=st.randoms(use_true_random=False), rules=cities, now=moments)
def test_the_order_in_which_happenings_arrive_does_not_matter(
    story: tuple[Happening, ...], shuffle: Random, rules: CompletionRules, now: datetime
) -> None:
    arrived = list(story)
    shuffle.shuffle(arrived)
    assert standing_of(history(tuple(arrived)), rules, now) == standing_of(history(story), rules, now)


@given(story=stories, rules=cities)
def test_replaying_in_one_go_or_event_by_event_gives_the_same(
    story: tuple[Happening, ...], rules: CompletionRules
) -> None:
    """The engine keeps a Progress and asks at every event; the replay asks once."""
    whole = history(story)
    progress = begun(whole)
    for count, happening in enumerate(whole.ordered, 1):
        progress = step(progress, happening, rules, ROUND.holds)
        so_far = replace(whole, happenings=whole.ordered[:count])
        moment = max(each.at for each in so_far.happenings)
        assert standing_after(progress, whole, rules, moment) == standing_of(so_far, rules, moment)
    assert standing_after(progress, whole, rules, END) == standing_of(whole, rules, END)


@given(story=stories, rules=cities, now=moments)
def test_every_decision_has_its_reason_and_clause_and_nothing_outlives_a_closed_case(
    story: tuple[Happening, ...], rules: CompletionRules, now: datetime
) -> None:
    verdict = standing_of(history(story), rules, now)
    assert verdict.reason
    assert verdict.clause[:4] in {"000 ", "001 ", "002 ", "003 ", "004 "}
    if verdict.state != "open":
        assert (verdict.appointment, verdict.held_until, verdict.awaits_decision) == (None, None, frozenset())
    for number in verdict.numbers:
        assert number.callable <= (number.state is NumberState.OPEN)


@given(story=stories, rules=cities, order=st.sampled_from([Stop, Paid]), more=stories)
def test_after_stop_or_payment_no_further_happening_opens_the_case_again(
    story: tuple[Happening, ...], rules: CompletionRules, order: type[Stop] | type[Paid], more: tuple[Happening, ...]
) -> None:
    ordered = history((*story, order(FIRST), *more))
    verdict = standing_of(ordered, rules, END)
    assert verdict.state in {"stopped", "paid"}
    assert verdict.sms_candidate is False


@given(story=stories, rules=cities)
def test_when_every_warning_is_lifted_the_case_stands_as_if_there_had_been_none(
    story: tuple[Happening, ...], rules: CompletionRules
) -> None:
    lifted = history((*story, *(FlagLifted(END, flag) for flag in HOLDS_CALLS)))
    never = history(
        tuple(one for one in story if not isinstance(one, FlagLifted) and getattr(one, "flag", None) is None)
    )
    assert standing_of(lifted, rules, END) == standing_of(never, rules, END)


@given(story=st.lists(calm, max_size=9).map(tuple))
def test_may_items_alone_never_complete_a_case(story: tuple[Happening, ...]) -> None:
    """Declared, away and moved change nothing in Nagaoka until a person decides (C-047)."""

    def plain(happening: Happening) -> Happening:
        if isinstance(happening, Attempt | Callback) and happening.talk is not None:
            talk = replace(happening.talk, declined=False, absent_all_period=False)
            return replace(happening, talk=talk)
        return happening

    rules = RULES["nagaoka"]
    without = history(tuple(map(plain, story)))
    assert standing_of(history(story), rules, END).state == standing_of(without, rules, END).state


@pytest.mark.parametrize("city", sorted(RULES))
@given(results=st.lists(st.sampled_from([r for r in Result if r is not Result.TALKED]), min_size=40, max_size=40))
def test_every_case_that_is_called_and_called_ends(city: str, results: list[Result]) -> None:
    rules = RULES[city]
    counts = [rules.outcomes[result].effect is Effect.COUNTED for result in results]
    calls = [Attempt(FIRST + timedelta(days=day), 0, result) for day, result in enumerate(results)]
    states: list[str] = []
    for count in range(len(calls) + 1):
        case = CaseHistory(city, "case", ROUND, (A,), tuple(calls[:count]))
        states.append(standing_of(case, rules, FIRST + timedelta(days=99)).state)
    needed = states.index("complete")  # fails when it never ends
    assert needed <= rules.attempts + rules.uncounted_cap
    assert all(state == "complete" for state in states[needed:])
    assert sum(counts[: needed - 1]) < rules.attempts
