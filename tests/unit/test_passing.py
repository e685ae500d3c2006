"""A talk that goes to another seat of the centre: the engine with a tiny exchange, in virtual time."""

import asyncio

import pytest

from dialer.core.callers import InboundOutcome
from dialer.core.events import ChannelId
from dialer.core.orders import OrderKind
from dialer.core.values import Ear, OperatorState, Outcome
from tests.event_table import START
from tests.passing_office import ATTENDED, BLIND, SUPERVISOR, CentreOffice, Scene, conferring, in_a_talk, taken


@pytest.mark.parametrize("came_in", [False, True], ids=["whom we called", "who calls us"])
@pytest.mark.parametrize("how", [BLIND, ATTENDED])
def test_the_talk_belongs_to_who_has_the_person_and_the_first_is_free_at_once(how: str, came_in: bool) -> None:
    async def scene(office: CentreOffice) -> None:
        call = office.first.attempt
        assert call is not None
        await office.passes(how)
        await office.until(lambda: office.store.desks[SUPERVISOR].attempt == call)
        if how == ATTENDED:
            await office.until(lambda: office.confers and office.music)
            assert (office.first.state, office.first.consulting) == (OperatorState.TALKING, SUPERVISOR)
            assert office.other.state is OperatorState.RESERVED
            await office.ordered(office.first, OrderKind.COMPLETE_TRANSFER)
        await office.until_taken()
        assert office.first.state is OperatorState.FREE
        assert office.first.consulting is None
        assert office.store.desks["op01"].attempt is None
        await asyncio.sleep(30)
        assert office.with_person(SUPERVISOR)
        assert (office.store.noted[call], office.store.accounts[call]) == (SUPERVISOR, office.other.account)
        office.hang_up()
        await office.until(lambda: office.other.state is OperatorState.WRAP_UP)
        assert office.other.wrapping == call
        await office.ordered(office.other, OrderKind.FINISH, attempt=call)
        assert office.other.state is OperatorState.PAUSED, "a supervisor stays paused"

    office = in_a_talk(scene, came_in=came_in)
    assert [kind for kind in office.kinds() if kind.startswith("pass")] == ["pass_ordered", "passed"]
    if came_in:
        (caller,) = office.store.inbound_ended.values()
        assert (caller.outcome, caller.operator) == (InboundOutcome.TALKED, SUPERVISOR)
        assert caller.evidence["passed_to"] == SUPERVISOR
    else:
        (ended,) = office.store.ended.values()
        assert (ended.outcome, ended.operator) == (Outcome.TALKED, SUPERVISOR)
        assert ended.evidence["passed_to"] == SUPERVISOR


def test_the_history_says_who_passed_the_talk_on_to_whom() -> None:
    office = in_a_talk(taken)
    (ordered,) = [one.detail for one in office.store.appended if one.kind == "pass_ordered"]
    assert ordered == {"seat": SUPERVISOR, "by": "rehearsal-op01", "to": "rehearsal-op02", "attended": False}


def test_a_free_operator_may_have_it_and_gets_no_other_call_before_it_is_decided() -> None:
    async def scene(office: CentreOffice) -> None:
        await office.passes(ATTENDED, to="op03")
        await office.until(lambda: office.confers_with("op03"))
        call = office.switch.call_in()
        await asyncio.sleep(20)
        assert office.engine.calls.desks.floor.with_attempt(call) is None, "there is nobody for this caller"
        office.switch.hang_up(office.switch.up[ChannelId(call)])
        await office.ordered(office.first, OrderKind.CANCEL_TRANSFER)
        await office.until_back()
        await office.until(lambda: office.desk("op03").state is OperatorState.FREE)

    office = CentreOffice(operators=3)
    in_a_talk(scene, office)


def test_who_may_not_have_it_is_refused_with_the_reason_and_the_person_hears_nothing_of_it() -> None:
    async def scene(office: CentreOffice) -> None:
        assert await office.order(office.first, OrderKind.TRANSFER, to="op01", how=BLIND) == (
            "自分の席には転送できません"
        )
        office.other.leaving = True
        assert "応対できません" in await office.order(office.first, OrderKind.TRANSFER, to=SUPERVISOR, how=BLIND)
        office.other.leaving = False
        office.switch.legs_answer_after = 3600.0
        office.switch.hang_up_leg(SUPERVISOR)
        await asyncio.sleep(1)
        assert "音声" in await office.order(office.first, OrderKind.TRANSFER, to=SUPERVISOR, how=BLIND)
        await office.ordered(office.other, OrderKind.LEAVE_SEAT)
        nobody = await office.order(office.first, OrderKind.TRANSFER, to=SUPERVISOR, how=BLIND)
        assert nobody == "この席にはだれも着いていません"
        assert office.with_person("op01")
        assert not office.first.on_hold

    office = in_a_talk(_without_somebody_who_sits_down_again(scene))
    assert "pass_ordered" not in office.kinds()


def _without_somebody_who_sits_down_again(scene: Scene) -> Scene:
    async def play(office: CentreOffice) -> None:
        office.manned = False
        await scene(office)

    return play


def test_an_operator_on_the_line_is_not_taken_from_their_talk() -> None:
    async def scene(office: CentreOffice) -> None:
        await office.ordered(office.other, OrderKind.READY)
        call = office.switch.call_in()
        await office.until(lambda: office.other.state is OperatorState.TALKING)
        assert "応対できません" in await office.order(office.first, OrderKind.TRANSFER, to=SUPERVISOR, how=BLIND)
        assert office.other.attempt == call
        office.switch.hang_up(office.switch.up[ChannelId(call)])

    in_a_talk(scene)


def test_a_supervisor_who_listens_stops_and_takes_it() -> None:
    for how in (BLIND, ATTENDED):

        async def scene(office: CentreOffice, how: str = how) -> None:
            await office.ordered(office.other, OrderKind.LISTEN, to="op01", how=Ear.WHISPER.value)
            await office.until(lambda: bool(office.switch.listening))
            await office.passes(how)
            if how == ATTENDED:
                await office.until(lambda: office.confers and office.music)
                await office.ordered(office.first, OrderKind.COMPLETE_TRANSFER)
            await office.until_taken()
            assert office.other.listens_to is None
            assert not office.switch.listening

        in_a_talk(scene)


# --- what fails comes back


async def _cancels(office: CentreOffice) -> None:
    await office.ordered(office.first, OrderKind.CANCEL_TRANSFER)


async def _declines(office: CentreOffice) -> None:
    await office.ordered(office.other, OrderKind.HANG_UP)


async def _leaves(office: CentreOffice) -> None:
    await office.ordered(office.other, OrderKind.LEAVE_SEAT)


async def _loses_the_leg(office: CentreOffice) -> None:
    office.switch.hang_up_leg(SUPERVISOR)


@pytest.mark.parametrize(
    ("fails", "why"),
    [
        (_cancels, "担当者が転送を取り消しました"),
        (_declines, "転送先の担当者が受けませんでした"),
        (_leaves, "転送先の担当者が受けませんでした"),
        (_loses_the_leg, "転送先の席の音声が切れました"),
    ],
)
def test_a_person_whom_nobody_takes_is_with_the_first_operator_again(fails: Scene, why: str) -> None:
    async def scene(office: CentreOffice) -> None:
        await conferring(office)
        await fails(office)
        await office.until_back()
        assert office.other.state is (OperatorState.OFFLINE if fails is _leaves else OperatorState.PAUSED)

    office = in_a_talk(scene)
    assert office.why_failed() == [why]
    (ended,) = office.store.ended.values()
    assert (ended.operator, ended.evidence.get("passed_to")) == ("op01", None)


@pytest.mark.parametrize("came_in", [False, True], ids=["whom we called", "who calls us"])
def test_a_leg_that_is_gone_when_the_person_comes_gives_the_person_back(came_in: bool) -> None:
    async def scene(office: CentreOffice) -> None:
        leg = office.switch.leg(SUPERVISOR)
        assert leg is not None
        name, leg.name = leg.name, "PJSIP/gone-00000000"  # Asterisk does not find it: Bridge() returns at once
        await office.passes(BLIND)
        await office.until(lambda: "pass_failed" in office.kinds())
        leg.name = name
        await office.until_back()
        await taken(office)  # another try

    in_a_talk(scene, came_in=came_in)


def test_an_operator_whose_leg_is_lost_while_the_two_speak_gets_the_person_back_with_the_next_leg() -> None:
    async def scene(office: CentreOffice) -> None:
        await conferring(office)
        office.switch.hang_up_leg("op01")
        assert office.music
        await office.until_back()
        assert office.other.state is OperatorState.PAUSED

    office = in_a_talk(scene)
    assert office.why_failed() == ["担当者の音声が切れました"]


def test_a_person_who_hangs_up_while_the_two_speak_ends_it_for_both() -> None:
    async def scene(office: CentreOffice) -> None:
        await conferring(office)
        office.hang_up()
        await office.until(lambda: office.first.state is OperatorState.WRAP_UP)
        await office.until(lambda: office.other.state is OperatorState.PAUSED)
        await office.until(lambda: not office.confers)
        assert (office.first.consulting, office.other.takes) == (None, None)

    office = in_a_talk(scene)
    (ended,) = office.store.ended.values()
    assert (ended.outcome, ended.operator) == (Outcome.TALKED, "op01")


def test_nothing_else_is_begun_meanwhile() -> None:
    async def scene(office: CentreOffice) -> None:
        await conferring(office)
        assert "転送の手続き中です" in await office.order(office.first, OrderKind.UNHOLD)
        assert await office.order(office.first, OrderKind.TRANSFER, to=SUPERVISOR, how=BLIND) == "転送の手続き中です"
        await office.ordered(office.first, OrderKind.MUTE)
        await office.ordered(office.first, OrderKind.UNMUTE)
        await _cancels(office)
        await office.until_back()
        assert "手続き中ではありません" in await office.order(office.first, OrderKind.CANCEL_TRANSFER)

    in_a_talk(scene)


def test_who_enters_a_bridge_first_is_chance() -> None:
    async def scene(office: CentreOffice) -> None:
        office.switch.bridger_first = True
        await conferring(office)
        await _cancels(office)
        await office.until_back()
        await conferring(office)
        await office.ordered(office.first, OrderKind.COMPLETE_TRANSFER)
        await office.until_taken()

    in_a_talk(scene)


# --- crashes


@pytest.mark.parametrize("stage", [conferring, taken])
def test_whatever_was_going_on_when_the_engine_died_one_operator_has_the_talk(stage: Scene) -> None:
    async def scene(office: CentreOffice) -> None:
        await stage(office)
        await asyncio.sleep(0.5)
        await office.kill_engine()
        await asyncio.sleep(3)
        office.start_engine()
        if stage is taken:
            await office.until(lambda: office.other.state is OperatorState.TALKING, 30)
            await office.until(lambda: office.first.state is OperatorState.FREE, 30)
            assert office.with_person(SUPERVISOR)
        else:
            await office.until_back()
            assert office.other.state is OperatorState.PAUSED

    office = in_a_talk(scene)
    (ended,) = office.store.ended.values()
    assert (ended.outcome, ended.operator) == (Outcome.TALKED, SUPERVISOR if stage is taken else "op01")


def test_an_engine_that_died_before_it_heard_of_the_meeting_finds_who_has_the_person() -> None:
    async def scene(office: CentreOffice) -> None:
        await conferring(office)
        await office.kill_engine()
        leg = office.switch.leg(SUPERVISOR)
        assert leg is not None
        await office.switch.join(office.person.name, leg.name)  # its last order
        office.start_engine()
        await office.until(lambda: office.other.state is OperatorState.TALKING, 30)
        await office.until(lambda: office.first.state is OperatorState.FREE, 30)
        assert office.first.attempt is None
        assert office.first.consulting is None
        (call,) = office.store.claims
        await office.until(lambda: office.store.noted[call] == SUPERVISOR)

    office = in_a_talk(scene)
    (ended,) = office.store.ended.values()
    assert (ended.outcome, ended.operator) == (Outcome.TALKED, SUPERVISOR)


@pytest.mark.parametrize("completes", [False, True])
def test_what_happened_while_the_link_was_away_is_made_good(completes: bool) -> None:
    async def scene(office: CentreOffice) -> None:
        await conferring(office)
        if completes:
            assert office.first.attempt is not None
            assert office.engine.calls.talks.passing.complete(office.first.attempt) is None
        office.switch.drop_link()  # before anything of it was written
        await asyncio.sleep(20)
        office.switch.restore_link(START)
        if completes:  # nobody knows what was written of it: the person is brought back
            await office.until_back()
        else:
            await asyncio.sleep(20)
            assert office.confers
            await office.ordered(office.first, OrderKind.COMPLETE_TRANSFER)
            await office.until_taken()

    in_a_talk(scene)


def test_a_list_of_channels_from_a_moment_before_gives_nobody_the_talk_back() -> None:
    async def scene(office: CentreOffice) -> None:
        call = office.first.attempt
        office.store.looking_takes = 3.0  # the store answers slowly: what was listed first is settled last
        await asyncio.sleep(6)  # a look is under way
        await taken(office)
        states = []
        for _ in range(200):
            await asyncio.sleep(0.1)
            states.append((office.other.attempt, office.first.attempt))
        assert set(states) == {(call, None)}

    in_a_talk(scene)
