"""The answers of `dialer audit`: whether the logs are as they were written, their heads, and what may go."""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import Any

from dialer.calendar_commands import CannotAnswer
from dialer.command_log import Use, note
from dialer.config import Settings
from dialer.core.log_keeping import kept_from
from dialer.core.sealed import Chain, Fault, Finding, Head
from dialer.core.values import TOKYO
from dialer.profiles import ProfileError, load_city
from dialer.stack import database_url, owner_url
from dialer.store.database import Database
from dialer.store.sealed_logs import BY_CITY, PRUNABLE, Checked, SealedLogs, Stretch
from dialer.store.staff_logs import LogEntry, StaffLogs

LOG_NAMES = {
    "operation": "操作記録",
    "sign_in_event": "サインイン記録",
    "account_change": "アカウントの履歴",
    "account_grant": "権限の履歴",
    "account_password": "パスワードの履歴",
    "pruned_log": "記録の削除の履歴",
}
FAULT_NAMES = {
    Fault.CHANGED: "内容が記録した時と違います（この行か、直前の行の封印が書き換えられました）",
    Fault.MISSING: "行がありません",
    Fault.TWICE: "同じ番号の行が二つあります",
    Fault.NO_PLACE: "番号のない行があります",
    Fault.PRUNED: "削除したはずの行が残っています",
    Fault.CUT: "控えた先頭まで届きません（終わりの行が失われています）",
    Fault.OTHER_HEAD: "控えた先頭と封印が違います（ここまでの行が作り直されています）",
}
MOST_TOLD = 100


def name_of(chain: Chain) -> str:
    return LOG_NAMES.get(chain.log, chain.log) + (f"（{chain.key}）" if chain.key else "")


@dataclass(frozen=True, slots=True)
class Verified:
    chains: tuple[Checked, ...]

    @property
    def findings(self) -> list[Finding]:
        return [finding for one in self.chains for finding in one.findings]

    def as_dict(self) -> dict[str, Any]:
        return {
            "sound": not self.findings,
            "rows": sum(one.rows for one in self.chains),
            "chains": [
                {"log": one.chain.log, "city": one.chain.key, "rows": one.rows, "last": one.last}
                | {"pruned_to": one.pruned_to, "findings": [_plain(finding) for finding in one.findings]}
                for one in self.chains
            ],
        }

    def as_text(self) -> str:
        return "\n".join(line for one in self.chains for line in _lines(one))


def _plain(finding: Finding) -> dict[str, Any]:
    told = {"fault": finding.fault.value, "first": finding.first, "last": finding.last}
    return told | ({} if finding.row is None else {"id": finding.row.id, "at": _at(finding)})


def _at(finding: Finding) -> str | None:
    content = finding.row.content if finding.row is not None else ""
    return json.loads(content).get("at") if content else None


def _lines(one: Checked) -> list[str]:
    gone = f"。{one.pruned_to:,}番までは保存期間が過ぎて削除済み" if one.pruned_to else ""
    if not one.findings:
        return [f"{name_of(one.chain)}: {one.rows:,}件、異常はありません{gone}"]
    lines = [f"{name_of(one.chain)}: {one.rows:,}件、異常 {len(one.findings):,}件{gone}"]
    lines += [f"  {_place(finding)}: {FAULT_NAMES[finding.fault]}" for finding in one.findings[:MOST_TOLD]]
    more = len(one.findings) - MOST_TOLD
    return [*lines, f"  ほか {more:,}件"] if more > 0 else lines


def _place(finding: Finding) -> str:
    place = f"{finding.first:,}番" if finding.first == finding.last else f"{finding.first:,}～{finding.last:,}番"
    if finding.row is None:
        return place
    at = _at(finding)
    return f"{place}（id {finding.row.id}{f'、{at}' if at else ''}）"


@dataclass(frozen=True, slots=True)
class Heads:
    heads: tuple[Head, ...]

    def as_dict(self) -> dict[str, Any]:
        return {
            "heads": [
                {"log": one.chain.log, "city": one.chain.key, "seq": one.seq, "seal": one.seal.hex()}
                for one in self.heads
            ]
        }

    def as_text(self) -> str:
        if not self.heads:
            return "記録はまだありません。"
        return "\n".join(f"{name_of(one.chain)}  {one.seq:,}番  {one.seal.hex()}" for one in self.heads)


@dataclass(frozen=True, slots=True)
class Pruned:
    stretches: tuple[Stretch, ...]
    kept: tuple[str, ...]  # why nothing of a chain may go
    done: bool

    def as_dict(self) -> dict[str, Any]:
        told = [
            {"log": one.chain.log, "city": one.chain.key, "first": one.first, "last": one.last, "rows": one.rows}
            | {"first_at": one.first_at.isoformat(), "last_at": one.last_at.isoformat()}
            for one in self.stretches
        ]
        return {"pruned": told, "kept": list(self.kept), "done": self.done}

    def as_text(self) -> str:
        did = "削除しました" if self.done else "削除できます（まだ削除していません）"
        lines = [
            f"{name_of(one.chain)}: {one.first:,}～{one.last:,}番、{one.rows:,}件"
            f"（{one.first_at.astimezone(TOKYO):%Y-%m-%d}～{one.last_at.astimezone(TOKYO):%Y-%m-%d}）を{did}"
            for one in self.stretches
        ]
        return "\n".join([*lines, *self.kept])


@asynccontextmanager
async def _opened(
    settings: Settings, address: Callable[[Settings], str] = database_url
) -> AsyncIterator[tuple[SealedLogs, StaffLogs]]:
    database = Database(address(settings), name="yobikake audit")
    try:
        yield SealedLogs(database), StaffLogs(database)
    finally:
        await database.close()


async def verify(settings: Settings, by: str, now: datetime, heads: Sequence[Head] = ()) -> Verified:
    """Every row of every log, and that the remembered heads are where they were. That it was done is a row too."""
    async with _opened(settings) as (logs, _):
        chains = dict.fromkeys([*await logs.chains(), *(head.chain for head in heads)])
        found = Verified(tuple([await logs.check(chain, heads) for chain in chains]))
    detail: dict[str, str | int | None] = {"findings": len(found.findings)}
    rows = sum(one.rows for one in found.chains)
    await note(settings, load_city(settings.city), Use(by, now, "verify", "log", (), rows, detail))
    return found


async def heads_of(settings: Settings) -> Heads:
    async with _opened(settings) as (logs, _):
        return Heads(tuple(await logs.heads()))


def heads_in(file: Path) -> tuple[Head, ...]:
    """As `dialer audit head --json` wrote them."""
    try:
        told = json.loads(file.read_text(encoding="utf-8"))["heads"]
        return tuple(Head(Chain(one["log"], one["city"]), int(one["seq"]), bytes.fromhex(one["seal"])) for one in told)
    except OSError as unread:
        raise CannotAnswer(f"{file.name}: 読めません（{unread.strerror}）。") from None
    except (ValueError, KeyError, TypeError):
        raise CannotAnswer(f"{file.name}: dialer audit head --json の出力ではありません。") from None


async def prune(settings: Settings, by: str, now: datetime, *, really: bool) -> Pruned:
    """What is older than the city's profile wants it kept; whole stretches from the beginning, sound ones only."""
    async with _opened(settings, owner_url) as (logs, notes):
        chains = [one for one in await logs.chains() if one.log in PRUNABLE]
        cities = [one.key for one in chains if one.log in BY_CITY]
        stretches, kept = [], []
        for chain in chains:
            limit, why = _limit([chain.key] if chain.key else cities, now)
            stretch = await logs.old_stretch(chain, limit) if limit else None
            if stretch is None:
                kept.append(f"{name_of(chain)}: {why or '保存期間を過ぎた記録はありません。'}")
                continue
            if wrong := [one for one in (await logs.check(chain)).findings if one.first <= stretch.last]:
                there = f"{name_of(chain)}: 異常が {len(wrong):,}件あるため削除しません。"
                raise CannotAnswer(f"{there}dialer audit verify で確かめてください。")
            stretches.append(stretch)
        if really:
            for stretch in stretches:
                await _prune(logs, notes, stretch, by, now, settings.city)
        return Pruned(tuple(stretches), tuple(kept), really)


async def _prune(logs: SealedLogs, notes: StaffLogs, stretch: Stretch, by: str, now: datetime, city: str) -> None:
    detail: dict[str, str | int | None] = {"log": stretch.chain.log, "first": stretch.first, "last": stretch.last}
    of = stretch.chain.key or city
    await notes.operation(LogEntry(now, of, by, None, "prune", "log", [], stretch.rows, 0.0, detail))
    await logs.prune(stretch, by, now)


def _limit(cities: Sequence[str], now: datetime) -> tuple[datetime | None, str]:
    """What was written before it may go; what several cities share goes when it may for all of them."""
    limits = []
    for key in cities:
        try:
            city = load_city(key)
        except ProfileError:
            return None, f"{key} のプロファイルが読めないため、すべて残します。"
        day = kept_from(city.log, city.calendar.operation, now.astimezone(TOKYO).date())
        if day is None:
            return None, f"{city.name}の保存期間（{city.log.clause}）により、すべて残します。"
        limits.append(datetime.combine(day, time(), TOKYO))
    return (min(limits), "") if limits else (None, "")
