"""Which machine it is, once it is clear that no person speaks: what the third network thinks, and what was said.

The network hears how machines speak, and phrases tell what about: the longer it lasts, the more the words count.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dialer.core.hearing.utterances import Utterances
from dialer.core.hearing.values import Announcement, HearingRules, What
from dialer.core.hearing.weighing import Chances, Choice, seconds
from dialer.core.hearing.wording import TOPICS, Words

Floats = npt.NDArray[np.float32]

KIND_IS_CLEAR = 0.75  # share of the likeliest kind among all machines
WHICH_IS_CLEAR = 0.7  # share of an announcement among all announcements
LEAST_SHARE = 0.03  # of what the network does not believe: plain words still prevail
WORDS_COUNT = 3.0
WORDS_COUNT_ANSWERED = 1.5  # between kinds: voicemail services say too that a phone is switched off
NETWORK_COUNTS = 0.6  # between announcements, whose manner is the same
GUESSED = 0.35  # share of an announcement that is said when there is no more time
WORDS_ARE_HEARD = 0.3  # evidence; music rarely reaches it
WORDS_ARE_PLAIN = 0.75  # evidence of what is said before the time is over
PLAIN_FOR_GOOD = 1.0
PLAIN_ABOVE_MUSIC = 0.0  # and before an answer, when it may be a song while it rings: whoever is hung up on is lost
GUESSED_ABOVE_MUSIC = 0.5
SENTENCE_ENDS_MS = 200
IN_TIME_MS = 100

KINDS = (What.ANNOUNCEMENT, What.VOICEMAIL, What.SCREENING)
WHICH = tuple(Announcement)
FOR_GOOD = (Announcement.CHANGED,)  # it alone ends a number: never guessed


@dataclass(frozen=True, slots=True)
class Opinion:
    kind: What
    share: float  # among the machines that speak
    spoken: float  # evidence that any of its words were said, and not played
    announcement: Announcement
    announcement_share: float  # among announcements
    evidence: float  # of the best phrase of this announcement
    above_music: float  # the same, but how much better than in music, too
    phrase: str


def opinion(now: Chances, words: Words, *, answered: bool) -> Opinion:
    by_topic = dict(zip(TOPICS, words.evidence, strict=True))
    own = words.evidence[: len(WHICH)]
    which = _weighed([now.announcements[one] for one in WHICH], own, WORDS_COUNT, NETWORK_COUNTS)
    best = int(which.argmax())
    heard = [max(own), by_topic[What.VOICEMAIL, None], by_topic[What.SCREENING, None]]
    kinds = _weighed([now.of[one] for one in KINDS], heard, WORDS_COUNT_ANSWERED if answered else WORDS_COUNT)
    likeliest = int(kinds.argmax())
    kind = KINDS[likeliest]
    return Opinion(
        kind,
        float(kinds[likeliest]),
        max(spoken for (what, _), spoken in zip(TOPICS, words.spoken, strict=True) if what is kind),
        WHICH[best],
        float(which[best]),
        own[best],
        words.spoken[best],
        words.phrases[best],
    )


def _weighed(thought: Sequence[float], heard: Sequence[float], count: float, network_counts: float = 1.0) -> Floats:
    known = np.array(thought) / (sum(thought) + 1e-9) + LEAST_SHARE
    weighed = network_counts * np.log(known) + count * np.array(heard)
    shares = np.exp(weighed - weighed.max())
    return np.asarray(shares / shares.sum(), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Patience:
    """Until when one waits for plain words."""

    announcement_ms: int  # which one it is
    other_ms: int  # that it is another machine: whoever leaves messages must know before its tone

    def lasts(self, likeliest: What, now_ms: int) -> bool:
        return now_ms < (self.announcement_ms if likeliest is What.ANNOUNCEMENT else self.other_ms)


def patience(now_ms: int, rules: HearingRules, *, answered: bool) -> Patience:
    """A machine is known as of now. An answered call is joined to an operator when its time is over."""
    end_ms = now_ms + rules.announcement_patience_ms
    if not answered:
        return Patience(end_ms, end_ms)
    over_ms = rules.decide_by_ms - IN_TIME_MS
    return Patience(min(end_ms, over_ms + rules.knows_on_ms), min(end_ms, over_ms + rules.listens_on_ms))


def which_machine(
    now: Chances,
    said: Utterances,
    words: Words,
    waits: Patience | None,
    *,
    answered: bool,
    beeped: bool = False,
) -> Choice | None:
    """`waits`: None at the end of a recording, when nothing more will come. `beeped`: a tone ended after its words."""
    thought = opinion(now, words, answered=answered)
    patient = waits is not None and waits.lasts(thought.kind, said.now_ms)
    if patient and beeped and thought.kind is not What.SCREENING:
        return Choice(What.VOICEMAIL, "発話の後に発信音が鳴った")
    if not answered and thought.spoken < WORDS_ARE_HEARD:
        return None  # before an answer it may be music while it rings, and nobody waits
    clear = thought.share >= KIND_IS_CLEAR
    if thought.kind is not What.ANNOUNCEMENT:
        return _machine(thought.kind, said) if clear or not patient else None
    needed = PLAIN_FOR_GOOD if thought.announcement in FOR_GOOD else WORDS_ARE_PLAIN
    plain = thought.announcement_share >= WHICH_IS_CLEAR and thought.evidence >= needed
    if patient and not (clear and plain and said.pause_ms >= SENTENCE_ENDS_MS):
        return None
    guessed = thought.announcement_share >= GUESSED and thought.announcement not in FOR_GOOD
    if not answered:
        plain = plain and thought.above_music >= PLAIN_ABOVE_MUSIC
        guessed = guessed and thought.above_music >= GUESSED_ABOVE_MUSIC
    if plain or guessed:
        return Choice(What.ANNOUNCEMENT, f"網の案内で、「{thought.phrase}」と聞こえた", thought.announcement)
    return Choice(What.ANNOUNCEMENT, f"{seconds(said.speech_ms)}の発話が網の案内らしい", Announcement.OTHER)


def _machine(kind: What, said: Utterances) -> Choice:
    how = "録音された応答" if kind is What.VOICEMAIL else "自動応答"
    return Choice(kind, f"{seconds(said.speech_ms)}の発話が{how}らしい")
