"""What a script file is made of, table by table, and what they say as values."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Annotated

from pydantic import Field

from dialer.core.city import City, Purpose
from dialer.core.script import Approval, Branch, Step, TalkScript, faults
from dialer.profiles.parts import Key, Table, Words


class BranchTable(Table):
    label: Words
    to: Key
    confirms: bool = False
    result: Key | None = None

    def value(self) -> Branch:
        return Branch(self.label, self.to, self.confirms, self.result)


class StepTable(Table):
    heading: Words
    text: str
    note: str = ""
    branches: tuple[BranchTable, ...] = ()
    completes: bool = False
    clause: str = ""

    def value(self, key: str) -> Step:
        branches = tuple(branch.value() for branch in self.branches)
        return Step(key, self.heading, self.text.strip(), self.note.strip(), branches, self.completes, self.clause)


class ApprovalTable(Table):
    on: date
    by: Words
    reason: Words

    def value(self) -> Approval:
        return Approval(self.on, self.by, self.reason)


class ScriptTable(Table):
    name: Words
    version: Annotated[int, Field(ge=1)]
    first: Key  # the step with which a talk begins
    step: Annotated[dict[Key, StepTable], Field(min_length=1)]
    debts: tuple[Key, ...] = ()
    purpose: Purpose = Purpose.REMINDER
    approved: ApprovalTable | None = None

    def value(self, key: str, city: City) -> TalkScript:
        order = sorted(self.step, key=lambda one: one != self.first)
        said = self.approved
        return TalkScript(
            key,
            self.name,
            self.version,
            tuple(self.step[one].value(one) for one in order),
            tuple(debt for debt in self.debts if city.debt(debt) is not None),
            self.purpose.value,
            None if said is None else said.value(),
        )


class CallersTable(Table):
    """`[callers]`: how a talk begins with somebody who has called us."""

    version: Annotated[int, Field(ge=1)]
    first: Key
    step: Annotated[dict[Key, StepTable], Field(min_length=1)]
    approved: ApprovalTable | None = None

    def value(self, script: TalkScript) -> TalkScript:
        """That script with these steps in place of its own; approved when both are."""
        steps = {one.key: one for one in script.steps} | {key: one.value(key) for key, one in self.step.items()}
        order = sorted(steps.values(), key=lambda one: one.key != self.first)
        whole = replace(script, steps=tuple(order))
        said = self.approved
        return replace(
            whole,
            key=f"{script.key}_callers{self.version}",
            name=f"{script.name}（かかってきた電話）",
            steps=tuple(one for one in order if one.key in whole.led_to or one.key in self.step),
            approval=None if said is None or script.approval is None else said.value(),
            for_callers=True,
        )


FileOf = Callable[..., str]


def callers_problems(
    callers: CallersTable, scripts: Sequence[TalkScript], city: City, file_of: FileOf
) -> Iterator[str]:
    """What is wrong only where these steps meet a script that is right by itself."""

    def line(step: str, what: str) -> str:
        at = ("callers", "step", step) if step in callers.step else ("callers",)
        return f"{file_of(*at)}: {'.'.join(at)}: {what}"

    if callers.first not in callers.step:
        yield line("", f"first の「{callers.first}」というステップはありません。あるのは {'、'.join(callers.step)}")
        return
    results = [result.key for result in city.talk.results]
    for key, table in callers.step.items():
        for branch in table.branches:
            if branch.result is not None and branch.result not in results:
                yield line(key, f"応対結果「{branch.result}」はありません。あるのは {'、'.join(results)}")
    for script in scripts:
        yield from (line(step, what) for step, what in faults(callers.value(script)))
