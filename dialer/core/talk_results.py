"""What an operator can say of a talk: a city's result list as data, from a key to what it does to the case.

    [result.absent_until]
    name = "本人不在（在宅時間を確認）"
    key_press = "6"
    talkers = ["same_household", "other"]
    effect = { absent = true }
    needs = ["appointment"]

The effect is written in the words of `rules replay`; what the operator fills in besides comes from `talk_entry`.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from dialer.core.rights import Right
from dialer.core.rules.happenings import TALKER_NAMES, Script, Talker
from dialer.core.values import Clause

Json = dict[str, object]


class Need(StrEnum):
    """What can be filled in beside a result; the words are those of the form's fields."""

    PROMISE = "promise"  # day, amount, way to pay
    APPOINTMENT = "appointment"  # a time that somebody named
    NEW_NUMBER = "new_number"
    DEPARTMENT = "department"  # to whom it is handed over
    RELATION = "relation"
    NOTE = "note"


class Identity(StrEnum):
    """Whether the talker must have been confirmed to be who the result says (C-057)."""

    REQUIRED = "required"
    ASKED = "asked"  # yes or no, but one of both
    NONE = "none"


class DecidedBy(StrEnum):
    """Who may decide where the tender leaves it to a person (C-047)."""

    OPERATOR = "operator"
    SUPERVISOR = "supervisor"


@dataclass(frozen=True, slots=True)
class Said:
    """What a result means by itself, in the words of a Talk."""

    script: Script = Script.NONE
    offered_to_hear: bool = False
    absent: bool = False
    absent_all_period: bool = False
    not_living_there: bool = False
    declined: bool = False
    other_home: bool = False
    handed_over: bool = False

    @property
    def words(self) -> Json:
        """Only what is said: what is not the case is left out, as in `rules replay`."""
        flags = {name: True for name in FLAGS if getattr(self, name)}
        return {**({} if self.script is Script.NONE else {"script": self.script.value}), **flags}


FLAGS = (
    *("offered_to_hear", "absent", "absent_all_period", "not_living_there", "declined", "other_home"),
    "handed_over",
)


@dataclass(frozen=True, slots=True)
class TalkResult:
    key: str
    name: str
    talkers: tuple[Talker, ...]  # of one only, nobody is asked
    said: Said
    identity: Identity
    needs: tuple[Need, ...] = ()
    may: tuple[Need, ...] = ()
    key_press: str | None = None
    debts: tuple[str, ...] = ()  # none: of every debt kind
    hint: str = ""
    clause: Clause = ""

    def is_for(self, debt: str) -> bool:
        return not self.debts or debt in self.debts

    def asks_for(self, need: Need) -> bool:
        return need in self.needs or need in self.may

    def as_json(self) -> Json:
        return {
            "key": self.key,
            "name": self.name,
            "key_press": self.key_press,
            "talkers": [{"key": one.value, "name": TALKER_NAMES[one]} for one in self.talkers],
            "identity": self.identity.value,
            "needs": [one.value for one in self.needs],
            "may": [one.value for one in self.may],
            "completes_script": self.said.script is Script.COMPLETED,
            "hands_over": self.said.handed_over,
            "hint": self.hint,
            "clause": self.clause,
        }


@dataclass(frozen=True, slots=True)
class TalkRules:
    """`[result]` and `[talk]` of a profile."""

    results: tuple[TalkResult, ...] = ()
    own: tuple[TalkResult, ...] = ()  # the profile's, where a version that was approved takes their place
    ways: Mapping[str, str] = field(default_factory=dict)  # to pay: key to name
    relations: Mapping[str, str] = field(default_factory=dict)
    identity: Mapping[str, str] = field(default_factory=dict)  # how somebody was confirmed
    inquiries: Mapping[str, str] = field(default_factory=dict)  # what callers ask that concerns no case (I-015)
    note_longest: int = 1000
    promise_within_days: int | None = None  # none: whatever day the person names
    appointment_minutes: int = 15  # the steps in which times are offered
    decided_by: DecidedBy = DecidedBy.OPERATOR

    def lets_decide(self, rights: Collection[Right]) -> bool:
        return self.decided_by is DecidedBy.OPERATOR or Right.SUPERVISE in rights

    @property
    def of_profile(self) -> tuple[TalkResult, ...]:
        return self.own or self.results

    def result(self, key: str) -> TalkResult | None:
        return next((one for one in self.results if one.key == key), None)

    def results_for(self, debt: str) -> tuple[TalkResult, ...]:
        return by_key(one for one in self.results if one.is_for(debt))


def by_key(results: Iterable[TalkResult]) -> tuple[TalkResult, ...]:
    """As operators see them: in the order of their keys, then as the list has them."""
    return tuple(sorted(results, key=lambda one: (one.key_press is None, one.key_press or "")))
