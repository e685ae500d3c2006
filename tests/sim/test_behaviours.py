"""Each behaviour of the network, shown over real SIP and real audio, from both ends of the call.

All calls run at once, one after the other would take minutes; each test then looks at its own call.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from dialer.media.speech import RATE, read_wav
from simnet.call import Call
from simnet.log import Direction, EndedBy, read
from simnet.network import Network
from simnet.subscribers import DEFAULTS, Behaviour, Subscriber, subscriber
from simnet.texts import SAYS_NOTHING
from tests.sim.facing import SHOWN, BothEnds, facing

QUICK = {"setup_seconds": 0.1, "ring_seconds": 0.4}
CLOCKS = 0.05  # two SIPps on one machine stamp the same message


def quick(n: int, behaviour: Behaviour, **values: float | str) -> Subscriber:
    known = {key: value for key, value in QUICK.items() if key in DEFAULTS[behaviour]}
    return subscriber(f"025800{2000 + n}", behaviour, **{**known, **values})


@dataclass(frozen=True)
class Expected:
    """What both ends must say of one call."""

    code: int
    by: EndedBy
    rings: bool
    speaks_early: bool
    answers: bool
    exchange_hears_ms: int = 0  # at least
    network_hears_ms: int = 0  # at least


FAR, EXCHANGE = EndedBy.FAR_END, EndedBy.EXCHANGE
B = Behaviour

TABLE: dict[str, tuple[Subscriber, Expected]] = {
    "a person answers, talks in turns and hangs up": (
        quick(0, B.PERSON, talk_seconds=7), Expected(200, FAR, True, False, True, 800, 1500)),
    "a person leaves the hang-up to the exchange": (
        quick(1, B.PERSON, talk_seconds=2, hangs_up="exchange"), Expected(200, EXCHANGE, True, False, True, 300, 1500)),
    "a person hangs up at once": (
        quick(2, B.HANGS_UP_AT_ONCE), Expected(200, FAR, True, False, True)),
    "an answering machine greets, gives its tone and records": (
        quick(3, B.ANSWERING_MACHINE, record_seconds=1), Expected(200, FAR, True, False, True, 4000, 1500)),
    "an answering machine that does not record hangs up after its tone": (
        quick(4, B.ANSWERING_MACHINE, record_seconds=0), Expected(200, FAR, True, False, True, 4000)),
    "a mobile voicemail answers": (
        quick(5, B.MOBILE_VOICEMAIL, record_seconds=1), Expected(200, FAR, True, False, True, 4000, 1500)),
    "nobody answers and the exchange gives up": (
        quick(6, B.NO_ANSWER, ring_seconds=180), Expected(487, EXCHANGE, True, False, False)),
    "nobody answers and the network gives up": (
        quick(7, B.NO_ANSWER, ring_seconds=1), Expected(480, FAR, True, False, False)),
    "the line is busy": (
        quick(8, B.BUSY), Expected(486, FAR, False, False, False)),
    "the number is not in use": (
        quick(9, B.NOT_IN_USE), Expected(404, FAR, False, True, False, 4000)),
    "the number has changed": (
        quick(10, B.NUMBER_CHANGED), Expected(410, FAR, False, True, False, 4000)),
    "the bill is not paid": (
        quick(11, B.UNPAID), Expected(480, FAR, False, True, False, 3000)),
    "the mobile is off or out of area": (
        quick(12, B.OUT_OF_AREA), Expected(480, FAR, False, True, False, 3000)),
    "off or out of area, and the announcement answers": (
        quick(13, B.OUT_OF_AREA_ANSWERS), Expected(200, FAR, False, False, True, 3000)),
    "the call is rejected": (
        quick(14, B.REJECTED), Expected(603, FAR, True, False, False)),
    "the network is congested": (
        quick(15, B.CONGESTION), Expected(503, FAR, False, False, False)),
    "a fax answers": (
        quick(16, B.FAX, talk_seconds=4), Expected(200, FAR, True, False, True, 2800)),
    "a screening device asks who calls and the person takes over": (
        quick(17, B.SCREENING, talk_seconds=5), Expected(200, FAR, True, False, True, 5000, 1500)),
    "a fax-phone answers, rings by itself, and then a person comes": (
        quick(20, B.FALSE_RINGBACK, ring_seconds=2, talk_seconds=3), Expected(200, FAR, True, False, True, 1500, 1000)),
    "somebody answers, and nothing is heard any more": (
        quick(21, B.FALLS_DEAD, talk_seconds=2), Expected(200, FAR, True, False, True)),
    "music instead of a ringing tone, then a person": (
        quick(18, B.MUSIC_PERSON, ring_seconds=2, talk_seconds=3), Expected(200, FAR, False, True, True, 2000, 1000)),
    "music instead of a ringing tone, and nobody": (
        quick(19, B.MUSIC_NO_ANSWER, ring_seconds=2), Expected(480, FAR, False, True, False, 1200)),
}  # fmt: skip


@dataclass(frozen=True)
class Scene:
    calls: dict[str, BothEnds]
    logged: Path
    left: list[str]  # what the network's folder holds when it is over
    pids: list[int]


ENGAGED = quick(30, B.PERSON, talk_seconds=4)
SEES_OUR_NUMBER = quick(31, B.NO_ANSWER, ring_seconds=180, calls_back_seconds=0.3)
PATIENT = quick(32, B.PERSON, talk_seconds=30, patience_seconds=2)
SCREENED = quick(33, B.SCREENING, record_seconds=1)
WAITS_FOR_US = quick(35, B.PERSON, opening=SAYS_NOTHING, talk_seconds=6)
PREFIXED = quick(34, B.HANGS_UP_AT_ONCE)
CALLED_BACK = "0258000002"
AT_THE_EXCHANGE = subscriber(CALLED_BACK, B.PERSON, setup_seconds=0.1, ring_seconds=0.2, talk_seconds=3)


async def played(folder: Path) -> Scene:
    people = [who for who, _ in TABLE.values()] + [ENGAGED, SEES_OUR_NUMBER, PATIENT, SCREENED, PREFIXED, WAITS_FOR_US]
    async with facing(folder, people, [AT_THE_EXCHANGE]) as both:

        def dial(number: str, **how: object) -> Call:
            return both.exchange.call(SHOWN, number, **how)  # type: ignore[arg-type]

        calls: dict[str, Call] = {}
        for claim, (who, wanted) in TABLE.items():
            patience = 2.0 if wanted.code == 487 else 60.0
            seconds = 4.0 if wanted.by is EXCHANGE else 60.0
            calls[claim] = dial(who.number, patience_seconds=patience, seconds=seconds)
        calls["unknown"] = dial("0258009999")
        calls["withheld"] = dial("184" + PREFIXED.number)
        calls["shown"] = dial("186" + PREFIXED.number, identity=f"P-Preferred-Identity: <sip:{SHOWN}@127.0.0.1>")
        calls["private"] = dial("0258009998", identity="Privacy: id")
        calls["first"] = dial(ENGAGED.number)
        calls["second"] = dial(ENGAGED.number)
        calls["silent"] = dial(PATIENT.number, speaks=False, seconds=30)
        calls["waits"] = dial(WAITS_FOR_US.number)
        calls["screened"] = dial(SCREENED.number, speaks=False, seconds=30)
        calls["missed"] = both.exchange.call(CALLED_BACK, SEES_OUR_NUMBER.number, patience_seconds=1.0)
        async with asyncio.timeout(40):
            ends = await asyncio.gather(*(both.ended(call) for call in calls.values()))
            back = await both.calls_back(SEES_OUR_NUMBER.number)
            taken = next(one for one in both.exchange.ended if one.call_id == back.call_id)
        pids = both.network.sipp_pids
        logged = both.network.log_file
    found = dict(zip(calls, ends, strict=True)) | {"back": BothEnds(back, taken)}
    return Scene(found, logged, sorted(path.name for path in logged.parent.iterdir()), pids)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return asyncio.run(played(tmp_path_factory.mktemp("simnet")))


def test_the_table_shows_every_behaviour() -> None:
    assert {who.behaviour for who, _ in TABLE.values()} == set(Behaviour)


@pytest.mark.parametrize("claim", TABLE)
def test_both_ends_agree_that(claim: str, scene: Scene) -> None:
    who, wanted = TABLE[claim]
    ours, theirs = scene.calls[claim].network, scene.calls[claim].exchange
    assert (ours.number, ours.behaviour, ours.from_number) == (who.number, who.behaviour, SHOWN)
    assert (ours.final_code, ours.ended_by) == (wanted.code, wanted.by)
    assert theirs.final_code == wanted.code
    for at, expected in (
        ("ringing_at", wanted.rings),
        ("progressed_at", wanted.speaks_early),
        ("answered_at", wanted.answers),
    ):
        mine, other = getattr(ours, at), getattr(theirs, at)
        assert (mine is not None) == (other is not None) == expected, at
        if mine is not None and other is not None:
            assert abs(mine - other) < CLOCKS, at
    assert abs(ours.ended_at - theirs.ended_at) < CLOCKS
    assert theirs.heard_ms >= wanted.exchange_hears_ms
    assert ours.heard_ms >= wanted.network_hears_ms


def test_nothing_is_heard_before_anything_was_said(scene: Scene) -> None:
    for claim, (_, wanted) in TABLE.items():
        if not wanted.answers and not wanted.speaks_early:
            assert scene.calls[claim].exchange.heard_packets == 0, claim


def test_a_machine_keeps_what_was_said_after_its_tone(scene: Scene) -> None:
    machine = scene.calls["an answering machine greets, gives its tone and records"].network
    assert machine.recording is not None
    assert machine.recorded_from is not None
    kept = read_wav(scene.logged.parent / machine.recording)
    assert kept.size / RATE == pytest.approx(machine.ended_at - machine.recorded_from, abs=0.1)
    assert scene.calls["an answering machine that does not record hangs up after its tone"].network.recording is None


def test_a_fax_is_known_by_2100_hz_and_a_person_is_no_tone(scene: Scene) -> None:
    assert abs((scene.calls["a fax answers"].exchange.tone_hz or 0) - 2100) < 25
    assert scene.calls["a person answers, talks in turns and hangs up"].exchange.tone_hz is None


def test_a_person_listens_and_answers_in_turns(scene: Scene) -> None:
    talk = scene.calls["a person answers, talks in turns and hangs up"]
    assert talk.exchange.heard_turns >= 2
    assert talk.network.heard_turns >= 2


def test_a_person_who_waits_for_the_caller_speaks_second(scene: Scene) -> None:
    both = scene.calls["waits"]
    assert both.network.first_heard_at is not None
    assert both.exchange.first_heard_at is not None
    assert both.exchange.first_heard_at > both.network.first_heard_at + 1


def test_a_voicemail_hears_what_was_said_to_it(scene: Scene) -> None:
    record = scene.calls["a mobile voicemail answers"].network
    assert record.answered_at is not None
    assert record.first_heard_at is not None
    assert record.answered_at < record.first_heard_at < record.ended_at


def test_a_person_who_hears_nothing_asks_once_more_and_hangs_up(scene: Scene) -> None:
    both = scene.calls["silent"]
    assert both.network.ended_by is FAR
    assert both.network.heard_ms == 0
    assert both.exchange.heard_turns >= 2
    assert both.network.answered_at is not None
    assert both.network.ended_at - both.network.answered_at < 10


def test_a_screening_device_lets_nobody_through_who_says_nothing(scene: Scene) -> None:
    both, passed = scene.calls["screened"], scene.calls["a screening device asks who calls and the person takes over"]
    assert both.network.ended_by is FAR
    assert both.exchange.heard_ms < passed.exchange.heard_ms


@pytest.mark.parametrize(
    ("call", "behaviour", "code"),
    [("unknown", "unknown_number", 404), ("withheld", "withheld", 403), ("second", "engaged", 486)],
)
def test_the_carrier_itself_refuses(call: str, behaviour: str, code: int, scene: Scene) -> None:
    record = scene.calls[call].network
    assert (record.behaviour, record.final_code, record.ended_by) == (behaviour, code, FAR)
    assert scene.calls[call].exchange.final_code == code


def test_a_number_in_a_call_is_engaged_for_others_only(scene: Scene) -> None:
    assert scene.calls["first"].network.final_code == 200


@pytest.mark.parametrize(
    ("call", "says"),
    [
        ("shown", lambda one: one.prefix_186 and not one.prefix_184 and one.number == PREFIXED.number),
        ("shown", lambda one: one.p_preferred == SHOWN and one.p_asserted is None),
        ("withheld", lambda one: one.prefix_184 and not one.prefix_186 and one.number == PREFIXED.number),
        ("unknown", lambda one: one.p_asserted == SHOWN and one.p_preferred is None and one.privacy is None),
        ("private", lambda one: one.privacy == "id" and one.p_asserted is None),
    ],
    ids=[
        "186 is stripped and noted",
        "preferred identity",
        "184 is stripped and noted",
        "asserted identity",
        "privacy",
    ],
)
def test_the_log_says_as_whom_the_exchange_called(call: str, says: Callable[[object], bool], scene: Scene) -> None:
    assert says(scene.calls[call].network)


def test_somebody_who_saw_our_number_calls_back(scene: Scene) -> None:
    missed, back = scene.calls["missed"].network, scene.calls["back"]
    assert missed.ended_by is EXCHANGE
    assert (back.network.number, back.network.direction) == (CALLED_BACK, Direction.TO_EXCHANGE)
    assert back.network.invited_at >= missed.ended_at + 0.3
    assert back.exchange.from_number == SEES_OUR_NUMBER.number
    assert back.exchange.heard_ms > 500
    assert back.network.heard_ms > 300


def test_every_call_is_in_the_log_once(scene: Scene) -> None:
    written = [record.call_id for record in read(scene.logged)]
    assert sorted(written) == sorted(both.network.call_id for both in scene.calls.values())


def test_nothing_is_left_behind_but_the_log_and_the_tapes(scene: Scene) -> None:
    tapes = {call.network.recording for call in scene.calls.values()} - {None}
    assert {name for name in scene.left if not name.endswith("-errors.log")} == {"calls.jsonl", *tapes}
    assert scene.pids
    assert not any(Path(f"/proc/{pid}").exists() for pid in scene.pids)


async def test_the_end_of_the_network_ends_its_calls(tmp_path: Path) -> None:
    ringing, talking = quick(0, B.NO_ANSWER, ring_seconds=180), quick(1, B.PERSON, talk_seconds=60)
    async with facing(tmp_path, [ringing, talking]) as both:
        calls = [both.exchange.call(SHOWN, who.number, seconds=60) for who in (ringing, talking)]
        await calls[0].happened("RUNG").wait()
        await calls[1].happened("ACCEPTED").wait()
        network: Network = both.network
        await network.end_calls()
        ends = [await both.ended(call) for call in calls]
    assert [end.exchange.final_code for end in ends] == [480, 200]
    assert [end.exchange.ended_by for end in ends] == [EXCHANGE, EXCHANGE]  # in its view it called the exchange
