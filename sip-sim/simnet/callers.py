"""People who call the exchange, as data: what each shows of himself, what he does step by step, when he has enough."""

from dataclasses import dataclass

from simnet import texts

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Shows:
    """How a call says who is calling. Goes into the headers as it is, however wrong that may be."""

    user: str = ""  # of the From; "": it has none
    name: str = ""  # beside it, between quotes
    host: str = LOOPBACK
    asserted: str | None = None  # user of a P-Asserted-Identity
    privacy: str | None = None
    more: tuple[str, ...] = ()  # whole header lines

    @property
    def from_header(self) -> str:
        user = f"{self.user}@" if self.user else ""
        return (f'"{self.name}" ' if self.name else "") + f"<sip:{user}{self.host}>"

    @property
    def lines(self) -> list[str]:
        """All headers but the From."""
        asserted = [] if self.asserted is None else [f"P-Asserted-Identity: <sip:{self.asserted}@{LOOPBACK}>"]
        privacy = [] if self.privacy is None else [f"Privacy: {self.privacy}"]
        return [*asserted, *privacy, *self.more]


def showing(digits: str) -> Shows:
    """As Japanese carriers show a number."""
    return Shows(digits, asserted=digits)


@dataclass(frozen=True, slots=True)
class Wait:
    seconds: float


@dataclass(frozen=True, slots=True)
class Stay:
    """Until the exchange ends the call."""


@dataclass(frozen=True, slots=True)
class HearBegin:
    """Until something sounds."""

    patience_seconds: float | None = None  # then hangs up; None: has any amount of it


@dataclass(frozen=True, slots=True)
class HearEnd:
    """Until something has been said and a silence follows; what was said since the step before counts."""

    silence_seconds: float = 0.6
    patience_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class HearTone:
    """Until one steady tone is heard: operators' phones hum, and a story may go on when somebody is on the line."""

    hertz: float
    seconds: float = 0.3  # vowels last a tenth of a second
    patience_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Press:
    """Keys, by RFC 4733. A storm: `every_seconds=0.05`."""

    keys: str
    every_seconds: float = 0.25
    down_seconds: float = 0.1


@dataclass(frozen=True, slots=True)
class Say:
    text: str


@dataclass(frozen=True, slots=True)
class Talk:
    """Says why he calls, listens, and answers in turns."""

    seconds: float | None = None  # None: until the call ends
    opening: str = texts.CALLER_WORDS


Step = Wait | Stay | HearBegin | HearEnd | HearTone | Press | Say | Talk


@dataclass(frozen=True, slots=True)
class Caller:
    """Dials, waits for the answer, does one step after the other and hangs up."""

    dials: str
    shows: Shows
    steps: tuple[Step, ...] = (Stay(),)
    patience_seconds: float | None = 60.0  # until the call is answered; None: as long as the network lets it ring
    hangs_up_after_seconds: float | None = None  # from the answer, in the middle of whatever step it is
    hums_hertz: float | None = None  # a steady tone instead of a room, by which the other side knows this caller
    keeps_tape: bool = False  # of all that is heard from the answer on

    @property
    def texts(self) -> set[str]:
        """What he may say, so that it can be spoken before he calls."""
        own = {step.text for step in self.steps if isinstance(step, Say)}
        return own | {step.opening for step in self.steps if isinstance(step, Talk)}
