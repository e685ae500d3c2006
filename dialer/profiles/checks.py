"""What no table of a profile can see alone: names that must exist elsewhere, and rules that contradict each other.

They look at the document as it was written and pass over what is no value at all (that is named already), so that all
problems of a file are told at once.
"""

import codecs
from collections.abc import Callable, Iterator
from datetime import time
from itertools import pairwise

from dialer.core.calendar.values import Rung
from dialer.core.rules.completion import Effect
from dialer.core.rules.happenings import Result
from dialer.core.warning_values import WarningRules
from dialer.profiles.calendar_checks import calendar_contradictions
from dialer.profiles.document import at, clock, entries, keys, table, unknown, words
from dialer.profiles.inbound_checks import inbound_contradictions
from dialer.profiles.problems import Document, Loc, Problem
from dialer.profiles.talk_checks import talk_contradictions

REFERENCES: tuple[tuple[Loc, str, Loc], ...] = (
    # the list, its field, and the list whose keys it names
    (("calendar", "campaign"), "debts", ("debt",)),
    (("calendar", "quota"), "debt", ("debt",)),
    (("calendar", "quota"), "patterns", ("calendar", "pattern")),
    (("interpreting",), "debts", ("debt",)),
    (("target",), "debts", ("debt",)),
    (("layout",), "debt", ("debt",)),
    (("department",), "debts", ("debt",)),
)
UNIQUE: tuple[tuple[Loc, str], ...] = (
    (("debt",), "key"),
    (("debtor_class",), "key"),
    (("group",), "key"),
    (("calendar", "pattern"), "key"),
    (("calendar", "campaign"), "key"),
    (("due",), "what"),
    (("plan", "band"), "key"),
    (("layout",), "key"),
    (("department",), "key"),
    (("inbound", "number"), "number"),
)


def contradictions(document: Document) -> Iterator[Problem]:
    rules: tuple[Callable[[Document], Iterator[Problem]], ...] = (
        _twice,
        _missing_names,
        _numbers_of_groups,
        calendar_contradictions,
        inbound_contradictions,
        _outcomes,
        _bands,
        _ladder,
        _targets,
        _layouts,
        talk_contradictions,
        _warnings,
    )
    for rule in rules:
        yield from rule(document)


def _twice(document: Document) -> Iterator[Problem]:
    for path, field in UNIQUE:
        seen: dict[str, Loc] = {}
        for loc, one in entries(document, *map(str, path)):
            for word in words(one.get(field)):
                if word in seen:
                    yield Problem((*loc, field), f"「{word}」が二度あります（{seen[word][-1]} 番目にもあります）")
                seen.setdefault(word, loc)


def _missing_names(document: Document) -> Iterator[Problem]:
    for path, field, target in REFERENCES:
        known = keys(document, *map(str, target))
        what = "パターン" if target[-1] == "pattern" else "科目"
        for loc, one in entries(document, *map(str, path)):
            for word in words(one.get(field)):
                if word not in known:
                    yield unknown((*loc, field), word, known, what)
    patterns = keys(document, "calendar", "pattern")
    for word in words(at(document, "calendar", "exchanged")):
        if word not in patterns:
            yield unknown(("calendar", "exchanged"), word, patterns, "パターン")


def _numbers_of_groups(document: Document) -> Iterator[Problem]:
    """A callback must find its group by the number that was called, and a group has one number (T-004)."""
    number_of: dict[str, str] = {}
    group_of: dict[str, str] = {}
    for loc, one in entries(document, "debt"):
        group, number = one.get("group"), one.get("caller_id")
        if not (isinstance(group, str) and isinstance(number, str)):
            continue
        if number_of.setdefault(group, number) != number:
            what = f"グループ {group} の番号は {number_of[group]} です。番号をそろえるか、group を分けてください"
            yield Problem((*loc, "caller_id"), what)
        elif group_of.setdefault(number, group) != group:
            what = f"同じ番号がグループ {group_of[number]} にもあります。折り返しがどちらへのものか分かりません"
            yield Problem((*loc, "caller_id"), what)
    for loc, one in entries(document, "inbound", "number"):
        group, number = one.get("group"), one.get("number")
        if isinstance(group, str) and group not in number_of:
            yield unknown((*loc, "group"), group, list(number_of), "グループ")
        if isinstance(number, str) and number in group_of:
            what = "科目の発信者番号と同じです。ここには、そのほかに着信する番号だけを書きます"
            yield Problem((*loc, "number"), what)
    for loc, one in entries(document, "group"):
        key = one.get("key")
        if isinstance(key, str) and key not in number_of:
            yield unknown((*loc, "key"), key, list(number_of), "グループ")


def _outcomes(document: Document) -> Iterator[Problem]:
    """An ending without a rule would stop the engine at the first such call."""
    outcomes = table(document, "completion", "outcomes")
    waits = table(document, "plan", "wait_minutes")
    for result in Result:
        rule = outcomes.get(result.value)
        if rule is None:
            yield Problem(("completion", "outcomes", result.value), "ありません。effect と reason を書いてください")
        elif isinstance(rule, dict) and rule.get("effect") == Effect.UNCOUNTED and result.value not in waits:
            what = "ありません。架電回数に数えない結果には、次に架電できるまでの分数が要ります"
            yield Problem(("plan", "wait_minutes", result.value), what)
    talked = outcomes.get(Result.TALKED.value)
    if isinstance(talked, dict) and talked.get("effect") not in (None, Effect.TALK):
        what = '通話の結果は会話の内容で決まります。"talk" と書いてください'
        yield Problem(("completion", "outcomes", "talked", "effect"), what)
    for name, rule in outcomes.items():
        if isinstance(rule, dict) and rule.get("effect") == Effect.TALK and name != Result.TALKED:
            what = '"talk" は talked だけのものです。counted、uncounted、dead のいずれかを書いてください'
            yield Problem(("completion", "outcomes", name, "effect"), what)


def _bands(document: Document) -> Iterator[Problem]:
    bands = list(entries(document, "plan", "band"))
    begins = [(loc, found) for loc, one in bands if (found := clock(one.get("begins"))) is not None]
    if begins and begins[0][1] != time.min:
        yield Problem((*begins[0][0], "begins"), '最初の時間帯は "00:00" に始まります')
    for (_, before), (loc, after) in pairwise(begins):
        if after <= before:
            yield Problem((*loc, "begins"), f"前の時間帯（{before:%H:%M}）より後の時刻を書いてください")
    evening = clock(at(document, "calendar", "evening_from"))
    if evening is not None and begins and evening not in [found for _, found in begins]:
        what = f"{evening:%H:%M} に始まる plan.band がありません。夜間の時間帯の begins と同じ時刻にしてください"
        yield Problem(("calendar", "evening_from"), what)


def _ladder(document: Document) -> Iterator[Problem]:
    """A rung that waits for itself, however far around, is never reached."""
    after = {rung: words(below) for rung, below in table(document, "plan", "after").items()}
    for rung in after:
        below, todo = set[str](), list(after[rung])
        while todo:
            one = todo.pop()
            if one not in below:
                below.add(one)
                todo += after.get(one, [])
        if rung in below:
            yield Problem(("plan", "after", rung), f"{rung} が巡り巡って自分自身を待っています。順序を直してください")
    if after.get(Rung.DAY) and Rung.DAY not in after[Rung.DAY]:
        yield Problem(("plan", "after", "day"), "day は初回の段です。何も待たないようにしてください")


def _targets(document: Document) -> Iterator[Problem]:
    for loc, one in entries(document, "target"):
        wanted = one.get("at_least")
        if str(one.get("measure")).endswith("_rate") and isinstance(wanted, int | float) and wanted > 1:
            yield Problem(
                (*loc, "at_least"), f"率は 0 から 1 の数です。{wanted} % なら {wanted / 100:g} と書いてください"
            )


def _warnings(document: Document) -> Iterator[Problem]:
    """An alarm that comes before it is called to mind would be no second step."""
    found, usual = table(document, "warnings"), WarningRules()
    for first, last in (("disk_hours", "disk_hours_left"), ("disk_gb", "disk_gb_left")):
        before, after = (found.get(name, getattr(usual, name)) for name in (first, last))
        if all(isinstance(one, int | float) for one in (before, after)) and after > before:
            yield Problem(("warnings", last), f"注意を出す {first}（{before:g}）以下の数を書いてください")


def _layouts(document: Document) -> Iterator[Problem]:
    debts = keys(document, "debt")
    for loc, layout in entries(document, "layout"):
        fixed, heading = layout.get("format") == "fixed", layout.get("heading", True)
        needed = ("first", "length") if fixed else ("header",) if heading else ("position",)
        for place, encoding in enumerate(words(layout.get("encodings"))):
            if not _is_encoding(encoding):
                what = f"「{encoding}」という文字コードはありません。utf-8-sig か cp932 を書いてください"
                yield Problem((*loc, "encodings", place), what)
        columns = layout.get("columns")
        for place, column in enumerate(columns if isinstance(columns, list) else []):
            if not isinstance(column, dict):
                continue
            here = (*loc, "columns", place)
            for name in needed:
                if column.get(name) is None:
                    yield Problem((*here, name), "ありません。この形式のファイルでは必ず要ります")
            if column.get("field") == "debt" and isinstance(column.get("words"), dict):
                for word in words(list(column["words"].values())):
                    if word not in debts:
                        yield unknown((*here, "words"), word, debts, "科目")


def _is_encoding(name: str) -> bool:
    try:
        codecs.lookup(name)
    except LookupError:
        return False
    return True
