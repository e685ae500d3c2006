"""Which cities there are, and reading one profile together with what all of them have in common."""

import json
import tomllib
from collections.abc import Mapping
from datetime import date, time
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dialer.config import ROOT
from dialer.core.calendar.values import CalendarError
from dialer.core.city import City
from dialer.profiles.checks import contradictions
from dialer.profiles.problems import Document, Problem, ProfileError, exists, problems_in
from dialer.profiles.profile import Profile

FOLDER = ROOT / "dialer" / "cities"
COMMON = "_common.toml"
"""What every profile begins with. A value in a city's own file takes its place; a list is replaced as a whole."""


def cities(folder: Path = FOLDER) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.toml") if not path.stem.startswith(("_", ".")))


def files_of(key: str, folder: Path = FOLDER) -> tuple[Path, Path]:
    """The city's own file and the common one; a folder without a common file goes by ours."""
    common = folder / COMMON
    return folder / f"{key}.toml", common if common.exists() else FOLDER / COMMON


def load_city(key: str, folder: Path = FOLDER) -> City:
    """The profile as a value. ProfileError with a line for each problem; nothing is made of half a profile."""
    own, common = files_of(key, folder)
    if not own.is_file():
        raise ProfileError(f"city: {key} という委託者はありません。あるのは {'、'.join(cities(folder))}")
    own_part, common_part = read_document(own), read_document(common)
    document = laid_over(common_part, own_part)

    def told(problems: list[Problem]) -> ProfileError:
        lines = [one.line(_file_of(one, own, own_part, common, common_part), document) for one in problems]
        return ProfileError("\n".join(dict.fromkeys(lines)))

    profile, problems = _validated(document)
    if profile is None or problems:
        raise told(problems)
    try:
        return profile.value(key)
    except CalendarError as wrong:
        raise told([Problem(("calendar",), str(wrong))]) from None


def _validated(document: Document) -> tuple[Profile | None, list[Problem]]:
    """By way of JSON: there, strict reading takes lists, dates and words as what they are written for."""
    plain = json.loads(json.dumps(document, default=plain_value))
    crossed = list(contradictions(plain))
    try:
        return Profile.model_validate_json(json.dumps(plain)), crossed
    except ValidationError as wrong:
        own = list(problems_in(wrong, Profile))
        said = {one.loc for one in own}
        return None, [*own, *(one for one in crossed if one.loc not in said)]


def read_document(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ProfileError(f"{path.name}: 読めません（{error.strerror}）。ファイルと権限を確かめてください") from None
    except UnicodeDecodeError:
        raise ProfileError(f"{path.name}: UTF-8 ではありません。UTF-8 で保存し直してください") from None
    except tomllib.TOMLDecodeError as wrong:
        raise ProfileError(f"{path.name}: TOML として読めません（{wrong}）。その行を直してください") from None


def laid_over(common: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Tables are laid over one another; anything else of the city's own takes the place of the common value."""
    merged = dict(common)
    for name, value in own.items():
        below = merged.get(name)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        merged[name] = laid_over(below, value) if both and below is not None else value
    return merged


def plain_value(value: object) -> str:
    if isinstance(value, date | time):
        return value.isoformat()
    raise TypeError(f"TOML has no {type(value).__name__}")


def _file_of(problem: Problem, own: Path, own_part: Document, common: Path, common_part: Document) -> str:
    """The file that has the wrong value; what is missing is missing in the city's own."""
    in_own = exists(problem.loc, own_part)
    return common.name if not in_own and exists(problem.loc, common_part) else own.name
