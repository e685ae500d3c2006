"""The city's message, set from a page: with the real Postgres and the real voice."""

import wave
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest

from dialer.config import Settings, Trunk, load_settings
from dialer.core.messages import MessagePurpose, NoMessage
from dialer.media.prompt_book import PromptBook
from dialer.special_messages import SpecialMessages
from tests.city_profiles import CITY

NOW = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
TEXT = "12月3日は、都合により、お休みをいただきます。"


class Morning:
    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    trunk = Trunk(host="192.0.2.1")
    return load_settings(state_dir=tmp_path, city="nagaoka", database_url=database_url, trunk=trunk)


@pytest.fixture
def special(settings: Settings) -> SpecialMessages:
    return SpecialMessages(settings, lambda: CITY["nagaoka"], Morning())


def played(settings: Settings) -> str | None:
    found = PromptBook(settings.prompts).sound("nagaoka", MessagePurpose.SPECIAL, None, NOW)
    return None if isinstance(found, NoMessage) else found.message.text


async def test_it_is_played_at_once_until_its_last_day_and_withdrawn_at_once(
    special: SpecialMessages, settings: Settings
) -> None:
    assert await special.set(TEXT, first="2026-11-25", last="2026-12-03", reason="市の指示", by="reiko") is None
    assert played(settings) == TEXT
    [known] = await special.known()
    assert (known["version"], known["by"], known["valid_until"]) == (1, "reiko", "2026-12-04T00:00:00+09:00")
    assert await special.withdraw(1, reason="取りやめ", by="reiko") is None
    assert played(settings) is None
    assert await special.known() == []


async def test_what_cannot_be_played_is_not_entered_and_why_is_told(
    special: SpecialMessages, settings: Settings
) -> None:
    assert "もう過ぎています" in str(
        await special.set(TEXT, first=None, last="2026-11-01", reason="市の指示", by="reiko")
    )
    assert "縮めてください" in str(
        await special.set("あいうえおかきくけこ。" * 40, first=None, last="2026-12-03", reason="市の指示", by="reiko")
    )
    assert "版7はありません" in str(await special.withdraw(7, reason="取りやめ", by="reiko"))
    assert await special.known() == []


async def test_it_is_heard_before_it_is_set(special: SpecialMessages) -> None:
    sound = await special.say(TEXT)
    assert isinstance(sound, bytes)
    with wave.open(BytesIO(sound)) as opened:
        assert opened.getframerate() == 8000
        assert 2.0 < opened.getnframes() / 8000 < 10.0
    assert await special.say("!!!") == "読み上げられません。日本語の文を書いてください。"
