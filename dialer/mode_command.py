"""`dialer mode`: how each debt kind of a city is called, and since when, by whom, why; or another way from now on."""

from dataclasses import dataclass
from typing import Any

from dialer.calendar_commands import CannotAnswer
from dialer.command_log import Use, note
from dialer.commands import opened_store
from dialer.config import Settings
from dialer.core.city import City
from dialer.core.modes import ModeChoice, Modes
from dialer.core.values import MODE_NAMES, TOKYO, Mode

NOTHING_CHANGED = "変更は行っていません。"


@dataclass(frozen=True, slots=True)
class ModesOfCity:
    city: City
    modes: Modes

    def as_dict(self) -> dict[str, Any]:
        return {"city": self.city.key, "debts": [self._plain(debt.key) for debt in self.city.debts]}

    def as_text(self) -> str:
        return "\n".join(f"{debt.key}（{debt.name}）: {self._told(debt.key)}" for debt in self.city.debts)

    def _plain(self, debt: str) -> dict[str, Any]:
        choice = self.modes.chosen.get(debt)
        since = choice and choice.at.astimezone(TOKYO).isoformat()
        return {
            "debt": debt,
            "mode": self.modes.of(debt).value,
            "since": since,  # none: nobody chose, it is the one of the settings
            "by": choice and choice.by,
            "reason": choice and choice.reason,
        }

    def _told(self, debt: str) -> str:
        choice = self.modes.chosen.get(debt)
        return f"{MODE_NAMES[self.modes.default]}（設定どおり）" if choice is None else choice.text


async def modes_of(settings: Settings, city: City) -> ModesOfCity:
    async with opened_store(settings, city.key) as store:
        return ModesOfCity(city, Modes.of_choices(_default(settings), await store.chosen_modes(city.key)))


async def choose(settings: Settings, city: City, choice: ModeChoice) -> ModesOfCity:
    """Entered at once; a running engine goes by it within seconds. Calls that are up are not touched."""
    _check(city, choice)
    async with opened_store(settings, city.key) as store:
        await store.ensure_city(city, settings.phones)
        before = Modes.of_choices(_default(settings), await store.chosen_modes(city.key))
        await store.choose_mode(city.key, choice)
        after = Modes.of_choices(_default(settings), await store.chosen_modes(city.key))
    detail = {"old": before.of(choice.debt).value, "new": choice.mode.value}
    did = f"mode_{choice.mode.value}"
    await note(settings, city, Use(choice.by, choice.at, did, "debt", [choice.debt], 1, detail))
    return ModesOfCity(city, after)


def _check(city: City, choice: ModeChoice) -> None:
    if city.debt(choice.debt) is None:
        known = "、".join(f"{debt.key}（{debt.name}）" for debt in city.debts)
        raise CannotAnswer(f"{city.name}に科目「{choice.debt}」はありません。あるのは {known} です。{NOTHING_CHANGED}")
    if not choice.reason.strip() or not choice.by.strip():
        raise CannotAnswer(f"--reason に理由、--by に決めた人を書いてください。{NOTHING_CHANGED}")


def _default(settings: Settings) -> Mode:
    return Mode(settings.dialling.mode)
