"""One call being put together: sounds in their order, marks, and what surrounds them; then sent over a channel."""

from dataclasses import dataclass, field, replace

import numpy as np

from earlab.channel import Channel, Pcm, sent
from earlab.sound import RATE, Chance, Wave, decibels, faded, samples
from earlab.surroundings import in_a_room


@dataclass(slots=True)
class Take:
    """A live side (microphone, in a room) and a machine's side (straight onto the line), laid along one time."""

    live: list[tuple[int, Wave]] = field(default_factory=list)
    played: list[tuple[int, Wave]] = field(default_factory=list)
    now: int = 0

    @property
    def ms(self) -> int:
        return round(1000 * self.now / RATE)

    def wait(self, seconds: float) -> None:
        self.now += samples(seconds)

    def speak(self, sound: Wave) -> None:
        self.live.append((self.now, sound))
        self.now += sound.size

    def play(self, sound: Wave) -> None:
        self.played.append((self.now, sound))
        self.now += sound.size

    def beside(self, sound: Wave) -> None:
        """Live, without time passing."""
        self.live.append((self.now, sound))


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a take happens and how it comes to us."""

    channel: Channel
    room_seconds: float | None = None  # of echo for the live side
    noise: Wave | None = None  # rms 1, as long as the take or longer; None: digital silence
    noise_db: float = -60.0
    played_floor_db: float | None = None  # hiss of the machine, while it plays and pauses
    gain_db: float = 0.0


def recorded(take: Take, setting: Setting, chance: Chance, seconds: float) -> Pcm:
    """`seconds` of it, as it arrives on our line."""
    count = samples(seconds)
    live, played = _laid(take.live, count), _laid(take.played, count)
    if setting.room_seconds:
        live = in_a_room(live, chance, setting.room_seconds)
    if setting.noise is not None:
        live = live + np.resize(setting.noise, count) * decibels(setting.noise_db)
    if setting.played_floor_db is not None:
        hiss = chance.standard_normal(count, dtype=np.float32)
        played = played + hiss * decibels(setting.played_floor_db)
    whole = (live + played) * decibels(setting.gain_db)
    channel = setting.channel
    if not take.live and setting.noise is None:
        channel = replace(channel, gain_hunting=0.0)
    return sent(whole.astype(np.float32), channel, chance)


def _laid(pieces: list[tuple[int, Wave]], count: int) -> Wave:
    out = np.zeros(count, dtype=np.float32)
    for at, piece in pieces:
        room = min(piece.size, count - at)
        if room > 0:
            out[at : at + room] += faded(piece, 0.002)[:room]
    return out
