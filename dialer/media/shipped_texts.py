"""The texts that come with the program: drafts for each city, from dialer/cities/messages. Read whole or not at all."""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from dialer.core.city import City
from dialer.core.messages import JAPANESE, Message, MessagePurpose, faults
from dialer.profiles import FOLDER, ProfileError
from dialer.profiles.parts import Key, Table, Words
from dialer.profiles.problems import Document, Problem, problems_in

TEXTS = FOLDER / "messages"
COMMON = "_common.toml"


class MessageTable(Table):
    purpose: MessagePurpose
    debt: Key | None = None
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")] = JAPANESE
    text: Words


class TextsFile(Table):
    speaker: Words | None = None
    message: tuple[MessageTable, ...] = ()


def shipped_messages(city: City, folder: Path = TEXTS) -> list[Message]:
    """One draft, version 1, for each purpose; the city's own file takes the place of the common one, text by text."""
    common, own = _read(folder / COMMON), _read(folder / f"{city.key}.toml")
    speaker = own.speaker or city.name
    texts = {(one.purpose, one.debt, one.language): one.text for one in (*common.message, *own.message)}
    messages = [
        Message(city.key, purpose, debt, language, 1, text.replace("{speaker}", speaker))
        for (purpose, debt, language), text in texts.items()
    ]
    wrong = [line for one in messages for line in _wrong(city, one)]
    if wrong:
        raise ProfileError("\n".join(wrong))
    return messages


def _wrong(city: City, message: Message) -> Iterator[str]:
    place = f"messages/{city.key}.toml: {message.purpose}"
    if message.debt is not None and city.debt(message.debt) is None:
        yield f"{place}: 科目「{message.debt}」はありません。あるのは {'、'.join(one.key for one in city.debts)}"
    for fault in faults(message.purpose, message.text):
        yield f"{place}: {fault.what}"


def _read(path: Path) -> TextsFile:
    if not path.exists():
        return TextsFile()
    name = f"messages/{path.name}"
    try:
        document: Document = tomllib.loads(path.read_text(encoding="utf-8"))
        return TextsFile.model_validate_json(json.dumps(document))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as wrong:
        raise ProfileError(f"{name}: UTF-8 の TOML として読めません（{wrong}）。直してください") from None
    except TypeError:
        raise ProfileError(f"{name}: 日付や時刻は書けません。文字列にしてください") from None
    except ValidationError as wrong:
        problems: list[Problem] = list(problems_in(wrong, TextsFile))
        raise ProfileError("\n".join(one.line(name, document) for one in problems)) from None
