"""The key of backups: a file of its own with mode 0600, made once, kept where neither the data nor the backups are."""

import base64
import os
import secrets
from pathlib import Path

from dialer.backup.sealing import KEY_BYTES
from dialer.calendar_commands import CannotAnswer

LABEL = "yobikake-backup-key-1:"
MAKE = "dialer backup --new-key"
NO_KEY = f"鍵のファイルを --key で指定するか、設定の backup.key_file に書いてください。鍵は {MAKE} で作れます。"


def make_key(path: Path) -> None:
    """Never over another one: what that one opens would be lost."""
    text = LABEL + base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode() + "\n"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise CannotAnswer(f"{path}: すでにあります。鍵は作っていません。") from None
    except OSError as refused:
        raise CannotAnswer(f"{path}: 書けません（{refused.strerror}）。鍵は作っていません。") from None
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def read_key(path: Path | None) -> bytes:
    if path is None:
        raise CannotAnswer(NO_KEY)
    try:
        if path.stat().st_mode & 0o077:
            raise CannotAnswer(f"{path}: ほかの利用者も読めます。chmod 600 {path} を行ってください。")
        text = path.read_text(encoding="ascii").strip()
    except OSError as unread:
        raise CannotAnswer(f"{path}: 鍵を読めません（{unread.strerror}）。") from None
    except UnicodeDecodeError:
        text = ""
    try:
        key = base64.b64decode(text.removeprefix(LABEL), validate=True)
    except ValueError:
        key = b""
    if not text.startswith(LABEL) or len(key) != KEY_BYTES:
        raise CannotAnswer(f"{path}: バックアップの鍵ではありません。{MAKE} で作ったファイルを指定してください。")
    return key
