"""`dialer group`: which debt kinds each operator takes, and since when, by whom, why; or others from now on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dialer.calendar_commands import CannotAnswer
from dialer.command_log import Use, note
from dialer.commands import opened_store
from dialer.config import Settings
from dialer.core.city import City
from dialer.core.groups import EVERY_NAME, GroupChoice, Groups
from dialer.core.values import TOKYO

EVERY = "all"
NOTHING_CHANGED = "変更は行っていません。"


@dataclass(frozen=True, slots=True)
class GroupsOfCity:
    city: City
    groups: Groups
    operators: Mapping[str, str]  # who may take calls, by login: their names

    def as_dict(self) -> dict[str, Any]:
        return {
            "city": self.city.key,
            "groups": [
                {
                    "group": group,
                    "name": self.city.group_name(group),
                    "debts": [debt.key for debt in self.city.debts_of(group)],
                }
                for group in self.city.groups
            ],
            "operators": [self._plain(login) for login in self.operators],
        }

    def as_text(self) -> str:
        kinds = [
            f"{group}（{self.city.group_name(group)}）: {'、'.join(debt.name for debt in self.city.debts_of(group))}"
            for group in self.city.groups
        ]
        told = [f"{login}（{name}）: {self._told(login)}" for login, name in self.operators.items()]
        return "\n".join([*kinds, "", *(told or ["席に着ける方はまだいません。"])])

    def _plain(self, login: str) -> dict[str, Any]:
        choice = self.groups.chosen.get(login)
        return {
            "account": login,
            "name": self.operators[login],
            "group": self.groups.of(login),  # none: every debt kind
            "since": choice and choice.at.astimezone(TOKYO).isoformat(),
            "by": choice and choice.by,
            "reason": choice and choice.reason,
        }

    def _told(self, login: str) -> str:
        choice = self.groups.chosen.get(login)
        name = self.city.group_name(self.groups.of(login))
        return name if choice is None else f"{name}（{choice.why}）"


async def groups_of(settings: Settings, city: City, now: datetime) -> GroupsOfCity:
    async with opened_store(settings, city.key) as store:
        choices = await store.chosen_groups(city.key)
        return GroupsOfCity(city, city.grouped(choices), await store.who_may_sit(city.key, now))


async def move(settings: Settings, city: City, choice: GroupChoice) -> GroupsOfCity:
    """Entered at once; a running engine goes by it within seconds. Whoever talks goes on talking."""
    if not choice.reason.strip() or not choice.by.strip():
        raise CannotAnswer(f"--reason に理由、--by に決めた人を書いてください。{NOTHING_CHANGED}")
    if choice.group is not None and choice.group not in city.groups:
        known = "、".join(f"{group}（{city.group_name(group)}）" for group in city.groups)
        raise CannotAnswer(
            f"{city.name}にグループ「{choice.group}」はありません。"
            f"あるのは {known}、{EVERY}（{EVERY_NAME}）です。{NOTHING_CHANGED}"
        )
    async with opened_store(settings, city.key) as store:
        await store.ensure_city(city, settings.phones)
        operators = await store.who_may_sit(city.key, choice.at)
        if choice.account not in operators:
            raise CannotAnswer(
                f"{city.name}に、席に着けるアカウント「{choice.account}」はありません。"
                f"dialer group で確かめてください。{NOTHING_CHANGED}"
            )
        before = city.grouped(await store.chosen_groups(city.key))
        await store.choose_group(city.key, choice)
        after = city.grouped(await store.chosen_groups(city.key))
    detail = {"old": before.of(choice.account) or EVERY, "new": choice.group or EVERY}
    await note(settings, city, Use(choice.by, choice.at, "group", "account", [choice.account], 1, detail))
    return GroupsOfCity(city, after, operators)
