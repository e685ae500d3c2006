"""What is done to accounts, by the page and by the command line alike: checked, done, and in the log of operations.

CannotDo       a sentence for whoever asked; nothing was changed
    Outdated   somebody else changed the account meanwhile: what they did stands in `changes`
"""

import re
import secrets
import string
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from dialer.core.city import City
from dialer.core.reach import LIMITABLE
from dialer.store.database import Database
from dialer.store.queries import SAVE_CITY
from dialer.store.second_factors import SecondFactors
from dialer.store.staff import NewPassword, NoSuchAccount, Staff
from dialer.store.staff_grants import GrantOrder, all_held, roles_with
from dialer.store.staff_history import ChangedMeanwhile, Happened, LastAdministrator
from dialer.store.staff_logs import LogEntry, StaffLogs
from dialer.web.passwords import Passwords, wrong_with

LOGIN = re.compile(r"[a-z][a-z0-9._-]{1,31}")
SYMBOLS = "!#%+-=?@"
LONGEST_NAME = 60
LONGEST_REASON = 200
EVERY_GROUP = "all"  # in the log
NOTHING_CHANGED = "変更は行っていません。"


class CannotDo(Exception):
    """Its text is a sentence that people read."""


class Outdated(CannotDo):
    def __init__(self, changes: Sequence[Happened]) -> None:
        super().__init__(
            "表示した後に、ほかの方がこのアカウントを変更しました。内容を確かめて、もう一度操作してください。"
        )
        self.changes = tuple(changes)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does it, and when; `seen`: what of the account's history they had before them."""

    by: str
    now: datetime
    session: int | None = None
    seen: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class NewAccount:
    login: str
    name: str
    roles: tuple[str, ...]
    password: str
    their_own: bool = False  # the person typed it, so it need not be changed at the first sign-in


class Staffing:
    """Of one city: rights are given in it."""

    def __init__(self, database: Database, city: City, passwords: Passwords) -> None:
        self._database, self.city, self._passwords = database, city, passwords
        self.staff, self._logs = Staff(database), StaffLogs(database)

    async def make(self, actor: Actor, new: NewAccount) -> None:
        self.check_login(new.login)
        name = new.name.strip()
        if not 0 < len(name) <= LONGEST_NAME:
            wrong = "長すぎます" if name else "空です"
            raise CannotDo(f"氏名が{wrong}。本人の氏名を{LONGEST_NAME}文字以内で入れてください。")
        self.check_password(new.login, new.password)
        await self._check_roles(new.roles)
        await self._know_city()
        hashed = NewPassword(await self._passwords.hash(new.password), actor.by, must_change=not new.their_own)
        grants = [GrantOrder(self.city.key, role, actor.by, actor.reason, actor.now) for role in new.roles]
        await self._log(actor, "create", new.login, {"roles": ",".join(new.roles)})
        if not await self.staff.add(new.login, name, hashed, actor.now, grants):
            raise CannotDo(f"ログインID {new.login} は使われています。退職した人のものも再び使うことはできません。")

    async def set_password(self, actor: Actor, login: str, password: str, *, their_own: bool = False) -> None:
        """Every session of theirs ends."""
        self.check_password(login, password)
        known = await self.staff.earlier_hashes(login)
        if await self._passwords.among(known, password):
            raise CannotDo(f"以前に使ったパスワードは使えません。{NOTHING_CHANGED}")
        new = NewPassword(await self._passwords.hash(password), actor.by, must_change=not their_own)
        newest = known[0] if known else None
        await self._log(actor, "set_password", login)
        async with told(login):
            if not await self.staff.set_password(login, new, actor.now, newest=newest, seen=actor.seen):
                raise CannotDo("パスワードが同時に変更されました。もう一度お試しください。")

    async def grant(self, actor: Actor, login: str, order: GrantOrder) -> None:
        """Give a role or take it back, also for a time."""
        await self._check_roles((order.role,))
        if order.ends_at is not None and order.ends_at <= order.starts_at:
            raise CannotDo(f"終わりが始まりより後になるようにしてください。{NOTHING_CHANGED}")
        await self._check_groups(order)
        await self._know_city()
        detail: dict[str, str | int | None] = {"role": order.role, **await self._groups_told(actor, login, order)}
        if order.granted:
            detail |= {"from": order.starts_at.isoformat(timespec="minutes")}
            detail |= {"until": order.ends_at.isoformat(timespec="minutes")} if order.ends_at else {}
        await self._log(actor, "grant" if order.granted else "revoke", login, detail)
        async with told(login):
            if not await self.staff.grant(login, order, actor.now, seen=actor.seen):
                raise CannotDo(f"{login} は{self.city.name}で {order.role} を持っていません。{NOTHING_CHANGED}")

    async def suspend(self, actor: Actor, login: str, *, suspended: bool) -> bool:
        """Or let in again. False when it was so already."""
        await self._log(actor, "suspend" if suspended else "resume", login)
        async with told(login):
            if not suspended and await self._has_ended(login):
                raise CannotDo(f"{login} は終了したアカウントです。再び使うことはできません。")
            return await self.staff.suspend(
                login, actor.by, actor.reason, actor.now, suspended=suspended, seen=actor.seen
            )

    async def end(self, actor: Actor, login: str) -> bool:
        """For good. False when it had ended before."""
        await self._log(actor, "end", login)
        async with told(login):
            return await self.staff.end(login, actor.by, actor.reason, actor.now, seen=actor.seen)

    async def end_sessions(self, actor: Actor, login: str) -> int:
        await self._log(actor, "end_sessions", login)
        async with told(login):
            return await self.staff.end_sessions(login, actor.by, actor.reason, actor.now, seen=actor.seen)

    async def turn_code_off(self, actor: Actor, login: str) -> bool:
        """For somebody who has lost the device. False when there was none."""
        await self._log(actor, "code_off", login)
        async with told(login):
            return await SecondFactors(self._database).turn_off(
                login, actor.by, actor.reason, actor.now, seen=actor.seen
            )

    def check_login(self, login: str) -> None:
        if not LOGIN.fullmatch(login):
            rule = "英小文字で始まる2～32文字の英小文字・数字・._- で付けてください。"
            raise CannotDo(f"ログインID「{login}」は使えません。{rule}")

    def check_password(self, login: str, password: str) -> None:
        wrong = wrong_with(password, login, self.city)
        if wrong:
            raise CannotDo(f"このパスワードは使えません。{''.join(wrong)}{NOTHING_CHANGED}")

    def temporary_password(self, login: str) -> str:
        """To be told to the person once; they change it when they first sign in."""
        self.check_login(login)  # else no password would be free of it
        signs = [one for one in string.ascii_letters + string.digits if one not in "Il1O0o"] + list(SYMBOLS)
        while True:
            drawn = "".join(secrets.choice(signs) for _ in range(max(self.city.passwords.at_least, 12)))
            if not wrong_with(drawn, login, self.city):
                return drawn

    async def _has_ended(self, login: str) -> bool:
        return any(one.what == "ended" for one in await self.staff.history(login))

    async def _check_roles(self, wanted: Sequence[str]) -> None:
        known = await self.staff.roles()
        for role in wanted:
            if role not in known:
                there = "、".join(f"{key}（{name}）" for key, name in known.items())
                raise CannotDo(f"役割「{role}」はありません。あるのは {there} です。")

    async def _check_groups(self, order: GrantOrder) -> None:
        """Of this city; and of no use to a role that is not used within groups."""
        if not order.groups:
            return
        for group in order.groups:
            if group not in self.city.groups:
                there = "、".join(f"{key}（{self.city.group_name(key)}）" for key in self.city.groups)
                raise CannotDo(f"担当グループ「{group}」はありません。あるのは {there} です。{NOTHING_CHANGED}")
        limitable = await self._database.ask(lambda connection: roles_with(connection, LIMITABLE))
        if order.role not in limitable:
            there = "、".join(sorted(limitable))
            raise CannotDo(f"{order.role} は担当グループに限れません。限れるのは {there} です。{NOTHING_CHANGED}")

    async def _groups_told(self, actor: Actor, login: str, order: GrantOrder) -> dict[str, str | int | None]:
        """For the log: the groups to which this role was limited before and is from now on."""
        held = (await self._database.ask(lambda connection: all_held(connection, actor.now))).get(login, ())
        old = next((one.groups for one in held if (one.city, one.role) == (order.city, order.role)), None)
        if not old and not order.groups:
            return {}
        return {"old": None if old is None else _listed(old), "new": _listed(order.groups) if order.granted else None}

    async def _know_city(self) -> None:
        """Rights may be given before the engine has ever run."""
        city = {"key": self.city.key, "name": self.city.name}
        await self._database.ask(lambda connection: connection.execute(SAVE_CITY, city))

    async def _log(
        self, actor: Actor, function: str, login: str, detail: dict[str, str | int | None] | None = None
    ) -> None:
        """Before it is done: what was refused was tried."""
        if not LOGIN.fullmatch(login):
            raise CannotDo(no_account(login))
        await self._know_city()
        who = (self.city.key, actor.by, actor.session)
        await self._logs.operation(LogEntry(actor.now, *who, function, "account", [login], 1, 0.0, detail))


def _listed(groups: Sequence[str]) -> str:
    return ",".join(groups) or EVERY_GROUP


def no_account(login: str) -> str:
    return f"アカウント {login} はありません。一覧（dialer account list）で確かめてください。"


@asynccontextmanager
async def told(login: str) -> AsyncIterator[None]:
    """What the store refuses, as a sentence."""
    try:
        yield
    except NoSuchAccount:
        raise CannotDo(no_account(login)) from None
    except ChangedMeanwhile as outdated:
        raise Outdated(outdated.changes) from None
    except LastAdministrator as city:
        raise CannotDo(
            f"{login} は {city} でアカウントを管理できる最後の方です。"
            f"先に、ほかの方に期限のない管理の権限を付けてください。{NOTHING_CHANGED}"
        ) from None
