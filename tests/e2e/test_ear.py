"""Real calls for each verdict: what the ear hears, what it then says, and what the far end really received."""

import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from dialer.bench.likeness import find
from dialer.config import Hearing
from dialer.core.ear_events import Answerer
from dialer.core.hearing.values import What
from dialer.core.values import OperatorState, Outcome
from dialer.ear_process import greetings_file
from dialer.listening import LATE_SECONDS
from dialer.media.hearing import read_library
from simnet.log import EndedBy
from simnet.subscribers import Behaviour, Subscriber, subscriber
from tests.e2e.ear_rig import BRIEFING, Rig, prompt, rigged, waited
from tests.waiting import until

pytestmark = pytest.mark.asterisk

B = Behaviour
NOW: dict[str, float | str] = {"setup_seconds": 0.1}
SOON: dict[str, float | str] = {**NOW, "ring_seconds": 4.0}
MACHINE: dict[str, float | str] = {**NOW, "ring_seconds": 6.0}
FULL = "ただいま電話に出ることができません。録音件数がいっぱいのため、メッセージをお預かりできません。"


def numbered(place: int, behaviour: Behaviour, **values: float | str) -> Subscriber:
    return subscriber(f"02580020{place:02d}", behaviour, **values)


def person(place: int, opening: str = "どなたですか。", **values: float | str) -> Subscriber:
    return numbered(place, B.PERSON, **{**SOON, "opening": opening, "talk_seconds": 6.0, **values})


EVERYBODY: dict[str, tuple[Subscriber, Outcome]] = {
    "a person": (person(0), Outcome.TALKED),
    "a person who says a name": (person(1, "お電話ありがとうございます、山田商店です。"), Outcome.TALKED),
    "a person who waits for us": (person(2, "-", talk_seconds=8.0), Outcome.TALKED),
    "a machine": (numbered(3, B.ANSWERING_MACHINE, **MACHINE), Outcome.MACHINE),
    "a voicemail": (numbered(4, B.MOBILE_VOICEMAIL, **MACHINE, tone_hz=1400, tone_seconds=0.8), Outcome.MACHINE),
    "a machine that takes no message": (numbered(5, B.ANSWERING_MACHINE, **MACHINE, record_seconds=0), Outcome.MACHINE),
    "a full mailbox": (
        numbered(15, B.MOBILE_VOICEMAIL, **MACHINE, greeting=FULL, tone_seconds=0.0, record_seconds=0.0),
        Outcome.MACHINE,
    ),
    "a fax": (numbered(6, B.FAX, **SOON), Outcome.FAX),
    "a screening device": (numbered(7, B.SCREENING, **NOW, ring_seconds=0.3, talk_seconds=12), Outcome.TALKED),
    "a fax-phone that rings by itself": (
        numbered(13, B.FALSE_RINGBACK, **NOW, ring_seconds=5.0, talk_seconds=8.0),
        Outcome.TALKED,
    ),
    "somebody of whom nothing comes": (numbered(14, B.FALLS_DEAD, **SOON, talk_seconds=8.0), Outcome.TALKED),
    "off, and answered": (numbered(8, B.OUT_OF_AREA_ANSWERS, **NOW), Outcome.OFF_OR_OUT_OF_AREA),
    "not in use": (numbered(9, B.NOT_IN_USE, **NOW), Outcome.NOT_IN_USE),
    "unpaid": (numbered(10, B.UNPAID, **NOW, repeats=2), Outcome.UNPAID),
    "off": (numbered(11, B.OUT_OF_AREA, **NOW, repeats=2), Outcome.OFF_OR_OUT_OF_AREA),
    "music, and then a person": (
        numbered(12, B.MUSIC_PERSON, **NOW, ring_seconds=3.0, talk_seconds=6.0),
        Outcome.TALKED,
    ),
}


async def test_each_kind_of_answer_comes_to_its_outcome(tmp_path: Path) -> None:
    people = {name: who for name, (who, _) in EVERYBODY.items()}
    async with rigged(tmp_path, people, operators=4) as rig:
        await rig.until_all_ended()
        told = {name: (ended.outcome, ended.reason, rig.kinds(name)) for name, ended in rig.ended.items()}
        outcomes = {name: ended.outcome for name, ended in rig.ended.items()}
        assert outcomes == {name: outcome for name, (_, outcome) in EVERYBODY.items()}, told
        for name, ended in rig.ended.items():
            assert (ended.attempt in rig.store.noted) == (ended.outcome is Outcome.TALKED), f"{name}: an operator"
        assert "person_came" in rig.kinds("a screening device")
        assert waited(rig, "a fax-phone that rings by itself") > 5.0, "an operator listened to a ringing tone"
        assert rig.ended["somebody of whom nothing comes"].evidence["heard"] == "undecided"
        assert waited(rig, "somebody of whom nothing comes") < 2.5 + LATE_SECONDS + 0.2
        for name in ("a machine", "a voicemail"):
            assert_whole_message_after_the_tone(rig, name)
        for name in ("a machine that takes no message", "a full mailbox"):
            assert rig.ended[name].evidence["message_left"] is False, name
        assert "message_started" not in rig.kinds("a full mailbox")
        assert rig.seen("a fax").ended_by is EndedBy.EXCHANGE
        assert rig.seen("unpaid").final_code == 487, "the line was not freed by us"


def assert_whole_message_after_the_tone(rig: Rig, name: str) -> None:
    ended, seen = rig.ended[name], rig.seen(name)
    assert ended.evidence["message_left"] is True
    assert seen.heard_before_ms == 0, "something was said before the tone had ended"
    assert seen.ended_by is EndedBy.EXCHANGE
    found = find(prompt("message"), rig.tape(name))
    assert found is not None, f"{name}: not all of it was recorded"
    assert min(found.alike) > 0.9, found
    assert found.at_ms < 300


async def test_an_ear_that_dies_gives_its_calls_to_operators_and_comes_back(tmp_path: Path) -> None:
    people = {"early": person(20), "early machine": numbered(21, B.ANSWERING_MACHINE, **SOON, record_seconds=5)}
    people["late"] = person(22, ring_seconds=9.0)
    async with rigged(tmp_path, people, operators=3) as rig:
        await until(lambda: rig.kinds("early").count("answered") + rig.kinds("early machine").count("answered") == 2)
        rig.supervisor.children["ear"].ready.clear()
        os.kill(rig.supervisor.pid("ear"), signal.SIGKILL)
        await rig.supervisor.until_ready("ear")
        await rig.until_all_ended()
        for name in ("early", "early machine"):
            ended = rig.ended[name]
            assert (ended.outcome, ended.evidence["heard"]) == (Outcome.TALKED, "undecided"), name
            assert waited(rig, name) < 2.0
        late = rig.ended["late"]
        assert late.outcome is Outcome.TALKED
        assert late.evidence["heard_ms"] != 0, "the ear that came back heard nothing"


async def test_an_ear_that_hangs_keeps_nobody_waiting(tmp_path: Path) -> None:
    async with rigged(tmp_path, {"somebody": person(30)}, operators=1) as rig:
        await until(lambda: "ringing_started" in rig.kinds("somebody"))
        pid = rig.supervisor.pid("ear")
        os.kill(pid, signal.SIGSTOP)
        try:
            await until(lambda: "bridge_entered" in rig.kinds("somebody"))
        finally:
            os.kill(pid, signal.SIGCONT)
        await rig.until_all_ended()
        ended = rig.ended["somebody"]
        assert ended.outcome is Outcome.TALKED
        assert waited(rig, "somebody") < rig.settings.hearing.undecided_after_seconds + LATE_SECONDS + 0.2


async def test_an_operator_who_hears_a_machine_is_free_and_the_machine_has_the_message(tmp_path: Path) -> None:
    """Joined by mistake: the ear is told so by a key, and speaks at once."""
    machine = numbered(40, B.ANSWERING_MACHINE, **SOON, greeting="はい。", pause_seconds=0.1, tone_seconds=0.2)
    async with rigged(tmp_path, {"machine": machine}, operators=1) as rig:
        await until(lambda: bool(rig.attempts))
        await until(lambda: "answered" in rig.kinds("machine"))
        rig.supervisor.children["ear"].ready.clear()
        os.kill(rig.supervisor.pid("ear"), signal.SIGKILL)  # so that it is joined, whatever the ear would have heard
        await until(lambda: rig.store.desks["op01"].state is OperatorState.TALKING)
        await rig.supervisor.until_ready("ear")
        rig.engine.correct(rig.attempts["machine"], Answerer.VOICEMAIL)
        await until(lambda: rig.store.desks["op01"].state is OperatorState.FREE, within=2.0)
        assert "machine" not in rig.ended
        await rig.until_all_ended()
        ended = rig.ended["machine"]
        assert (ended.outcome, ended.evidence["corrected"]) == (Outcome.MACHINE, "voicemail")
        assert ended.evidence["message_left"] is True
        found = find(prompt("message"), rig.tape("machine"))
        assert found is not None
        assert min(found.alike) > 0.9
        legs = [up for up in await rig.link.channels_up() if up.name.startswith("PJSIP/op01")]
        assert [leg.application for leg in legs] == ["BridgeWait"]


async def test_who_waits_in_silence_hears_the_citys_name(tmp_path: Path) -> None:
    briefing = replace(BRIEFING, opening="ear/opening")
    async with rigged(tmp_path, {"silent": person(50, "-", talk_seconds=8.0)}, operators=1, briefing=briefing) as rig:
        await rig.until_all_ended()
        seen = rig.seen("silent")
        assert seen.first_heard_at is not None
        assert seen.answered_at is not None
        assert 1.0 < seen.first_heard_at - seen.answered_at < 2.0
        assert rig.ended["silent"].outcome is Outcome.TALKED


async def test_a_carriers_greeting_is_known_after_two_numbers_have_played_it(tmp_path: Path) -> None:
    carriers = {"tone_hz": 1400, "tone_seconds": 0.8}
    people = {
        "first": numbered(30, B.MOBILE_VOICEMAIL, **NOW, ring_seconds=2.0, **carriers),
        "second": numbered(31, B.MOBILE_VOICEMAIL, **NOW, ring_seconds=3.0, **carriers),
        "later": numbered(32, B.MOBILE_VOICEMAIL, **NOW, ring_seconds=14.0, **carriers),
    }
    async with rigged(tmp_path, people, operators=1, hearing=Hearing(), taught=False) as rig:
        await rig.until_all_ended(90.0)
        assert {name: ended.outcome for name, ended in rig.ended.items()} == dict.fromkeys(people, Outcome.MACHINE)
        known = read_library(greetings_file(rig.settings))
        assert [(one.key, one.what) for one in known.greetings] == [("learned-1", What.VOICEMAIL)]
        names = {attempt: name for name, attempt in rig.attempts.items()}
        reasons = {names[one.attempt]: str(one.detail) for one in rig.store.appended if one.kind == "ear_heard"}
        assert {name: "learned-1" in why for name, why in reasons.items()} == {name: name == "later" for name in people}
