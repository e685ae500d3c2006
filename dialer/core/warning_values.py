"""What warnings are found in, and what one is."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from dialer.core.health import Part
from dialer.core.values import OperatorState

EASE = 0.8  # of a limit: what stands goes below this part of it
RATE_EASE = 0.005  # a rate below its target has to come so far above it


class Level(StrEnum):
    HEED = "heed"
    ALARM = "alarm"  # people or records suffer now


LEVEL_NAMES: dict[Level, str] = {Level.HEED: "注意", Level.ALARM: "警告"}


class WarningKind(StrEnum):
    ANSWER_RATE_LOW = "answer_rate_low"
    ANSWER_RATE_FALLS = "answer_rate_falls"
    ABANDONED = "abandoned"
    CALLER_WAITS = "caller_waits"
    TALKS_LONG = "talks_long"
    WRITES_LONG = "writes_long"
    LIST_RUNS_DRY = "list_runs_dry"
    QUOTA_UNMET = "quota_unmet"
    TRUNK_REFUSES = "trunk_refuses"
    DISK_FILLS = "disk_fills"
    PART_AWAY = "part_away"
    CLOCK_WRONG = "clock_wrong"
    RECORDINGS_FILL = "recordings_fill"


@dataclass(frozen=True, slots=True)
class WarningRules:
    """From when on; a city's profile says otherwise in [warnings]."""

    answer_rate_calls: int = 20  # so many callers have to have called before a rate says anything
    answer_rate_fall: float = 0.1  # of the last minutes below that of the day before them
    answer_rate_minutes: float = 30.0
    abandoned_persons: int = 20
    abandoned_near: float = 0.8  # of the ceiling
    caller_wait_seconds: float = 60.0
    hold_seconds: float = 60.0
    talk_minutes: float = 10.0
    wrap_up_seconds: float = 60.0
    list_minutes: float = 30.0  # until all that may be called now has been
    quota_days: int = 10  # until the end of the week, month or year
    refused_share: float = 0.2
    refused_calls: int = 5
    refused_minutes: float = 5.0
    disk_hours: float = 24.0  # with everybody talking and recorded
    disk_hours_left: float = 4.0  # then it is an alarm
    disk_gb: float = 5.0
    disk_gb_left: float = 1.0
    recordings_near: float = 1.2  # of the hours that have to fit for each line


@dataclass(frozen=True, slots=True)
class Answered:
    """Of callers in the hours."""

    answered: int = 0
    total: int = 0

    @property
    def rate(self) -> float:
        return self.answered / self.total if self.total else 1.0


@dataclass(frozen=True, slots=True)
class AnswerFigures:
    today: Answered
    lately: Answered  # of these, in the last minutes
    target: float | None = None

    @property
    def before(self) -> Answered:
        return Answered(self.today.answered - self.lately.answered, self.today.total - self.lately.total)


@dataclass(frozen=True, slots=True)
class LeftAlone:
    persons: int
    left_alone: int
    ceiling: float
    lost_by_ear: float = 0.0  # persons taken for machines: an estimate, of people who are not among `persons`

    @property
    def share(self) -> float:
        persons = self.persons + self.lost_by_ear
        return (self.left_alone + self.lost_by_ear) / persons if persons else 0.0


@dataclass(frozen=True, slots=True)
class Waits:
    """Callers who have no operator yet."""

    callers: int = 0
    longest_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class AtWork:
    phone: str
    state: OperatorState
    seconds: float  # in this state


@dataclass(frozen=True, slots=True)
class ListLeft:
    """Of a debt kind that is being called: cases that may be called now, and how fast they go."""

    debt: str
    name: str
    due: int
    calls_per_minute: float

    @property
    def minutes(self) -> float | None:
        """None: nobody knows how long it lasts."""
        if not self.due:
            return 0.0
        return self.due / self.calls_per_minute if self.calls_per_minute else None


@dataclass(frozen=True, slots=True)
class QuotaLeft:
    """Days that the tender wants and the plan has not."""

    key: str
    text: str
    days_left: int


@dataclass(frozen=True, slots=True)
class TrunkFigures:
    refused: int
    ended: int

    @property
    def share(self) -> float:
        return self.refused / self.ended if self.ended else 0.0


@dataclass(frozen=True, slots=True)
class DiskSeen:
    free_bytes: int
    hours: float | None  # of recording, with everybody talking; None: nothing is recorded


@dataclass(frozen=True, slots=True)
class RecordingRoom:
    """How much is recorded, and how much more fits."""

    kept_hours: float
    free_hours: float
    lines: int
    hours_each: float  # that have to fit for each line; nothing is recorded: 0

    @property
    def each(self) -> float:
        """Hours of a line, with all that is kept now."""
        return (self.kept_hours + self.free_hours) / self.lines

    @property
    def free_each(self) -> float:
        return self.free_hours / self.lines


@dataclass(frozen=True, slots=True)
class ClockSeen:
    synchronised: bool | None = None  # None: this machine does not tell
    stepped_seconds: float = 0.0  # the last time that it was set; none lately: 0


@dataclass(frozen=True, slots=True)
class Figures:
    """Of this moment. None: not known."""

    answers: AnswerFigures | None = None
    left_alone: LeftAlone | None = None
    waits: Waits | None = None
    operators: Sequence[AtWork] | None = None
    lists: Sequence[ListLeft] | None = None
    quotas: Sequence[QuotaLeft] | None = None
    trunk: TrunkFigures | None = None
    disk: DiskSeen | None = None
    recordings: RecordingRoom | None = None
    clock: ClockSeen | None = None
    parts: Sequence[Part] | None = None


Key = tuple[WarningKind, str, Level]


@dataclass(frozen=True, slots=True)
class WarningNow:
    kind: WarningKind
    level: Level
    text: str  # with the figure, and what to do
    subject: str = ""  # of several alike: a seat, a debt kind, a part

    @property
    def key(self) -> Key:
        return self.kind, self.subject, self.level


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the figures, with what stands already."""

    figures: Figures
    rules: WarningRules = field(default_factory=WarningRules)
    standing: Collection[Key] = ()

    def reaches(self, value: float, limit: float, key: Key) -> bool:
        return value >= (limit * EASE if key in self.standing else limit)

    def runs_below(self, value: float, limit: float, key: Key) -> bool:
        return value < (limit / EASE if key in self.standing else limit)

    def falls_below(self, rate: float, limit: float, key: Key) -> bool:
        return rate < (min(1.0, limit + RATE_EASE) if key in self.standing else limit)
