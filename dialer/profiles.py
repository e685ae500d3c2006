"""Reads the cities' profiles. A sixth city is one more file in dialer/cities."""

import tomllib
from datetime import time
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dialer.config import ROOT
from dialer.core.city import City, DebtKind, Hours
from dialer.core.values import PhoneNumber

FOLDER = ROOT / "dialer" / "cities"


class ProfileError(Exception):
    """One line per wrong value: file, place, how to mend it."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Hours(_Strict):
    weekday: tuple[time, time]
    weekend: tuple[time, time] | None = None


class _Debt(_Strict):
    key: Annotated[str, Field(pattern=r"^[a-z][a-z_]*$")]
    name: str
    department: str
    caller_id: Annotated[str, Field(pattern=r"^0\d{9,10}$")]


class _Profile(_Strict):
    name: str
    hours: _Hours
    debt: Annotated[tuple[_Debt, ...], Field(min_length=1)]


def cities() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load_city(key: str, folder: Path = FOLDER) -> City:
    path = folder / f"{key}.toml"
    try:
        profile = _Profile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise ProfileError(f"city: {key} is not known; there are {', '.join(cities())}") from None
    except tomllib.TOMLDecodeError as wrong:
        raise ProfileError(f"{path.name}: {wrong}") from None
    except ValidationError as wrong:
        lines = [f"{path.name}: {'.'.join(map(str, one['loc']))}: {one['msg']}" for one in wrong.errors()]
        raise ProfileError("\n".join(lines)) from None
    debts = tuple(DebtKind(debt.key, debt.name, debt.department, PhoneNumber(debt.caller_id)) for debt in profile.debt)
    weekend = profile.hours.weekend
    return City(key, profile.name, Hours(*profile.hours.weekday), Hours(*weekend) if weekend else None, debts)
