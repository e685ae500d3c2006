"""From versions of scripts to what the desks show, judged by the same code as the files that come with the program.

A version that is approved and yet cannot be used, for the profile has changed since, is passed over: the one before is
used, and it is told.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from dialer.core.city import City, DebtKind
from dialer.core.manuals import CALLERS, Document, Manual, ManualKind, may_be_used, of_document
from dialer.core.script import Approval, NoScript, TalkScript, script_for
from dialer.core.values import TOKYO
from dialer.core.versions import VersionState
from dialer.profiles.problems import problems_in
from dialer.profiles.script_tables import CallersTable, Fault, ScriptTable, callers_faults, script_faults

DIRECTIONS = ((False, "かける電話"), (True, "かかってきた電話"))
LARGEST_BYTES = 200_000  # of a document; the longest that comes with the program has 8,000


class BadDocument(ValueError):
    """What is wrong, a line for each."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = tuple(lines)


@dataclass(frozen=True, slots=True)
class PassedOver:
    manual: Manual
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScriptsInForce:
    scripts: tuple[TalkScript, ...]  # with those for callers
    manuals: tuple[Manual, ...]  # that they are made of
    passed_over: tuple[PassedOver, ...] = ()


def scripts_in_force(city: City, manuals: Sequence[Manual], now: datetime, *, drafts: bool = True) -> ScriptsInForce:
    """With a real carrier drafts may be among them, so that it can be said why there is no script; `script_for` gives
    none of them out. A result that has gone is suggested no more: that is no reason to be without a script.
    """
    scripts: list[TalkScript] = []
    used: list[Manual] = []
    passed: list[PassedOver] = []
    for key in dict.fromkeys(one.key for one in manuals if one.kind is ManualKind.SCRIPT):
        for one in may_be_used(of_document(manuals, ManualKind.SCRIPT, key), now, drafts=drafts):
            if wrong := faults_of(one, city, suggests=False):
                passed.append(PassedOver(one, wrong))
                continue
            scripts.append(script_of(one, city))
            used.append(one)
            break
    for one in may_be_used(of_document(manuals, ManualKind.CALLERS, CALLERS), now, drafts=drafts):
        if wrong := faults_of(one, city, scripts, suggests=False):
            passed.append(PassedOver(one, wrong))
            continue
        table = callers_table(one.document)
        scripts += [table.value(script, one.version, _approval(one)) for script in scripts]
        used.append(one)
        break
    results = [one.key for one in city.talk.results]
    return ScriptsInForce(tuple(one.suggesting(results) for one in scripts), tuple(used), tuple(passed))


def for_each_debt(
    city: City, used: ScriptsInForce, *, drafts: bool
) -> Iterator[tuple[DebtKind, str, TalkScript | NoScript]]:
    """And each direction of a call, as people call it: which script, or why none."""
    for debt in city.debts:
        for for_callers, direction in DIRECTIONS:
            found = script_for(used.scripts, debt.key, debt.purpose.value, drafts=drafts, for_callers=for_callers)
            yield debt, direction, found


def faults_of(one: Manual, city: City, scripts: Sequence[TalkScript] = (), *, suggests: bool = True) -> tuple[str, ...]:
    """`scripts`: that the words for callers go before. `suggests`: only results that there are."""
    try:
        return tuple(_told(one.document, found) for found in _found(one, city, scripts, suggests))
    except BadDocument as wrong:
        return wrong.lines


def script_of(one: Manual, city: City) -> TalkScript:
    """BadDocument when it is none."""
    return script_table(one.document).value(one.key, city, one.version, _approval(one))


def script_table(document: Document) -> ScriptTable:
    try:
        return ScriptTable.model_validate_json(json.dumps(document))
    except ValidationError as wrong:
        raise BadDocument([one.line("台本", document) for one in problems_in(wrong, ScriptTable)]) from None


def callers_table(document: Document) -> CallersTable:
    try:
        return CallersTable.model_validate_json(json.dumps(document))
    except ValidationError as wrong:
        raise BadDocument([one.line("台本", document) for one in problems_in(wrong, CallersTable)]) from None


def normal(kind: ManualKind, document: Document) -> Document:
    """Without what is as it is anyhow, so that equal documents are written alike."""
    table = script_table(document) if kind is ManualKind.SCRIPT else callers_table(document)
    return table.model_dump(mode="json", exclude_defaults=True)


def _found(one: Manual, city: City, scripts: Sequence[TalkScript], suggests: bool) -> Iterator[Fault]:
    if one.kind is ManualKind.SCRIPT:
        return script_faults(one.key, script_table(one.document), city, suggests=suggests)
    return callers_faults(callers_table(one.document), scripts, city, suggests=suggests)


def _told(document: Document, fault: Fault) -> str:
    step, what = fault
    heading = document["step"].get(step, {}).get("heading") if step else None
    return f"ステップ「{heading}」（{step}）: {what}" if heading else f"{step}: {what}" if step else what


def _approval(one: Manual) -> Approval | None:
    decision = one.decision
    if decision is None or one.state is not VersionState.APPROVED:
        return None
    return Approval(decision.at.astimezone(TOKYO).date(), decision.by, decision.reason)
