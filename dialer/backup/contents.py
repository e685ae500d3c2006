"""What is in a backup, in this order, as a tar inside the sealed stream.

    about.json          when, of which program, city and migration; how many rows each table has
    database/000000 …   a dump of Postgres, in pieces
    recordings/NAME     the recordings that the tables know
    state/PATH          settings, secrets of telephones, keys of recordings, the certificate, what carriers play,
                        decisions of the pace
    manifest.json       the sum of every file

The key of backups is not in it, nor any password of the database.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

FORMAT = 1
ABOUT, MANIFEST = "about.json", "manifest.json"
DATABASE, RECORDINGS, STATE = "database/", "recordings/", "state/"
PIECE_BYTES = 8 << 20
SETTINGS = "settings.toml"
KEPT = (
    "asterisk-*/phones.json",
    "asterisk-*/phones-web.json",
    "recording-keys.json",
    "web/certificate.pem",
    "web/key.pem",
    "greetings/*.json",
    "pace/**/*",
)
"""Of the state folder, beside the settings; what is made anew from the tables is not among it."""
MEMBER = re.compile(
    r"about\.json|manifest\.json|database/\d{6}|recordings/[\w-][\w.-]*|state(/[\w-][\w.-]*)+", re.ASCII
)


class BadContents(Exception):
    """It opens, but is not what a backup holds."""


@dataclass(frozen=True, slots=True)
class About:
    at: datetime
    program: str
    city: str
    revision: str
    postgres: int
    database_bytes: int
    recording_bytes: int
    tables: Mapping[str, int] = field(default_factory=dict)  # rows

    def as_json(self) -> bytes:
        return json.dumps({"format": FORMAT, **asdict(self), "at": self.at.isoformat()}).encode()

    @property
    def rows(self) -> int:
        return sum(self.tables.values())


@dataclass(frozen=True, slots=True)
class Manifest:
    sums: Mapping[str, str]  # SHA-256 of every file before it
    missing: int = 0  # recordings that the tables know and the folder had no more

    def as_json(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @property
    def recordings(self) -> int:
        return sum(name.startswith(RECORDINGS) for name in self.sums)


def about_from(data: bytes) -> About:
    told = _document(data)
    if told.pop("format", None) != FORMAT:
        raise BadContents("format")
    try:
        return About(**{**told, "at": datetime.fromisoformat(told["at"])})
    except (KeyError, TypeError, ValueError):
        raise BadContents(ABOUT) from None


def manifest_from(data: bytes) -> Manifest:
    told = _document(data)
    if not isinstance(told.get("sums"), dict) or not isinstance(told.get("missing"), int):
        raise BadContents(MANIFEST)
    return Manifest(told["sums"], told["missing"])


def _document(data: bytes) -> dict[str, Any]:
    try:
        told = json.loads(data)
    except ValueError:
        raise BadContents("JSON") from None
    if not isinstance(told, dict):
        raise BadContents("JSON")
    return told


def sum_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
