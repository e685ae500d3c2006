"""What the page of campaigns shows of each debt kind: how it is called, when, by whom, and how far it has come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from aiohttp import web

from dialer.core.calendar.days import CityDay
from dialer.core.campaign import texts_in_force, why_not_called
from dialer.core.city import City, DebtKind
from dialer.core.messages import PURPOSE_NAMES, Message, NoMessage
from dialer.core.modes import Modes
from dialer.core.reach import Reach, covers
from dialer.core.rulebook import Rulebook
from dialer.core.values import MODE_NAMES, TOKYO, OperatorState
from dialer.core.versions import VersionState
from dialer.core.work_plan import Channel, year_of
from dialer.core.work_progress import PlanRow
from dialer.origins import ORIGIN_NAMES, in_force
from dialer.profiles.files import files_of
from dialer.store import groups, modes, work_plans
from dialer.store.messages import MessageStore
from dialer.web.desk_parts import desk_of
from dialer.web.floor_live import FLOOR
from dialer.web.floor_rows import cases_shown
from dialer.web.parts import parts_of
from dialer.web.work_plan_rows import book_of, now_shown, rows_of_year

Json = dict[str, Any]

NO_ENGINE = "知らせがありません。動いているかどうかを、管理画面でお確かめください。"
NONE = "なし"
SILENT = "架電の制御から知らせがありません"
SILENT_SECONDS = 10.0  # it tells every two
NOTHING_LISTED: Json = {"open": 0, "due": 0, "done": 0}


@dataclass(frozen=True, slots=True)
class Source:
    """A setting: its value, where that is from, how it is changed."""

    name: str
    value: str
    origin: str
    change: str


async def campaigns(request: web.Request, reach: Reach) -> Json:
    """All of the page, of the debt kinds that are reached."""
    parts, book, now = parts_of(request), book_of(request), parts_of(request).clock.now()
    city, ask = book.city, parts.database.ask
    today = now.astimezone(TOKYO).date()
    cases = await ask(partial(cases_shown, city=city.key, now=now))
    choices = await ask(partial(modes.chosen, city=city.key))
    now_chosen = Modes.of_choices(book.modes.default, choices)  # the engine's rules follow within seconds
    dialled = await ask(partial(modes.last_dialled, city=city.key))
    assigned = await ask(partial(groups.operators, city=city.key, now=now))
    messages = await MessageStore(parts.database, city).messages()
    entries = await ask(partial(work_plans.entries, city=city.key, year=year_of(today)))
    plans, _ = await rows_of_year(request, year_of(today), entries, today)
    seated = [one for one in desk_of(request).live.operators.values() if one.state is not OperatorState.OFFLINE]
    drafts = parts.settings.trunk.is_simulated

    debts = [debt for debt in city.debts if covers(reach, debt.group)]
    theirs = {debt.key for debt in debts}
    plans = [row for row in plans if theirs.issuperset(row.subject.debts)]

    of_now, engine = replace(book, modes=now_chosen), _engine(request)
    texts = {debt.key: texts_in_force(messages, debt.key, now, drafts=drafts) for debt in debts}

    def shown(debt: DebtKind) -> Json:
        counts, day = cases.get(debt.key, NOTHING_LISTED), book.calendar.day(today, debt.key)
        mode, choice = now_chosen.of(debt.key), now_chosen.chosen.get(debt.key)
        return {
            "key": debt.key,
            "name": debt.name,
            "department": debt.department,
            "mode": mode.value,
            "mode_name": MODE_NAMES[mode],
            "choice": choice,
            "seen": mark(choice.at if choice else None),
            "resumes": dialled.get(debt.key, book.modes.default).value,
            "why_not": why_not_called(of_now, debt.key, now, due=counts["due"], at_work=[one.group for one in seated])
            or (SILENT if engine is None else None),
            "hours": _hours(day),
            "number": debt.caller_id,
            "group": city.group_name(debt.group),
            "at_work": sum(book.groups.of_debt(debt.key) in (None, one.group) or one.group is None for one in seated),
            "assigned": sum(book.groups.of(login) in (None, debt.group) for login in assigned),
            "languages": _languages(city, debt.key),
            "lacking": sum(isinstance(one, NoMessage) for one in texts[debt.key]),
            "cases": counts,
            "plan": now_shown(_of_debt(plans, debt.key), today),
        }

    return {
        "city": city,
        "debts": [shown(debt) for debt in debts],
        "engine": (engine or NO_ENGINE) if reach is None else None,
        "texts": _texts(debts, texts),
        "purposes": [PURPOSE_NAMES[one.purpose] for one in next(iter(texts.values()), ())],
        "settings": _settings(request, book),
        "inbound": [one for one in city.numbers_called if one not in {debt.caller_id for debt in city.debts}],
        "read_at": book.read_at,
        "now": now,
    }


def mark(at: datetime | None) -> str:
    """Of a choice, for a form: whoever sends it back saw that one."""
    return "" if at is None else at.astimezone(UTC).isoformat()


def _hours(day: CityDay) -> Json:
    return {
        "calls": str(day.calls) if day.calls else NONE,
        "inbound": str(day.inbound) if day.inbound else NONE,
        "reason": day.reason,
        "clause": day.clause,
    }


def _texts(debts: Sequence[DebtKind], texts: Mapping[str, Sequence[Message | NoMessage]]) -> list[Json]:
    """Debt kinds of which the same is said stand together."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for debt in debts:
        alike.setdefault(tuple(_version(one) for one in texts[debt.key]), []).append(debt.name)
    return [{"debts": "、".join(names), "versions": versions} for versions, names in alike.items()]


def _version(said: Message | NoMessage) -> str:
    if isinstance(said, NoMessage):
        return NONE
    return f"版{said.version}" + ("" if said.state is VersionState.APPROVED else "（下書き）")


def _of_debt(rows: Sequence[PlanRow], debt: str) -> list[PlanRow]:
    """The plans of calls of the debt kind itself, else of the smallest that it belongs to."""
    found = [row for row in rows if row.channel is Channel.CALLS and debt in row.subject.debts]
    return sorted(found, key=lambda row: len(row.subject.debts))[:1]


def _engine(request: web.Request) -> str | None:
    """Why there are not more calls, in its own words; None: it tells nothing."""
    floor = request.app.get(FLOOR)
    told, seconds = floor.pulse if floor is not None else ({}, SILENT_SECONDS)
    return str(told["why"]) if "why" in told and seconds < SILENT_SECONDS else None


def _languages(city: City, debt: str) -> list[str]:
    return [f"{one.name}（月{one.days_a_month}日以上）" for one in city.interpreting if debt in one.debts]


def _settings(request: web.Request, book: Rulebook) -> list[Source]:
    """What stands in files, and what is decided elsewhere."""
    city, settings = book.city, parts_of(request).settings
    own = files_of(city.key)[0].name
    seen = {one.name: one for one in in_force(settings, {})}
    in_file, anew = f"{own} を書き換える（再起動は不要）", "設定を書き換え、再起動する"
    groups_named = "、".join(city.group_name(one) for one in city.groups)
    mode, lines = seen["dialling.mode"], seen["trunk.lines"]
    return [
        Source("業務時間", f"{len(city.calendar.patterns)}パターン", f"{own} の [calendar]", in_file),
        Source("1日ごとの変更", "暦のとおり", "市との協議による登録", "「暦」の画面で登録する"),
        Source("表示する番号", f"{len({one.caller_id for one in city.debts})}番号", f"{own} の [[debt]]", in_file),
        Source("担当グループ", groups_named, f"{own} の [[debt]] と [[group]]", in_file),
        Source("担当する人", "番号と担当の列のとおり", "管理者の登録", "管理画面の「担当グループ」で決める"),
        Source("回線（仕様書）", _lines(city), f"{own} の [lines]", in_file),
        Source("回線（使う数）", f"{lines.value}回線", ORIGIN_NAMES[lines.origin], anew),
        Source("通訳のある言語", _names(city), f"{own} の [[interpreting]]", in_file),
        Source("文面", "文面の列のとおり", "市の承認", "「文面」の画面で登録し、承認する"),
        Source("発信の方法（選ばないとき）", MODE_NAMES[book.modes.default], ORIGIN_NAMES[mode.origin], anew),
    ]


def _lines(city: City) -> str:
    out, back = ("定めなし" if one is None else f"{one}回線" for one in (city.lines.outbound, city.lines.inbound))
    return f"発信 {out}、着信 {back}{'（別回線）' if city.lines.separate else ''}"


def _names(city: City) -> str:
    return "、".join(one.name for one in city.interpreting) or "なし"
