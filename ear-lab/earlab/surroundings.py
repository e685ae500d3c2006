"""What is heard around a voice: the room's echo, and the noise of places. All made here, from chance."""

from collections.abc import Sequence

import numpy as np

from earlab.sound import (
    RATE,
    Chance,
    Wave,
    coloured,
    decibels,
    faded,
    levelled,
    mixed,
    repeated,
    samples,
    slow,
    times,
    white,
)

PLACES = (
    "quiet",
    "quiet",
    "room",
    "room",
    "home",
    "television",
    "street",
    "car",
    "shop",
    "babble",
    "music",
    "kitchen",
    "wind",
)


def in_a_room(sound: Wave, chance: Chance, seconds: float | None = None) -> Wave:
    """With the reverberation of a room of random size and distance; as long as before."""
    decay = seconds if seconds is not None else float(chance.uniform(0.12, 0.6))
    time = times(decay)
    tail = white(chance, time.size) * np.exp(-6.9 * time / decay)
    tail[: samples(0.003)] = 0
    direct = float(chance.uniform(0.0, 12.0))
    tail *= decibels(-direct) / max(1e-6, float(np.sqrt(np.sum(tail**2))))
    tail[0] = 1.0
    size = 1 << int(np.ceil(np.log2(sound.size + tail.size)))
    made = np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(tail, size), size)[: sound.size]
    return made.astype(np.float32)


def place(name: str, count: int, chance: Chance, voices: Sequence[Wave]) -> Wave:
    """The noise of a place at a root mean square of 1; `voices` are sentences of bystanders."""
    match name:
        case "quiet":
            made = coloured(chance, count, float(chance.uniform(-6, 0)))
        case "room":
            made = coloured(chance, count, -6.0) + 0.3 * _hum(count, chance) + _bumps(count, chance, 0.4)
        case "home":
            made = coloured(chance, count, -6.0) * np.float32(0.2) + _cries(count, chance)
        case "television":
            made = in_a_room(_talk(count, chance, voices, 1) + 0.4 * levelled(tune(count, chance), -20), chance, 0.5)
        case "street":
            made = coloured(chance, count, -4.0) * (1 + 0.7 * slow(chance, count, 0.7)) + _bumps(count, chance, 0.5)
        case "car":
            made = coloured(chance, count, -9.0) * (1 + 0.2 * slow(chance, count, 2)) + 0.4 * _hum(count, chance, 90)
        case "shop":
            made = _talk(count, chance, voices, 3) + levelled(coloured(chance, count, -3), -26) + _beeps(count, chance)
        case "babble":
            made = in_a_room(_talk(count, chance, voices, 6), chance, 0.6)
        case "music":
            made = in_a_room(tune(count, chance), chance, 0.4)
        case "kitchen":
            made = coloured(chance, count, 2.0) + _bumps(count, chance, 3.0, bright=True)
        case "wind":
            made = coloured(chance, count, -12.0, 40) * (1 + slow(chance, count, 3.0)) ** 2
        case _:
            raise ValueError(f"there is no place called {name}")
    return levelled(made.astype(np.float32), 0.0)


def _hum(count: int, chance: Chance, hertz: float | None = None) -> Wave:
    """50 Hz or 60 Hz of the mains, and what a line lets through of it."""
    base = hertz or float(chance.choice([50, 60]))
    time = np.arange(count) / RATE
    return sum(
        (np.sin(2 * np.pi * base * order * time + chance.random() * 6) / order for order in range(2, 8)),
        start=np.zeros(count),
    ).astype(np.float32)


def _bumps(count: int, chance: Chance, per_second: float, bright: bool = False) -> Wave:
    """Dishes, steps, things put down."""
    pieces = []
    for _ in range(chance.poisson(per_second * count / RATE)):
        length = float(chance.uniform(0.02, 0.15))
        hit = white(chance, samples(length)) * np.exp(-5 * times(length) / length)
        if bright:
            hit = hit * (1 + np.sin(2 * np.pi * chance.uniform(1500, 3200) * times(length)))
        pieces.append((int(chance.integers(0, count)), (hit * chance.uniform(1, 4)).astype(np.float32)))
    return mixed(count, *pieces)


def _cries(count: int, chance: Chance) -> Wave:
    """A dog that barks, or a small child that cries."""
    barks = chance.random() < 0.5
    base = float(chance.uniform(300, 700))
    pieces = []
    at = int(chance.integers(0, RATE))
    while at < count:
        length = float(chance.uniform(0.12, 0.25) if barks else chance.uniform(0.5, 1.2))
        time = times(length)
        pitch = base * (1 + (0.5 if barks else 0.15) * np.sin(np.pi * time / length))
        phase = 2 * np.pi * np.cumsum(pitch) / RATE
        tones = sum((np.sin(order * phase) / order for order in range(1, 8)), start=np.zeros(time.size))
        rough = 1.0 + (1.5 if barks else 0.1) * white(chance, time.size)
        pieces.append((at, (tones * rough * np.hanning(time.size)).astype(np.float32)))
        at += samples(length + float(chance.uniform(0.15, 0.6) if chance.random() < 0.7 else chance.uniform(1, 4)))
    return mixed(count, *pieces)


def _beeps(count: int, chance: Chance) -> Wave:
    """A cash desk."""
    hertz = float(chance.uniform(1800, 2800))
    beep = faded(np.sin(2 * np.pi * hertz * times(0.08)).astype(np.float32))
    where = chance.integers(0, max(1, count), size=chance.poisson(0.5 * count / RATE))
    return mixed(count, *((int(at), 0.15 * beep) for at in where))


def _talk(count: int, chance: Chance, voices: Sequence[Wave], speakers: int) -> Wave:
    """Several people at once, each with pauses of his own."""
    if not voices:
        return coloured(chance, count, -4.0) * (1 + slow(chance, count, 4)).astype(np.float32)
    total = np.zeros(count, dtype=np.float32)
    for _ in range(speakers):
        said = voices[int(chance.integers(len(voices)))]
        pause = np.zeros(samples(float(chance.uniform(0.2, 1.5))), dtype=np.float32)
        loop = np.concatenate([said, pause])
        total += repeated(loop, count, int(chance.integers(loop.size))) * chance.uniform(0.5, 1.0)
    return total


def tune(count: int, chance: Chance) -> Wave:
    """Music of a kind: chords, a melody, a beat."""
    beat = float(chance.uniform(0.25, 0.6))
    root = float(chance.uniform(130, 330))
    scale = np.array([0, 2, 4, 5, 7, 9, 11, 12])
    decay = float(chance.uniform(1.0, 5.0))
    pieces = []
    for step in range(int(count / RATE / beat) + 1):
        at = samples(step * beat)
        length = beat * float(chance.choice([1, 1, 2]))
        time = times(length)
        fade = np.exp(-decay * time / length)
        note = root * 2 ** (chance.choice(scale) / 12 + int(chance.integers(0, 2)))
        wave = sum((np.sin(2 * np.pi * note * order * time) / order**1.5 for order in (1, 2, 3, 4)), start=0 * time)
        if step % 4 == 0:
            for third in (1, 1.26, 1.5):
                wave = wave + 0.4 * np.sin(2 * np.pi * root * third * time)
        pieces.append((at, faded((wave * fade).astype(np.float32))))
        if chance.random() < 0.6:
            hit = white(chance, samples(0.05)) * np.exp(-60 * times(0.05))
            pieces.append((at, (0.5 * hit).astype(np.float32)))
    return mixed(count, *pieces)


def pick_up_click(chance: Chance) -> Wave:
    """The handset leaves its cradle, or a thumb meets the glass."""
    parts: list[Wave] = []
    for _ in range(int(chance.integers(1, 4))):
        length = float(chance.uniform(0.005, 0.06))
        thump = coloured(chance, samples(length) + 8, float(chance.uniform(-6, 3)))
        parts += [
            (thump * np.exp(-4 * np.linspace(0, 1, thump.size))).astype(np.float32),
            np.zeros(samples(chance.uniform(0.01, 0.12)), dtype=np.float32),
        ]
    made = np.concatenate(parts).astype(np.float32)
    return made / max(1e-6, float(np.max(np.abs(made))))


def breath(chance: Chance) -> Wave:
    length = float(chance.uniform(0.25, 0.8))
    return (coloured(chance, samples(length), 1.0, 400, 5000) * np.hanning(samples(length))).astype(np.float32)


def cough(chance: Chance) -> Wave:
    burst = coloured(chance, samples(0.18), -3.0, 200, 5000) * np.exp(-18 * times(0.18))
    return np.concatenate([burst, np.zeros(samples(0.1), dtype=np.float32), 0.7 * burst]).astype(np.float32)
