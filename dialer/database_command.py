"""The answer of `dialer database`: which migration the tables have, and the way back to an earlier one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from dialer.calendar_commands import CannotAnswer
from dialer.command_log import Use, note
from dialer.config import Settings
from dialer.daemon import is_running
from dialer.ports import StoreUnavailable
from dialer.profiles import load_city
from dialer.stack import database_url, owner_url
from dialer.store.migrating import NoWayBack, downgrade, head_revision, steps_back
from dialer.store.roles import let_work
from dialer.store.upkeep import look_at
from dialer.store.url import libpq_url

NOTHING = "表は変えていません。"
OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name LIKE 'yobikake%'
"""


@dataclass(frozen=True, slots=True)
class Revisions:
    current: str | None
    head: str
    back: Sequence[tuple[str, str]] = ()  # what is undone, newest first
    done: bool = False

    def as_dict(self) -> dict[str, Any]:
        undone = [{"revision": revision, "about": about} for revision, about in self.back]
        return {"current": self.current, "head": self.head, "undone": undone, "done": self.done}

    def as_text(self) -> str:
        if not self.back:
            new = "" if self.current == self.head else "。./run up が新しくします"
            return f"表の版 {self.current or 'なし'}、このプログラムの版 {self.head}{new}"
        lines = [f"{revision}  {about}" for revision, about in self.back]
        if self.done:
            return "\n".join(["次の版を取り消しました:", *lines, "./run up は、また新しい版にします。"])
        warning = "新しい版でしか持てない内容は失われます。先に dialer backup を行ってください。"
        first, last = "次の版を取り消します（まだ行っていません）:", "行うには --really を付けます。"
        return "\n".join([first, *lines, warning, last])


@dataclass(frozen=True, slots=True)
class LetIn:
    role: str

    def as_dict(self) -> dict[str, Any]:
        return {"role": self.role}

    def as_text(self) -> str:
        return f"{self.role} は表を使えます。記録の表は、読むことと書き足すことだけができます。"


def let_in(settings: Settings, role: str) -> LetIn:
    """Of a database that is not ours; to be done again after each migration."""
    try:
        let_work(owner_url(settings), role)
    except psycopg.errors.UndefinedObject:
        raise CannotAnswer(f"役割 {role} はデータベースにありません。何も変えていません。") from None
    except psycopg.errors.UndefinedTable:
        raise CannotAnswer("表がまだないか、古い版です。先に dialer migrate を行ってください。") from None
    except psycopg.Error as away:
        raise StoreUnavailable(type(away).__name__) from None
    return LetIn(role)


def revisions(settings: Settings) -> Revisions:
    return Revisions(_current(settings), head_revision())


async def go_back(settings: Settings, to: str, by: str, now: datetime, *, really: bool) -> Revisions:
    """It is in the log before it is done: an older table of the log may not take it."""
    current = _current(settings)
    try:
        back = steps_back(current or "", to)
    except ValueError:
        there = f"表の版は {current or 'なし'} です。"
        raise CannotAnswer(f"{there}{to!r} はそれより前の版ではありません。{NOTHING}") from None
    if not really:
        return Revisions(current, head_revision(), back)
    if is_running(settings) or _others(settings):
        raise CannotAnswer(f"プログラムがデータベースを使っています。すべて止めてください（./run down）。{NOTHING}")
    detail: dict[str, str | int | None] = {"old": current, "new": to}
    await note(settings, load_city(settings.city), Use(by, now, "migrate", "database", (), len(back), detail))
    try:
        downgrade(owner_url(settings), to)
    except NoWayBack:
        raise CannotAnswer(f"記録を失うため、{to} には戻せません。{NOTHING}") from None
    return Revisions(to, head_revision(), back, done=True)


def _current(settings: Settings) -> str | None:
    try:
        return look_at(libpq_url(database_url(settings)), settings.city).revision
    except psycopg.Error as away:
        raise StoreUnavailable(type(away).__name__) from None


def _others(settings: Settings) -> bool:
    with psycopg.connect(libpq_url(database_url(settings)), connect_timeout=5) as connection:
        row = connection.execute(OTHERS).fetchone()
    return row is not None and row[0] > 0
