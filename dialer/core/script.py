"""The talk script of a debt kind: steps with branches, filled from the case, and the step that completes it (O-005).

What a script says before the talker is known to be the person names no matter: whoever lifts the receiver hears no more
than who calls and for whom (A-37). The loader refuses a script that would.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from dialer.core.messages import MATTERS
from dialer.core.talk_results import Json
from dialer.core.values import Clause

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
OPEN = ("city", "centre", "operator", "callback", "name")
"""Placeholders that anybody on the line may hear."""
GATED = ("debt", "department", "amount", "total", "terms", "due", "promise_limit")
"""What the matter is and how much: only for somebody whose identity is confirmed."""

NOT_BEFORE_IDENTITY = (
    *MATTERS,
    *("滞納", "未納", "未払", "督促", "催告", "催促", "差押", "延滞", "債権", "債務", "取立", "処分", "法的"),
)
NEVER = ("差押", "差し押", "強制", "法的措置", "処分", "取立", "取り立て", "逮捕", "罰", "訴え", "裁判", "勤務先に")
"""Nothing that sounds like the use of public authority, which a contractor has not."""


@dataclass(frozen=True, slots=True)
class Branch:
    label: str  # what the person says or does
    to: str  # key of a step
    confirms: bool = False  # the talker is who the case is about, or of the household as the city asks it
    result: str | None = None  # the result that this branch suggests

    def suggesting(self, results: Collection[str]) -> "Branch":
        return self if self.result is None or self.result in results else replace(self, result=None)

    def as_json(self) -> Json:
        return {"label": self.label, "to": self.to, "confirms": self.confirms, "result": self.result}


@dataclass(frozen=True, slots=True)
class Step:
    key: str
    heading: str
    text: str  # what is said
    note: str = ""  # for the operator alone
    branches: tuple[Branch, ...] = ()
    completes: bool = False  # who comes here has finished the script (000 §10(4)ア)
    clause: Clause = ""


@dataclass(frozen=True, slots=True)
class Approval:
    on: date
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class TalkScript:
    key: str
    name: str
    version: int
    steps: tuple[Step, ...]  # the first is where a talk begins
    debts: tuple[str, ...] = ()  # none: for whatever has no script of its own
    purpose: str = "reminder"
    approval: Approval | None = None  # none: a draft
    for_callers: bool = False  # who has called us is greeted, not asked for

    def step(self, key: str) -> Step | None:
        return next((one for one in self.steps if one.key == key), None)

    @property
    def from_identity(self) -> "TalkScript":
        """The same, begun where it is asked who is speaking."""
        asks = (one for one in self.steps if any(branch.confirms for branch in one.branches))
        begin = next(asks, None)
        return self if begin is None else replace(self, steps=tuple(sorted(self.steps, key=lambda one: one != begin)))

    def suggesting(self, results: Collection[str]) -> "TalkScript":
        """The same, where a branch suggests no result but these: an operator can choose another one."""
        steps = (replace(step, branches=tuple(one.suggesting(results) for one in step.branches)) for step in self.steps)
        return replace(self, steps=tuple(steps))

    @property
    def open_steps(self) -> frozenset[str]:
        """Those that can be reached without anybody's identity having been confirmed."""
        return self._led_to(lambda branch: not branch.confirms)

    @property
    def led_to(self) -> frozenset[str]:
        """Those that a talk can come to."""
        return self._led_to(lambda branch: True)

    def _led_to(self, may: Callable[[Branch], bool]) -> frozenset[str]:
        found: set[str] = set()
        todo = [self.steps[0].key] if self.steps else []
        while todo:
            key = todo.pop()
            step = self.step(key)
            if step is None or key in found:
                continue
            found.add(key)
            todo += [branch.to for branch in step.branches if may(branch)]
        return frozenset(found)


@dataclass(frozen=True, slots=True)
class NoScript:
    reason: str


def script_for(
    scripts: Iterable[TalkScript], debt: str, purpose: str, *, drafts: bool, for_callers: bool = False
) -> TalkScript | NoScript:
    """The one of the debt kind, or else of what its calls are for. With a real carrier only an approved one (O-006).

    Where nothing has been written for callers, their talk begins with the question who they are.
    """
    fitting = [one for one in scripts if one.purpose == purpose and (not one.debts or debt in one.debts)]
    usable = [one for one in fitting if drafts or one.approval is not None]
    for greets in (True, False) if for_callers else (False,):
        if own := [one for one in usable if one.for_callers is greets]:
            found = max(own, key=lambda one: (bool(one.debts), one.version))
            return found.from_identity if for_callers and not greets else found
    if fitting:
        return NoScript(f"「{fitting[0].name}」は委託者の承認前のため使えません")
    return NoScript("この科目のトークスクリプトはありません")


def faults(script: TalkScript) -> Iterator[tuple[str, str]]:
    """What is wrong with a script by itself: at which step, and how to mend it."""
    known = [one.key for one in script.steps]
    before = script.open_steps
    for step in script.steps:
        for branch in step.branches:
            if branch.to not in known:
                yield (
                    step.key,
                    f"分岐「{branch.label}」の行き先「{branch.to}」はありません。あるのは {'、'.join(known)}",
                )
        yield from ((step.key, what) for what in _text_faults(step, is_open=step.key in before))
    if not any(step.completes for step in script.steps):
        yield "", "完了地点（completes = true のステップ）がありません"
    for step in script.steps:
        if step.completes and step.key in before:
            yield step.key, "本人確認の前に完了地点があります。本人確認の分岐（confirms = true）の先に置いてください"
    if lost := set(known) - script.led_to:
        yield "、".join(sorted(lost)), "どこからも来られないステップです。分岐でつなぐか、消してください"


def _text_faults(step: Step, *, is_open: bool) -> Iterator[str]:
    named = PLACEHOLDER.findall(step.text)
    for name in named:
        if name not in OPEN + GATED:
            yield f"「{{{name}}}」は使えません。使えるのは {'、'.join(f'{{{one}}}' for one in OPEN + GATED)}"
    if re.search("[{}]", PLACEHOLDER.sub("", step.text)):
        yield "「{」と「}」の数が合いません"
    for word in NEVER:
        if word in step.text:
            yield f"「{word}」は公権力の行使と受け取られます。別の言い方にしてください"
    if is_open:
        for name in named:
            if name in GATED:
                yield f"「{{{name}}}」は本人確認の前には使えません"
        for word in NOT_BEFORE_IDENTITY:
            if word in step.text:
                yield f"「{word}」は本人確認の前には言えません（A-37）"


@dataclass(frozen=True, slots=True)
class FilledStep:
    key: str
    heading: str
    text: str
    note: str
    branches: tuple[Branch, ...]
    completes: bool
    gated: bool  # its text is only for who has been confirmed

    def as_json(self, *, amounts: bool) -> Json:
        locked = self.gated and not amounts
        return {
            "key": self.key,
            "heading": self.heading,
            "text": None if locked else self.text,
            "note": None if locked else self.note,
            "locked": locked,
            "branches": [branch.as_json() for branch in self.branches],
            "completes": self.completes,
        }


@dataclass(frozen=True, slots=True)
class FilledScript:
    key: str
    name: str
    version: int
    is_draft: bool
    approved_on: date | None
    first: str
    steps: tuple[FilledStep, ...]

    def as_json(self, *, amounts: bool) -> Json:
        return {
            "key": self.key,
            "name": self.name,
            "version": self.version,
            "draft": self.is_draft,
            "approved_on": self.approved_on and self.approved_on.isoformat(),
            "first": self.first,
            "steps": [step.as_json(amounts=amounts) for step in self.steps],
        }


def filled(script: TalkScript, values: Mapping[str, str]) -> FilledScript:
    """With the case's values in place. What a value contains is text, whatever it looks like."""
    before = script.open_steps
    return FilledScript(
        script.key,
        script.name,
        script.version,
        script.approval is None,
        None if script.approval is None else script.approval.on,
        script.steps[0].key,
        tuple(
            FilledStep(
                step.key,
                step.heading,
                fill(step.text, values),
                step.note,
                step.branches,
                step.completes,
                step.key not in before,
            )
            for step in script.steps
        ),
    )


def fill(text: str, values: Mapping[str, str]) -> str:
    """One pass, so that braces in a name are never read as a placeholder."""
    return PLACEHOLDER.sub(lambda found: values.get(found[1], "（不明）"), text)
