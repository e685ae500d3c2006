"""Settings: one TOML file, then the environment. Every problem is named at once, at start.

The file is `settings.toml` in the state folder (or where YOBIKAKE_SETTINGS points); an environment variable such as
YOBIKAKE_DIALLING__MIN_RING_SECONDS=40 overrides one value. Secrets are never in it: they are made at set-up and kept
in files of their own with mode 0600.
"""

import ipaddress
import json
import os
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, IPvAnyNetwork, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from dialer.core.city import City
from dialer.core.hearing.values import HearingRules
from dialer.core.pacing.values import PaceRules

Port = Annotated[int, Field(ge=1024, le=65535)]
Identity = Literal["from", "p_asserted", "p_preferred"]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,20}$")]

ROOT = Path(__file__).resolve().parent.parent


class SettingsError(Exception):
    """One line per wrong setting: where it stands, what is wrong, how to mend it."""


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AsteriskNode(Part):
    """One Asterisk. `embedded` ones are installed, configured and started by us; others only spoken to."""

    name: Name = "a"
    embedded: bool = True
    host: str = "127.0.0.1"  # where we reach it, and what an embedded one listens on
    sip_port: Port = 15060
    ami_port: Port = 15038
    http_port: Port = 15088  # browsers' phones, for `dialer web` alone: it stands between them and Asterisk
    rtp_from: Port = 20000
    rtp_to: Port = 21999
    ami_user: str = "yobikake"
    ami_secret_file: Path | None = None  # an embedded node makes its own
    ear_user: str = "yobikake-ear"
    ear_secret_file: Path | None = None
    witness_file: Path | None = None  # its channel event log; an embedded node knows its own
    web_phones_file: Path | None = None  # secrets of the browsers' phones; an embedded node makes its own

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.rtp_to - self.rtp_from < 100:
            raise ValueError("rtp_to must be at least 100 above rtp_from")
        if not self.embedded and (self.ami_secret_file is None or self.witness_file is None):
            raise ValueError("a node that is not embedded needs ami_secret_file and witness_file")
        return self


class Trunk(Part):
    """A line group of a carrier."""

    name: Name = "carrier"
    host: str = "127.0.0.1"
    port: Port = 15160
    lines: Annotated[int, Field(ge=1, le=500)] = 30
    lines_for_callers: Annotated[int, Field(ge=0, le=500)] = 0  # of these, kept free for people who call
    calls_per_second: Annotated[float, Field(gt=0, le=100)] = 10.0
    identity: Identity = "p_asserted"  # where the carrier wants the number shown; From has it always
    prefix_186: bool = False  # dial 186 first: ask the network to show our number (T-003)

    @property
    def is_simulated(self) -> bool:
        return is_loopback(self.host)


class Dialling(Part):
    min_ring_seconds: Annotated[float, Field(gt=0)] | None = None  # none: as the city's profile says (T-016)
    early_media_seconds: Annotated[float, Field(gt=0)] = 35.0  # how long an announcement or music instead of ringing
    set_up_seconds: Annotated[float, Field(gt=0)] = 20.0  # how long the network may take until it rings
    meet_within_seconds: Annotated[float, Field(gt=0, le=2)] = 1.5  # an answered person waits no longer in silence
    shortest_talk_seconds: Annotated[float, Field(ge=0)] = 2.0  # who hangs up sooner after answering has not talked
    wrap_up_seconds: Annotated[float, Field(ge=0)] = 30.0
    wrap_up_ends: Literal["result", "time"] = "result"  # "time": also without a result, as in rehearsals
    chime: bool = True  # a soft tone in a telephone's ear when somebody is joined; pages play their own
    drain_seconds: Annotated[float, Field(ge=0)] = 60.0  # talks may go on this long after the order to stop
    mode: Literal["progressive", "predictive", "preview"] = (
        "progressive"  # "preview": an operator sees the case first, then dials;
    )
    # of debt kinds for which `dialer mode` says nothing else
    any_hour: bool = False  # only for a simulated carrier: the demo also runs at night


class Pacing(Part):
    """Of debt kinds in the predictive mode."""

    target: Annotated[float, Field(ge=0, le=0.03)] = 0.01  # persons left alone, of all who answer; 0: none at all
    ceiling: Annotated[float, Field(gt=0, le=0.1)] = 0.03  # never more by the end of a day
    lost_by_ear: Annotated[float, Field(ge=0, le=0.1)] = (
        0.002  # persons taken for machines, of all who answer: estimate
    )
    record_days: Annotated[int, Field(ge=0, le=400)] = 14  # how long each decision can be looked at again

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.target > self.ceiling:
            raise ValueError(f"target {self.target:g} lies above ceiling {self.ceiling:g}")
        return self


HEARING = HearingRules()


class Hearing(Part):
    """The ear: hears who answered before an operator is joined. Without it whoever answers is joined at once."""

    processes: Annotated[int, Field(ge=0, le=16)] = 1  # they share the port; one serves some 60 calls at once
    port: Port = 15092  # of this machine, for Asterisk's streams
    undecided_after_seconds: Annotated[float, Field(ge=0.5, le=10)] = 2.5  # then it counts as a person
    opening: bool = False  # say the city's name to whoever is still listened to
    early_media: bool = True  # hear what the network announces before any answer
    learn_greetings: bool = True  # what two numbers play alike before their tone is a carrier's: known from then on
    person_lost: Annotated[float, Field(gt=0)] = HEARING.person_lost  # see core.hearing.values.HearingRules
    machine_passed: Annotated[float, Field(gt=0)] = HEARING.machine_passed
    delay_per_second: Annotated[float, Field(gt=0)] = HEARING.delay_per_second


class Callers(Part):
    """People who call us: the server that speaks to them (`dialer agi`), on the machine of the Asterisk."""

    port: Port = 15094  # of this machine, for Asterisk; another one for each city
    sessions: Annotated[int, Field(ge=1, le=2000)] = 300  # at once; whoever comes beyond hears what lies in files
    recognise_seconds: Annotated[float, Field(gt=0, le=2)] = 0.5  # then a caller is unknown, and nobody waits for it
    test_numbers: tuple[str, ...] = ()  # calls from these are the city's test calls (T-036)


class Web(Part):
    """The pages for people. Everything over TLS: a browser gives no microphone to anything else."""

    serve: bool = True
    host: str = "127.0.0.1"  # 0.0.0.0: for terminals of the same network
    port: Port = 15443
    names: tuple[str, ...] = ()  # names and addresses that terminals use; they go into a certificate that we make
    certificate: Path | None = None  # PEM, with its chain; none: one is made and kept in the state folder
    key: Path | None = None
    idle_seconds: Annotated[float, Field(ge=60)] = 900.0  # then a password is asked for
    session_hours: Annotated[float, Field(gt=0, le=24)] = 12.0  # then signed out, whatever is being done
    sign_ins_per_minute: Annotated[int, Field(ge=1)] = 60  # from one address
    lock_out_after: Annotated[int, Field(ge=1, le=50)] = 5  # wrong passwords for one login
    lock_out_seconds: Annotated[float, Field(gt=0)] = 60.0  # doubled with every further one
    largest_list_mb: Annotated[int, Field(ge=1, le=1000)] = 200  # of a city's file that is handed in on the page
    metrics_from: tuple[IPvAnyNetwork, ...] = ()  # networks that may ask for /metrics; this machine always may

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key belong together: name both or none")
        return self


class Backup(Part):
    """What `dialer backup` goes by when it is not told."""

    folder: Path | None = None  # on another disk, or what another machine lends
    key_file: Path | None = None  # made by `dialer backup --new-key FILE`; without it nothing can be restored
    keep: Annotated[int, Field(ge=1)] | None = None  # so many of the newest stay; none: all


class Logs(Part):
    """What programs say, in the folder `log` of the state folder."""

    megabytes: Annotated[int, Field(ge=1, le=10_000)] = 20  # then a file is put aside
    files: Annotated[int, Field(ge=1, le=100)] = 4  # so many are kept of each, put aside


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="YOBIKAKE_", env_nested_delimiter="__", extra="forbid", frozen=True)

    state_dir: Path = ROOT / "var"
    lib_dir: Path | None = None  # what set-up makes once (Asterisk, prompts, speech); none: lib in the state folder
    database_url: SecretStr | None = None  # none: a private cluster in the state folder
    city: Name = "nagaoka"  # whose cases this engine leads
    node: Name = "a"  # the Asterisk this engine drives
    nodes: Annotated[tuple[AsteriskNode, ...], Field(min_length=1)] = (AsteriskNode(),)
    trunk: Trunk = Trunk()
    operator_phones: Annotated[int, Field(ge=1, le=200)] = 34  # op01, op02 …: endpoints with a secret each
    recordings: bool | None = None  # of talks; none: as the city's profile says (T-027)
    recording_keys: Path | None = None  # what they are encrypted with; none: a file of the state folder
    dialling: Dialling = Dialling()
    pacing: Pacing = Pacing()
    hearing: Hearing = Hearing()
    callers: Callers = Callers()
    web: Web = Web()
    backup: Backup = Backup()
    logs: Logs = Logs()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [node.name for node in self.nodes]
        problems = []
        if self.node not in names:
            problems.append(f"node: there is no node named {self.node} in nodes ({', '.join(names)})")
        if len(set(names)) != len(names):
            problems.append("nodes: two nodes have one name")
        ports = [port for node in self.nodes for port in (node.sip_port, node.ami_port, node.http_port)]
        if len(set(ports)) != len(ports):
            problems.append("nodes: two nodes share a port")
        deaf = [node.name for node in self.nodes if not node.embedded and node.ear_secret_file is None]
        if self.hearing.processes and deaf:
            problems.append(f"nodes.{deaf[0]}.ear_secret_file: needed for the ear, or set hearing.processes = 0")
        if self.hearing.port in ports:
            problems.append("hearing.port: a node has this port; choose another")
        if self.callers.port in (*ports, self.hearing.port):
            problems.append("callers.port: a node or the ear has this port; choose another")
        if self.web.serve and self.web.port in (*ports, self.hearing.port, self.callers.port):
            problems.append("web.port: a node, the ear or callers.port has this port; choose another")
        if self.trunk.lines_for_callers >= self.trunk.lines:
            problems.append("trunk.lines_for_callers: all lines would be kept for callers; keep fewer than trunk.lines")
        if self.dialling.any_hour and not self.trunk.is_simulated:
            problems.append("dialling.any_hour: allowed only with a simulated carrier on 127.0.0.0/8")
        if self.recordings and not self.trunk.is_simulated:
            problems.append("recordings: the city's profile decides with a real carrier; leave it out, or say false")
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, settings_file())

    @property
    def lib(self) -> Path:
        return self.lib_dir or self.state_dir / "lib"

    @property
    def prompts(self) -> Path:
        """What may be played: beside the data that says so, never shared with a rehearsal as `lib` is."""
        return self.state_dir / "prompts"

    @property
    def caller_files(self) -> Path:
        """By what the dialplan goes while `dialer agi` is away."""
        return self.state_dir / "callers"

    @property
    def dictations(self) -> Path:
        """What is being spoken into a telephone as a text; empty but for these minutes."""
        return self.state_dir / "dictations"

    @property
    def recordings_folder(self) -> Path:
        return self.state_dir / "recordings"

    @property
    def recording_key_file(self) -> Path:
        return self.recording_keys or self.state_dir / "recording-keys.json"

    def records(self, city: City) -> bool:
        """Whether talks of the city are recorded here."""
        return city.recordings.on if self.recordings is None else self.recordings

    @property
    def pace_records(self) -> Path:
        return self.state_dir / "pace"

    @property
    def spoken(self) -> Path:
        """Texts spoken before, approved or not: kept apart from what may be played."""
        return self.lib / "prompts" / "sound"

    @property
    def phones(self) -> list[str]:
        return [f"op{number:02d}" for number in range(1, self.operator_phones + 1)]

    def pace_rules(self, target: float | None = None) -> PaceRules:
        """`target`: another one than set."""
        pacing = self.pacing
        lost = pacing.lost_by_ear if self.hearing.processes else 0.0
        chosen = pacing.target if target is None else target
        return PaceRules(target=chosen, ceiling=pacing.ceiling, lost_by_ear=lost)

    @property
    def own_node(self) -> AsteriskNode:
        return next(node for node in self.nodes if node.name == self.node)


def settings_file() -> Path:
    """Where the settings are read from; the file may be absent."""
    named = os.environ.get("YOBIKAKE_SETTINGS")
    return Path(named) if named else Path(os.environ.get("YOBIKAKE_STATE_DIR", ROOT / "var")) / "settings.toml"


def load_settings(**overrides: object) -> Settings:
    """The settings in force, or SettingsError with a line for each problem."""
    if "DATABASE_URL" in os.environ and "YOBIKAKE_DATABASE_URL" not in os.environ:
        overrides.setdefault("database_url", os.environ["DATABASE_URL"])
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as wrong:
        raise SettingsError("\n".join(_line(problem) for problem in wrong.errors())) from None
    except ValueError as wrong:  # a broken TOML file
        raise SettingsError(f"{settings_file()}: {wrong}") from None


def as_environment(settings: Settings) -> dict[str, str]:
    """For a child process: the same settings, wherever these came from."""
    values = settings.model_dump(mode="json", exclude={"database_url"}, exclude_none=True)
    if settings.database_url is not None:
        values["database_url"] = settings.database_url.get_secret_value()
    return {
        f"YOBIKAKE_{name.upper()}": value if isinstance(value, str) else json.dumps(value)
        for name, value in values.items()
    }


def _line(problem: object) -> str:
    assert isinstance(problem, dict)
    where = ".".join(str(step) for step in problem["loc"]) or "settings"
    return f"{where}: {problem['msg']}"


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
