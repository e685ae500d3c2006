"""`python -m earlab.recordings --sounds FOLDER --seed N --count K OUT`: the same scenes with really recorded voices.

The voices are the studio prompts that Debian ships for Asterisk (packages asterisk-core-sounds-{en,es,fr,it,ru}-wav,
asterisk-prompt-*; CC BY-SA and GPL): no Japanese, but human throats, breaths and rooms that no synthesiser made. Short
prompts answer like a person, long ones like a machine.
"""

import argparse
import sys
import wave
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import soxr

from dialer.media.speech import write_wav
from earlab import LabError
from earlab.cast import Cast, seeded
from earlab.labels import Label, write
from earlab.machine_scenes import screening, voicemail
from earlab.scenes import Call, person
from earlab.shaping import Throat
from earlab.sound import RATE, Chance, Wave, rms
from earlab.voices import Voice

SHORT_SECONDS, LONG_SECONDS = (0.25, 1.6), (2.0, 9.0)
FEWEST = 20  # prompts of each length a speaker must have
SPEAKS_SHORT = ("person", "again", "screened")
SHARES = (("person", person, 0.55), ("voicemail", voicemail, 0.35), ("screening", screening, 0.10))


class RecordedCast(Cast):
    """Speakers are folders of prompts; a text is the paths of some."""

    def __init__(self, sounds: Path) -> None:
        self.split = "held_out"
        self._known = {folder.name: found for folder in sorted(sounds.iterdir()) if (found := _prompts(folder))}
        if not self._known:
            raise LabError(
                f"{sounds}: no speaker with enough prompts. Unpack Debian's asterisk-core-sounds-*-wav there"
            )
        self._speaker = ""

    def anyone(self, chance: Chance) -> Voice:
        self._speaker = str(chance.choice(sorted(self._known)))
        return Voice(f"real-{self._speaker}", "recorded", "held_out", Throat())

    def text(self, chance: Chance, name: str, texts: Sequence[str]) -> tuple[str, str]:
        short, long = self._known[self._speaker or sorted(self._known)[0]]
        if name in SPEAKS_SHORT:
            path = short[int(chance.integers(len(short)))]
            return f"real-{path.stem}", str(path)
        paths = [long[int(index)] for index in chance.choice(len(long), int(chance.integers(1, 4)), replace=False)]
        return "real-" + "+".join(path.stem for path in paths), "".join(f"{path}。" for path in paths)

    def say(self, chance: Chance, voice: Voice, text: str, *, rise: float = 0.0, lively: float = 1.0) -> Wave:
        return _sound(text.rstrip("。"))

    def bystanders(self, chance: Chance, count: int = 3) -> list[Wave]:
        _, long = self._known[str(chance.choice(sorted(self._known)))]
        return [_sound(str(long[int(chance.integers(len(long)))])) for _ in range(count)]


def _prompts(folder: Path) -> tuple[list[Path], list[Path]] | None:
    """A speaker's short and long prompts."""
    timed = [(path, _seconds(path)) for path in sorted(folder.rglob("*.wav")) if "silence" not in path.parts]
    short = [path for path, seconds in timed if SHORT_SECONDS[0] <= seconds <= SHORT_SECONDS[1]]
    long = [
        path for path, seconds in timed if LONG_SECONDS[0] <= seconds <= LONG_SECONDS[1] and "beep" not in path.stem
    ]
    return (short, long) if min(len(short), len(long)) >= FEWEST else None


def _seconds(path: Path) -> float:
    with wave.open(str(path), "rb") as file:
        return file.getnframes() / file.getframerate()


@cache
def _sound(path: str) -> Wave:
    with wave.open(path, "rb") as file:
        rate = file.getframerate()
        raw = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(np.float32) / 32768
    wide = np.asarray(soxr.resample(raw, rate, RATE, quality="HQ"), dtype=np.float32)
    loud = np.flatnonzero(np.abs(wide) > 0.01 * np.max(np.abs(wide)))
    cut = wide[loud[0] : loud[-1] + 1]
    active = cut[np.abs(cut) > 0.02 * np.max(np.abs(cut))]
    return np.asarray(np.clip(cut * (0.1 / max(1e-6, rms(active))), -1, 1), dtype=np.float32)


def recorded_call(cast: RecordedCast, seed: int, index: int) -> tuple[str, Call]:
    chance = seeded(seed, "recorded", index)
    name, scene, _ = SHARES[int(chance.choice(len(SHARES), p=[share for _, _, share in SHARES]))]
    return name, scene(cast, chance)


def make_recorded(sounds: Path, out: Path, seed: int, count: int) -> list[Label]:
    out.mkdir(parents=True, exist_ok=True)
    cast, labels = RecordedCast(sounds), []
    for index in range(count):
        name, call = recorded_call(cast, seed, index)
        label = replace(call.label, file=f"real-{name}-{index:05d}.wav")
        write_wav(call.pcm, out / label.file)
        labels.append(label)
    write(out, labels)
    return labels


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="earlab.recordings", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--sounds", type=Path, default=Path("/usr/share/asterisk/sounds"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=300)
    told = parser.parse_args(arguments)
    try:
        if not told.sounds.is_dir():
            raise LabError(f"{told.sounds}: there is no such folder; name one with --sounds")
        labels = make_recorded(told.sounds, told.out, told.seed, told.count)
    except LabError as wrong:
        print(wrong, file=sys.stderr)
        return 1
    print(f"{len(labels)} files in {told.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
