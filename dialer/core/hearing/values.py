"""What the ear says, what it is told beforehand, and what it costs to be wrong."""

from dataclasses import dataclass, field
from enum import StrEnum


class What(StrEnum):
    """Who or what answered."""

    PERSON = "person"
    VOICEMAIL = "voicemail"
    SCREENING = "screening"  # a machine that asks who calls; a person may follow
    FAX = "fax"
    ANNOUNCEMENT = "announcement"  # the network's
    SILENT = "silent"


class Announcement(StrEnum):
    NOT_IN_USE = "not_in_use"
    CHANGED = "changed"
    UNPAID = "unpaid"  # ご都合により: stopped, mostly because a bill is unpaid
    REFUSED = "refused"  # ご希望・お申し出により, or a call without its number
    OFF_OR_OUT_OF_AREA = "off_or_out_of_area"
    OTHER = "other"  # also whatever is not told apart surely


class NumberType(StrEnum):
    FIXED = "fixed"
    MOBILE = "mobile"
    IP = "ip"


WHAT_NAMES: dict[What, str] = {
    What.PERSON: "人",
    What.VOICEMAIL: "留守番電話",
    What.SCREENING: "自動応答（迷惑電話対策など）",
    What.FAX: "ファクス",
    What.ANNOUNCEMENT: "網の案内",
    What.SILENT: "無音",
}
ANNOUNCEMENT_NAMES: dict[Announcement, str] = {
    Announcement.NOT_IN_USE: "欠番",
    Announcement.CHANGED: "番号変更",
    Announcement.UNPAID: "利用停止（料金未払など）",
    Announcement.REFUSED: "着信拒否",
    Announcement.OFF_OR_OUT_OF_AREA: "電源断・圏外",
    Announcement.OTHER: "その他の案内",
}

Figures = dict[str, float | int | str | bool | None]


@dataclass(frozen=True, slots=True)
class Prior:
    """What is known before the first sound. Nothing known is the default, and harms little."""

    answered: bool = True  # False: early media, before anybody answered
    ring_seconds: float | None = None  # from the first ringing to the answer
    without_ringing: bool = False  # answered although it never rang: a centre, not a handset
    number_type: NumberType | None = None
    machines_before: int = 0  # earlier answers of this number that were machines
    persons_before: int = 0


LISTENS_ON_MS = 4000
"""So long a call listens past its deadline while a machine is likely."""

KNOWS_ON_MS = 2 * LISTENS_ON_MS
"""And so long once a machine is known, for which announcement it is: no person is waiting."""


@dataclass(frozen=True, slots=True)
class HearingRules:
    """Costs and limits; a city's settings may change each. Losing a person weighs far more than passing a machine."""

    person_lost: float = 30.0
    machine_passed: float = 1.0  # about 5 s of an operator
    delay_per_second: float = 0.2
    decide_by_ms: int = 2500  # a person who has spoken is joined by then unless a machine is likelier
    delay_grows: float = 0.75  # every second past it: whoever has waited so long in silence soon hangs up
    person_sure_for_ms: int = 100  # without a break
    machine_sure_for_ms: int = 160
    least_machine_speech_ms: int = 1200  # no machine is called by its voice before it has said so much
    silent_after_ms: int = 10_000
    listen_for_ms: int = 60_000  # after which nothing new is said about the tone or another speaker
    announcement_patience_ms: int = 9000  # before an answer: a machine is known, wait so long for which one
    listens_on_ms: int = LISTENS_ON_MS  # by then it is told in an answered call, clear or not, …
    knows_on_ms: int = KNOWS_ON_MS  # … but an announcement by then: it is said again
    fingerprint_needed: int = 12  # landmarks that must agree in time


@dataclass(frozen=True, slots=True)
class Verdict:
    """What answered, when that became clear and why. `figures` are for the record, `reason` is for a person."""

    what: What
    decided_at_ms: int
    reason: str
    announcement: Announcement | None = None
    figures: Figures = field(default_factory=dict)


class Happening(StrEnum):
    """What is still heard after a verdict."""

    TONE_BEGAN = "tone_began"  # while it lasts nothing may be played; after TONE_ENDED: it was not the last one
    TONE_ENDED = "tone_ended"  # the recording tone: now the message may be spoken
    SPEECH_ENDED = "speech_ended"  # nothing for a while: where there is no tone, speak now
    SPEECH_BEGAN = "speech_began"
    PERSON_CAME = "person_came"  # after screening: another voice than the machine's
    FELL_SILENT = "fell_silent"


@dataclass(frozen=True, slots=True)
class Heard:
    """One happening. `at_ms` is when it was, `known_at_ms` when it became clear."""

    what: Happening
    at_ms: int
    known_at_ms: int
