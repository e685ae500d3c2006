"""Sentences about nothing in particular, from which the network of phones learns how Japanese sounds. In our own words.

A third is what is said on telephones (variants), a third is everyday words in everyday patterns, the rest is syllables
by chance, so that every sound follows every other.
"""

import tomllib
from pathlib import Path

from earlab import variants
from earlab.sound import Chance

_WORDS: dict[str, list[str]] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def sentence(chance: Chance) -> str:
    draw = chance.random()
    if draw < 0.4:
        return _of_telephones(chance)
    if draw < 0.75:
        return _everyday(chance)
    if draw < 0.82:
        return "、".join(_one(chance, _WORDS["digits"]) for _ in range(int(chance.integers(4, 9))))
    return _syllables(chance)


def _of_telephones(chance: Chance) -> str:
    said = variants.filled(chance, variants.variant(chance, _one(chance, list(variants.KINDS))))
    parts = [part for part in said.replace("|", "。").split("。") if part]
    first = int(chance.integers(len(parts)))
    return "。".join(parts[first : first + int(chance.integers(1, 3))])


def _everyday(chance: Chance) -> str:
    words = _one(chance, _WORDS["things"]) + _one(chance, _WORDS["does"])
    if chance.random() < 0.5:
        words = _one(chance, _WORDS["people"]) + _one(chance, list("はがともに")) + words
    if chance.random() < 0.4:
        words = _one(chance, _WORDS["when"]) + _one(chance, ["", "、", "は"]) + words
    if chance.random() < 0.3:
        words = _one(chance, _WORDS["fillers"]) + "、" + words
    return words


def _syllables(chance: Chance) -> str:
    count = int(chance.integers(3, 11))
    return "".join(
        _one(chance, _WORDS["bent_syllables"]) if chance.random() < 0.2 else _one(chance, _WORDS["syllables"])
        for _ in range(count)
    )


def _one(chance: Chance, choices: list[str]) -> str:
    return choices[int(chance.integers(len(choices)))]
