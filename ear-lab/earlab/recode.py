"""`python -m earlab.recode --codec gsm IN OUT`: a corpus once more, through a codec that is not a likeness (ffmpeg).

For tests only: the corpus itself is made without any program beside Python.
"""

import argparse
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from dialer.media.speech import Samples, read_wav, write_wav
from earlab import LabError, labels

PCM = ("-f", "s16le", "-ar", "8000", "-ac", "1")
CODECS = {
    "gsm": (("-c:a", "libgsm", "-f", "gsm"), ("-f", "gsm")),
    "opus6": (("-c:a", "libopus", "-b:a", "6k", "-application", "voip", "-f", "ogg"), ("-f", "ogg")),
    "opus12": (("-c:a", "libopus", "-b:a", "12k", "-application", "voip", "-f", "ogg"), ("-f", "ogg")),
    "g726": (("-c:a", "g726", "-code_size", "2", "-f", "wav"), ("-f", "wav")),  # 16 kbit/s
}


def recoded(samples: Samples, codec: str) -> Samples:
    """As long as before."""
    encode, decode = CODECS[codec]
    packed = _ffmpeg((*PCM, "-i", "-", *encode, "-"), samples.astype("<i2").tobytes())
    raw = _ffmpeg((*decode, "-i", "-", *PCM, "-"), packed)
    back = np.frombuffer(raw[: len(raw) // 2 * 2], dtype="<i2").astype(np.int16)
    return np.pad(back[: samples.size], (0, max(0, samples.size - back.size)))


def _ffmpeg(arguments: Sequence[str], sound: bytes) -> bytes:
    argv = ["ffmpeg", "-hide_banner", "-loglevel", "error", *arguments]
    done = subprocess.run(argv, input=sound, capture_output=True, check=False)
    if done.returncode:
        raise LabError(f"ffmpeg: {done.stderr.decode(errors='replace').strip().splitlines()[-1]}")
    return done.stdout


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="earlab.recode", description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--codec", choices=list(CODECS), required=True)
    parser.add_argument("--split", choices=("train", "held_out"))
    told = parser.parse_args(arguments)
    try:
        if shutil.which("ffmpeg") is None:
            raise LabError("ffmpeg is not here: apt-get install ffmpeg")
        known = [label for label in labels.read(told.source) if told.split in (None, label.split)]
        told.out.mkdir(parents=True, exist_ok=True)
        for label in known:
            write_wav(recoded(read_wav(told.source / label.file), told.codec), told.out / label.file)
        labels.write(told.out, (replace(label, notes=f"{label.notes} {told.codec}".strip()) for label in known))
    except LabError as wrong:
        print(wrong, file=sys.stderr)
        return 1
    print(f"{len(known)} files in {told.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
