"""The page of the accounts: what an administrator does there, what is refused, and what two do at once."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import ClientResponse, web

from dialer.core.rights import Right
from dialer.store.staff_grants import GrantOrder
from dialer.web.app import PAGES
from dialer.web.ended_sessions import add_ended_sessions
from dialer.web.security import requires
from dialer.web.streams import BEAT, pushed
from tests.adapters.store_rows import rows_of
from tests.web_rig import NOW, Browser, Rig, web_rig

streams = web.RouteTableDef()


@streams.get("/test/stream")
@requires(Right.LOGS, activity=False)
async def stream(request: web.Request) -> web.StreamResponse:
    """One that has nothing to tell for a minute."""

    async def events() -> AsyncIterator[bytes]:
        yield BEAT
        await asyncio.sleep(60)
        yield BEAT

    return await pushed(request, events())  # type: ignore[arg-type]


@pytest.fixture
async def rig(database_url: str, tmp_path: Path) -> AsyncIterator[Rig]:
    def prepare(app: web.Application) -> None:
        add_ended_sessions(app, database_url)

    async with web_rig(database_url, tmp_path, pages=(*PAGES, streams), prepare=prepare) as opened:
        yield opened


@pytest.fixture
async def boss(rig: Rig) -> Browser:
    browser = await rig.visitor("boss", ["administrator"], name="管理 一郎")
    await browser.get("/password")
    return browser


async def seen(browser: Browser, login: str) -> str:
    """What a page of this moment has seen of the account."""
    found = re.search(r'name="seen" value="([\d.]+)"', await (await browser.get(f"/accounts/{login}")).text())
    assert found is not None
    return found[1]


async def act(browser: Browser, login: str, act: str, **form: str) -> ClientResponse:
    """On the page as it is now."""
    text = await (await browser.get(f"/accounts/{login}")).text()
    found = re.search(r'name="seen" value="([\d.]+)"', text)
    form = {"act": act, "seen": found[1] if found else "", **form}
    return await browser.ask("POST", f"/accounts/{login}", form=form)


def history(url: str) -> list[tuple[str, str, str, str]]:
    return list(rows_of(url, "SELECT login, kind, reason, by FROM account_change WHERE by = 'boss' ORDER BY id"))


@pytest.mark.parametrize("role", ["auditor", "supervisor", "operator"])
async def test_only_administrators_see_it(rig: Rig, role: str) -> None:
    browser = await rig.visitor("hanako", [role])
    for path in ("/accounts", "/accounts/hanako"):
        assert (await browser.get(path)).status == 403


async def test_an_account_is_made_with_roles_and_a_password_that_is_shown_once_and_changed_at_the_first_sign_in(
    rig: Rig, boss: Browser, database_url: str
) -> None:
    form = {"login": "Hanako", "name": "見本 花子", "role": "operator"}
    text = await (await boss.ask("POST", "/accounts", form=form)).text()
    shown = re.search(r"<code>(.+)</code>", text)
    assert shown is not None
    assert "<code>" not in await (await boss.get("/accounts/hanako")).text()
    assert rows_of(database_url, "SELECT must_change, by FROM account_password WHERE login = 'hanako'") == [
        (True, "boss")
    ]
    hanako = rig.browser()
    assert (await hanako.sign_in("hanako", shown[1].replace("&#34;", '"').replace("&amp;", "&"))).status == 200
    assert (await hanako.get("/desk")).headers["Location"] == "/password"
    logged = "SELECT by, function, what, ids, detail FROM operation WHERE function = 'create'"
    assert rows_of(database_url, logged) == [("boss", "create", "account", ["hanako"], {"roles": "operator"})]


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"login": "花子", "name": "見本"}, "ログインID「花子」は使えません"),
        ({"login": "", "name": "見本"}, "ログインID「」は使えません"),
        ({"login": "a", "name": "見本"}, "ログインID「a」は使えません"),
        ({"login": "boss", "name": "見本"}, "使われています"),
        ({"login": "hanako", "name": "　"}, "氏名が空です"),
        ({"login": "hanako", "name": "見本", "role": "king"}, "役割「king」はありません"),
    ],
)
async def test_an_account_that_cannot_be_made_is_explained_and_nothing_typed_is_lost(
    boss: Browser, database_url: str, form: dict[str, str], told: str
) -> None:
    answer = await boss.ask("POST", "/accounts", form=form)
    text = await answer.text()
    assert (answer.status, told in text, form["login"] in text) == (422, True, True)
    assert rows_of(database_url, "SELECT count(*) FROM account") == [(1,)]


async def test_a_life_of_an_account_with_its_history(rig: Rig, boss: Browser, database_url: str) -> None:
    await rig.person("hanako", ["operator"])
    for step in ("suspend", "resume", "end"):
        rig.clock.pass_time(minutes=1)
        assert (await act(boss, "hanako", step, reason=f"理由 {step}")).status == 303, step
    assert history(database_url) == [
        ("hanako", "suspended", "理由 suspend", "boss"),
        ("hanako", "resumed", "理由 resume", "boss"),
        ("hanako", "ended", "理由 end", "boss"),
    ]
    assert (await act(boss, "hanako", "resume")).status == 422
    assert (await rig.browser().sign_in("hanako")).status == 401
    text = await (await boss.get("/accounts/hanako")).text()
    assert [word in text for word in ("権限の取消し", "理由 suspend", "停止の解除", "再び使うことはできません")] == [
        True
    ] * 4
    logged = "SELECT function FROM operation WHERE what = 'account' AND function <> 'view' ORDER BY id"
    assert [one for (one,) in rows_of(database_url, logged)] == ["suspend", "resume", "end", "resume"]


async def test_somebody_stands_in_for_somebody_from_one_day_to_another(rig: Rig, boss: Browser) -> None:
    await rig.person("hanako", ["deputy"])
    days = {"role": "supervisor", "from": "2026-12-01", "until": "2026-12-03", "reason": "管理者の休暇"}
    assert (await act(boss, "hanako", "grant", **days)).status == 303
    staff, first = rig.parts.staff, NOW.replace(day=30, hour=15)  # midnight of the first of December in Japan
    for moment, holds in ((first - timedelta(seconds=1), False), (first, True)):
        (known,) = [one for one in await staff.accounts(moment) if one.login == "hanako"]
        assert {one.role: one.holds for one in known.grants} == {"deputy": True, "supervisor": holds}
    (known,) = [one for one in await staff.accounts(first + timedelta(days=3)) if one.login == "hanako"]
    assert [one.role for one in known.grants] == ["deputy"]
    assert (await act(boss, "hanako", "revoke", role="deputy", reason="異動")).status == 303
    assert (await act(boss, "hanako", "revoke", role="deputy", reason="異動")).status == 422


async def test_what_must_have_a_reason_is_not_done_without(rig: Rig, boss: Browser, database_url: str) -> None:
    await rig.person("hanako", ["operator"])
    for step in ("suspend", "end", "revoke", "grant"):
        assert (await act(boss, "hanako", step, role="operator", reason="　")).status == 422
    assert (await act(boss, "hanako", "grant", role="auditor", reason="x", **{"from": "2026-13-01"})).status == 422
    assert history(database_url) == []


@pytest.mark.parametrize("step", ["suspend", "end", "revoke"])
async def test_the_last_administrator_stays(rig: Rig, boss: Browser, step: str) -> None:
    answer = await act(boss, "boss", step, role="administrator", reason="退職")
    assert (answer.status, "最後の方です" in await answer.text()) == (422, True)
    until = GrantOrder("nagaoka", "administrator", "test", "", NOW, NOW + timedelta(days=3))
    await rig.person("taro", [])
    await rig.parts.staff.grant("taro", until, NOW)
    assert (await act(boss, "boss", step, role="administrator", reason="退職")).status == 422  # only for a time
    await rig.grant("taro", "administrator")
    assert (await act(boss, "boss", step, role="administrator", reason="退職")).status == 303


async def test_two_administrators_cannot_remove_each_other(rig: Rig, boss: Browser, database_url: str) -> None:
    other = await rig.visitor("taro", ["administrator"])
    await other.get("/password")
    forms = [{"act": "suspend", "seen": await seen(boss, login), "reason": "x"} for login in ("taro", "boss")]
    both = await asyncio.gather(
        boss.ask("POST", "/accounts/taro", form=forms[0]), other.ask("POST", "/accounts/boss", form=forms[1])
    )
    assert sorted(one.status for one in both) in ([303, 422], [303, 303])
    left = "SELECT count(*) FROM account WHERE NOT suspended"
    assert rows_of(database_url, left) == [(1,)]


async def test_who_saves_second_is_told_what_the_first_did(rig: Rig, boss: Browser, database_url: str) -> None:
    await rig.person("hanako", ["operator"])
    other = await rig.visitor("taro", ["administrator"])
    await other.get("/password")
    form = {"act": "suspend", "seen": await seen(boss, "hanako"), "reason": "端末紛失"}
    assert (await other.ask("POST", "/accounts/hanako", form=form)).status == 303
    answer = await boss.ask("POST", "/accounts/hanako", form={**form, "act": "end", "reason": "退職"})
    text = await answer.text()
    assert (answer.status, "taro: 停止（端末紛失）" in text, "ほかの方がこのアカウントを変更しました" in text) == (
        409,
        True,
        True,
    )
    assert rows_of(database_url, "SELECT left_at FROM account WHERE login = 'hanako'") == [(None,)]


async def test_a_lost_password_is_replaced_and_every_session_ends(rig: Rig, boss: Browser) -> None:
    hanako = await rig.visitor("hanako", ["operator"])
    text = await (await act(boss, "hanako", "password")).text()
    shown = re.search(r"<code>(.+)</code>", text)
    assert shown is not None
    assert (await hanako.get("/visit")).status == 303
    assert (await rig.browser().sign_in("hanako", shown[1])).status == 200


async def test_people_of_other_cities_are_not_shown_and_cannot_be_changed(rig: Rig, boss: Browser) -> None:
    await rig.person("jiro", ["operator"], city="kurume")
    assert "jiro" not in await (await boss.get("/accounts")).text()
    assert (await boss.get("/accounts/jiro")).status == 404
    form = {"act": "suspend", "seen": "1.1.1", "reason": "x"}
    assert (await boss.ask("POST", "/accounts/jiro", form=form)).status == 404


async def test_a_session_that_an_administrator_ends_is_dead_at_once_also_where_nothing_is_asked(
    rig: Rig, boss: Browser, database_url: str
) -> None:
    hanako = await rig.visitor("hanako", ["auditor"])
    open_page = await hanako.session.get(rig.origin + "/test/stream", headers={"Origin": rig.origin})
    for _ in range(2):
        assert await open_page.content.readuntil(b"\n\n") == BEAT
    text = await (await boss.get("/accounts")).text()
    number = rows_of(database_url, "SELECT id FROM staff_session WHERE login = 'hanako'")[0][0]
    assert f'name="session" value="{number}"' in text
    began = asyncio.get_running_loop().time()
    answer = await boss.ask("POST", "/sessions/end", form={"session": str(number), "reason": "端末紛失"})
    assert answer.status == 303
    async with asyncio.timeout(10):
        assert b"ended" in await open_page.content.readuntil(b"\n\n")
    assert asyncio.get_running_loop().time() - began < 1
    assert (await hanako.get("/log")).headers["Location"].startswith("/sign-in")
    assert history(database_url) == [("hanako", "sessions_ended", "端末紛失", "boss")]


@pytest.mark.parametrize("number", ["0", "x", "９", "9" * 30, "-1", ""])
async def test_a_session_that_is_none_changes_nothing(boss: Browser, number: str, database_url: str) -> None:
    assert (await boss.ask("POST", "/sessions/end", form={"session": number})).status == 303
    assert rows_of(database_url, "SELECT count(*) FROM staff_session WHERE ended_at IS NOT NULL") == [(0,)]


@pytest.mark.parametrize("name", ['"><script>alert(1)</script>', "{{7*7}}"])
async def test_a_name_stays_text(boss: Browser, name: str) -> None:
    await boss.ask("POST", "/accounts", form={"login": "hanako", "name": name})
    text = await (await boss.get("/accounts")).text()
    assert "<script>alert" not in text
    assert "49" not in text.partition("hanako</a>")[2][:200]


async def test_without_the_token_nothing_is_changed(rig: Rig, boss: Browser, database_url: str) -> None:
    await rig.person("hanako", ["operator"])
    boss.token = "x"
    form = {"act": "suspend", "seen": "1.1.1", "reason": "x"}
    assert (await boss.ask("POST", "/accounts/hanako", form=form)).status == 403
    assert history(database_url) == []
