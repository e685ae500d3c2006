"""A private Asterisk: found or unpacked, and configured from asterisk-conf/ in a folder of its own.

AsteriskError          one line: what is wrong (a port is taken, no room …) and how to mend it
└── AsteriskMissing    no Asterisk 20 or newer on this machine, and none unpacked beside it
"""

import json
import platform
import re
import secrets
import shutil
import socket
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dialer.config import ROOT, AsteriskNode, Settings
from dialer.folders import own_folder, private_folder, run_place, write_secret

TEMPLATES = ROOT / "asterisk-conf"
TREE = "asterisk"  # in the lib folder
SUITE = "forky"  # the Debian suite that carries Asterisk 22
FETCH = Path(__file__).with_name("fetch_asterisk.sh")
OLDEST = 20
MOST_EVENT_LOG_BYTES = 100 << 20
FREE_BYTES = 200 << 20
CONSOLE_SECONDS = 5.0

NOTHING_SET = ("acl", "ccss", "features", "indications", "pjproject", "stasis", "udptl")
"""Asterisk complains about these files when they are missing; its defaults are right for us."""

EVENTS_HEARD = (
    "FullyBooted",
    "Newchannel",
    "Newstate",
    "DialState",
    "HangupRequest",
    "Hangup",
    "OriginateResponse",
    "BridgeEnter",
    "BridgeLeave",
    "UserEvent",
    "InvalidAccountID",
)


class AsteriskError(Exception):
    """One line: what is wrong and how to mend it."""


class AsteriskMissing(AsteriskError):
    pass


EARS_EVENTS = ("FullyBooted", "Newstate", "DialState", "HangupRequest", "Hangup", "UserEvent")
"""What the ear reads of a call: how long it rang, when it was answered, when it ended, and its briefing."""


@dataclass(frozen=True, slots=True)
class Program:
    """An Asterisk that can be run: the system's own, or an unpacked tree started through its own loader."""

    argv: tuple[str, ...]
    modules: Path
    data: Path  # documentation and sounds as the package ships them
    version: str

    def link_data(self, folder: Path) -> None:
        """What the package ships, seen from a data folder of our own."""
        for name in ("documentation", "rest-api", "static-http", "phoneprov"):
            link, target = folder / name, self.data / name
            if target.exists() and not link.exists():
                link.unlink(missing_ok=True)
                link.symlink_to(target)


def find_asterisk(lib: Path) -> Program:
    found = _system_asterisk() or _unpacked_asterisk(lib / TREE)
    if found is None:
        raise AsteriskMissing("There is no Asterisk 20 or newer here. Run ./run once with a network: it fetches one.")
    return found


def fetch_asterisk(lib: Path) -> None:
    """Unpack one beside the system. Needs apt, its mirror and about 300 MB; no root."""
    result = subprocess.run(["bash", str(FETCH), str(lib / TREE), SUITE], capture_output=True, text=True)
    if result.returncode:
        last = (result.stderr.strip() or result.stdout.strip()).splitlines()[-1:]
        raise AsteriskMissing(
            f"Asterisk could not be fetched: {' '.join(last)}. Install Asterisk 20 or newer yourself."
        )


def _system_asterisk() -> Program | None:
    program = shutil.which("asterisk") or shutil.which("asterisk", path="/usr/sbin:/usr/local/sbin")
    version = _version((program,)) if program else None
    if program is None or version is None or int(version.split(".")[0]) < OLDEST:
        return None
    modules = next((path for path in map(Path, _module_folders()) if path.is_dir()), None)
    return Program((program,), modules, Path("/usr/share/asterisk"), version) if modules else None


def _unpacked_asterisk(tree: Path) -> Program | None:
    program = tree / "usr/sbin/asterisk"
    if not program.exists():
        return None
    libraries = tree / f"usr/lib/{platform.machine()}-linux-gnu"
    loader = next(libraries.glob("ld-linux-*"))
    argv = (str(loader), "--argv0", "asterisk", "--library-path", str(libraries), str(program))
    return Program(argv, libraries / "asterisk/modules", tree / "usr/share/asterisk", _version(argv) or "?")


def _version(argv: Sequence[str]) -> str | None:
    printed = subprocess.run([*argv, "-V"], capture_output=True, text=True, check=False).stdout
    match = re.match(r"Asterisk (\d+[\d.]*)", printed)
    return match.group(1) if match else None


def _module_folders() -> list[str]:
    return [f"/usr/lib/{platform.machine()}-linux-gnu/asterisk/modules", "/usr/lib/asterisk/modules"]


class AsteriskInstance:
    """One node of the settings: its folder, its secrets, its configuration and its command line."""

    def __init__(self, settings: Settings, node: AsteriskNode) -> None:
        self._settings, self.node = settings, node
        self.folder = settings.state_dir / f"asterisk-{node.name}"
        self.recordings = settings.recordings_folder
        self.witness_file = node.witness_file or self.folder / "log" / "cel-custom" / "channels.csv"
        self.phones_file = self.folder / "phones.json"
        self.web_phones_file = node.web_phones_file or self.folder / "phones-web.json"
        self.log_file = self.folder / "log" / "messages"

    @property
    def ami_secret(self) -> str:
        return (self.node.ami_secret_file or self.folder / "ami.secret").read_text().strip()

    @property
    def ear_secret(self) -> str:
        return (self.node.ear_secret_file or self.folder / "ear.secret").read_text().strip()

    @cached_property
    def program(self) -> Program:
        return find_asterisk(self._settings.lib)

    def configure(self) -> None:
        """Write its configuration anew; secrets stay what they are."""
        for name in ("etc", "log/cel-custom", "spool", "cache", "data"):
            private_folder(self.folder / name)
        private_folder(self.recordings)
        self.program.link_data(self.folder / "data")
        self._shorten_event_log()
        secrets_of_users = {name: write_secret(self.folder / f"{name}.secret", _new_secret) for name in ("ami", "ear")}
        phones, web_phones = (self._phones(file) for file in (self.phones_file, self.web_phones_file))
        rendered = self._render(secrets_of_users, phones, web_phones)
        for name, text in rendered.items():
            write_secret(self.folder / "etc" / name, text)

    def check_room(self) -> None:
        """Say at once what would make it fail later."""
        datagrams, streams = socket.SOCK_DGRAM, socket.SOCK_STREAM
        sip = (("sip_port", datagrams), ("sip_port", streams))
        for what, kind in (*sip, ("ami_port", streams), ("http_port", streams)):
            port = getattr(self.node, what)
            with socket.socket(socket.AF_INET, kind) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, kind == streams)
                try:
                    probe.bind((self.node.host, port))
                except OSError as taken:
                    raise AsteriskError(
                        f"nodes.{self.node.name}.{what}: {self.node.host}:{port} cannot be used ({taken.strerror}). "
                        "Choose another port in the settings, or stop the program that has it."
                    ) from None
        free = shutil.disk_usage(self.folder).free
        if free < FREE_BYTES:
            raise AsteriskError(f"{self.folder}: only {free >> 20} MB are free, 200 MB are needed. Make room first.")

    def argv(self) -> list[str]:
        return [*self.program.argv, "-C", str(self.folder / "etc/asterisk.conf"), "-f"]

    def is_ready(self) -> bool:
        """All modules are loaded and calls can be taken."""
        return "fully booted" in self.say("core waitfullybooted")

    def say(self, command: str) -> str:
        """What its console answers; nothing when it does not run."""
        argv = [*self.argv()[:-1], "-rx", command]
        try:
            return subprocess.run(argv, capture_output=True, text=True, timeout=CONSOLE_SECONDS, check=False).stdout
        except subprocess.TimeoutExpired:
            return ""

    def _phones(self, file: Path) -> dict[str, str]:
        """A secret for each phone. Those of browsers are others than those of desk phones."""
        known: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
        phones = {phone: known.get(phone) or _new_secret() for phone in self._settings.phones}
        write_secret(file, json.dumps(phones))
        return phones

    def _render(
        self, users: Mapping[str, str], phones: Mapping[str, str], web_phones: Mapping[str, str]
    ) -> dict[str, str]:
        node = self.node
        environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            undefined=StrictUndefined,
            trim_blocks=True,
            autoescape=False,  # noqa: S701 (no web pages: nothing is to be escaped)
        )
        values = {
            "node": node,
            "trunk": self._settings.trunk,
            "folder": self.folder,
            "run_folder": own_folder(run_place(self.folder)),
            "modules": self.program.modules,
            "entity_id": _entity_id(node.name),
            "ami_secret": users["ami"],
            "ear_secret": users["ear"],
            "ami_permit": "127.0.0.0/8" if node.host.startswith("127.") else "0.0.0.0/0",
            "events": EVENTS_HEARD,
            "ear_events": EARS_EVENTS,
            "phones": phones,
            "web_phones": web_phones,
            "prompts": self._settings.prompts,
            "recordings": self.recordings,
            "dictations": self._settings.dictations,
            "city": self._settings.city,
            "callers": self._settings.caller_files,
            "callers_port": self._settings.callers.port,
            "witness_name": self.witness_file.name,
        }
        rendered = {
            name: environment.get_template(name).render(values) for name in environment.list_templates(["conf"])
        }
        return rendered | {f"{name}.conf": "; nothing is set here\n" for name in NOTHING_SET}

    def _shorten_event_log(self) -> None:
        """Calls older than the last file are settled long since."""
        if self.witness_file.exists() and self.witness_file.stat().st_size > MOST_EVENT_LOG_BYTES:
            self.witness_file.replace(self.witness_file.with_suffix(".old.csv"))


def _new_secret() -> str:
    return secrets.token_urlsafe(24)


def _entity_id(name: str) -> str:
    """Like a network card's address: one for each node."""
    digest = sum((index + 1) * ord(letter) for index, letter in enumerate(name)) & 0xFFFF
    return f"02:59:4f:42:{digest >> 8:02x}:{digest & 0xFF:02x}"
