"""The talk scripts that come with the program: dialer/cities/scripts, read whole or not at all.

`_common.toml` has a script for each purpose and for debts that need their own words; a city's file changes single steps
of it, adds its own, or approves one. A script with `base` has all steps of that one but for those it writes itself.
`[callers]` is how a talk begins with somebody who has called us: its steps take the place of each script's own.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from dialer.core.city import City
from dialer.core.manuals import CALLERS, PROGRAM, SHIPPED, Manual, ManualKind
from dialer.core.values import TOKYO
from dialer.core.versions import Decision, VersionState
from dialer.profiles.files import FOLDER, laid_over, plain_value, read_document
from dialer.profiles.parts import Key, Table, Words
from dialer.profiles.problems import Document, ProfileError, problems_in
from dialer.profiles.script_tables import CallersTable, ScriptTable, callers_faults, script_faults

SCRIPTS = FOLDER / "scripts"
COMMON = "_common.toml"


class ApprovalTable(Table):
    on: date
    by: Words
    reason: Words

    def value(self) -> Decision:
        return Decision(VersionState.APPROVED, self.by, datetime.combine(self.on, time(), TOKYO), reason=self.reason)


class FiledScript(ScriptTable):
    approved: ApprovalTable | None = None


class FiledCallers(CallersTable):
    approved: ApprovalTable | None = None


class ScriptsFile(Table):
    script: dict[Key, FiledScript] = Field(default_factory=dict)
    callers: FiledCallers | None = None


def shipped_manuals(city: City, now: datetime, folder: Path = SCRIPTS) -> list[Manual]:
    """As first versions. ProfileError with a line for each problem."""
    own, common = _read(folder / f"{city.key}.toml"), _read(folder / COMMON)
    files = _Files(f"scripts/{city.key}.toml", own)
    laid = laid_over(common, own)
    everything = _table(laid, "script")
    whole = {key: _whole(key, one, everything, files) for key, one in everything.items()}
    document = {**{name: laid[name] for name in ("callers",) if name in laid}, "script": whole}
    try:
        read = ScriptsFile.model_validate_json(json.dumps(document, default=plain_value))
    except ValidationError as wrong:
        lines = [one.line(files.of(*one.loc), document) for one in problems_in(wrong, ScriptsFile)]
        raise ProfileError("\n".join(lines)) from None
    wanted = {key: one for key, one in read.script.items() if files.has(key) or _is_for(one, city)}
    if problems := [line for key, one in wanted.items() for line in _problems(key, one, city, files)]:
        raise ProfileError("\n".join(problems))
    scripts = [one.value(key, city, 1) for key, one in wanted.items()]
    if read.callers is not None and (found := list(callers_faults(read.callers, scripts, city))):
        raise ProfileError("\n".join(_line("callers", step, what, files) for step, what in found))
    shipped = [_manual(city, ManualKind.SCRIPT, key, one, now) for key, one in wanted.items()]
    return (
        shipped if read.callers is None else [*shipped, _manual(city, ManualKind.CALLERS, CALLERS, read.callers, now)]
    )


def _manual(city: City, kind: ManualKind, key: str, filed: FiledScript | FiledCallers, now: datetime) -> Manual:
    document = filed.model_dump(mode="json", exclude={"approved"}, exclude_defaults=True)
    if isinstance(filed, FiledScript) and filed.debts:
        document["debts"] = [debt for debt in filed.debts if city.debt(debt) is not None]
    decision = None if filed.approved is None else filed.approved.value()
    return Manual(city.key, kind, key, 1, document, PROGRAM, now, SHIPPED, decision=decision)


@dataclass(frozen=True, slots=True)
class _Files:
    """Which file says what."""

    own_name: str
    own: Document

    def has(self, script: str) -> bool:
        return script in _table(self.own, "script")

    def of(self, *loc: str | int) -> str:
        """The city's own when the place, or the whole script, is written there; else the common one."""
        node: Any = self.own
        for step in loc:
            if not isinstance(node, Mapping) or step not in node:
                return f"scripts/{COMMON}"
            node = node[step]
        return self.own_name


def _whole(key: str, one: Any, everything: Mapping[str, Any], files: _Files) -> Any:
    """With the steps that it has from its base."""
    if not isinstance(one, dict) or "base" not in one:
        return one
    base = everything.get(str(one["base"]))
    if not isinstance(base, dict) or "base" in base:
        names = [name for name, other in everything.items() if isinstance(other, dict) and "base" not in other]
        what = f"base の「{one['base']}」はもとにできません。できるのは {'、'.join(names)}"
        raise ProfileError(f"{files.of('script', key)}: script.{key}.base: {what}")
    rest = {name: value for name, value in one.items() if name != "base"}
    whole = laid_over({name: base[name] for name in ("first", "step") if name in base}, rest)
    wanted = _led_to(whole) | _table(rest, "step").keys()  # what it writes itself must be led to: that is told
    return {**whole, "step": {name: step for name, step in _table(whole, "step").items() if name in wanted}}


def _led_to(script: Mapping[str, Any]) -> set[str]:
    """The steps that a script comes to; a base has more, which another way through does not need."""
    steps, found, todo = _table(script, "step"), set[str](), [str(script.get("first"))]
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            branches = _table(steps, name).get("branches")
            todo += [str(one.get("to")) for one in branches or () if isinstance(one, dict)]
    return found


def _is_for(one: ScriptTable, city: City) -> bool:
    """A common script may be for debts or purposes that this city has not."""
    fits = any(city.debt(debt) is not None for debt in one.debts) or not one.debts
    return fits and any(debt.purpose is one.purpose for debt in city.debts)


def _problems(key: str, one: ScriptTable, city: City, files: _Files) -> Iterator[str]:
    for debt in one.debts:
        if city.debt(debt) is None and "debts" in _table(_table(files.own, "script"), key):
            what = f"科目「{debt}」はありません。あるのは {'、'.join(kind.key for kind in city.debts)}"
            yield _line(f"script.{key}", "", what, files)
    for step, what in script_faults(key, one, city):
        yield _line(f"script.{key}", step, what, files)


def _line(table: str, step: str, what: str, files: _Files) -> str:
    where = f"{table}.step.{step}" if step else table
    return f"{files.of(*where.split('.'))}: {where}: {what}"


def _read(path: Path) -> dict[str, Any]:
    return read_document(path) if path.exists() else {}


def _table(document: Mapping[str, Any], key: str) -> dict[str, Any]:
    found = document.get(key)
    return found if isinstance(found, dict) else {}
