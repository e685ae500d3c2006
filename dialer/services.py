"""Units for systemd, filled in by the settings in force."""

import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dialer.calendar_commands import CannotAnswer
from dialer.config import ROOT, Settings
from dialer.daemon import DOWN_SECONDS
from dialer.doctor.machine import cluster_homes
from dialer.embedded.postgres_files import DEBIAN_HOME

TEMPLATES = ROOT / "service"
CENTRE = "yobikake.service"
BACKUP, TIMER = "yobikake-backup.service", "yobikake-backup.timer"
USER = re.compile(r"[a-z_][a-z0-9_-]{0,31}\$?")


@dataclass(frozen=True, slots=True)
class Units:
    folder: Path
    names: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        return {"folder": str(self.folder), "units": list(self.names)}

    def as_text(self) -> str:
        enabled = " ".join(name for name in self.names if name != BACKUP)
        lines = [f"{self.folder / name}" for name in self.names]
        lines += [
            "次を行うと、機械の起動と共に動きます:",
            f"  cp {' '.join(str(self.folder / name) for name in self.names)} /etc/systemd/system/",
            f"  systemctl daemon-reload && systemctl enable --now {enabled}",
        ]
        if BACKUP not in self.names:
            lines.append("backup.folder と backup.key_file を設定すると、毎晩のバックアップも作られます。")
        return "\n".join(lines)


def write_units(settings: Settings, folder: Path, user: str) -> Units:
    if not USER.fullmatch(user):
        raise CannotAnswer(f"{user!r} は利用者の名前ではありません。何も書いていません。")
    texts = units(settings, user)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as refused:
        raise CannotAnswer(f"{refused.filename or folder}: 書けません（{refused.strerror}）。") from None
    return Units(folder, tuple(texts))


def units(settings: Settings, user: str) -> dict[str, str]:
    """By name. Backups only where it is known where to and by which key."""
    known = {"YOBIKAKE_STATE_DIR": str(settings.state_dir.resolve()), "PYTHONPATH": f"{ROOT}:{ROOT / 'sip-sim'}"}
    if settings.lib_dir is not None:
        known["YOBIKAKE_LIB_DIR"] = str(settings.lib_dir.resolve())
    values = {
        "city": settings.city,
        "readme": (ROOT / "README.md").as_uri().replace("%", "%%"),
        "user": user,
        "root": _path(ROOT),
        "python": _quoted(sys.executable).replace("$", "$$"),
        "environment": [_quoted(f"{name}={value}") for name, value in known.items()],
        "secrets": _path(settings.state_dir.resolve() / "service.env"),
        "others_postgres": settings.database_url is not None,
        "stop_seconds": int(settings.dialling.drain_seconds + DOWN_SECONDS),
    }
    names = [CENTRE]
    if settings.backup.folder is not None and settings.backup.key_file is not None:
        names += [BACKUP, TIMER]
    return {name: _rendered(name, {**values, "hardening": _hardening(settings, name)}) for name in names}


def _hardening(settings: Settings, name: str) -> str:
    """Sockets lie in the folder for temporary files when the path of the state folder is too long for them."""
    places = [settings.state_dir.resolve(), settings.lib.resolve(), Path(tempfile.gettempdir())]
    if settings.database_url is None:
        places += [DEBIAN_HOME, *cluster_homes(settings.state_dir)]
    if name == BACKUP and settings.backup.folder is not None:
        places.append(settings.backup.folder.resolve())
    return _rendered("hardening.conf", {"writable": " ".join(_quoted(f"-{one}") for one in dict.fromkeys(places))})


def _rendered(name: str, values: dict[str, object]) -> str:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=name != "hardening.conf",
        autoescape=False,  # noqa: S701 (no web pages: nothing is to be escaped)
    )
    return environment.get_template(name).render(values)


def _path(path: Path) -> str:
    """Where one path stands alone, quotes would be taken for a part of it."""
    return str(path).replace("%", "%%")


def _quoted(value: str) -> str:
    if any(ord(one) < 32 for one in value):
        raise CannotAnswer("パスに改行などの制御文字があるため、systemd の設定に書けません。")
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'
