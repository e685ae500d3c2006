"""`dialer flag`: what must be known of a person before anybody talks to him, entered or lifted."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from dialer.calendar_commands import CannotAnswer
from dialer.command_log import Use, note, person_id
from dialer.commands import opened_database
from dialer.config import Settings
from dialer.core.city import City
from dialer.core.person_flags import FLAG_NAMES, HOLDS_CALLS
from dialer.store.person_flags import FlagOrder, UnknownPerson, lift_flag, put_flag


@dataclass(frozen=True, slots=True)
class Flagged:
    order: FlagOrder
    lifts: bool
    changed: bool
    stopped: int = 0  # open cases
    released: int = 0  # cases that it had stopped

    def as_dict(self) -> dict[str, Any]:
        counts = {"stopped": self.stopped, "released": self.released}
        return {"kind": self.order.kind.value, "lifted": self.lifts, "changed": self.changed, **counts}

    def as_text(self) -> str:
        name = FLAG_NAMES[self.order.kind]
        if self.lifts:
            if not self.changed:
                return f"{name}: 登録がありません"
            return f"{name}: 解除しました{self._released() if self.order.kind in HOLDS_CALLS else ''}"
        stopped = f"。架電を停止した案件 {self.stopped}件" if self.order.kind in HOLDS_CALLS else ""
        return f"{name}: 登録しました{stopped}"

    def _released(self) -> str:
        kept = "。ほかの理由で終わっている案件はそのままです" if self.released else ""
        return f"。停止を解いた案件 {self.released}件{kept}"


async def flag(settings: Settings, city: City, order: FlagOrder, *, lifts: bool) -> Flagged:
    async with opened_database(settings) as database:
        person = await database.ask(partial(person_id, city=city.key, address_key=order.address_key))
        if person is not None:
            did, kind = "lift" if lifts else "flag", {"kind": order.kind.value}
            await note(settings, city, Use(order.by, order.now, did, "person", [person], 1, kind))
        try:
            if lifts:
                released = await database.ask(partial(lift_flag, city=city.key, order=order))
                return Flagged(order, lifts, released is not None, released=released or 0)
            stopped = await database.ask(partial(put_flag, city=city.key, order=order))
            return Flagged(order, lifts, True, stopped=stopped)
        except UnknownPerson as unknown:
            raise CannotAnswer(str(unknown)) from None
