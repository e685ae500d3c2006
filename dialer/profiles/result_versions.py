"""From versions of the list of talk results to what operators choose from, judged by the same code as a profile.

The profile's own list has been agreed with the city; a version that is approved takes its place for as long as it
holds. One that does not fit any more, for the profile has changed since, is passed over: the one before is used.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Annotated

from pydantic import Field, ValidationError

from dialer.core.city import City
from dialer.core.manuals import RESULTS, Document, Manual, ManualKind, may_be_used, of_document
from dialer.core.script import TalkScript
from dialer.core.talk_results import TalkResult
from dialer.profiles.parts import Key, Table
from dialer.profiles.problems import Problem, problems_in
from dialer.profiles.script_versions import BadDocument, PassedOver
from dialer.profiles.talk_checks import talk_contradictions
from dialer.profiles.talk_tables import ResultTable, SaidTable

WHERE = "応対結果"
PART_NAMES = {"key_press": "キー", "talkers": "応対者", "identity": "確認", "needs": "必ず入力", "may": "入力できる"}


class ResultsTable(Table):
    result: Annotated[dict[Key, ResultTable], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class ResultsInForce:
    results: tuple[TalkResult, ...]
    manual: Manual | None = None  # none: the profile's own
    passed_over: tuple[PassedOver, ...] = ()


def results_in_force(city: City, manuals: Sequence[Manual], now: datetime) -> ResultsInForce:
    """Drafts never: the profile's own list is there."""
    passed = []
    for one in may_be_used(of_document(manuals, ManualKind.RESULTS, RESULTS), now):
        if wrong := result_faults(one.document, city):
            passed.append(PassedOver(one, wrong))
            continue
        return ResultsInForce(results_of(one.document, city), one, tuple(passed))
    return ResultsInForce(city.talk.of_profile, None, tuple(passed))


def with_results(city: City, results: tuple[TalkResult, ...]) -> City:
    if results == city.talk.results:
        return city
    return replace(city, talk=replace(city.talk, results=results, own=city.talk.of_profile))


def profile_document(city: City) -> Document:
    """The profile's own list, as a version would be written."""
    rows = {
        one.key: ResultTable(
            name=one.name,
            talkers=one.talkers,
            identity=one.identity,
            clause=one.clause or None,
            effect=SaidTable(**asdict(one.said)),
            needs=one.needs,
            may=one.may,
            key_press=one.key_press,
            debts=one.debts,
            hint=one.hint,
        )
        for one in city.talk.of_profile
    }
    return _written(ResultsTable(result=rows))


def results_of(document: Document, city: City) -> tuple[TalkResult, ...]:
    """BadDocument when it is none."""
    table = results_table(document)
    return tuple(one.value(key, city.rules.clauses) for key, one in table.result.items() if one.use)


def results_table(document: Document) -> ResultsTable:
    try:
        return ResultsTable.model_validate_json(json.dumps(document))
    except ValidationError as wrong:
        raise BadDocument([one.line(WHERE, document) for one in problems_in(wrong, ResultsTable)]) from None


def normal_results(document: Document) -> Document:
    """Without what is as it is anyhow, so that equal documents are written alike."""
    return _written(results_table(document))


def result_faults(document: Document, city: City, scripts: Sequence[TalkScript] = ()) -> tuple[str, ...]:
    """By itself, and with the scripts whose branches suggest results."""
    try:
        table = results_table(document)
    except BadDocument as wrong:
        return wrong.lines
    whole = {"debt": [{"key": debt.key} for debt in city.debts], "result": document["result"]}
    found = (_told(one, document["result"], city) for one in talk_contradictions(whole))
    return (*found, *_missed(frozenset(key for key, one in table.result.items() if one.use), scripts))


def _told(problem: Problem, rows: Document, city: City) -> str:
    """In the names that people know, in place of keys."""
    names = {debt.key: debt.name for debt in city.debts} | {key: one["name"] for key, one in rows.items()}
    what = re.sub(r"\b[a-z][a-z0-9_]*\b", lambda found: names.get(found[0], found[0]), problem.what)
    where = [names.get(str(step), PART_NAMES.get(str(step), "")) for step in problem.loc[1:]]
    return "の".join(f"「{one}」" if place == 0 else one for place, one in enumerate(where) if one) + f": {what}"


def _missed(kept: frozenset[str], scripts: Sequence[TalkScript]) -> Iterator[str]:
    told = set()
    for script in scripts:
        for step in script.steps:
            for branch in step.branches:
                if branch.result is not None and branch.result not in kept and branch.result not in told:
                    told.add(branch.result)
                    where = f"台本「{script.name}」のステップ「{step.heading}」"
                    yield f"{where}が結果「{branch.result}」を選びます。残してください"


def _written(table: ResultsTable) -> Document:
    return table.model_dump(mode="json", exclude_defaults=True)
