"""Japanese speech for prompts and invented people, made ahead of time and offline (Open JTalk, voice Mei).

A text is spoken once and kept as a WAV file named by what made it, so a second start needs neither the voice nor
the seconds. The engine is imported only when a text is not kept yet: it takes 0.3 s and 100 MB.
"""

import contextlib
import hashlib
import io
import os
import tempfile
import threading
import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.int16]

RATE = 8000
VOICE = "open-jtalk mei_normal"
RECIPE = 1  # raise it when the processing below changes: kept files are then made anew
PEAK = 10 ** (-3 / 20) * 32767  # -3 dBFS
QUIET = 0.01  # of full scale: what counts as silence at the ends
MARGIN_SECONDS = 0.02

engine_lock = threading.Lock()  # Open JTalk is not safe for two threads


class SpeechFailed(Exception):
    """The text cannot be spoken."""


class Speech:
    """Texts as 8 kHz mono samples, kept in `folder`."""

    def __init__(self, folder: Path, voice: str = VOICE) -> None:
        self._folder = folder
        self._voice = voice

    def samples(self, text: str) -> Samples:
        kept = self._kept(text)
        if not kept.exists():
            self.write(text, kept)
        return read_wav(kept)

    def write(self, text: str, path: Path) -> None:
        """The text as a prompt for Asterisk: 8 kHz, 16 bits, mono. The file appears whole or not at all."""
        kept = self._kept(text)
        write_wav(read_wav(kept) if kept.exists() else spoken(text), path)

    def _kept(self, text: str) -> Path:
        digest = hashlib.sha256(f"{RECIPE}\n{self._voice}\n{text}".encode()).hexdigest()[:24]
        return self._folder / f"{digest}.wav"


def spoken(text: str) -> Samples:
    """Speaks the text now."""
    if not text.strip():
        raise SpeechFailed("there is nothing to say: the text is empty")
    import soxr

    with engine_lock, contextlib.redirect_stdout(io.StringIO()):  # at import it says what else one could install
        import pyopenjtalk

        loud, rate = pyopenjtalk.tts(text)  # float, and beyond the range of int16
    full = np.asarray(loud, dtype=np.float32) / 32768.0
    narrow = soxr.resample(full, rate, RATE, quality="HQ")
    return levelled(trimmed(narrow))


def trimmed(sound: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Without the voice's own silence at both ends, so that a caller's pauses are exactly what he asks for."""
    loud = np.flatnonzero(np.abs(sound) > QUIET)
    if loud.size == 0:
        raise SpeechFailed("the voice made no sound: is the text written in Japanese?")
    margin = int(MARGIN_SECONDS * RATE)
    return sound[max(0, int(loud[0]) - margin) : int(loud[-1]) + margin]


def levelled(sound: npt.NDArray[np.float32]) -> Samples:
    """Scaled to a peak of -3 dBFS."""
    loudest = float(np.max(np.abs(sound)))
    return np.round(sound * (PEAK / loudest)).astype(np.int16)


def read_wav(path: Path) -> Samples:
    with wave.open(str(path), "rb") as file:
        if (file.getframerate(), file.getsampwidth(), file.getnchannels()) != (RATE, 2, 1):
            raise SpeechFailed(f"{path.name}: must be 8 kHz, 16 bits, mono; delete it and it is made anew")
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(np.int16)


def wav_bytes(samples: Samples) -> bytes:
    whole = io.BytesIO()
    with wave.open(whole, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.astype("<i2").tobytes())
    return whole.getvalue()


def write_wav(samples: Samples, path: Path) -> None:
    write_whole(wav_bytes(samples), path)


def write_whole(content: bytes, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(name, 0o644)  # Asterisk may run as another user
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
