"""The engine with an ear, in virtual time: who meets an operator and when, and what the ear is left alone with."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from dialer.core import ear_events as ear
from dialer.core.briefing import Briefing, read
from dialer.core.ear_events import Answerer
from dialer.core.events import ChannelId
from dialer.core.values import OperatorState, Outcome
from dialer.listening import LATE_SECONDS, LISTENS_ON_SECONDS, EarRules
from dialer.ports import Claimed
from tests.event_table import START
from tests.fake_switch import EarStep, Subscriber
from tests.office import Office, at_work

PLACE = "127.0.0.1:15092"
UNDECIDED = 2.5


def brief(claimed: Claimed) -> Briefing:
    return Briefing(city="nagaoka", message="nagaoka/message")


EAR = EarRules(place=PLACE, undecided_seconds=UNDECIDED, early_media=True, brief=brief)


class Attended(Office):
    ear: EarRules | None = EAR


def heard(what: str, announcement: str = "", *, early: bool = False) -> EarStep:
    return lambda channel, at: ear.EarHeard(channel, at, what, 1000, announcement, early)


def answers(*steps: tuple[float, EarStep], hangs_up_after: float = 60.0) -> Subscriber:
    return Subscriber(answers_after=4.0, hangs_up_after=hangs_up_after, ear=steps)


TONE: EarStep = ear.ToneHeard
STARTS: EarStep = lambda channel, at: ear.MessageStarted(channel, at, True)  # noqa: E731
ENDS: EarStep = lambda channel, at: ear.MessageEnded(channel, at, True)  # noqa: E731
GONE: EarStep = lambda channel, at: ear.EarEnded(channel, at, "SUCCESS")  # noqa: E731
PERSON = answers((1.2, heard("person")))
MACHINE = answers((1.5, heard("voicemail")), (8, TONE), (8.02, STARTS), (16, ENDS), (16.02, None))
SILENT_EAR = answers()


def played(*people: Subscriber, operators: int = 1, ends: int | None = None) -> Attended:
    async def scene(office: Office) -> None:
        await office.until(lambda: len(office.outcomes()) >= (len(people) if ends is None else ends))

    office = Attended(people, operators=operators)
    at_work(office, scene)
    return office


def waits(office: Office) -> list[float]:
    """From the answer to the join, in seconds."""
    return [
        (ended.joined_at - ended.answered_at).total_seconds()
        for ended in office.store.ended.values()
        if ended.joined_at and ended.answered_at
    ]


def test_a_person_meets_an_operator_in_the_moment_of_the_verdict() -> None:
    office = played(PERSON)
    assert office.outcomes() == [Outcome.TALKED]
    assert waits(office) == [1.2]


def test_a_call_carries_its_briefing_and_no_number() -> None:
    office = played(PERSON)
    (call,) = [call for call in office.switch.placed if call.context == "customer"]
    assert call.variables["EAR"] == PLACE
    assert read(call.variables["BRIEFING"]) == Briefing(city="nagaoka", message="nagaoka/message")
    assert not any("0258" in value for value in call.variables.values())


@pytest.mark.parametrize(
    ("steps", "joined_after"),
    [
        ([(2.5, heard("undecided"))], 2.5),
        ([], UNDECIDED + LATE_SECONDS),
        ([(0.01, GONE)], 0.01),
        ([(1.0, GONE)], 1.0),
        ([(2.5, lambda channel, at: ear.EarListensOn(channel, at))], 2.5 + LISTENS_ON_SECONDS + LATE_SECONDS),
        (
            [(at, lambda channel, at: ear.EarListensOn(channel, at)) for at in (2.5, 2.5 + LISTENS_ON_SECONDS)],
            2.5 + 2 * LISTENS_ON_SECONDS + LATE_SECONDS,
        ),
        ([(2.5, lambda channel, at: ear.EarListensOn(channel, at)), (3.5, heard("person"))], 3.5),
        ([(1.0, heard("parrot"))], 1.0),
    ],
)
def test_whoever_the_ear_does_not_judge_is_joined_as_a_person(
    steps: Sequence[tuple[float, EarStep]], joined_after: float
) -> None:
    office = played(answers(*steps))
    assert office.outcomes() == [Outcome.TALKED]
    assert waits(office) == [pytest.approx(joined_after)]


def test_a_machine_takes_no_operator_and_its_message_is_left() -> None:
    office = played(MACHINE)
    (ended,) = office.store.ended.values()
    assert ended.outcome is Outcome.MACHINE
    assert ended.evidence["message_left"] is True
    assert ended.operator is None
    assert not office.store.noted


def test_while_the_ear_is_with_machines_the_operators_calls_go_on() -> None:
    """One operator, and both machines are on the line together with the talk."""
    office = played(MACHINE, MACHINE, PERSON)
    assert sorted(office.outcomes()) == sorted([Outcome.MACHINE, Outcome.MACHINE, Outcome.TALKED])
    assert office.switch.busiest == 3


@pytest.mark.parametrize(
    ("subscriber", "outcome"),
    [
        (answers((0.6, heard("fax")), (0.61, None)), Outcome.FAX),
        (answers((2.0, heard("announcement", "refused")), (2.01, None)), Outcome.REJECTED),
        (answers((2.0, heard("screening")), (47.0, None)), Outcome.SCREENED),
        (answers((1.5, heard("voicemail")), (8, TONE), (8.02, STARTS), hangs_up_after=9.0), Outcome.MACHINE),
        (answers((1.5, heard("voicemail")), (5, GONE)), Outcome.MACHINE),
    ],
)
def test_what_the_ear_heard_is_the_outcome_and_no_operator_is_used(subscriber: Subscriber, outcome: Outcome) -> None:
    office = played(subscriber)
    (ended,) = office.store.ended.values()
    assert ended.outcome is outcome
    assert not office.store.noted
    assert not ended.evidence["message_left"]


def test_a_machine_that_the_ear_lost_is_ended_and_hears_no_apology() -> None:
    office = played(answers((1.5, heard("voicemail")), (5, GONE)))
    (ended,) = office.store.ended.values()
    assert ended.ended_at - ended.answered_at == timedelta(seconds=5)  # type: ignore[operator]


def test_an_ear_that_stays_on_a_machine_for_ever_is_ended() -> None:
    office = played(answers((1.5, heard("voicemail")), hangs_up_after=3600))
    (ended,) = office.store.ended.values()
    assert ended.outcome is Outcome.MACHINE
    assert ended.ended_at - ended.answered_at < timedelta(minutes=4)  # type: ignore[operator]


def test_an_operator_is_reserved_for_a_screening_device_only_when_a_person_speaks() -> None:
    person_comes: EarStep = ear.PersonCame

    async def scene(office: Office) -> None:
        await office.until(lambda: len(office.switch.customers()) == 2)
        assert office.store.desks["op01"].state is OperatorState.FREE
        await office.until(lambda: len(office.outcomes()) == 2)

    screened = answers((2.0, heard("screening")), (20.0, person_comes))
    office = Attended([screened, Subscriber()])
    at_work(office, scene)
    assert sorted(office.outcomes()) == sorted([Outcome.TALKED, Outcome.NO_ANSWER])
    assert waits(office) == [20.0]


# --- before the answer


def announces(kind: str) -> Subscriber:
    says = heard("announcement", kind, early=True)
    return Subscriber(rings_after=None, progresses_after=0.2, ear=((3.0, says),))


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        ("unpaid", Outcome.UNPAID),
        ("off_or_out_of_area", Outcome.OFF_OR_OUT_OF_AREA),
        ("changed", Outcome.NUMBER_CHANGED),
    ],
)
def test_an_announcement_before_the_answer_frees_the_line_at_once(kind: str, outcome: Outcome) -> None:
    office = played(announces(kind))
    (ended,) = office.store.ended.values()
    assert ended.outcome is outcome
    assert ended.placed_at is not None
    assert ended.ended_at - ended.placed_at < timedelta(seconds=3.5)
    (spy,) = office.switch.spies
    assert spy.variables["_ATTEMPT"] == ended.attempt
    assert spy.variables["_EAR"] == PLACE
    assert spy.channel == spy.variables["_STREAM"] != ended.attempt


@pytest.mark.parametrize(("kind", "outcome"), [("other", Outcome.NO_ANSWER), ("not_in_use", Outcome.UNCLEAR_REFUSAL)])
def test_an_announcement_that_is_not_understood_or_not_sure_enough_waits_for_the_networks_code(
    kind: str, outcome: Outcome
) -> None:
    office = played(announces(kind))
    (ended,) = office.store.ended.values()
    assert ended.placed_at is not None
    assert ended.ended_at - ended.placed_at > timedelta(seconds=35)
    assert ended.outcome is outcome


def test_without_early_media_nobody_spies() -> None:
    class Deaf(Attended):
        ear: EarRules | None = replace(EAR, early_media=False)

    async def scene(office: Office) -> None:
        await office.until(lambda: len(office.outcomes()) == 1)

    office = Deaf([announces("unpaid")])
    at_work(office, scene)
    assert office.switch.spies == []


# --- an operator puts it right


async def until_talking(office: Office) -> None:
    await office.until(lambda: office.store.desks["op01"].state is OperatorState.TALKING)


def test_an_operator_who_hears_a_machine_is_free_at_once_and_the_ear_leaves_the_message() -> None:
    after_correction = ((14.0, STARTS), (22.0, ENDS), (22.01, None))

    async def scene(office: Office) -> None:
        await until_talking(office)
        await asyncio.sleep(5)
        (attempt,) = office.store.claims
        office.engine.correct(attempt, Answerer.VOICEMAIL)
        await office.until(lambda: office.store.desks["op01"].state is OperatorState.FREE, within=0.1)
        assert office.switch.messages_ordered == [ChannelId(attempt)]
        await office.until(lambda: bool(office.outcomes()))

    office = Attended([answers((1.2, heard("person")), *after_correction)])
    at_work(office, scene)
    (ended,) = office.store.ended.values()
    assert ended.outcome is Outcome.MACHINE
    assert ended.evidence["message_left"] is True
    assert ended.evidence["corrected"] == "voicemail"


def test_an_operator_who_hears_a_fax_ends_the_call_and_the_number() -> None:
    async def scene(office: Office) -> None:
        await until_talking(office)
        (attempt,) = office.store.claims
        office.engine.correct(attempt, Answerer.FAX)
        await office.until(lambda: bool(office.outcomes()), within=1)

    office = Attended([answers((2.5, heard("undecided")))])
    at_work(office, scene)
    assert office.outcomes() == [Outcome.FAX]


def test_a_machine_that_is_a_person_after_all_is_joined() -> None:
    async def scene(office: Office) -> None:
        await office.until(lambda: any(record.kind == "ear_heard" for record in office.store.appended))
        (attempt,) = office.store.claims
        office.engine.correct(attempt, Answerer.PERSON)
        await until_talking(office)
        await office.until(lambda: bool(office.outcomes()))

    office = Attended([answers((1.5, heard("voicemail")))])
    at_work(office, scene)
    assert office.outcomes() == [Outcome.TALKED]


def test_a_correction_that_comes_too_late_changes_nothing() -> None:
    async def scene(office: Office) -> None:
        await office.until(lambda: len(office.outcomes()) == 1)
        (attempt,) = office.store.claims
        office.engine.correct(attempt, Answerer.FAX)
        await asyncio.sleep(1)

    office = Attended([PERSON])
    at_work(office, scene)
    assert office.outcomes() == [Outcome.TALKED]


# --- a restart


@pytest.mark.parametrize(
    ("dies_after", "subscriber", "outcome", "left"),
    [
        (4.6, MACHINE, Outcome.MACHINE, True),  # before the verdict
        (7.0, MACHINE, Outcome.MACHINE, True),  # while the tone is awaited
        (14.0, MACHINE, Outcome.MACHINE, True),  # while the message is spoken
        (4.6, PERSON, Outcome.TALKED, None),
    ],
)
def test_an_engine_that_comes_back_leaves_to_the_ear_what_is_the_ears(
    dies_after: float, subscriber: Subscriber, outcome: Outcome, left: bool | None
) -> None:
    async def scene(office: Office) -> None:
        await office.until(lambda: bool(office.switch.customers()))
        await asyncio.sleep(dies_after)
        await office.kill_engine()
        office.start_engine()
        await office.until(lambda: bool(office.outcomes()))

    office = Attended([subscriber])
    at_work(office, scene)
    (ended,) = office.store.ended.values()
    assert ended.outcome is outcome
    assert ended.evidence.get("message_left") is left
    assert ended.ended_at > START
