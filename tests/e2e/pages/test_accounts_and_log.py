"""The pages of an administrator and an auditor, in a real Chromium: by keyboard, and for axe."""

import pyotp
import pytest
from playwright.async_api import Browser, expect

from tests.desk_rig import DeskRig
from tests.e2e.pages.page import looked_at
from tests.web_browser import sign_in, terminal
from tests.web_rig import PASSWORD

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_an_administrator_makes_an_account_gives_it_a_role_for_some_days_and_suspends_it(
    rig: DeskRig, browser: Browser
) -> None:
    await rig.rig.person("boss", ["administrator"], name="管理 一郎")
    async with terminal(browser, rig.rig.origin) as page:
        await sign_in(page, "boss", PASSWORD)
        await page.get_by_role("listitem").get_by_role("link", name="アカウント").press("Enter")
        await page.wait_for_url("**/accounts")
        wrong = await looked_at(page, "accounts")
        await page.get_by_label("ログインID").focus()
        await page.keyboard.type("hanako")
        await page.keyboard.press("Tab")
        await page.keyboard.type("見本 花子")
        await page.get_by_label("副管理者").press("Space")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="仮のパスワード")).to_be_visible()
        wrong += await looked_at(page, "account-new")
        await page.get_by_label("役割", exact=True).select_option(label="管理者")
        await page.get_by_label("始まり（任意）").fill("2026-12-01")
        await page.get_by_label("終わりの日（任意）").fill("2026-12-03")
        await page.get_by_label("付与の理由").fill("管理者の休暇")
        await page.keyboard.press("Enter")
        held = page.get_by_role("region", name="長岡市での役割")
        await expect(held).to_contain_text("2026-12-01 00:00～2026-12-04 00:00（まだ始まっていません）")
        await page.get_by_label("停止の理由").fill("端末紛失")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="状態: 停止中")).to_be_visible()
        await expect(page.get_by_role("region", name="履歴")).to_contain_text("端末紛失")
        wrong += await looked_at(page, "account-suspended")
        await page.get_by_role("link", name="アカウントの一覧").press("Enter")
        await expect(page.get_by_role("row", name="hanako")).to_contain_text("停止中")
        assert wrong == []


async def test_an_auditor_searches_the_log_and_sees_what_is_unusual(rig: DeskRig, browser: Browser) -> None:
    await rig.rig.person("kansa", ["auditor"], name="監査 一郎")
    await rig.rig.person("hanako", ["operator"], name="見本 花子")
    logged = (
        "INSERT INTO operation (at, city, by, function, what, ids, count, took_ms)"
        " SELECT %(at)s, 'nagaoka', 'hanako', %(function)s, 'case', ARRAY[number::text], 3, 12"
        " FROM generate_series(1, 70) AS number"
    )
    rig.do(logged, at=rig.rig.clock.now(), function="view")
    rig.do(logged.replace("70", "3"), at=rig.rig.clock.now(), function="refuse")
    async with terminal(browser, rig.rig.origin) as page:
        await sign_in(page, "kansa", PASSWORD)
        await page.get_by_role("listitem").get_by_role("link", name="操作の記録").press("Enter")
        await expect(page.get_by_role("region", name="確認が必要な利用")).to_contain_text("1時間の参照が多い")
        wrong = await looked_at(page, "log")
        await page.get_by_label("案件番号").fill("7")
        await page.keyboard.press("Enter")
        await expect(page.locator("#found-title")).to_contain_text("1件")
        await page.get_by_label("案件番号").fill("")
        await page.get_by_label("人（ログインID）").fill("hanako")
        await page.get_by_label("機能").select_option(label="参照")
        await page.get_by_role("button", name="検索").press("Enter")
        await expect(page.locator("#found-title")).to_contain_text("50件以上")
        await page.get_by_role("button", name="これより古い記録").press("Enter")
        await expect(page.locator("#found-title")).to_contain_text("20件（続き）")
        assert "hanako" not in page.url
        await page.get_by_label("記録", exact=True).select_option(label="サインイン")
        await page.get_by_label("人（ログインID）").fill("")
        await page.get_by_role("button", name="検索").press("Enter")
        await expect(page.get_by_role("table")).to_contain_text("監査 一郎")
        wrong += await looked_at(page, "log-sign-ins")
        assert wrong == []


async def test_somebody_registers_a_device_and_signs_in_with_its_code(rig: DeskRig, browser: Browser) -> None:
    await rig.rig.person("hanako", ["auditor"], name="見本 花子")
    async with terminal(browser, rig.rig.origin) as page:
        await sign_in(page, "hanako", PASSWORD)
        await page.get_by_role("link", name="画面の一覧").press("Enter")
        await page.get_by_role("link", name="二段階認証").press("Enter")
        wrong = await looked_at(page, "second-factor")
        secret = await page.locator("input[name=secret]").input_value()
        await page.get_by_label("パスワード", exact=True).focus()
        await page.keyboard.type(PASSWORD)
        await page.keyboard.press("Tab")
        await page.keyboard.type(pyotp.TOTP(secret).at(rig.rig.clock.now()))
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="二段階認証: 使用中")).to_be_visible()
        wrong += await looked_at(page, "second-factor-on")
        await page.get_by_role("button", name="サインアウト").press("Enter")
        rig.rig.clock.pass_time(seconds=30)
        wrong += await looked_at(page, "sign-in-with-code")
        await page.get_by_label("ログインID").fill("hanako")
        await page.get_by_label("パスワード", exact=True).fill(PASSWORD)
        await page.get_by_label("確認コード").fill(pyotp.TOTP(secret).at(rig.rig.clock.now()))
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="見本 花子さん")).to_be_visible()
        assert wrong == []


async def test_an_auditor_reads_the_state_of_the_system_and_its_settings(rig: DeskRig, browser: Browser) -> None:
    await rig.rig.person("kansa", ["auditor"], name="監査 一郎")
    async with terminal(browser, rig.rig.origin) as page:
        await sign_in(page, "kansa", PASSWORD)
        await page.get_by_role("listitem").get_by_role("link", name="システムの状態").press("Enter")
        await expect(page.get_by_role("region", name="点検")).to_contain_text("時刻サーバーに合わせられていません")
        wrong = await looked_at(page, "system")
        await page.get_by_role("link", name="設定を見る").press("Enter")
        await expect(page.get_by_role("region", name="回線")).to_contain_text("trunk.lines")
        await page.get_by_text("項目を表示").focus()
        await expect(page.get_by_role("region", name="長岡市のプロファイル")).to_contain_text("log.keep_years")
        wrong += await looked_at(page, "settings")
        assert wrong == []
