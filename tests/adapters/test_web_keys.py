"""Keys of one letter, on or off: of the account, wherever it signs in."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dialer.store.postgres import PostgresStore
from tests.desk_rig import DeskRig, desk_rig
from tests.web_rig import Browser


@pytest.fixture
async def rig(store: PostgresStore, database_url: str, tmp_path: Path) -> AsyncIterator[DeskRig]:
    async with desk_rig(store, database_url, tmp_path) as opened:
        yield opened


async def are_on(page: Browser) -> bool:
    written = await (await page.get("/desk")).text()
    assert ('data-keys="on"' in written) != ('data-keys="off"' in written)
    return 'data-keys="on"' in written


async def test_keys_that_somebody_turned_off_are_off_at_every_sign_in_and_for_nobody_else(rig: DeskRig) -> None:
    page, other = await rig.operator("hanako"), await rig.operator("taro")
    assert await are_on(page)
    assert (await page.ask("PUT", "/desk/keys", json={"on": False})).status == 200
    again = rig.rig.browser()
    await again.sign_in("hanako")
    assert (await are_on(again), await are_on(other)) == (False, True)
    assert (await again.ask("PUT", "/desk/keys", json={"on": True})).status == 200
    assert await are_on(again)


@pytest.mark.parametrize("wrong", [{}, {"on": "yes"}, {"on": None}])
async def test_only_on_and_off_are_understood(rig: DeskRig, wrong: dict[str, object]) -> None:
    page = await rig.operator()
    assert (await page.ask("PUT", "/desk/keys", json=wrong)).status == 422
    assert await are_on(page)
