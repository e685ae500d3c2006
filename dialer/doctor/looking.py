"""Everything that is looked at, in the order in which it is told."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from dialer.config import Settings
from dialer.core.checkup import Finding, bad, clock, well
from dialer.core.health import PartState
from dialer.daemon import is_running
from dialer.doctor import exchange, machine, network, tables, tls
from dialer.doctor.tables import Looked
from dialer.health import Machine, parts_of_machine
from dialer.store.migrating import head_revision
from dialer.store.upkeep import TablesSeen


@dataclass(frozen=True, slots=True)
class Found:
    findings: Sequence[Finding]
    tables: TablesSeen | None


async def look_at_all(settings: Settings, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Found:
    """What takes time is asked at once."""
    running = _runs(settings)
    looked, profile, trunk, fonts, ports, users = await asyncio.gather(
        asyncio.to_thread(_looked, settings, now),
        asyncio.to_thread(machine.profile, settings),
        asyncio.to_thread(network.carrier, settings),
        asyncio.to_thread(machine.japanese_fonts),
        asyncio.to_thread(network.own_ports, settings, running=running),
        exchange.users(settings, running=running),
    )
    tables_seen, ahead = looked
    moment = now()
    findings = [
        *profile,
        *_programs(settings, running=running),
        clock(Machine(settings, records=False).clock(), ahead),
        machine.zone(moment),
        *machine.places(settings),
        machine.open_to_others(settings),
        tls.pages_certificate(settings, moment),
        *ports,
        *tables.tables(tables_seen, head_revision(), running=running),
        *tables.last_backup(settings, tables_seen, moment),
        *users,
        trunk,
        fonts,
    ]
    return Found(findings, tables_seen.seen)


def _runs(settings: Settings) -> bool:
    try:
        return is_running(settings)
    except OSError:  # a folder that is not ours: told by what is looked at in it
        return False


def _looked(settings: Settings, now: Callable[[], datetime]) -> tuple[Looked, float | None]:
    looked = tables.look(settings)
    return looked, tables.database_ahead(looked, now())


def _programs(settings: Settings, *, running: bool) -> list[Finding]:
    if not running:
        return [well("programs", "起動していません。")]
    ill = [one for one in parts_of_machine(settings) if one.state is not PartState.WELL]
    if ill:
        return [bad("programs", f"{one.text}。", "状態のフォルダーの log を確かめてください。") for one in ill]
    return [well("programs", "すべて動いています。")]
