"""The database: whether it answers, its version and encoding, its migrations, its clock, the last backup."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg

from dialer.config import Settings
from dialer.core.checkup import Finding, backup, bad, heed, well
from dialer.embedded.postgres_files import PostgresError
from dialer.ports import StoreFault, StoreUnavailable
from dialer.stack import database_url
from dialer.store.upkeep import TablesSeen, look_at

OLDEST = 15
AWAY = "./run status と log/postgres.log、DATABASE_URL を確かめてください。"


@dataclass(frozen=True, slots=True)
class Looked:
    seen: TablesSeen | None = None
    why: str = ""  # it could not be asked


def look(settings: Settings) -> Looked:
    try:
        return Looked(look_at(database_url(settings), settings.city))
    except StoreUnavailable:
        return Looked(why="まだ一度も起動していません。")
    except (PostgresError, StoreFault) as wrong:
        return Looked(why=f"{wrong}。")
    except psycopg.Error as away:
        return Looked(why=f"接続できません（{type(away).__name__}）。")


def tables(looked: Looked, head: str, *, running: bool) -> list[Finding]:
    seen = looked.seen
    if seen is None:
        found = (
            bad("database", looked.why, AWAY) if running else heed("database", looked.why, "./run up で起動します。")
        )
        return [found]
    found = well("database", f"PostgreSQL {seen.major}、{seen.bytes / (1 << 20):,.0f} MB。")
    if seen.major < OLDEST:
        found = bad("database", f"PostgreSQL {seen.major} は古すぎます。", f"{OLDEST} 以上にしてください。")
    elif seen.encoding != "UTF8":
        found = bad(
            "database", f"文字の符号化が {seen.encoding} です。", "UTF8 のデータベースを作り、そこに復元してください。"
        )
    return [found, migration(seen.revision, head), *([] if seen.revision is None else [logs(seen.may_change_logs)])]


def logs(may_change: bool) -> Finding:
    if may_change:
        mend = "プログラムに別の役割を作り、表の持ち主として dialer database --grant を行ってください。"
        return heed("logs", "プログラムの役割が、記録の表を書き換えることができます。", mend)
    return well("logs", "プログラムの役割は、記録を書き換えることも消すこともできません。")


def migration(revision: str | None, head: str) -> Finding:
    if revision == head:
        return well("migration", f"{head}（最新）")
    if revision is None:
        return heed("migration", "表がまだありません。", "./run up が作ります。")
    if revision > head:
        mend = "プログラムを新しくするか、古いプログラムで使う前に dialer database で戻してください。"
        return bad("migration", f"{revision}。このプログラム（{head}）より新しい版です。", mend)
    return heed("migration", f"{revision}。最新は {head} です。", "バックアップを取り、./run up で新しくしてください。")


def database_ahead(looked: Looked, now: datetime) -> float | None:
    return None if looked.seen is None else (looked.seen.at - now).total_seconds()


def last_backup(settings: Settings, looked: Looked, now: datetime) -> list[Finding]:
    """Nothing is said of it while nobody can be asked."""
    if looked.seen is None or looked.seen.revision is None:
        return []
    last = looked.seen.backup
    return [
        backup(
            None if last is None else last.at,
            now,
            verified=last is not None and last.verified,
            same_disk=_same_disk(settings.backup.folder, settings.state_dir),
        )
    ]


def _same_disk(folder: Path | None, state_dir: Path) -> bool:
    try:
        return folder is not None and folder.stat().st_dev == state_dir.stat().st_dev
    except OSError:
        return False
