"""The voice of the prompts: Open JTalk with a dictionary of our own for the words of tax and insurance offices.

It has its own instance of the front end, so that what is spoken elsewhere in the process stays as it is.
"""

import contextlib
import csv
import hashlib
import io
import os
import re
import tempfile
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soxr

from dialer.media.reading import for_the_voice
from dialer.media.speech import RATE, VOICE, SpeechFailed, engine_lock

Floats = npt.NDArray[np.float32]

WORDS = Path(__file__).with_name("words.toml")
COST = -5000  # of a word of ours: it wins over any reading made of smaller ones
SPEED = 0.95  # a little slower than talk: it is heard once, over a telephone
SMALL = "ァィゥェォャュョヮ"
SENTENCE = re.compile(r"(?<=[。！？])\s*")


def reading(text: str) -> str:
    """How the voice will say it, in katakana."""
    with engine_lock, quiet():
        return str(_open_jtalk().g2p(for_the_voice(text), kana=True, jtalk=_front_end()))


def sentences(text: str) -> list[str]:
    return [one for one in SENTENCE.split(text.strip()) if any(letter.isalnum() for letter in one)]


def announced(sentence: str) -> Floats:
    """One sentence at 8 kHz, as loud as it comes."""
    with engine_lock, quiet():
        labels = _open_jtalk().extract_fullcontext(for_the_voice(sentence), jtalk=_front_end())
        loud, rate = _open_jtalk().synthesize(labels, SPEED)
    if len(loud) == 0:
        raise SpeechFailed("the voice made no sound: is the text written in Japanese?")
    full = np.asarray(loud, dtype=np.float32) / 32768.0
    return np.asarray(soxr.resample(full, rate, RATE, quality="HQ"), dtype=np.float32)


@cache
def made_with() -> str:
    """Changes with the voice, its pace and the dictionary: what was spoken before is then spoken anew."""
    return f"{VOICE} {SPEED} {hashlib.sha256(WORDS.read_bytes()).hexdigest()}"


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """At import it says what else one could install, and its dictionary maker draws bars from C."""
    told = os.dup(1)
    try:
        with contextlib.redirect_stdout(io.StringIO()), open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 1)
            yield
    finally:
        os.dup2(told, 1)
        os.close(told)


@cache
def _open_jtalk() -> Any:
    import pyopenjtalk

    return pyopenjtalk


@cache
def _front_end() -> Any:
    """Reads its dictionary at once: the file need not stay."""
    with tempfile.TemporaryDirectory(prefix="yobikake-words-") as folder:
        table, made = Path(folder) / "words.csv", Path(folder) / "words.dic"
        with table.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(_rows())
        _open_jtalk().mecab_dict_index(str(table), str(made))
        return _open_jtalk().OpenJTalk(
            dn_mecab=_open_jtalk().OPEN_JTALK_DICT_DIR,
            userdic=os.fsencode(made),
            userdic_reading_protection=[True],
        )


def _rows() -> list[list[str]]:
    rows = []
    for word in tomllib.loads(WORDS.read_text(encoding="utf-8"))["word"]:
        write, say, accent = word["write"], word["say"], word["accent"]
        moras = sum(letter not in SMALL for letter in say)
        if not 0 <= accent <= moras:
            raise SpeechFailed(f"{WORDS.name}: {write}: accent は 0 から {moras} までの拍です")
        kinds = ["名詞", "固有名詞", "一般", "*", "*", "*"]
        rows.append([write, "", "", str(COST), *kinds, write, say, say, f"{accent}/{moras}", "*"])
    return rows
