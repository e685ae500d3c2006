"""The answers of `dialer account`: who may sign in, and what they may do. Nobody is given a password by us (X-001)."""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dialer.calendar_commands import CannotAnswer
from dialer.config import Settings
from dialer.core.city import City
from dialer.core.passwords import problems
from dialer.core.values import TOKYO
from dialer.stack import database_url
from dialer.store.database import Database
from dialer.store.queries import SAVE_CITY
from dialer.store.staff import Account, NewPassword, NoSuchAccount, Staff
from dialer.store.staff_grants import GrantOrder, Held
from dialer.web.own_password import password_rules
from dialer.web.passwords import Passwords

LOGIN = re.compile(r"[a-z][a-z0-9._-]{1,31}")


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, in a sentence; `facts` for programs."""

    sentence: str
    facts: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        return self.facts

    def as_text(self) -> str:
        return self.sentence


@dataclass(frozen=True, slots=True)
class AccountList:
    accounts: tuple[Account, ...]

    def as_dict(self) -> dict[str, Any]:
        return {
            "accounts": [
                {
                    "login": one.login,
                    "name": one.name,
                    "suspended": one.suspended,
                    "created_at": _iso(one.created_at),
                    "signed_in_at": _iso(one.signed_in_at),
                    "sessions": one.sessions,
                    "grants": [_grant_told(grant) for grant in one.grants],
                }
                for one in self.accounts
            ]
        }

    def as_text(self) -> str:
        if not self.accounts:
            return "アカウントはまだありません。dialer account add で作ってください。"
        return "\n".join(_in_words(one) for one in self.accounts)


def _grant_told(grant: Held) -> dict[str, Any]:
    return {
        "city": grant.city,
        "role": grant.role,
        "from": _iso(grant.starts_at),
        "until": _iso(grant.ends_at),
        "holds": grant.holds,
    }


def _in_words(one: Account) -> str:
    state = "停止中" if one.suspended else "有効"
    seen = f"最終サインイン {one.signed_in_at.astimezone(TOKYO):%Y-%m-%d %H:%M}" if one.signed_in_at else "未使用"
    lines = [f"{one.login}  {one.name}  {state}  {seen}"]
    for grant in one.grants:
        until = f"～{grant.ends_at.astimezone(TOKYO):%Y-%m-%d %H:%M}" if grant.ends_at else "～"
        later = "" if grant.holds else "（まだ始まっていません）"
        lines.append(
            f"    {grant.city}  {grant.role_name}  {grant.starts_at.astimezone(TOKYO):%Y-%m-%d %H:%M}{until}{later}"
        )
    return "\n".join(lines)


def _iso(moment: datetime | None) -> str | None:
    return moment.astimezone(TOKYO).isoformat() if moment else None


@dataclass(frozen=True, slots=True)
class NewAccount:
    login: str
    name: str
    roles: tuple[str, ...]
    password: str
    by: str
    their_own: bool  # the person typed it, so it need not be changed at the first sign-in


@asynccontextmanager
async def opened_staff(settings: Settings) -> AsyncIterator[tuple[Staff, Database]]:
    database = Database(database_url(settings), name="yobikake accounts")
    try:
        yield Staff(database), database
    except NoSuchAccount as unknown:
        raise CannotAnswer(f"アカウント {unknown} はありません。dialer account list で確かめてください。") from None
    finally:
        await database.close()


async def list_accounts(settings: Settings, now: datetime) -> AccountList:
    async with opened_staff(settings) as (staff, _):
        return AccountList(tuple(await staff.accounts(now)))


async def add_account(settings: Settings, city: City, new: NewAccount, now: datetime) -> Done:
    if not LOGIN.fullmatch(new.login):
        raise CannotAnswer(
            f"ログインID「{new.login}」は使えません。英小文字で始まる2～32文字の英小文字・数字・._- で付けてください。"
        )
    if not new.name.strip():
        raise CannotAnswer("氏名が空です。--name に本人の氏名を入れてください。")
    check_password(settings, city, new.login, new.password)
    async with opened_staff(settings) as (staff, database):
        await _check_roles(staff, new.roles)
        password = await _hashed(new.password, new.by, must_change=not new.their_own)
        if not await staff.add(new.login, new.name.strip(), password, now):
            raise CannotAnswer(f"ログインID {new.login} は使われています。退職した人のものも再び使うことはできません。")
        await _know(database, city)
        for role in new.roles:
            await staff.grant(new.login, GrantOrder(city.key, role, new.by, "", now), now)
    change = "" if new.their_own else "最初のサインインで本人がパスワードを変更します。"
    return Done(
        f"アカウント {new.login} を作りました（{city.name}: {'、'.join(new.roles) or '権限なし'}）。{change}",
        {"login": new.login, "city": city.key, "roles": list(new.roles), "must_change": not new.their_own},
    )


async def set_password(
    settings: Settings, city: City, login: str, password: str, by: str, now: datetime, *, their_own: bool
) -> Done:
    check_password(settings, city, login, password)
    async with opened_staff(settings) as (staff, _):
        known = await staff.earlier_hashes(login)
        if await _used_before(known, password):
            raise CannotAnswer("以前に使ったパスワードは使えません。変更は行っていません。")
        new = await _hashed(password, by, must_change=not their_own)
        if not await staff.set_password(login, new, now, newest=known[0] if known else None):
            raise CannotAnswer("パスワードが同時に変更されました。もう一度お試しください。")
    return Done(f"{login} のパスワードを変更し、サインインを終わらせました。", {"login": login})


async def grant_role(settings: Settings, city: City, login: str, order: GrantOrder, now: datetime) -> Done:
    async with opened_staff(settings) as (staff, database):
        await _check_roles(staff, (order.role,))
        await _know(database, city)
        if order.ends_at is not None and order.ends_at <= order.starts_at:
            raise CannotAnswer("終わりが始まりより後になるようにしてください。変更は行っていません。")
        if not await staff.grant(login, order, now):
            raise CannotAnswer(f"{login} は{city.name}で {order.role} を持っていません。変更は行っていません。")
    did = "与えました" if order.granted else "取り消しました"
    return Done(
        f"{login} に{city.name}の {order.role} を{did}。",
        {
            "login": login,
            "city": city.key,
            "role": order.role,
            "granted": order.granted,
            "from": _iso(order.starts_at),
            "until": _iso(order.ends_at),
        },
    )


async def suspend(settings: Settings, login: str, by: str, reason: str, now: datetime, *, suspended: bool) -> Done:
    async with opened_staff(settings) as (staff, _):
        changed = await staff.suspend(login, by, reason, now, suspended=suspended)
    state = "停止し、サインインを終わらせました" if suspended else "再び使えるようにし、失敗の回数を消しました"
    already = "" if changed else "（前からその状態でした）"
    return Done(f"{login} を{state}{already}。", {"login": login, "suspended": suspended, "changed": changed})


async def end_sessions(settings: Settings, login: str, by: str, reason: str, now: datetime) -> Done:
    async with opened_staff(settings) as (staff, _):
        ended = await staff.end_sessions(login, by, reason, now)
    return Done(f"{login} のサインインを{ended}件終わらせました。", {"login": login, "ended": ended})


def check_password(settings: Settings, city: City, login: str, password: str) -> None:
    wrong = problems(password, login, password_rules(settings.web.passwords), (city.key, city.name))
    if wrong:
        raise CannotAnswer(f"このパスワードは使えません。{''.join(wrong)}変更は行っていません。")


async def _check_roles(staff: Staff, wanted: Sequence[str]) -> None:
    known = await staff.roles()
    for role in wanted:
        if role not in known:
            there = "、".join(f"{key}（{name}）" for key, name in known.items())
            raise CannotAnswer(f"役割「{role}」はありません。あるのは {there} です。")


async def _know(database: Database, city: City) -> None:
    """Rights may be given before the engine has ever run."""
    await database.ask(lambda connection: connection.execute(SAVE_CITY, {"key": city.key, "name": city.name}))


async def _hashed(password: str, by: str, *, must_change: bool) -> NewPassword:
    passwords = Passwords()
    try:
        return NewPassword(await passwords.hash(password), by, must_change)
    finally:
        passwords.close()


async def _used_before(known: Sequence[str], password: str) -> bool:
    passwords = Passwords()
    try:
        return await passwords.among(known, password)
    finally:
        passwords.close()
