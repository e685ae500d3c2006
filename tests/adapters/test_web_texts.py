"""The page of the texts: with the real Postgres and the real voice."""

import io
import wave
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import ClientResponse, web

from dialer.config import Trunk, load_settings
from dialer.core.messages import MessagePurpose, NoMessage
from dialer.media.prompt_book import PromptBook
from dialer.texts import Texts
from dialer.web.texts import TEXTS
from tests.adapters.store_rows import rows_of
from tests.city_profiles import CITY
from tests.web_rig import Browser, HandClock, Rig, web_rig

TEXT = "ただいま、電話が混み合っております。おそれいりますが、しばらくたってから、おかけ直しください。"
DECISIONS = "SELECT state, by, reason FROM message_decision ORDER BY id"
NEW = "SELECT max(version) FROM message WHERE purpose = 'full'"


@dataclass
class Desk:
    rig: Rig
    prompts: Path
    boss: Browser
    other: Browser

    def played(self) -> str | None:
        found = PromptBook(self.prompts).sound("nagaoka", MessagePurpose.FULL, None, self.rig.clock.now())
        return None if isinstance(found, NoMessage) else found.message.text

    async def act(self, who: Browser, act: str, **form: str) -> ClientResponse:
        await who.get("/texts/full")
        return await who.ask("POST", "/texts/full", form={"act": act, **form})


@pytest.fixture
async def desk(database_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    clock = HandClock()
    settings = load_settings(
        state_dir=tmp_path, city="nagaoka", database_url=database_url, trunk=Trunk(host="192.0.2.1")
    )

    def prepare(app: web.Application) -> None:
        app[TEXTS] = Texts(settings, lambda: CITY["nagaoka"], clock)

    async with web_rig(database_url, tmp_path, clock=clock, prepare=prepare) as rig:
        boss = await rig.visitor("boss", ["supervisor"], name="管理 一郎")
        other = await rig.visitor("other", ["supervisor"], name="管理 二郎")
        yield Desk(rig, settings.prompts, boss, other)


async def test_a_text_is_entered_by_one_heard_and_approved_by_another_and_taken_back(
    desk: Desk, database_url: str
) -> None:
    assert (await desk.act(desk.boss, "add", text=TEXT)).status == 303
    version = str(rows_of(database_url, NEW)[0][0])
    own = await desk.act(desk.boss, "approve", version=version, reason="協議書 第3号")
    assert own.status == 422
    assert "ご自分で登録した文面は承認できません" in await own.text()
    heard = await desk.other.get(f"/texts/full/sound?version={version}")
    with wave.open(io.BytesIO(await heard.read())) as sound:
        assert sound.getnframes() / sound.getframerate() > 3.0
    assert desk.played() is None
    assert (await desk.act(desk.other, "approve", version=version, reason="協議書 第3号")).status == 303
    assert desk.played() == TEXT
    assert (await desk.act(desk.other, "withdraw", version=version, reason="市の指示")).status == 303
    assert desk.played() is None
    assert (await desk.act(desk.other, "approve", version=version, reason="協議書 第4号")).status == 303
    assert desk.played() == TEXT
    decided = rows_of(database_url, DECISIONS)
    assert [row[0] for row in decided] == ["approved", "withdrawn", "approved"]
    logged = rows_of(database_url, "SELECT by, function FROM operation WHERE function <> 'view' ORDER BY id")
    assert logged == [("boss", "add"), ("other", "approve"), ("other", "withdraw"), ("other", "approve")]


async def test_an_earlier_version_is_played_again_and_one_for_some_days_gives_way(
    desk: Desk, database_url: str
) -> None:
    for text in (TEXT, f"恐れ入ります。{TEXT}"):
        await desk.act(desk.boss, "add", text=text)
        version = str(rows_of(database_url, NEW)[0][0])
        await desk.act(desk.other, "approve", version=version, reason="協議書")
        desk.rig.clock.pass_time(minutes=1)
    assert desk.played() == f"恐れ入ります。{TEXT}"
    await desk.act(desk.other, "approve", version=str(int(version) - 1), reason="元に戻す")
    assert desk.played() == TEXT


@pytest.mark.parametrize(
    ("act", "form", "why"),
    [
        ("add", {"text": ""}, "文面を500文字以内で"),
        ("add", {"text": "あ" * 501}, "文面を500文字以内で"),
        ("add", {"text": TEXT, "debt": "tolls"}, "科目「tolls」はありません"),
        ("approve", {"version": "99", "reason": "協議書"}, "版を選んで"),
        ("approve", {"version": "x", "reason": "協議書"}, "版を選んで"),
        ("approve", {"version": "1", "reason": ""}, "根拠"),
        ("approve", {"version": "1", "reason": "協議書", "last": "2026-01-01"}, "もう過ぎています"),
        ("approve", {"version": "1", "reason": "協議書", "first": "soon"}, "読めません"),
        ("burn", {"version": "1", "reason": "協議書"}, "操作を選んで"),
    ],
)
async def test_what_cannot_be_is_said_in_one_line_and_changes_nothing(
    desk: Desk, database_url: str, act: str, form: dict[str, str], why: str
) -> None:
    await desk.boss.get("/texts/full")
    before = rows_of(database_url, "SELECT count(*) FROM message")
    answer = await desk.act(desk.boss, act, **form)
    assert answer.status == 422
    assert why in await answer.text()
    assert rows_of(database_url, DECISIONS) == []
    assert rows_of(database_url, "SELECT count(*) FROM message") == before


async def test_who_may_not_set_texts_sees_none(desk: Desk) -> None:
    operator = await desk.rig.visitor("hanako", ["operator"])
    assert (await operator.get("/texts")).status == 403
    assert (await desk.boss.get("/texts/nonsense")).status == 404
    assert (await desk.boss.get("/texts/full/sound?version=99")).status == 404
    assert "いま流れる文面" in await (await desk.boss.get("/texts")).text()
