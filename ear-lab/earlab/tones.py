"""Signals that machines and networks send: recording tones, fax, ringing, engaged. At about full scale 0.3; pure."""

import numpy as np

from earlab.sound import RATE, Chance, Wave, faded, samples, times

LOUD = 0.3


def silence(seconds: float) -> Wave:
    return np.zeros(samples(seconds), dtype=np.float32)


def tone(hertz: float, seconds: float, harmonics: tuple[float, ...] = (), edge: float = 0.004) -> Wave:
    phase = 2 * np.pi * hertz * times(seconds).astype(np.float64)
    wave = np.sin(phase)
    for order, share in enumerate(harmonics, start=2):
        if hertz * order < 3900:
            wave = wave + share * np.sin(order * phase)
    return faded((LOUD * wave).astype(np.float32), edge)


def recording_tone(chance: Chance) -> tuple[Wave, str]:
    """A tone as one of many machines makes it, and a word for it. Its last sample is the tone's end."""
    kind = chance.choice(
        ["sine", "sine", "sine", "buzzer", "two", "chord", "short-long", "three", "falling", "bell", "chirp"]
    )
    hertz = float(np.exp(chance.uniform(np.log(440), np.log(2000 if chance.random() < 0.25 else 1400))))
    length = float(chance.choice([0.2, 0.25, 0.3, 0.4, 0.5, 0.7, 1.0, 1.5])) * float(chance.uniform(0.9, 1.1))
    match kind:
        case "buzzer":
            made = tone(hertz, length, (0.5, 0.35, 0.2, 0.15))
        case "two":
            made = np.concatenate([tone(hertz, 0.2), silence(0.08), tone(hertz, length)])
        case "chord":
            made = 0.6 * (tone(hertz, length) + tone(hertz * 1.26, length))
        case "short-long":
            short = tone(hertz, 0.1)
            made = np.concatenate([short, silence(0.1), short, silence(0.1), tone(hertz, length)])
        case "three":
            short = tone(hertz, 0.12)
            made = np.concatenate([short, silence(0.12), short, silence(0.12), short])
        case "falling":
            made = np.concatenate([tone(hertz * 1.25, length / 2, edge=0.001), tone(hertz, length / 2, edge=0.001)])
        case "bell":
            made = tone(hertz, length, (0.3,)) * np.exp(-1.2 * times(length) / length)[: samples(length)]
        case "chirp":
            made = tone(hertz, max(length, 0.25), (0.2,)) * (
                0.85 + 0.15 * np.sin(2 * np.pi * 25 * times(max(length, 0.25)))
            )
        case _:
            made = tone(hertz, length, edge=float(chance.choice([0.001, 0.005, 0.02])))
    return made.astype(np.float32), f"{kind} {hertz:.0f} Hz"


def ringback(count: int = 1, hertz: float = 400.0, beat: float = 16.0) -> Wave:
    """Japan's ringing tone, 1 s on and 2 s off."""
    time = times(1.0)
    on = faded(
        (LOUD * 0.5 * (1 + np.cos(2 * np.pi * beat * time)) * np.sin(2 * np.pi * hertz * time)).astype(np.float32)
    )
    return np.tile(np.concatenate([on, silence(2.0)]), count)


def engaged(count: int = 6) -> Wave:
    return np.tile(np.concatenate([tone(400, 0.5), silence(0.5)]), count)


def three_tones() -> Wave:
    """The special information tone; rare in Japan."""
    return np.concatenate([tone(950, 0.33), tone(1400, 0.33), tone(1800, 0.33)])


def chime(chance: Chance) -> Wave:
    """Before an announcement."""
    base = float(chance.uniform(500, 800))
    notes = [base, base * 1.25, base * 1.5][: int(chance.integers(2, 4))]
    return np.concatenate([tone(note, 0.35, (0.3,)) * np.exp(-4 * times(0.35)) for note in notes]).astype(np.float32)


def calling_fax(seconds: float) -> Wave:
    """CNG: 1100 Hz, 0.5 s on and 3 s off."""
    return np.resize(np.concatenate([tone(1100, 0.5), silence(3.0)]), samples(seconds))


def answering_fax(chance: Chance) -> tuple[Wave, str]:
    """CED or ANSam, then a V.21 preamble and what sounds like more of it."""
    hertz = float(chance.uniform(2088, 2112))
    seconds = float(chance.uniform(2.6, 4.0))
    time = times(seconds).astype(np.float64)
    name = "CED"
    phase = 2 * np.pi * hertz * time
    if chance.random() < 0.45:
        name = "ANSam"
        phase = phase + np.pi * (np.floor(time / 0.45) % 2)
        carrier = (1 + 0.2 * np.sin(2 * np.pi * 15 * time)) * np.sin(phase)
    else:
        carrier = np.sin(phase)
    parts = [faded((LOUD * carrier).astype(np.float32)), silence(0.075)]
    for _ in range(3):
        parts += [_fsk(chance, 1.3), silence(float(chance.uniform(0.6, 2.5)))]
    return np.concatenate(parts), name


def _fsk(chance: Chance, seconds: float) -> Wave:
    """V.21 channel 2, 300 bit/s: 1 s of flags, then bits."""
    flags = np.tile([0, 1, 1, 1, 1, 1, 1, 0], 1 + int(seconds * 300 / 8))[: int(seconds * 300)]
    bits = np.where(np.arange(flags.size) < 300, flags, chance.integers(0, 2, flags.size))
    hertz = np.repeat(np.where(bits, 1650.0, 1850.0), RATE // 300)
    return faded((LOUD * np.sin(2 * np.pi * np.cumsum(hertz) / RATE)).astype(np.float32))
