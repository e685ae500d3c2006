"""What a script is made of, table by table, what they say as values, and what can be wrong with them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
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


class ScriptTable(Table):
    """What a version of a script holds, and a file with what it rests on."""

    name: Words
    first: Key  # the step with which a talk begins
    step: Annotated[dict[Key, StepTable], Field(min_length=1)]
    debts: tuple[Key, ...] = ()
    purpose: Purpose = Purpose.REMINDER

    def value(self, key: str, city: City, version: int, approval: Approval | None = None) -> TalkScript:
        order = sorted(self.step, key=lambda one: one != self.first)
        return TalkScript(
            key,
            self.name,
            version,
            tuple(self.step[one].value(one) for one in order),
            tuple(debt for debt in self.debts if city.debt(debt) is not None),
            self.purpose.value,
            approval,
        )


class CallersTable(Table):
    """`[callers]`: how a talk begins with somebody who has called us."""

    first: Key
    step: Annotated[dict[Key, StepTable], Field(min_length=1)]

    def value(self, script: TalkScript, version: int, approval: Approval | None = None) -> TalkScript:
        """That script with these steps in place of its own; approved when both are."""
        steps = {one.key: one for one in script.steps} | {key: one.value(key) for key, one in self.step.items()}
        order = sorted(steps.values(), key=lambda one: one.key != self.first)
        whole = replace(script, steps=tuple(order))
        return replace(
            whole,
            key=f"{script.key}_callers{version}",
            name=f"{script.name}（かかってきた電話）",
            steps=tuple(one for one in order if one.key in whole.led_to or one.key in self.step),
            approval=None if script.approval is None else approval,
            for_callers=True,
        )


Fault = tuple[str, str]
"""At which step (none: the whole), and how to mend it."""


def script_faults(key: str, one: ScriptTable, city: City, *, suggests: bool = True) -> Iterator[Fault]:
    """`suggests`: only results that there are."""
    if one.first not in one.step:
        yield "", f"first の「{one.first}」というステップはありません。あるのは {'、'.join(one.step)}"
        return
    if one.debts and all(city.debt(debt) is None for debt in one.debts):
        yield "", f"科目 {'、'.join(one.debts)} はありません。あるのは {'、'.join(kind.key for kind in city.debts)}"
    yield from faults(one.value(key, city, 1))
    if suggests:
        yield from _unknown_results(one.step, city)


def callers_faults(
    callers: CallersTable, scripts: Sequence[TalkScript], city: City, *, suggests: bool = True
) -> Iterator[Fault]:
    """What is wrong only where these steps meet a script that is right by itself."""
    if callers.first not in callers.step:
        yield "", f"first の「{callers.first}」というステップはありません。あるのは {'、'.join(callers.step)}"
        return
    found = [
        *(_unknown_results(callers.step, city) if suggests else ()),
        *(one for each in scripts for one in faults(callers.value(each, 1))),
    ]
    yield from dict.fromkeys(found)


def _unknown_results(steps: Mapping[str, StepTable], city: City) -> Iterator[Fault]:
    results = [result.key for result in city.talk.results]
    for key, table in steps.items():
        for branch in table.branches:
            if branch.result is not None and branch.result not in results:
                yield key, f"応対結果「{branch.result}」はありません。あるのは {'、'.join(results)}"
