"""What the networks learn from: frames of sound with their truth.

*Calls* are the corpus's own scenes with other words (variants) and with speakers whose throats are drawn anew each
time. *Clips* are single sentences whose sounds of Japanese are known. *Strips* are loose sequences of speech, tones,
clicks and pauses of which every 20 ms is known.
"""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import numpy.typing as npt

from dialer.core.hearing.spectrum import BLOCK, Frame, Pcm, Spectrum
from dialer.core.hearing.wording import PHONES
from earlab import channel as channels
from earlab import sentences, surroundings, tones, variants
from earlab.cast import Cast, loudness, pause, seeded
from earlab.labels import Label
from earlab.machine_scenes import own_voice, screening, voicemail
from earlab.pupils import Pupils, texts_of
from earlab.scenes import Scene, announcement, fax, person, silent, surrounded
from earlab.sound import RATE, Chance, Wave, samples
from earlab.speech import NEURAL, phones
from earlab.take import Setting, Take, recorded

SCENES: dict[str, tuple[Scene, float]] = {  # more of an owner's own voice than a corpus has: it is the hardest
    "person": (person, 0.42),
    "voicemail": (voicemail, 0.24),
    "own_voice": (own_voice, 0.12),
    "screening": (screening, 0.08),
    "announcement": (announcement, 0.10),
    "fax": (fax, 0.02),
    "silent": (silent, 0.02),
}
COLUMNS = 32

Floats = npt.NDArray[np.float32]


# --- frames


def frames(pcm: Pcm) -> Floats:
    """One row a block; what Senses needs of a frame."""
    spectrum = Spectrum()
    count = pcm.size // BLOCK
    out = np.empty((count, COLUMNS), dtype=np.float32)
    for index in range(count):
        one = spectrum.frame(pcm[index * BLOCK : (index + 1) * BLOCK])
        out[index, :24] = one.bands
        out[index, 24:] = (
            one.level, one.zero, one.periodicity, one.pitch, one.dominance, one.two_lines, one.hertz, one.steadiness,
        )  # fmt: skip
    return out


def as_frame(row: Floats) -> Frame:
    level, zero, periodicity, pitch, dominance, two_lines, hertz, steadiness = (float(one) for one in row[24:])
    return Frame(row[:24], level, bool(zero), periodicity, pitch, dominance, two_lines, hertz, steadiness, _NO_POWER)


_NO_POWER: Floats = np.zeros(0, dtype=np.float32)


# --- calls


@dataclass(frozen=True, slots=True)
class Lesson:
    rows: Floats
    label: Label


def call(cast: Cast, seed: int, index: int) -> Lesson:
    chance = seeded(seed, "call", index)
    scenes = list(SCENES.values())
    scene, _ = scenes[int(chance.choice(len(scenes), p=[share for _, share in scenes]))]
    made = scene(cast, chance)
    return Lesson(frames(made.pcm), replace(made.label, file=f"{index}"))


# --- clips


@dataclass(frozen=True, slots=True)
class Clip:
    rows: Floats
    phones: npt.NDArray[np.int64]  # in their order; 1 is the first of PHONES


SENTENCES = 1500  # that each quick synthesiser says
LONGEST_CLIP = 6.0  # seconds


def clip(cast: Pupils, seed: int, index: int) -> Clip:
    chance = seeded(seed, "clip", index)
    voice = cast.anyone(chance)
    if voice.source in NEURAL:
        texts = _clear_texts_of(voice.source)
        text = texts[int(chance.integers(len(texts)))]
    else:
        text = sentences.sentence(seeded(4712, voice.source, int(chance.integers(SENTENCES))))
    take, live = Take(), chance.random() < 0.6
    take.wait(float(chance.uniform(0.05, 0.5)))
    sound = cast.say(chance, voice, text, rise=float(chance.uniform(-1, 4))) * loudness(chance, -36, -12)
    (take.speak if live else take.play)(sound)
    seconds = min(LONGEST_CLIP, take.now / RATE + 0.4)
    kind = str(chance.choice(["fixed", "mobile", "ip"]))
    if live:
        pcm = surrounded(cast, chance, take, seconds, kind)
    else:
        pcm = recorded(take, Setting(channels.chosen(chance, kind)), chance, seconds)
    said = np.array([PHONES.index(one) + 1 for one in phones(text) if one in PHONES], dtype=np.int64)
    heard = 1.0 if take.now < samples(LONGEST_CLIP) else LONGEST_CLIP * RATE / take.now
    return Clip(frames(pcm), said[: int(said.size * heard)])


@cache
def _clear_texts_of(source: str) -> tuple[str, ...]:
    return tuple(sorted(text for text in texts_of(source) if 0 < len(phones(text)) < 75))


# --- strips

SPEECH, TONE = 0, 1


@dataclass(frozen=True, slots=True)
class Strip:
    rows: Floats
    truth: Floats  # for each whether somebody speaks and whether a signal tone sounds


def strip(cast: Cast, seed: int, index: int) -> Strip:
    chance = seeded(seed, "strip", index)
    live = chance.random() < 0.6
    seconds = 7.0
    take = Take()
    put = take.speak if live else take.play
    spans: list[tuple[int, int, int]] = []
    voice = cast.anyone(chance)
    level = loudness(chance, -36, -12)
    take.wait(float(chance.uniform(0.0, 0.8)))
    while take.now < samples(seconds):
        draw, start = chance.random(), take.now
        if draw < 0.5:
            name = str(chance.choice(list(variants.KINDS)))
            text = cast.text(chance, name, ())[1].split("。")[0].split("|")[0]
            sound = cast.say(chance, voice, text, rise=float(chance.uniform(-1, 4))) * level
            put(sound)
            spans += [(SPEECH, start + a, start + b) for a, b in _active(sound)]
        elif draw < 0.78:
            sound = _signal(chance) * loudness(chance, -32, -6)
            (take.play if chance.random() < 0.8 else put)(sound)
            spans += [(TONE, start + a, start + b) for a, b in _active(sound, 0.05)]
        elif draw < 0.9:
            noise = chance.choice(["click", "breath", "cough"])
            made = {"click": surroundings.pick_up_click, "breath": surroundings.breath, "cough": surroundings.cough}
            put(made[str(noise)](chance) * loudness(chance, -50, -24))
        take.now += pause(chance, 0.45, 0.7, 2.5).size
    kind = str(chance.choice(["fixed", "mobile", "ip"]))
    if live:
        pcm = surrounded(cast, chance, take, seconds, kind)
    else:
        floor = float(chance.uniform(-80, -45)) if chance.random() < 0.6 else None
        pcm = recorded(take, Setting(channels.chosen(chance, kind), played_floor_db=floor), chance, seconds)
    rows = frames(pcm)
    truth = np.zeros((rows.shape[0], 2), dtype=np.float32)
    size = RATE // 50
    for kind_, begin, end in spans:
        truth[round(begin / size) : max(round(begin / size) + 1, round(end / size)), kind_] = 1
    return Strip(rows, truth)


def _signal(chance: Chance) -> Wave:
    """At a root mean square like speech as it is kept."""
    draw = chance.random()
    if draw < 0.72:
        made = tones.recording_tone(chance)[0]
    elif draw < 0.8:
        made = tones.ringback(1)[:RATE]
    elif draw < 0.86:
        made = tones.answering_fax(chance)[0][: samples(1.5)]
    elif draw < 0.92:
        made = tones.tone(1100, 0.5)
    else:
        made = tones.engaged(1)[: samples(0.5)]
    return made / 3.0


def _active(sound: Wave, longest_gap: float = 0.15) -> list[tuple[int, int]]:
    """Where it sounds: within 32 dB of its loudest 10 ms; gaps as short as a closed consonant are kept."""
    hop = RATE // 100
    count = max(1, sound.size // hop)
    power = np.array([float(np.mean(sound[at * hop : (at + 1) * hop] ** 2)) for at in range(count)])
    loud = np.flatnonzero(power > power.max() * 10**-3.2)
    if power.max() <= 0 or not loud.size:
        return []
    spans, start, last = [], int(loud[0]), int(loud[0])
    for at in loud[1:]:
        if (at - last) * 0.01 > longest_gap:
            spans.append((start * hop, (last + 1) * hop))
            start = int(at)
        last = int(at)
    return [*spans, (start * hop, (last + 1) * hop)]
