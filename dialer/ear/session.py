"""One call with the ear: the detector, the attendant's acts, and the 20 ms that are sent next."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol
from urllib.parse import quote

import structlog

from dialer.core.attending import MACHINE_IS_LIKELY, WORDS, Act, Attendant, Do, Say, Sound, Stage, Told, Word
from dialer.core.briefing import Order
from dialer.core.ear_events import Answerer
from dialer.core.events import ChannelId
from dialer.core.hearing.fingerprints import Place
from dialer.core.hearing.values import Figures, Heard, Verdict, What
from dialer.ear.frames import SILENT_BLOCK
from dialer.ear.sounds import Sounds

log = structlog.get_logger()

LONGEST_VALUE = 900  # Asterisk reads lines of 1024 bytes


class Listener(Protocol):
    """core.hearing.ear.Ear, or a double of it."""

    @property
    def machine_chance(self) -> float: ...
    @property
    def machine_is_known(self) -> bool: ...
    @property
    def landmarks(self) -> Sequence[Place]: ...
    def assume(self, what: What) -> None: ...
    def feed(self, block: object) -> Verdict | None: ...
    def heard(self) -> list[Heard]: ...


class Exchange(Protocol):
    """What a session orders; carried out in this order."""

    def tell(self, name: str, call: ChannelId, details: Mapping[str, str]) -> None: ...
    def hang_up(self, call: ChannelId) -> None: ...
    def leave(self) -> None:
        """When all that was told has arrived, the stream ends and the dialplan goes on."""
        ...


class Session:
    """Nothing that it is fed raises: what fails is told as undecided, and the call goes on without the ear."""

    def __init__(
        self,
        call: ChannelId,
        attendant: Attendant,
        listener: Listener,
        sounds: Sounds,
        exchange: Exchange,
        clock_ms: Callable[[], int],
        learn: Callable[[Sequence[Place]], None] = lambda heard: None,
    ) -> None:
        self.call, self._attendant, self._listener = call, attendant, listener
        self._sounds, self._exchange, self._clock_ms = sounds, exchange, clock_ms
        self._learn = learn
        self._playing: Iterator[bytes] = iter(())
        self._sound: Sound | None = None
        self._what: Answerer | None = None
        self.over = False
        if self.order is Order.MESSAGE:  # an operator has said who it is: only its tone matters now
            self._guarded(lambda: listener.assume(What.VOICEMAIL))

    @property
    def order(self) -> Order:
        return self._attendant.order

    def hear(self, pcm: bytes) -> None:
        self._guarded(self._hear, pcm)

    def next_block(self) -> bytes:
        """What is sent now. Time passes here, also when nothing is heard."""
        self._guarded(self._pass_time)
        block = next(self._playing, None)
        if block is not None:
            return block
        sound, self._sound = self._sound, None
        if sound is not None:
            self._guarded(lambda: self._act(self._attendant.sent(sound, self._clock_ms())))
        return SILENT_BLOCK

    def answered(self) -> None:
        """Somebody has answered: what was heard before is over, and the call's own stream begins."""
        if self.order is Order.EARLY:
            self._leave()

    def _hear(self, pcm: bytes) -> None:
        verdict = self._listener.feed(pcm)
        now_ms = self._clock_ms()
        if verdict is not None:
            self._act(self._attendant.verdict(verdict, now_ms))
        for heard in self._listener.heard():
            self._act(self._attendant.happening(heard, now_ms))

    def _pass_time(self) -> None:
        likely = self._listener.machine_chance > MACHINE_IS_LIKELY
        known = self._listener.machine_is_known
        self._act(self._attendant.time(self._clock_ms(), machine_likely=likely, machine_known=known))

    def _guarded(self, step: Callable[..., None], *given: bytes) -> None:
        if self.over:
            return
        try:
            step(*given)
        except Exception:
            log.exception("the ear failed in a call", attempt_id=self.call)
            if self.order is Order.LISTEN and self._attendant.stage is Stage.LISTENING:
                self._tell(Told(Answerer.UNDECIDED, self._clock_ms(), "聞き取りの途中で障害が起きました"))
            self._leave()

    def _act(self, acts: Iterator[Act]) -> None:
        for act in acts:
            match act:
                case Told():
                    self._tell(act)
                case Word():
                    if act is Word.TONE_HEARD and self._teaches:
                        self._learn(self._listener.landmarks)
                    name, details = WORDS[act]
                    self._exchange.tell(name, self.call, details)
                case Say(sound=sound):
                    self._say(sound)
                case Do.HUSH:
                    self._playing, self._sound = iter(()), None
                case Do.LEAVE:
                    self._leave()
                case Do.HANG_UP:
                    self._playing, self._sound, self.over = iter(()), None, True
                    self._exchange.hang_up(self.call)

    @property
    def _teaches(self) -> bool:
        """A voicemail for sure, at a number where no machine had answered: see core.hearing.learning."""
        return self._what is Answerer.VOICEMAIL and not self._attendant.briefing.machines

    def _say(self, sound: Sound) -> None:
        name: str = getattr(self._attendant.briefing, sound.value)
        blocks = self._sounds.blocks(name)
        if blocks is None:
            log.error("nothing to say", attempt_id=self.call, sound=sound.value)
            self._act(self._attendant.cannot_say(sound, self._clock_ms()))
            return
        self._playing, self._sound = iter(blocks), sound

    def _leave(self) -> None:
        self._playing, self._sound, self.over = iter(()), None, True
        self._exchange.leave()

    def _tell(self, told: Told) -> None:
        self._what = told.what
        log.info("heard", attempt_id=self.call, what=told.what.value, after_ms=told.decided_ms, order=self.order.value)
        self._exchange.tell(
            "EarHeard",
            self.call,
            {
                "What": told.what.value,
                "DecidedMs": str(told.decided_ms),
                "Announcement": told.announcement.value if told.announcement else "",
                "Early": "yes" if self.order is Order.EARLY else "no",
                "Why": _short_reason(told.reason),
                "Figures": _short_figures(told.figures),
            },
        )


def _short_reason(reason: str) -> str:
    """Percent-encoded, because AMI carries ASCII; whole letters only."""
    while len(encoded := quote(reason, safe="")) > LONGEST_VALUE:
        reason = reason[: len(reason) * 3 // 4]
    return encoded


def _short_figures(figures: Figures) -> str:
    """As many as fit."""
    kept = dict(figures)
    while len(text := json.dumps(kept, separators=(",", ":"))) > LONGEST_VALUE:
        kept.popitem()
    return text
