"""The ear of one call: blocks of 20 ms in, one verdict out, and afterwards what is still heard.

Three networks and some rules work together: the first network says where speech and tones are, the second follows what
is pronounced, the third says who speaks that way; rules know fax and ringing tones; a library knows greetings heard
before; the ringing gives the prior. Nothing here keeps sound: memory does not grow, whatever comes.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from dialer.core.hearing import prior as priors
from dialer.core.hearing.after import After
from dialer.core.hearing.fingerprints import Library, Match, Place, Recogniser
from dialer.core.hearing.network import BadNetwork, Network, chance_of, shares
from dialer.core.hearing.recording_tone import RecordingTone
from dialer.core.hearing.senses import SENSED, SOUND_INPUTS, Senses
from dialer.core.hearing.spectrum import BLOCK_MS, Blocks, Frame, Pcm, Spectrum
from dialer.core.hearing.tones import SIGNAL_NAMES, Signal, Signals
from dialer.core.hearing.utterances import Utterances
from dialer.core.hearing.values import (
    Announcement,
    Figures,
    Happening,
    Heard,
    HearingRules,
    Prior,
    Verdict,
    What,
)
from dialer.core.hearing.weighing import HEADS, Chances, Sureness, chances, person_chosen
from dialer.core.hearing.which_machine import Patience, patience, which_machine
from dialer.core.hearing.wording import Phrases, Wording

Floats = npt.NDArray[np.float32]

MOST_WAITING = 64  # happenings that nobody fetched
SPOKEN_BLOCKS = 600  # of which the words can still be found out
TONE_ALONE_MS = 250
SAID_MS = 300  # less is no word
RINGS_AGAIN_MS = 400  # a ringing tone that is no network's before its announcement
SURELY_RINGS_MS = 700  # no engaged tone, no note
FAX_BY_VOICE = 0.9
MACHINE_AT_THE_END = 0.9  # of a recording, when nothing more will come
MACHINE_WITHOUT_A_WORD = 0.7  # less is what the ringing says, and somebody waits in silence


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What every call is heard with: loaded once, shared by all."""

    sounds: Network
    phones: Network
    meaning: Network
    phrases: Phrases
    library: Library = field(default_factory=Library)

    def __post_init__(self) -> None:
        for name, network, inputs, heads in (
            ("sounds", self.sounds, SOUND_INPUTS, 2),
            ("phones", self.phones, SOUND_INPUTS, self.phones.heads),  # only teaching asks its heads
            ("meaning", self.meaning, SENSED + self.phones.hidden, len(HEADS)),
        ):
            found, wanted = (network.inputs, network.heads), (inputs, heads)
            if found != wanted:
                raise BadNetwork(f"the network {name} has {found} inputs and heads, not {wanted}: train it anew")


class Ear:
    """`feed` it what arrives; it answers once. `machine_chance` may be asked at any time, `heard` after the verdict."""

    def __init__(self, knowledge: Knowledge, rules: HearingRules | None = None, prior: Prior | None = None) -> None:
        self._knowledge = knowledge
        self._rules = rules or HearingRules()
        self._prior = prior or Prior()
        self._blocks = Blocks()
        self._spectrum = Spectrum()
        self._senses = Senses()
        self._signals = Signals()
        self._recogniser = Recogniser(knowledge.library)
        self._sounds_state = knowledge.sounds.rest()
        self._phones_state = knowledge.phones.rest()
        self._meaning_state = knowledge.meaning.rest()
        self._spoken: deque[Floats] = deque(maxlen=SPOKEN_BLOCKS)  # the second network's states, until words matter
        self._wording: Wording | None = None
        self._said = Utterances()
        self._tone = RecordingTone()
        self._after: After | None = None
        self._until_ms = 0  # once there is a verdict
        self._heard: deque[Heard] = deque(maxlen=MOST_WAITING)
        self._sure_ms = Sureness()
        self._waits: Patience | None = None  # a machine is known: so long for which one
        self._rang = False  # once, after the answer
        self._chances: Chances | None = None
        self._verdict: Verdict | None = None
        shift = priors.shifts(self._prior)
        self._shift = np.array([shift[what] for what, _ in HEADS], dtype=np.float32)

    # --- what one asks

    @property
    def verdict(self) -> Verdict | None:
        return self._verdict

    @property
    def now_ms(self) -> int:
        return self._said.now_ms

    @property
    def speaking(self) -> bool:
        return self._said.speaking

    @property
    def machine_chance(self) -> float:
        """How likely a machine is by now: a call that must decide asks for it. Silence alone is hardly one."""
        if self._rings_itself:
            return 1.0
        chance = self._chances.machine if self._chances else 0.0
        return chance if self._said.began_ms is not None or chance > MACHINE_WITHOUT_A_WORD else 0.0

    @property
    def machine_is_known(self) -> bool:
        """Only which one is not: nobody waits in silence while that is found out."""
        return self._waits is not None or self._rang

    @property
    def tone_ended_ms(self) -> int | None:
        """The end of the recording tone; None while there was none, or when the machine spoke on after it."""
        return self._tone.ended_ms

    @property
    def landmarks(self) -> Sequence[Place]:
        """Of the first seconds, for whoever learns greetings."""
        return self._recogniser.heard

    def heard(self) -> list[Heard]:
        """What happened since one asked last: the tone, speech, another speaker."""
        out = list(self._heard)
        self._heard.clear()
        return out

    # --- listening

    def assume(self, what: What) -> None:
        """Somebody else knows who answered: no verdict is given any more, only what follows is heard."""
        self._verdict = Verdict(what, self._said.now_ms, "操作者の判断", figures=self._figures())
        self._listen_for_what_follows(what)

    def feed(self, block: object) -> Verdict | None:
        """16-bit samples at 8 kHz, best 160 of them. The verdict comes once; never an exception."""
        before = self._verdict
        for one in self._blocks.cut(block):
            self._listen(one)
        return self._verdict if before is None else None

    def finish(self) -> Verdict | None:
        """The stream has ended: the best that can be said, or None: undecided."""
        if self._verdict is None and (now := self._chances) is not None:
            said = self._said
            if said.began_ms is None:
                if said.now_ms >= self._rules.decide_by_ms and self._tone.ended_ms is None:
                    self._conclude(What.SILENT, "終わりまで誰も話さない")
            elif now.person > 0.5:
                self._conclude(What.PERSON, "終わりまでの発話が人の応答らしい")
            elif self._waits is not None or now.machine > MACHINE_AT_THE_END:
                self._say_which(now, at_the_end=True)
            return self._verdict
        return None

    def _listen(self, block: Pcm) -> None:
        if self._verdict is not None and self._said.now_ms > self._until_ms:
            self._said.now_ms += BLOCK_MS  # nothing more is asked of this call
            return
        frame = self._spectrum.frame(block)
        inputs = self._senses.sounds(frame)
        known = self._knowledge
        self._sounds_state = known.sounds.moved(self._sounds_state, inputs)
        said = known.sounds.said(self._sounds_state)
        speech, tone = chance_of(float(said[0])), chance_of(float(said[1]))
        self._said.take(speech)
        self._tone.take(tone, speech, frame)
        signal = self._signals.take(frame, self._said.speech_ms)
        needed = self._verdict is None or (self._after is not None and self._after.wants_meaning)
        if needed:
            self._phones_state = known.phones.moved(self._phones_state, inputs)
            self._follow_words()
            sensed = self._senses.sensed(frame, inputs, speech, tone, self._said)
            self._meaning_state = known.meaning.moved(self._meaning_state, np.concatenate([sensed, self._phones_state]))
            self._chances = chances(shares(known.meaning.said(self._meaning_state) + self._shift))
        if self._verdict is None:
            self._decide(frame, signal)
        elif self._after is not None and not self._recogniser.has_enough:
            self._recogniser.note(frame.power)
        if self._after is not None:
            self._hear_on(frame, speech)

    # --- deciding

    def _decide(self, frame: Frame, signal: Signal | None) -> None:
        if self._by_signal(signal):
            return
        match = self._recogniser.take(frame.power)
        if match is not None and match.agreeing >= self._rules.fingerprint_needed:
            self._by_greeting(match)
            return
        said, now = self._said, self._chances
        assert now is not None
        if said.began_ms is None:
            self._without_speech()
            return
        self._sure_ms.take(now, said, self._rules)
        if self._waits is None and self._sure_ms.of_machine >= self._rules.machine_sure_for_ms:
            self._waits = patience(said.now_ms, self._rules, answered=self._prior.answered)
            self._begin_to_follow_words()
        machine_is_known = self._waits is not None
        if now.of[What.FAX] > FAX_BY_VOICE and machine_is_known:
            self._conclude(What.FAX, "ファクスと名乗る音声")
        elif made := person_chosen(now, said, self._sure_ms, self._rules, machine_is_known=machine_is_known):
            self._conclude(made.what, made.reason)
        elif machine_is_known:
            self._say_which(now)

    def _begin_to_follow_words(self) -> None:
        phones = self._knowledge.phones
        self._wording = Wording(self._knowledge.phrases, [phones.said(state) for state in self._spoken])
        self._spoken.clear()

    def _follow_words(self) -> None:
        if self._wording is None:
            self._spoken.append(self._phones_state)
        elif self._verdict is None:
            self._wording.take(self._knowledge.phones.said(self._phones_state))

    def _say_which(self, now: Chances, *, at_the_end: bool = False) -> None:
        if self._wording is None:
            self._begin_to_follow_words()
        wording, said = self._wording, self._said
        assert wording is not None
        if at_the_end:
            wording.catch_up()
        if not wording.is_up_to_date:
            return
        waits = None if at_the_end else self._waits
        beeped = self._prior.answered and (self._tone.began_ms or 0) > (said.began_ms or 0)
        made = which_machine(now, said, wording.words(), waits, answered=self._prior.answered, beeped=beeped)
        if made is not None:
            self._conclude(made.what, made.reason, made.announcement)

    def _without_speech(self) -> None:
        tone, now_ms = self._tone, self._said.now_ms
        if tone.ended_ms is not None and tone.began_ms is not None:
            if (
                tone.ended_ms - tone.began_ms >= TONE_ALONE_MS
                and now_ms - tone.ended_ms > 1500
                and self._prior.answered
            ):
                self._conclude(What.VOICEMAIL, f"話し声のないまま{tone.hertz:.0f}Hzの発信音だけが鳴った")
        elif now_ms >= self._rules.silent_after_ms and self._prior.answered:
            self._conclude(What.SILENT, f"{now_ms / 1000:.0f}秒のあいだ誰も話さない")

    @property
    def _nothing_said(self) -> bool:
        return self._said.speech_ms < SAID_MS

    @property
    def _rings_itself(self) -> bool:
        """After the answer: a machine that calls its owner, or a network before its announcement."""
        sounds = self._rang or self._signals.ringing_ms >= SURELY_RINGS_MS
        return sounds and self._prior.answered and self._nothing_said

    def _by_signal(self, signal: Signal | None) -> bool:
        match signal:
            case Signal.CED | Signal.CNG | Signal.V21:
                self._conclude(What.FAX, f"{SIGNAL_NAMES[signal]}が聞こえた")
            case Signal.RINGBACK if self._prior.answered and self._nothing_said:
                self._rang = True
                return False
            case Signal.ENGAGED if self._nothing_said:
                self._conclude(What.ANNOUNCEMENT, f"{SIGNAL_NAMES[signal]}が聞こえた", Announcement.OTHER)
            case _ if self._rang and self._nothing_said and self._signals.ringing_ms >= RINGS_AGAIN_MS:
                self._conclude(What.SCREENING, f"{SIGNAL_NAMES[Signal.RINGBACK]}：応答した機械が呼び出している")
            case _:
                return False
        return True

    def _by_greeting(self, match: Match) -> None:
        greeting = match.greeting
        reason = f"前に聞いた応答と同じ音（{greeting.key}、一致{match.agreeing}点）"
        self._conclude(greeting.what, reason, greeting.announcement)

    def _conclude(self, what: What, reason: str, announcement: Announcement | None = None) -> None:
        self._verdict = Verdict(what, self._said.now_ms, reason, announcement, self._figures())
        self._listen_for_what_follows(what)

    def _listen_for_what_follows(self, what: What) -> None:
        """A tone also after a person: it may have been a machine."""
        self._until_ms = self._said.now_ms + self._rules.listen_for_ms
        if what not in (What.VOICEMAIL, What.SCREENING, What.ANNOUNCEMENT):
            return
        self._after = After(what)
        if self._tone.ended_ms is not None:
            self._heard.append(Heard(Happening.TONE_ENDED, self._tone.ended_ms, self._said.now_ms))

    def _figures(self) -> Figures:
        said, senses = self._said, self._senses
        figures: Figures = {
            "speech_from_ms": said.began_ms,
            "speech_ms": said.speech_ms,
            "utterances": said.count,
            "first_utterance_ms": said.first_ms,
            "longest_pause_ms": said.longest_pause_ms,
            "pause_ms": said.pause_ms,
            "loudness_dbfs": round(senses.loud, 1),
            "pause_floor_dbfs": round(senses.pause_floor, 1),
            "digital_silence": round(senses.zeros, 2),
        }
        if self._chances is not None:
            figures |= {f"chance_{what.value}": round(chance, 3) for what, chance in self._chances.of.items()}
        return figures

    # --- after the verdict

    def _hear_on(self, frame: Frame, speech: float) -> None:
        assert self._after is not None
        happened = self._after.take(frame, speech, self._said, self._tone, self._chances)
        self._heard.extend(happened)
        if self._after.starts_afresh:
            self._meaning_state = self._knowledge.meaning.rest()
            self._after.starts_afresh = False
