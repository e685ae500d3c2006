"""The answers of `dialer account`: who may sign in, and what they may do. Nobody is given a password by us (X-001)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dialer.calendar_commands import CannotAnswer
from dialer.config import Settings
from dialer.core.city import City
from dialer.core.values import TOKYO
from dialer.stack import database_url
from dialer.staffing import Actor, CannotDo, NewAccount, Staffing
from dialer.store.database import Database
from dialer.store.staff import Account
from dialer.store.staff_grants import GrantOrder, Held
from dialer.web.passwords import Passwords


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
                    "ended_at": _iso(one.ended_at),
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
        "groups": list(grant.groups),
        "holds": grant.holds,
    }


def _in_words(one: Account) -> str:
    state = "終了" if one.ended_at else "停止中" if one.suspended else "有効"
    seen = f"最終サインイン {one.signed_in_at.astimezone(TOKYO):%Y-%m-%d %H:%M}" if one.signed_in_at else "未使用"
    lines = [f"{one.login}  {one.name}  {state}  {seen}"]
    for grant in one.grants:
        until = f"～{grant.ends_at.astimezone(TOKYO):%Y-%m-%d %H:%M}" if grant.ends_at else "～"
        later = "" if grant.holds else "（まだ始まっていません）"
        groups = f"  担当グループ {','.join(grant.groups)} のみ" if grant.groups else ""
        since = f"{grant.starts_at.astimezone(TOKYO):%Y-%m-%d %H:%M}"
        lines.append(f"    {grant.city}  {grant.role_name}  {since}{until}{later}{groups}")
    return "\n".join(lines)


def _iso(moment: datetime | None) -> str | None:
    return moment.astimezone(TOKYO).isoformat() if moment else None


@asynccontextmanager
async def opened(settings: Settings, city: City) -> AsyncIterator[Staffing]:
    database = Database(database_url(settings), name="yobikake accounts")
    passwords = Passwords()
    try:
        yield Staffing(database, city, passwords)
    except CannotDo as refused:
        raise CannotAnswer(str(refused)) from None
    finally:
        passwords.close()
        await database.close()


async def list_accounts(settings: Settings, city: City, now: datetime) -> AccountList:
    async with opened(settings, city) as staffing:
        return AccountList(tuple(await staffing.staff.accounts(now)))


async def add_account(settings: Settings, city: City, new: NewAccount, actor: Actor) -> Done:
    async with opened(settings, city) as staffing:
        await staffing.make(actor, new)
    change = "" if new.their_own else "最初のサインインで本人がパスワードを変更します。"
    return Done(
        f"アカウント {new.login} を作りました（{city.name}: {'、'.join(new.roles) or '権限なし'}）。{change}",
        {"login": new.login, "city": city.key, "roles": list(new.roles), "must_change": not new.their_own},
    )


async def set_password(
    settings: Settings, city: City, login: str, password: str, actor: Actor, *, their_own: bool
) -> Done:
    async with opened(settings, city) as staffing:
        await staffing.set_password(actor, login, password, their_own=their_own)
    return Done(f"{login} のパスワードを変更し、サインインを終わらせました。", {"login": login})


async def grant_role(settings: Settings, city: City, login: str, order: GrantOrder, actor: Actor) -> Done:
    async with opened(settings, city) as staffing:
        await staffing.grant(actor, login, order)
    did = "与えました" if order.granted else "取り消しました"
    names = "、".join(city.group_name(group) for group in order.groups)
    within = f"（担当グループ {names} のみ）" if names else ""
    return Done(
        f"{login} に{city.name}の {order.role}{within} を{did}。",
        {
            "login": login,
            "city": city.key,
            "role": order.role,
            "granted": order.granted,
            "from": _iso(order.starts_at),
            "until": _iso(order.ends_at),
            "groups": list(order.groups),
        },
    )


async def suspend(settings: Settings, city: City, login: str, actor: Actor, *, suspended: bool) -> Done:
    async with opened(settings, city) as staffing:
        changed = await staffing.suspend(actor, login, suspended=suspended)
    state = "停止し、サインインを終わらせました" if suspended else "再び使えるようにし、失敗の回数を消しました"
    already = "" if changed else "（前からその状態でした）"
    return Done(f"{login} を{state}{already}。", {"login": login, "suspended": suspended, "changed": changed})


async def end(settings: Settings, city: City, login: str, actor: Actor) -> Done:
    async with opened(settings, city) as staffing:
        changed = await staffing.end(actor, login)
    already = "" if changed else "（前からその状態でした）"
    told = f"{login} を終了し、権限を取り消し、サインインを終わらせました{already}。このログインIDは再び使えません。"
    return Done(told, {"login": login, "ended": True, "changed": changed})


async def turn_code_off(settings: Settings, city: City, login: str, actor: Actor) -> Done:
    async with opened(settings, city) as staffing:
        changed = await staffing.turn_code_off(actor, login)
    told = "の二段階認証を外しました" if changed else "は二段階認証を使っていません"
    return Done(f"{login} {told}。", {"login": login, "changed": changed})


async def end_sessions(settings: Settings, city: City, login: str, actor: Actor) -> Done:
    async with opened(settings, city) as staffing:
        ended = await staffing.end_sessions(actor, login)
    return Done(f"{login} のサインインを{ended}件終わらせました。", {"login": login, "ended": ended})
