"""The way from a microphone to our line: band, codec, lost packets, comfort noise, gain. 16 kHz in, 8 kHz out.

The mobile codecs are likenesses, made of what they do to a signal: `gsm` keeps one sample in three of the whitened
excitation in 3 bits, `amr` adds noise that follows the spectrum and smooths it, `narrow` is a bad voice-over-IP link.
G.711 is companded as the curve says, without its segments.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import soxr

from earlab.sound import LINE_RATE, RATE, Chance, Wave, coloured, decibels, levelled

FRAME = LINE_RATE // 50
WINDOW, HOP = 256, 64
FULL = 32767

Pcm = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Channel:
    codec: str = "g711"  # g711, alaw, gsm, amr, narrow
    low_hertz: float = 250.0
    high_hertz: float = 3500.0
    loss: float = 0.0  # share of packets
    concealment: str = "repeat"  # repeat, gap, noise
    comfort_noise: float | None = None  # dBFS of what is sent instead of a quiet frame; None: the noise itself
    echo: float | None = None  # dB of the far end's own sound, delayed
    gain_hunting: float = 0.0  # of an automatic gain control

    @property
    def name(self) -> str:
        extras = [f"loss{100 * self.loss:.0f}%"] if self.loss else []
        extras += [f"cn{self.comfort_noise:.0f}"] if self.comfort_noise is not None else []
        return "+".join([self.codec, *extras])


FIXED_CODECS = ("g711", "g711", "g711", "alaw", "narrow")
MOBILE_CODECS = ("amr", "amr", "amr", "gsm", "g711")


def chosen(chance: Chance, number_type: str) -> Channel:
    codecs = MOBILE_CODECS if number_type == "mobile" else FIXED_CODECS
    lossy = chance.random() < (0.25 if number_type != "fixed" else 0.08)
    quiet_frames_are_replaced = number_type == "mobile" and chance.random() < 0.5
    return Channel(
        codec=str(chance.choice(codecs)),
        low_hertz=float(chance.uniform(150, 320)),
        high_hertz=float(chance.uniform(3200, 3800)),
        loss=float(chance.uniform(0.003, 0.04)) if lossy else 0.0,
        concealment=str(chance.choice(["repeat", "repeat", "gap", "noise"])),
        comfort_noise=float(chance.uniform(-72, -50)) if quiet_frames_are_replaced else None,
        echo=float(chance.uniform(-45, -25)) if chance.random() < 0.08 else None,
        gain_hunting=float(chance.uniform(0, 5)) if chance.random() < 0.2 else 0.0,
    )


@dataclass(frozen=True, slots=True)
class Sent:
    pcm: Pcm
    channel: Channel = field(default_factory=Channel)


def sent(sound: Wave, channel: Channel, chance: Chance) -> Pcm:
    """What arrives, as 16-bit samples; at the same time, sample for sample."""
    narrow = np.asarray(soxr.resample(sound.astype(np.float32), RATE, LINE_RATE, quality="HQ"), dtype=np.float32)
    narrow = _band(narrow, channel.low_hertz, channel.high_hertz)
    if channel.gain_hunting:
        narrow = _hunted(narrow, channel.gain_hunting)
    if channel.comfort_noise is not None:
        narrow = _with_comfort_noise(narrow, channel.comfort_noise, chance)
    match channel.codec:
        case "gsm":
            narrow = _like_gsm(narrow)
        case "amr":
            narrow = _like_celp(narrow, chance, 2.0)
        case "narrow":
            narrow = _like_celp(narrow, chance, 6.0)
    if channel.echo is not None:
        late = np.roll(narrow, int(0.06 * LINE_RATE)) * decibels(channel.echo)
        narrow = narrow + late
    if channel.loss:
        narrow = _with_losses(narrow, channel, chance)
    companded = _mu_law(narrow) if channel.codec != "alaw" else _a_law(narrow)
    return np.round(np.clip(companded, -1, 1) * FULL).astype(np.int16)


def _band(sound: Wave, low: float, high: float) -> Wave:
    size = sound.size + 512
    frequency = np.fft.rfftfreq(size, 1 / LINE_RATE)
    gain = 1 / (1 + (low / np.maximum(frequency, 1)) ** 6) / (1 + (frequency / high) ** 16)
    return np.fft.irfft(np.fft.rfft(sound, size) * np.sqrt(gain), size)[: sound.size].astype(np.float32)


def _frames(sound: Wave) -> tuple[Wave, int]:
    count = -(-sound.size // FRAME)
    return np.pad(sound, (0, count * FRAME - sound.size)).reshape(count, FRAME), count


def _hunted(sound: Wave, most_db: float) -> Wave:
    """Quiet parts come up, loud ones go down, slowly."""
    frames, count = _frames(sound)
    level = 20 * np.log10(np.sqrt(np.mean(frames**2, axis=1)) + 1e-5)
    gain, gains = 0.0, np.zeros(count)
    for index, now in enumerate(level):
        wanted = np.clip(-22 - now, -most_db, most_db) if now > -50 else gain
        gain += 0.08 * (wanted - gain)
        gains[index] = gain
    curve = np.interp(np.arange(sound.size) / FRAME, np.arange(count) + 0.5, gains)
    return (sound * 10 ** (curve / 20)).astype(np.float32)


def _with_comfort_noise(sound: Wave, level: float, chance: Chance) -> Wave:
    """Discontinuous transmission: what is quiet is not sent, the far decoder makes a steady hiss."""
    frames, count = _frames(sound)
    power = 10 * np.log10(np.mean(frames**2, axis=1) + 1e-9)
    floor = np.percentile(power, 15)
    speaks = power > max(floor + 8, -58.0)
    hangover = 7
    held = np.convolve(speaks.astype(int), np.ones(hangover, dtype=int))[:count] > 0
    noise = levelled(coloured(chance, 2 * sound.size, -3.0)[: sound.size], level)
    keep = np.repeat(held, FRAME)[: sound.size]
    return np.where(keep, sound, noise).astype(np.float32)


def _spectra(sound: Wave) -> npt.NDArray[np.complex128]:
    window = np.hanning(WINDOW + 1)[:-1]
    padded = np.pad(sound, (WINDOW, 2 * WINDOW))
    starts = np.arange(0, padded.size - WINDOW, HOP)
    return np.fft.rfft(padded[starts[:, None] + np.arange(WINDOW)] * window, axis=1)


def _sound(spectra: npt.NDArray[np.complex128], count: int) -> Wave:
    window = np.hanning(WINDOW + 1)[:-1]
    back = np.fft.irfft(spectra, WINDOW, axis=1) * window
    out = np.zeros(count + 4 * WINDOW)
    for offset in range(WINDOW // HOP):
        part = back[offset :: WINDOW // HOP].reshape(-1)
        at = offset * HOP
        room = min(part.size, out.size - at)
        out[at : at + room] += part[:room]
    return (out / 1.5)[WINDOW : WINDOW + count].astype(np.float32)  # the windows' squares sum to 1.5


def _envelopes(spectra: npt.NDArray[np.complex128], lifter: int = 14) -> npt.NDArray[np.float64]:
    cepstrum = np.fft.irfft(np.log(np.abs(spectra) + 1e-7), axis=1)
    cepstrum[:, lifter:-lifter] = 0
    return np.exp(np.fft.rfft(cepstrum, axis=1).real)


def _like_celp(sound: Wave, chance: Chance, noise_db: float) -> Wave:
    """Coding noise under the formants, and spectra that change only every 20 ms."""
    spectra = _spectra(sound)
    envelope = _envelopes(spectra)
    phase = np.exp(2j * np.pi * chance.random(spectra.shape))
    quality = decibels(noise_db)
    noise = quality * envelope**0.85 * np.median(envelope, axis=1, keepdims=True) ** 0.15 * phase
    frequency = np.linspace(0, 1, spectra.shape[1])
    keep = 1 - 0.5 * np.clip((frequency - 0.5) / 0.5, 0, 1)  # the finer structure of the top fades
    return _sound(spectra * keep + envelope * phase * (1 - keep) * 0.7 + noise, sound.size)


def _like_gsm(sound: Wave) -> Wave:
    """Regular pulse excitation: whitened, one grid of three kept in 3 bits, coloured again."""
    spectra = _spectra(sound)
    envelope = _envelopes(spectra, 10)
    white = _sound(spectra / envelope, sound.size)
    block = 40
    count = -(-white.size // block)
    parts = np.pad(white, (0, count * block - white.size)).reshape(count, block)
    grids = np.stack([np.sum(parts[:, start::3][:, :13] ** 2, axis=1) for start in range(3)], axis=1)
    best = np.argmax(grids, axis=1)
    kept = np.zeros_like(parts)
    for start in range(3):
        rows = best == start
        pulses = parts[rows][:, start::3]
        top = np.max(np.abs(pulses), axis=1, keepdims=True) + 1e-9
        kept[np.ix_(rows, np.arange(start, block, 3))] = np.round(pulses / top * 3.5 - 0.5) / 3.5 * top + top / 7
    coarse = 1.6 * kept.reshape(-1)[: sound.size]
    mixture = _spectra((0.55 * coarse + 0.45 * white).astype(np.float32))  # its long-term predictor keeps the pitch
    return _sound(mixture * envelope, sound.size)


def _with_losses(sound: Wave, channel: Channel, chance: Chance) -> Wave:
    """Lost packets come in bursts of one to three."""
    frames, count = _frames(sound)
    lost = chance.random(count) < channel.loss / 1.5
    lost |= np.roll(lost, 1) & (chance.random(count) < 0.4)
    out = frames.copy()
    run = 0
    for index in range(1, count):
        run = run + 1 if lost[index] else 0
        if not run:
            continue
        match channel.concealment:
            case "repeat":
                out[index] = out[index - 1] * (0.8 if run < 3 else 0.0)
            case "gap":
                out[index] = 0
            case _:
                out[index] = 0.002 * chance.standard_normal(FRAME)
    return out.reshape(-1)[: sound.size]


def _mu_law(sound: Wave) -> Wave:
    clipped = np.clip(sound, -1, 1)
    code = np.round(np.sign(clipped) * np.log1p(255 * np.abs(clipped)) / np.log(256) * 127) / 127
    return np.asarray(np.sign(code) * np.expm1(np.abs(code) * np.log(256)) / 255, dtype=np.float32)


def _a_law(sound: Wave) -> Wave:
    size = np.clip(np.abs(sound), 0, 1)
    scale = 1 + np.log(87.6)
    code = np.where(size < 1 / 87.6, 87.6 * size / scale, (1 + np.log(np.maximum(87.6 * size, 1))) / scale)
    code = np.round(code * 127 - 0.5) / 127 + 0.5 / 127
    code = np.maximum(code, 0)
    back = np.where(code < 1 / scale, code * scale / 87.6, np.exp(code * scale - 1) / 87.6)
    return np.asarray(np.sign(sound) * back, dtype=np.float32)
