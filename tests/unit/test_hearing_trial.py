"""A recording is decided as a call is: by the same attendant, at the same moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path

import pytest

from dialer.core.attending import Attendant
from dialer.core.briefing import Briefing, Order
from dialer.core.events import ChannelId
from dialer.core.hearing.values import HearingRules, Verdict, What
from dialer.core.hearing_trial import tried
from dialer.ear.frames import SILENT_BLOCK
from dialer.ear.session import Session
from dialer.ear.sounds import Sounds
from tests.ear_doubles import ScriptedListener, verdict

RULES = HearingRules(decide_by_ms=2500, listen_for_ms=10_000)
NEVER = 1 << 20


@dataclass
class ScriptedEar(ScriptedListener):
    """`likely_until`: so long a machine is all but certain; known to be one from `known_from` on."""

    likely_until: int = 0
    known_from: int = NEVER
    ended: Verdict | None = None  # what it says of a recording that is over
    verdict: Verdict | None = None
    tone_ended_ms: int | None = None

    @property
    def machine_chance(self) -> float:
        return 0.95 if self.now_ms <= self.likely_until else 0.2

    @property
    def machine_is_known(self) -> bool:
        return self.now_ms >= self.known_from

    def feed(self, block: object) -> Verdict | None:
        found = super().feed(block)
        self.verdict = self.verdict or found
        return found

    def finish(self) -> Verdict | None:
        return self.verdict or self.ended


@dataclass
class Told:
    """An Exchange that keeps what it is told first."""

    first: tuple[str, int] | None = None

    def tell(self, name: str, call: ChannelId, details: Mapping[str, str]) -> None:
        if name == "EarHeard" and self.first is None:
            self.first = details["What"], int(details["DecidedMs"])

    def hang_up(self, call: ChannelId) -> None: ...
    def leave(self) -> None: ...


ROWS = [
    # verdict of the ear, a machine is likely until, and known from, what is told and when
    ((What.PERSON, 1200), 0, NEVER, ("person", 1200)),
    ((What.VOICEMAIL, 2500), 0, NEVER, ("voicemail", 2500)),
    (None, 0, NEVER, ("undecided", 2500)),
    ((What.VOICEMAIL, 2520), 0, NEVER, ("undecided", 2500)),
    ((What.VOICEMAIL, 4000), 9000, NEVER, ("voicemail", 4000)),
    ((What.ANNOUNCEMENT, 6480), 9000, NEVER, ("announcement", 6480)),
    ((What.VOICEMAIL, 4000), 3000, NEVER, ("undecided", 3020)),
    (None, 9000, NEVER, ("undecided", 6500)),
    ((What.PERSON, 3000), 9000, NEVER, ("person", 3000)),
    ((What.ANNOUNCEMENT, 9000), 14_000, 5000, ("announcement", 9000)),
    ((What.ANNOUNCEMENT, 9000), 8000, 5000, ("undecided", 8020)),  # no longer likely
    (None, 14_000, 5000, ("undecided", 10_500)),
]


@pytest.mark.parametrize(("says", "likely_until", "known_from", "told"), ROWS)
def test_a_recording_is_told_as_the_call_would_be_and_when(
    says: tuple[What, int] | None, likely_until: int, known_from: int, told: tuple[str, int], tmp_path: Path
) -> None:
    hears = {says[1]: verdict(*says)} if says else {}

    def ear() -> ScriptedEar:
        return ScriptedEar(hears, likely_until=likely_until, known_from=known_from)

    trial = tried(ear(), repeat(SILENT_BLOCK, 700), RULES)
    gave_up = trial.gave_up
    heard = trial.verdict
    if gave_up is not None:
        assert ("undecided", gave_up.decided_ms) == told
    else:
        assert heard is not None
        assert (heard.what.value, heard.decided_at_ms) == told
    assert in_a_call(ear(), tmp_path) == told


def in_a_call(ear: ScriptedEar, folder: Path) -> tuple[str, int] | None:
    exchange = Told()
    attendant = Attendant(Order.LISTEN, Briefing(undecided_ms=RULES.decide_by_ms))
    session = Session(ChannelId("call"), attendant, ear, Sounds(folder), exchange, lambda: ear.now_ms)
    while not session.over and ear.now_ms < 14_000:
        session.hear(SILENT_BLOCK)
        session.next_block()
    return exchange.first


def test_early_media_is_never_given_up() -> None:
    """Nobody has answered: there is no one to be joined."""
    ear = ScriptedEar({7000: verdict(What.ANNOUNCEMENT, 7000)})
    trial = tried(ear, repeat(SILENT_BLOCK, 500), RULES, answered=False)
    assert trial.gave_up is None
    assert trial.verdict is not None
    assert trial.verdict.what is What.ANNOUNCEMENT


def test_a_recording_that_ends_early_gets_the_best_that_can_be_said() -> None:
    short = tried(ScriptedEar(ended=verdict(What.PERSON, 800)), repeat(SILENT_BLOCK, 40), RULES)
    assert (short.gave_up, short.heard_ms) == (None, 800)
    assert short.verdict is not None
    assert short.verdict.what is What.PERSON


@pytest.mark.parametrize(("at_ms", "until_ms"), [(1200, 11_220), (None, 12_520)])
def test_nobody_listens_for_ever(at_ms: int | None, until_ms: int) -> None:
    hears = {at_ms: verdict(What.VOICEMAIL, at_ms)} if at_ms else {}
    assert tried(ScriptedEar(hears), repeat(SILENT_BLOCK), RULES).heard_ms == until_ms
