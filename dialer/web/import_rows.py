"""What a list would come to, as the page of the imports shows it."""

from dialer.core.city import City
from dialer.core.list_names import CHANGES, COUNT_NAMES, UNSUITED
from dialer.core.values import CASE_STATE_NAMES, CaseState
from dialer.lists.recognising import import_layouts
from dialer.web.uploads import State

STATE_NAMES = {
    State.READING: "読み取っています",
    State.CHOICE: "取込形式を選んでください",
    State.SHOWN: "取込の前の確認",
    State.APPLYING: "取り込んでいます",
    State.DONE: "取込が済みました",
    State.WRONG: "取り込めません",
    State.GONE: "ありません",
}


def layout_names(city: City) -> dict[str, str]:
    return {one.key: one.name for one in (*import_layouts(city), *city.layouts)}


def counts_shown(counts: dict[str, int]) -> list[tuple[str, int]]:
    return [(COUNT_NAMES.get(name, name), count) for name, count in counts.items()]


def rounds_shown(city: City, rounds: dict[str, str]) -> list[str]:
    told = []
    for key, period in rounds.items():
        debt = city.debt(key)
        told.append(f"{debt.name if debt else key} {period.replace('..', '～')}")
    return told


def difference_shown(one: dict[str, object]) -> dict[str, object]:
    match one["what"]:
        case "changed":
            columns = one["columns"]
            assert isinstance(columns, list)
            return {"what": "変更", "told": "、".join(CHANGES.get(name, str(name)) for name in columns), **_where(one)}
        case "closed":
            state_name = CASE_STATE_NAMES[CaseState(str(one["state"]))]
            return {"what": "再開しない", "told": f"この架電期間で終わっています（{state_name}）", **_where(one)}
        case "gone":
            told = "名簿にないため停止" if one["stopped"] else "名簿にありません（そのまま）"
            return {"what": "名簿からなくなった", "told": told, **_where(one)}
        case "unsuited":
            why = UNSUITED.get(str(one["why"]), str(one["why"]))
            return {"what": "架電に適さないおそれ", "told": why, **_where(one)}
        case "paid":
            return {"what": "納付", "told": "納付を反映", **_where(one)}
        case "stopped":
            return {"what": "停止", "told": "架電を停止", **_where(one)}
        case _:
            return {"what": "前回の結果", "told": "前回の架電結果を反映", **_where(one)}


def _where(one: dict[str, object]) -> dict[str, object]:
    return {"row": one.get("row"), "case": one.get("case")}
