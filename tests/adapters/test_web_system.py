"""The pages of the system: who may see them, what they tell, and that each look is in the log."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from dialer.web.system import DOCTOR
from tests.adapters.store_rows import rows_of
from tests.hand_doctor import HandDoctor
from tests.web_rig import Rig, web_rig

READERS = ("administrator", "auditor", "client_viewer", "client_inspector", "general_manager")


@pytest.fixture
def doctor() -> HandDoctor:
    return HandDoctor()


@pytest.fixture
async def rig(database_url: str, tmp_path: Path, doctor: HandDoctor) -> AsyncIterator[Rig]:
    def prepare(app: web.Application) -> None:
        app[DOCTOR] = doctor

    async with web_rig(database_url, tmp_path, prepare=prepare) as opened:
        yield opened


async def test_administrators_auditors_and_the_city_read_it_and_nobody_else(rig: Rig) -> None:
    for role in (*READERS, "operator", "supervisor", "assistant"):
        browser = await rig.visitor(role.replace("_", "-"), [role])
        statuses = [(await browser.get(path)).status for path in ("/system", "/system/settings")]
        assert statuses == ([200, 200] if role in READERS else [403, 403]), role


async def test_nobody_of_another_city_reads_it(rig: Rig) -> None:
    await rig.person("hanako", ["auditor"], city="kurume")
    browser = rig.browser()
    await browser.sign_in("hanako")
    assert [(await browser.get(path)).status for path in ("/system", "/system/settings")] == [403, 403]


async def test_the_state_tells_what_is_wrong_first_and_how_to_mend_it(rig: Rig, doctor: HandDoctor) -> None:
    browser = await rig.visitor("kansa", ["auditor"])
    text = await (await browser.get("/system")).text()
    places = [
        text.index(word) for word in ("全席の録音で0時間分", "時刻サーバーに合わせられていません", "応答がありました")
    ]
    assert places == sorted(places)
    assert "異常 1件" in text
    assert "2026-11-25 01:00、3.0 GB、読み直して確認済み" in text
    assert "1,234件、100.0時間" in text
    doctor.without_a_database()
    assert "確かめられません" in await (await browser.get("/system")).text()


async def test_the_settings_tell_value_and_origin(rig: Rig) -> None:
    browser = await rig.visitor("kansa", ["auditor"])
    text = await (await browser.get("/system/settings")).text()
    assert "dialling.min_ring_seconds" in text
    assert "委託者のプロファイル" in text
    assert "log.keep_years" in text
    assert "nagaoka.toml" in text


async def test_each_look_is_in_the_log(rig: Rig, database_url: str) -> None:
    browser = await rig.visitor("kansa", ["auditor"])
    await browser.get("/system")
    await browser.get("/system/settings")
    assert rows_of(database_url, "SELECT by, function, what FROM operation ORDER BY id") == [
        ("kansa", "view", "system"),
        ("kansa", "view", "settings"),
    ]
