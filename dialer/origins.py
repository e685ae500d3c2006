"""Every setting in force, and from where it is: the default, settings.toml, the environment, the city's profile.

Programs of a centre are handed all settings by their environment (config.as_environment); whoever starts them says in
one more variable which of them came from where.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, SecretStr
from pydantic_settings import EnvSettingsSource, TomlConfigSettingsSource

from dialer.config import Settings, settings_file

ORIGINS = "YOBIKAKE_ORIGINS"
HIDDEN = "設定済み（表示しません）"
NONE = "なし"


class Origin(StrEnum):
    DEFAULT = "default"
    FILE = "file"
    ENVIRONMENT = "environment"
    PROFILE = "profile"


ORIGIN_NAMES = {
    Origin.DEFAULT: "既定値",
    Origin.FILE: "settings.toml",
    Origin.ENVIRONMENT: "環境変数",
    Origin.PROFILE: "委託者のプロファイル",
}


@dataclass(frozen=True, slots=True)
class SettingSeen:
    name: str  # as it is written: trunk.lines, nodes.a.sip_port
    value: str
    default: str
    origin: Origin

    @property
    def part(self) -> str:
        return self.name.partition(".")[0] if "." in self.name else ""


def in_force(settings: Settings, profile: Mapping[str, object]) -> list[SettingSeen]:
    """`profile`: what the city says where no setting does."""
    origins, plain = origins_of(settings), Settings.model_construct()
    defaults = dict(_leaves(plain))
    return [_seen(name, value, defaults, origins, profile) for name, value in _leaves(settings)]


def _seen(
    name: str,
    value: object,
    defaults: Mapping[str, object],
    origins: Mapping[str, Origin],
    profile: Mapping[str, object],
) -> SettingSeen:
    default = shown(defaults.get(name))
    if value is None and name in profile:
        return SettingSeen(name, shown(profile[name]), default, Origin.PROFILE)
    return SettingSeen(name, shown(value), default, origins.get(name, Origin.DEFAULT))


def shown(value: object) -> str:
    """As it stands in the file; secrets are not shown."""
    if isinstance(value, SecretStr):
        return HIDDEN
    if value is None or value in ((), []):
        return NONE
    if isinstance(value, bool):
        return "はい" if value else "いいえ"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple | list):
        return "、".join(map(shown, value))
    return str(value)


def origins_of(settings: Settings) -> dict[str, Origin]:
    """Of those that are not at their default, as far as it is known."""
    if told := os.environ.get(ORIGINS):
        return {name: Origin(origin) for name, origin in json.loads(told).items()}
    found: dict[str, Origin] = {}
    sources = (
        (Origin.FILE, TomlConfigSettingsSource(Settings, settings_file())()),
        (Origin.ENVIRONMENT, EnvSettingsSource(Settings)()),
    )
    known = [name for name, _ in _leaves(settings)]
    for origin, written in sources:
        names = set(_names(written))
        found |= {name: origin for name in known if name in names}
    if settings.database_url is not None:
        found.setdefault("database_url", Origin.ENVIRONMENT)  # DATABASE_URL
    return found


def as_text(settings: Settings) -> str:
    return json.dumps(origins_of(settings))


def _leaves(model: BaseModel, before: str = "") -> Iterator[tuple[str, object]]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from _leaves(value, f"{before}{name}.")
        elif isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
            for one in value:
                yield from _leaves(one, f"{before}{name}.{getattr(one, 'name', '')}.")
        else:
            yield before + name, value


def _names(written: Mapping[str, Any], before: str = "") -> Iterator[str]:
    for name, value in written.items():
        if isinstance(value, Mapping):
            yield from _names(value, f"{before}{name}.")
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            for one in value:
                yield from _names(one, f"{before}{name}.{one.get('name', 'a')}.")
        else:
            yield before + name
