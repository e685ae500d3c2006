"""Which machine it is: by how it speaks, by what it says, and by when that has to be told."""

import pytest

from dialer.core.hearing.utterances import Utterances
from dialer.core.hearing.values import Announcement, HearingRules, What
from dialer.core.hearing.weighing import Chances
from dialer.core.hearing.which_machine import Patience, patience, which_machine
from dialer.core.hearing.wording import TOPICS, Words

RULES = HearingRules(decide_by_ms=2500, listens_on_ms=4000, knows_on_ms=8000)
WAITS = Patience(announcement_ms=9000, other_ms=9000)
NOT_IN_USE = (What.ANNOUNCEMENT, Announcement.NOT_IN_USE)
CHANGED = (What.ANNOUNCEMENT, Announcement.CHANGED)
UNPAID = (What.ANNOUNCEMENT, Announcement.UNPAID)
OF_ANY = (What.ANNOUNCEMENT, None)
VOICEMAIL, SCREENING = (What.VOICEMAIL, None), (What.SCREENING, None)
Topic = tuple[What, Announcement | None]


def thought(**shares: float) -> Chances:
    """By the third network, which knows no better which announcement it is."""
    of = dict.fromkeys(What, 0.0) | {What(name): share for name, share in shares.items()}
    return Chances(of, dict.fromkeys(Announcement, of[What.ANNOUNCEMENT] / len(Announcement)))


def heard(evidence: dict[Topic, float], spoken: float | None = None) -> Words:
    found = tuple(evidence.get(topic, -0.5) for topic in TOPICS)
    return Words(found, tuple(f"{what.value} {kind}" for what, kind in TOPICS), tuple(spoken or one for one in found))


def told(
    now: Chances,
    words: Words,
    *,
    patient: bool = True,
    answered: bool = False,
    pause_ms: int = 400,
    waits: Patience = WAITS,
    beeped: bool = False,
) -> Topic | None:
    said = Utterances(now_ms=6000, began_ms=500, speech_ms=4000, last_ms=6000 - pause_ms, count=1)
    made = which_machine(now, said, words, waits if patient else None, answered=answered, beeped=beeped)
    return (made.what, made.announcement) if made else None


MOSTLY = thought(announcement=0.9, voicemail=0.06, screening=0.04)


@pytest.mark.parametrize(
    ("evidence", "patient", "which"),
    [
        ({NOT_IN_USE: 1.5, OF_ANY: 1.0}, True, Announcement.NOT_IN_USE),
        ({NOT_IN_USE: 1.5, CHANGED: 1.4}, True, None),  # two alike: one goes on listening
        ({NOT_IN_USE: 0.5, OF_ANY: 1.5}, True, None),  # it has begun, and has not said what
        ({UNPAID: 0.6, CHANGED: 0.3, OF_ANY: 1.5}, False, Announcement.UNPAID),
        ({NOT_IN_USE: 0.6, CHANGED: 0.3, OF_ANY: 1.5}, False, Announcement.NOT_IN_USE),  # the network's code will tell
        ({CHANGED: 0.6, NOT_IN_USE: 0.3, OF_ANY: 1.5}, False, Announcement.OTHER),  # ends a number: never guessed
        ({CHANGED: 0.9, NOT_IN_USE: -0.3, OF_ANY: 1.5}, True, None),  # nor believed as easily
        ({CHANGED: 1.1, NOT_IN_USE: -0.3, OF_ANY: 1.5}, True, Announcement.CHANGED),
        ({OF_ANY: 1.5}, False, Announcement.OTHER),
    ],
)
def test_an_announcement_is_told_by_its_words_when_they_are_plain_and_guessed_only_when_time_is_over(
    evidence: dict[Topic, float], patient: bool, which: Announcement | None
) -> None:
    assert told(MOSTLY, heard(evidence), patient=patient) == (which and (What.ANNOUNCEMENT, which))


def test_no_announcement_is_told_in_the_middle_of_its_sentence() -> None:
    plain = heard({UNPAID: 1.5})
    assert told(MOSTLY, plain, pause_ms=0) is None
    assert told(MOSTLY, plain, pause_ms=200) == UNPAID


def test_before_an_answer_music_is_no_announcement_however_long_it_plays() -> None:
    music = heard({UNPAID: 0.8}, spoken=0.1)
    assert told(MOSTLY, music, patient=False) is None
    assert told(MOSTLY, music, patient=False, answered=True) == UNPAID


def test_before_an_answer_nothing_that_a_song_may_reach_is_guessed() -> None:
    """An announcement that is understood frees the line, and it may have been ringing."""
    a_song = heard({UNPAID: 0.6, CHANGED: 0.3}, spoken=0.4)
    assert told(MOSTLY, a_song, patient=False) == (What.ANNOUNCEMENT, Announcement.OTHER)
    assert told(MOSTLY, a_song, patient=False, answered=True) == UNPAID
    assert told(MOSTLY, heard({UNPAID: 0.6, CHANGED: 0.3}), patient=False) == UNPAID


def test_words_weigh_against_the_manner_and_less_in_an_answered_call() -> None:
    """Voicemail services say too that a phone is switched off."""
    like_a_voicemail = thought(voicemail=0.9, announcement=0.06, screening=0.04)
    said = heard({NOT_IN_USE: 1.5, VOICEMAIL: 0.3})
    assert told(like_a_voicemail, said) == NOT_IN_USE
    assert told(like_a_voicemail, said, answered=True, patient=False) == VOICEMAIL


@pytest.mark.parametrize("likely", [What.VOICEMAIL, What.SCREENING])
def test_which_machine_it_is_is_said_before_an_answered_call_is_given_up(likely: What) -> None:
    waits = patience(3000, RULES, answered=True)
    other = What.SCREENING if likely is What.VOICEMAIL else What.VOICEMAIL
    unclear, nothing = thought(**{likely.value: 0.55, other.value: 0.45}), heard({})

    assert told(unclear, nothing, answered=True) is None
    assert told(unclear, nothing, answered=True, patient=False) == (likely, None)
    assert waits.other_ms < RULES.decide_by_ms + RULES.listens_on_ms
    early = 3000 + RULES.announcement_patience_ms
    assert patience(3000, RULES, answered=False) == Patience(early, early)


def test_an_announcement_is_listened_to_longer_than_a_machine_that_will_want_a_message() -> None:
    waits = Patience(announcement_ms=6500, other_ms=5900)
    nothing = heard({OF_ANY: 0.2})
    assert told(MOSTLY, nothing, answered=True, waits=waits) is None
    a_voicemail = thought(voicemail=0.6, screening=0.4)
    assert told(a_voicemail, nothing, answered=True, waits=waits) == VOICEMAIL
    late = patience(3000, RULES, answered=True).announcement_ms
    assert RULES.decide_by_ms + RULES.listens_on_ms < late < RULES.decide_by_ms + RULES.knows_on_ms


def test_what_sounds_a_tone_after_its_words_records_messages_unless_it_asks_who_calls() -> None:
    assert told(MOSTLY, heard({OF_ANY: 0.2}), answered=True, beeped=True) == VOICEMAIL
    asks = thought(screening=0.6, voicemail=0.4)
    assert told(asks, heard({}), answered=True, beeped=True) is None
