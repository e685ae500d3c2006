"""Many more wordings for training: small grammars (variants.toml), drawn from by chance. Evaluation never uses them.

The laboratory's texts (persons, machines, notices) are few; a network that saw only them would learn them by heart.
"""

import re
import tomllib
from functools import cache
from itertools import product
from pathlib import Path

from earlab.sound import Chance

_TOLD = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
NAMES: list[str] = _TOLD["names"]
SHOPS: list[str] = _TOLD["shops"]
KINDS: dict[str, list[str]] = _TOLD["kinds"]
MAY_END_POLITELY = ("carrier", "factory", "own_voice")
_INNERMOST = re.compile(r"\[([^\[\]]*)\]")
_PIECES = re.compile(r"\{((?!name|shop)\w+)\}")


@cache
def _templates(kind: str) -> list[str]:
    """With every list written out: each way to join them is a template of its own."""
    return [
        "".join(pieces)
        for template in KINDS[kind]
        for pieces in product(*(_TOLD.get(piece, [piece]) for piece in _PIECES.split(template)))
    ]


def variant(chance: Chance, kind: str) -> str:
    """A text of that kind. Names and shops are left to be filled in."""
    text = _one(chance, _templates(kind))
    if kind in MAY_END_POLITELY and chance.random() < 0.25:
        text += _one(chance, _TOLD["polite_end"])
    while found := _INNERMOST.search(text):
        inner = found.group(1)
        choices = inner.split("/")
        chosen = "" if "/" not in inner and chance.random() < 0.5 else _one(chance, choices)
        text = text[: found.start()] + chosen + text[found.end() :]
    return text.replace("、、", "、").replace("。。", "。").replace("、。", "。").strip("、")


def filled(chance: Chance, text: str) -> str:
    """With a name and a shop in it."""
    return text.replace("{name}", str(chance.choice(NAMES))).replace("{shop}", str(chance.choice(SHOPS)))


def _one(chance: Chance, choices: list[str]) -> str:
    return choices[int(chance.integers(len(choices)))]
