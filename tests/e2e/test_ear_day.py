"""The whole centre with its ear, on real Postgres: what was heard becomes outcomes, evidence and decisions."""

from pathlib import Path

import pytest

from dialer.config import Dialling, Hearing
from dialer.core.values import CaseId, Outcome
from dialer.simulated import Scene, SimulatedCentre
from simnet.log import EndedBy
from simnet.subscribers import Behaviour, Subscriber, subscriber
from simnet.texts import SAYS_NOTHING
from tests.e2e.floor import assert_no_number_in_any_log, assert_operators_come_free, assert_quiet, until_called
from tests.places import LIB

pytestmark = pytest.mark.asterisk

DIALLING = Dialling(
    min_ring_seconds=8.0,
    early_media_seconds=20.0,
    set_up_seconds=5.0,
    wrap_up_seconds=0.2,
    wrap_up_ends="time",
    shortest_talk_seconds=0.5,
    drain_seconds=20.0,
)
SOON: dict[str, float | str] = {"setup_seconds": 0.1, "ring_seconds": 0.5}
NOW: dict[str, float | str] = {"setup_seconds": 0.1}
B = Behaviour
PEOPLE: dict[str, tuple[Behaviour, dict[str, float | str], Outcome]] = {
    "waits for us": (B.PERSON, {**SOON, "opening": SAYS_NOTHING, "talk_seconds": 7.0}, Outcome.TALKED),
    "machine": (B.ANSWERING_MACHINE, SOON, Outcome.MACHINE),
    "full": (B.MOBILE_VOICEMAIL, {**SOON, "record_seconds": 0.0}, Outcome.MACHINE),
    "fax": (B.FAX, SOON, Outcome.FAX),
    "unpaid": (B.UNPAID, {**NOW, "repeats": 3.0}, Outcome.UNPAID),
    "off": (B.OUT_OF_AREA_ANSWERS, NOW, Outcome.OFF_OR_OUT_OF_AREA),
}


async def test_what_the_ear_heard_is_kept_and_decides(centre_folder: Path) -> None:
    people: dict[str, Subscriber] = {
        name: subscriber(f"02580030{place:02d}", behaviour, **values)
        for place, (name, (behaviour, values, _)) in enumerate(PEOPLE.items())
    }
    scene = Scene("nagaoka", list(people.values()), 2, DIALLING, hearing=Hearing(opening=True, learn_greetings=False))
    async with SimulatedCentre(centre_folder, LIB, scene) as centre:
        await centre.start_engine()
        await until_called(centre, within=90)
        await assert_operators_come_free(centre)
        await centre.stop_engine()
        seen = {one.number: one for one in await centre.store.attempts_seen("nagaoka", centre.began)}
        attempts = {name: seen[one.number] for name, one in people.items()}  # type: ignore[index]
        assert {name: one.outcome for name, one in attempts.items()} == {
            name: outcome for name, (_, _, outcome) in PEOPLE.items()
        }
        recorded = {path.stem for path in centre.settings.recordings_folder.iterdir()}
        assert recorded == {attempts["waits for us"].attempt}, "a machine, a fax or an announcement was recorded"
        records = {name: await centre.store.evidence(one.attempt) for name, one in attempts.items()}
        left = {name: record.evidence.get("message_left") for name, record in records.items() if record is not None}
        assert left["machine"] is True
        assert left["full"] is False
        dead = {name: await is_dead(centre, record.case) for name, record in records.items() if record is not None}
        assert {name for name, gone in dead.items() if gone} == {"fax"}
        calls = {call.number: call for call in centre.network_calls()}
        tape = calls[people["machine"].number]
        assert tape.ended_by is EndedBy.EXCHANGE
        assert tape.heard_before_ms == 0
        waiting = calls[people["waits for us"].number]
        assert waiting.first_heard_at is not None
        assert waiting.answered_at is not None
        assert waiting.first_heard_at - waiting.answered_at < 2.0, "the city's name came late, or only the operator"
        await assert_quiet(centre)
        assert_no_number_in_any_log(centre)


async def is_dead(centre: SimulatedCentre, case: CaseId) -> bool:
    """The number of a case that has one."""
    known = await centre.store.known_case(case)
    assert known is not None
    return bool(known.history.dead)
