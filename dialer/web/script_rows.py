"""What the pages of the scripts show: what is used for which debts and why, a version as an operator will see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dialer.core.city import City
from dialer.core.manuals import Change, Manual, ManualKind, of_document
from dialer.core.script import FilledScript, NoScript, Step, TalkScript, filled
from dialer.core.script_changes import step_changes
from dialer.core.versions import VersionState
from dialer.profiles.script_versions import (
    BadDocument,
    ScriptsInForce,
    callers_table,
    faults_of,
    for_each_debt,
    script_of,
    script_table,
)

CALLERS_NAME = "かかってきた電話の始め方"
EXAMPLE = {
    "operator": "見本 花子",
    "name": "見本 太郎",
    "amount": "12,300円",
    "total": "24,600円",
    "terms": "令和8年度第1期 12,300円",
    "due": "令和8年6月30日",
    "promise_limit": "令和8年12月14日",
}


@dataclass(frozen=True, slots=True)
class Used:
    """For one debt kind and one direction."""

    debt: str
    direction: str
    script: TalkScript | NoScript
    links: tuple[tuple[str, str], ...] = ()  # where the versions are that it is made of, and their names


def used_rows(city: City, used: ScriptsInForce, *, drafts: bool) -> list[Used]:
    found = for_each_debt(city, used, drafts=drafts)
    return [Used(debt.name, direction, script, _links(script, used)) for debt, direction, script in found]


def _links(found: TalkScript | NoScript, used: ScriptsInForce) -> tuple[tuple[str, str], ...]:
    if isinstance(found, NoScript):
        return ()
    made_of = [
        one
        for one in used.manuals
        if (one.kind is ManualKind.CALLERS and found.for_callers)
        or (one.kind is ManualKind.SCRIPT and (found.key == one.key or found.key.startswith(f"{one.key}_callers")))
    ]
    return tuple((f"/scripts/{one.kind}/{one.key}", f"{name_of(one)} 版{one.version}") for one in made_of)


def name_of(manual: Manual) -> str:
    return CALLERS_NAME if manual.kind is ManualKind.CALLERS else str(manual.document.get("name", manual.key))


@dataclass(frozen=True, slots=True)
class Listed:
    """A document, and what lacks."""

    where: str
    name: str
    newest: Manual
    used: Manual | None
    lacks: str


def listed(known: Sequence[Manual], used: ScriptsInForce, *, drafts: bool) -> list[Listed]:
    rows = []
    for kind, key in dict.fromkeys((one.kind, one.key) for one in known):
        newest = of_document(known, kind, key)[0]
        now = used_of(used, kind, key, drafts=drafts)
        rows.append(Listed(f"/scripts/{kind}/{key}", name_of(newest), newest, now, _lacks(newest, now)))
    return rows


def used_of(used: ScriptsInForce, kind: ManualKind, key: str, *, drafts: bool) -> Manual | None:
    found = next((one for one in used.manuals if (one.kind, one.key) == (kind, key)), None)
    return None if found is None or (found.state is VersionState.DRAFT and not drafts) else found


def _lacks(newest: Manual, now: Manual | None) -> str:
    if now is None:
        return "使える版がありません"
    if now.state is VersionState.DRAFT:
        return f"版{now.version}は承認されていません"
    if newest.version > now.version and newest.state is VersionState.DRAFT:
        return f"版{newest.version}が承認を待っています"
    return ""


# --- one version


@dataclass(frozen=True, slots=True)
class Shown:
    manual: Manual
    faults: tuple[str, ...]
    walk: FilledScript | None  # none: it is no script
    with_script: str  # the words for callers go before this one, as an example
    changes: tuple[Change, ...]  # from the version in force, or else from the one that it was made from
    compared: Manual | None
    debts: tuple[str, ...]


def shown(
    city: City, versions: Sequence[Manual], one: Manual, in_force: Manual | None, plain: Sequence[TalkScript]
) -> Shown:
    """`plain`: the scripts in force, without the words for callers."""
    base = next((each for each in versions if each.version == one.based_on), None)
    compared = base if in_force is None or in_force.version == one.version else in_force
    results = result_names(city)
    changes = () if compared is None else tuple(step_changes(steps_of(compared), steps_of(one), results))
    script, example = _script(city, one, plain)
    walk = None if script is None or not script.steps else filled(script, example_values(city, script))
    debts = tuple(debt.name for debt in city.debts if script is not None and debt.key in script.debts)
    faults = faults_of(one, city, plain)
    return Shown(one, faults, walk if not faults else None, example, changes, compared, debts)


def _script(city: City, one: Manual, plain: Sequence[TalkScript]) -> tuple[TalkScript | None, str]:
    try:
        if one.kind is ManualKind.SCRIPT:
            return script_of(one, city), ""
        return (callers_table(one.document).value(plain[0], one.version), plain[0].name) if plain else (None, "")
    except BadDocument:
        return None, ""


def steps_of(one: Manual) -> tuple[Step, ...]:
    """The first one first. None for what cannot be read."""
    try:
        table = script_table(one.document) if one.kind is ManualKind.SCRIPT else callers_table(one.document)
    except BadDocument:
        return ()
    return tuple(table.step[key].value(key) for key in sorted(table.step, key=lambda key: key != table.first))


def result_names(city: City) -> Mapping[str, str]:
    return {one.key: one.name for one in city.talk.results}


def example_values(city: City, script: TalkScript) -> dict[str, str]:
    fitting = [one for one in city.debts if one.purpose.value == script.purpose]
    debt = next((one for one in fitting if one.key in script.debts), next(iter(fitting or city.debts)))
    number = debt.caller_id
    callback = f"{number[:-4]}-{number[-4:]}"
    own = {"city": city.name, "centre": city.name, "callback": callback, "debt": debt.name}
    return EXAMPLE | own | {"department": debt.department}


def steps_to_go_to(known: Sequence[Manual], kind: ManualKind, scripts: Sequence[TalkScript]) -> dict[str, str]:
    """That a branch may lead to beside its own document's: words for callers lead into every script."""
    if kind is not ManualKind.CALLERS or not scripts:
        return {}
    common = set.intersection(*({step.key for step in one.steps} for one in scripts))
    return {step.key: step.heading for step in scripts[0].steps if step.key in common}
