"""The talk scripts that come with the program: dialer/cities/scripts, read whole or not at all.

`_common.toml` has a script for each purpose and for debts that need their own words; a city's file changes single steps
of it, adds its own, or approves one. A script with `base` has all steps of that one but for those it writes itself.
`[callers]` is how a talk begins with somebody who has called us: its steps take the place of each script's own.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from dialer.core.city import City
from dialer.core.script import TalkScript, faults
from dialer.profiles.files import FOLDER, laid_over, plain_value, read_document
from dialer.profiles.parts import Key, Table
from dialer.profiles.problems import Document, ProfileError, problems_in
from dialer.profiles.script_tables import CallersTable, ScriptTable, callers_problems

SCRIPTS = FOLDER / "scripts"
COMMON = "_common.toml"


class ScriptsFile(Table):
    script: dict[Key, ScriptTable] = Field(default_factory=dict)
    callers: CallersTable | None = None


def load_scripts(city: City, folder: Path = SCRIPTS) -> tuple[TalkScript, ...]:
    """ProfileError with a line for each problem."""
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
    scripts = tuple(one.value(key, city) for key, one in wanted.items())
    if read.callers is None:
        return scripts
    if problems := list(dict.fromkeys(callers_problems(read.callers, scripts, city, files.of))):
        raise ProfileError("\n".join(problems))
    return scripts + tuple(read.callers.value(one) for one in scripts)


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
    def line(step: str, what: str) -> str:
        where = f"script.{key}.step.{step}" if step else f"script.{key}"
        loc = ("script", key, "step", step) if step else ("script", key)
        return f"{files.of(*loc)}: {where}: {what}"

    if one.first not in one.step:
        yield line("", f"first の「{one.first}」というステップはありません。あるのは {'、'.join(one.step)}")
        return
    for debt in one.debts:
        if city.debt(debt) is None and "debts" in _table(_table(files.own, "script"), key):
            yield line("", f"科目「{debt}」はありません。あるのは {'、'.join(kind.key for kind in city.debts)}")
    for step, what in faults(one.value(key, city)):
        yield line(step, what)
    results = [result.key for result in city.talk.results]
    for name, table in one.step.items():
        for branch in table.branches:
            if branch.result is not None and branch.result not in results:
                yield line(name, f"応対結果「{branch.result}」はありません。あるのは {'、'.join(results)}")


def _read(path: Path) -> dict[str, Any]:
    return read_document(path) if path.exists() else {}


def _table(document: Mapping[str, Any], key: str) -> dict[str, Any]:
    found = document.get(key)
    return found if isinstance(found, dict) else {}
