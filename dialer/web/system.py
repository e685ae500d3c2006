"""The state of the system, and every setting in force: for administrators, auditors and the city's readers.

They look, and change nothing (X-027, X-029). Each look is in the log.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from aiohttp import web

from dialer.core.checkup import CHECK_NAMES, GRADE_NAMES, Finding, Grade
from dialer.core.city import City
from dialer.core.health import STATE_NAMES, is_well
from dialer.core.rights import Right
from dialer.core.values import TOKYO
from dialer.origins import ORIGIN_NAMES, Origin, SettingSeen, in_force, shown
from dialer.profiles.files import files_of, laid_over, read_document
from dialer.store.upkeep import TablesSeen
from dialer.web.desk import of_this_city
from dialer.web.parts import parts_of
from dialer.web.security import Limited, log_operation, requires
from dialer.web.views import page
from dialer.web.warden import WARDEN

routes = web.RouteTableDef()

PART_NAMES = {
    "": "全体",
    "nodes": "交換機",
    "trunk": "回線",
    "dialling": "架電",
    "pacing": "発信の速さ",
    "hearing": "応答の判定",
    "callers": "着信",
    "web": "画面",
    "backup": "バックアップ",
    "logs": "プログラムの記録",
}
WORST_FIRST = {Grade.BAD: 0, Grade.HEED: 1, Grade.WELL: 2}


@dataclass(frozen=True, slots=True)
class CheckUp:
    """What was found when everything was looked at."""

    at: datetime
    findings: Sequence[Finding]
    tables: TablesSeen | None
    versions: Mapping[str, str]


class Doctor(Protocol):
    async def latest(self) -> CheckUp:
        """Not older than a minute."""
        ...


DOCTOR: web.AppKey[Doctor] = web.AppKey("doctor", Doctor)


@routes.get("/system")
@requires(Right.SYSTEM, limited=Limited.ALIKE)
async def state(request: web.Request) -> web.StreamResponse:
    of_this_city(request)
    found = await request.app[DOCTOR].latest()
    warden = request.app.get(WARDEN)
    parts = () if warden is None else warden.parts()
    await log_operation(request, "view", "system", [], 1)
    return page(
        request,
        "system.html",
        at=found.at.astimezone(TOKYO),
        parts=[(one.name, STATE_NAMES[one.state], one.is_well) for one in parts],
        calls_can_be_made=is_well(parts) if parts else None,
        findings=[_told(one) for one in sorted(found.findings, key=lambda one: WORST_FIRST[one.grade])],
        counts=[(GRADE_NAMES[grade], sum(one.grade is grade for one in found.findings)) for grade in Grade],
        figures=[*found.versions.items(), *_figures(found.tables)],
    )


def _told(one: Finding) -> dict[str, str]:
    return {
        "name": CHECK_NAMES[one.key],
        "grade": one.grade.value,
        "grade_name": GRADE_NAMES[one.grade],
        "text": one.text,
        "mend": one.mend,
    }


def _figures(tables: TablesSeen | None) -> list[tuple[str, str]]:
    if tables is None:
        return [("データベース", "確かめられません")]
    hours = tables.recorded_seconds / 3600
    last = tables.backup
    backup = "まだありません"
    if last is not None:
        checked = "読み直して確認済み" if last.verified else "未確認"
        backup = f"{last.at.astimezone(TOKYO):%Y-%m-%d %H:%M}、{_size(last.bytes)}、{checked}"
    return [
        ("PostgreSQL", str(tables.major)),
        ("表の版", tables.revision or "なし"),
        ("データベースの大きさ", _size(tables.bytes)),
        ("録音", f"{tables.recordings:,}件、{hours:,.1f}時間"),
        ("最後のバックアップ", backup),
    ]


def _size(count: int) -> str:
    return f"{count / (1 << 30):,.1f} GB" if count >= 1 << 30 else f"{count / (1 << 20):,.1f} MB"


@routes.get("/system/settings")
@requires(Right.SYSTEM, limited=Limited.ALIKE)
async def settings(request: web.Request) -> web.StreamResponse:
    of_this_city(request)
    parts = parts_of(request)
    profile = {"dialling.min_ring_seconds": parts.city.rules.min_ring_seconds}
    seen = in_force(parts.settings, profile)
    of_city = _of_profile(parts.city)
    await log_operation(request, "view", "settings", [], 1)
    return page(
        request,
        "settings.html",
        groups=_grouped(seen),
        changed=sum(one.origin is not Origin.DEFAULT for one in seen),
        city=parts.city.name,
        profile=of_city,
    )


def _grouped(seen: Sequence[SettingSeen]) -> list[dict[str, Any]]:
    keys = dict.fromkeys(one.part for one in seen)
    return [
        {
            "name": PART_NAMES.get(key, key),
            "rows": [(one, ORIGIN_NAMES[one.origin]) for one in seen if one.part == key],
        }
        for key in keys
    ]


def _of_profile(city: City) -> list[tuple[str, str, str]]:
    """As the files say it; of a list of tables, how many there are."""
    own, common = map(read_document, files_of(city.key))
    in_own = dict(_flat(own))
    names = [file.name for file in files_of(city.key)]
    return [
        (name, value, names[0] if name in in_own else names[1]) for name, value in sorted(_flat(laid_over(common, own)))
    ]


def _flat(table: Mapping[str, Any], before: str = "") -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for name, value in table.items():
        if isinstance(value, Mapping):
            rows += _flat(value, f"{before}{name}.")
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            rows.append((before + name, f"{len(value)}件"))
        else:
            rows.append((before + name, shown(value)))
    return rows
