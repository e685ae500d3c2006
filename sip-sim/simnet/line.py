"""A call as a behaviour sees it: ring, answer, speak, listen, hang up."""

import asyncio
import random
from dataclasses import dataclass

from simnet.call import Call
from simnet.callers import Shows
from simnet.hearing import Condition, Heard
from simnet.log import Direction
from simnet.sound import Sound, room_noise
from simnet.voices import Voices

PAUSE_SECONDS = 0.6  # after so much silence it is the other one's turn
NEW_VOICE_SECONDS = 2.5
CALLERS_TELEPHONE = "User-Agent: simnet"  # so there is always one header more, whatever a caller shows


@dataclass(slots=True)
class Line:
    call: Call
    voices: Voices
    chance: random.Random
    _understood_ms: int = 0  # of the other side's sound

    async def wait(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def ring(self) -> None:
        """180: the exchange plays its own ringing tone."""
        await self.call.do("RINGS")

    async def open_early(self) -> None:
        """183 with SDP: what is said from now on is heard before the answer."""
        await self.call.do("SPEAKS")

    async def answer(self, *, noisy: bool = True) -> None:
        """200. A live handset then sends its room between the words, a machine nothing."""
        if noisy and self.call.party is not None:
            self.call.party.background = room_noise(self.chance.randrange(8))
        await self.call.do("ANSWERS")

    async def dial(self, number: str, shows: Shows) -> None:
        """A call of our own, INVITE."""
        headers = {"X-From": shows.from_header, "X-To": number}
        await self.call.do("CALLS", headers, "\r\n".join([*shows.lines, CALLERS_TELEPHONE]))

    async def refuse(self, code: int) -> None:
        await self.call.do(f"REFUSES{code}")

    async def hang_up(self) -> None:
        """BYE, once the answer has been acknowledged (RFC 3261 15.1.1), or CANCEL of a call of our own."""
        if self.call.direction is not Direction.TO_EXCHANGE:
            await self.call.happened("ACK").wait()
        await self.call.do("HANGSUP")

    async def play(self, sound: Sound) -> None:
        """Until its last frame has been sent."""
        if self.call.party is not None:
            await self.call.party.play(sound)

    async def play_on(self, sound: Sound) -> None:
        """Again and again, until the call ends or this is cancelled."""
        try:
            while self.call.party is not None:
                await self.call.party.play(sound)
        finally:
            self.quieten()

    def quieten(self) -> None:
        if self.call.party is not None:
            self.call.party.stop_playing()

    def fall_dead(self) -> None:
        """From now on nothing is sent, not even silence."""
        if self.call.party is not None:
            self.call.party.sends = False

    async def say(self, text: str, pause_seconds: float = 0.3) -> None:
        await self.play(await self.voices.sound(text, pause_seconds))

    def record(self) -> None:
        """From now on what the other side says is kept, as on a machine's tape."""
        if self.call.party is not None:
            self.call.party.record()

    @property
    def heard_anything(self) -> bool:
        return self.call.party is not None and self.call.party.heard.sound_ms > 0

    async def press(self, keys: str, every_seconds: float, down_seconds: float) -> None:
        """Until the last key has been let go."""
        if self.call.party is not None:
            await self.call.party.press(keys, every_seconds, down_seconds)

    async def until_something_sounds(self) -> None:
        began_at = asyncio.get_running_loop().time()
        await self._until(lambda heard, _: heard.last_sound_at is not None and heard.last_sound_at > began_at)

    async def until_tone(self, hertz: float, seconds: float) -> None:
        await self._until(lambda heard, now: heard.tone_for(hertz, now) >= seconds)

    async def until_their_turn_ends(self, pause_seconds: float = PAUSE_SECONDS) -> None:
        """Until the other side has spoken and then paused; what it said while we spoke counts."""

        def over(heard: Heard, now: float) -> bool:
            return heard.sound_ms > self._understood_ms and heard.silent_for(now) >= pause_seconds

        await self._until(over)
        if self.call.party is not None:
            self._understood_ms = self.call.party.heard.sound_ms

    async def _until(self, condition: Condition) -> None:
        """Who has no audio waits for ever."""
        await (asyncio.Event().wait() if self.call.party is None else self.call.party.when(condition))

    def is_new_voice(self) -> bool:
        """The line had been silent for long before this turn: it is somebody else."""
        return self.call.party is not None and self.call.party.heard.gap_seconds > NEW_VOICE_SECONDS

    async def until_answered(self) -> None:
        await self.call.happened("ACCEPTED").wait()
