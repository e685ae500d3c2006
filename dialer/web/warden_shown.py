"""What stands and how the parts do, as pages show it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from dialer.core.health import PartState
from dialer.core.values import TOKYO
from dialer.core.warning_values import LEVEL_NAMES, Figures, Key, Level, WarningKind, WarningNow, WarningRules
from dialer.store.warnings import Standing

Told = dict[str, Any]

KINDS = [kind.value for kind in WarningKind]


def shown(
    found: Sequence[WarningNow],
    standing: Sequence[Standing],
    unsaved: Mapping[Key, tuple[WarningNow, datetime]],
    figures: Figures,
    rules: WarningRules,
) -> Told:
    """The worst first, and of these what nobody has acknowledged. `unsaved`: found while the database is away."""
    words = {one.key: one.text for one in found}
    kept = [_kept(one, words.get(one.key, one.text)) for one in standing]
    stand = {one.key for one in standing}
    new = [_new(*unsaved[key]) for key in words if key not in stand and key in unsaved]
    return {
        "warnings": sorted([*kept, *new], key=_place),
        "parts": list(_parts(figures)),
        "trunk": _trunk(figures, rules),
    }


def _place(one: Told) -> tuple[object, ...]:
    return one["acknowledged_by"] is not None, one["level"] != Level.ALARM, KINDS.index(one["kind"]), one["subject"]


def _kept(one: Standing, words: str) -> Told:
    kind, subject, level = one.key
    return {
        "id": one.id,
        "kind": kind.value,
        "subject": subject,
        "level": level.value,
        "level_name": LEVEL_NAMES[level],
        "text": words,
        "since": one.raised_at.isoformat(),
        "at": _clock(one.raised_at),
        "acknowledged_by": one.acknowledged_by,
    }


def _new(one: WarningNow, since: datetime) -> Told:
    return _kept(Standing(0, one.key, one.text, since), one.text) | {"id": None}


def _parts(figures: Figures) -> Iterator[Told]:
    for part in figures.parts or ():
        yield {"name": part.name, "well": part.state is PartState.WELL, "text": part.text}
    if (disk := figures.disk) is not None:
        hours = "" if disk.hours is None else f"、録音 約{disk.hours:.0f}時間分"
        yield {"name": "ディスク", "well": True, "text": f"ディスク: 空き{disk.free_bytes / 1e9:.0f}GB{hours}"}
    if (clock := figures.clock) is not None and clock.synchronised is not None:
        well = clock.synchronised and not clock.stepped_seconds
        yield {"name": "時計", "well": well, "text": "時計: 正常" if well else "時計: 標準時に合っていません"}


def _trunk(figures: Figures, rules: WarningRules) -> Told | None:
    found = figures.trunk
    if found is None:
        return None
    return {"refused": found.refused, "ended": found.ended, "minutes": round(rules.refused_minutes)}


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(TOKYO):%H:%M}"
