"""Codes of a second device: turned on and off by oneself, asked for at the sign-in, good once, taken off when lost."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pyotp
import pytest

from tests.adapters.store_rows import rows_of
from tests.web_rig import PASSWORD, Browser, Rig, web_rig

PAGE = "/second-factor"


@pytest.fixture
async def rig(database_url: str, tmp_path: Path) -> AsyncIterator[Rig]:
    async with web_rig(database_url, tmp_path) as opened:
        yield opened


def code(rig: Rig, secret: str, *, steps: int = 0) -> str:
    """As the device shows it, so many half minutes from now."""
    return pyotp.TOTP(secret).generate_otp(int(rig.clock.now().timestamp()) // 30 + steps)


async def offered(browser: Browser) -> str:
    found = re.search(r'name="secret" value="([A-Z2-7]{32})"', await (await browser.get(PAGE)).text())
    assert found is not None
    return found[1]


async def with_device(rig: Rig, login: str = "hanako") -> tuple[Browser, str]:
    browser = await rig.visitor(login)
    secret = await offered(browser)
    form = {"secret": secret, "password": PASSWORD, "code": code(rig, secret)}
    assert (await browser.ask("POST", PAGE, form=form)).status == 303
    rig.clock.pass_time(seconds=30)
    return browser, secret


async def signs_in(rig: Rig, code: str | None, password: str = PASSWORD) -> int:
    given = {"login": "hanako", "password": password} | ({} if code is None else {"code": code})
    return (await rig.browser().ask("POST", "/sign-in", json=given)).status


async def test_the_password_alone_opens_nothing_any_more(rig: Rig, database_url: str) -> None:
    browser, secret = await with_device(rig)
    assert "使用中" in await (await browser.get(PAGE)).text()
    assert [await signs_in(rig, None), await signs_in(rig, ""), await signs_in(rig, "000000")] == [401, 401, 401]
    assert await signs_in(rig, code(rig, secret)) == 200
    reasons = rows_of(database_url, "SELECT kind, reason FROM sign_in_event ORDER BY id")
    assert reasons[1:] == [("refused", "wrong_code")] * 3 + [("signed_in", None)]


@pytest.mark.parametrize(("steps", "status"), [(-2, 401), (-1, 200), (0, 200), (1, 200), (2, 401)])
async def test_clocks_may_differ_by_half_a_minute(rig: Rig, steps: int, status: int) -> None:
    _, secret = await with_device(rig)
    rig.clock.pass_time(seconds=60)
    assert await signs_in(rig, code(rig, secret, steps=steps)) == status


async def test_a_code_is_good_once(rig: Rig) -> None:
    """Whoever reads it over a shoulder comes too late; so does one that is older than the last one used."""
    _, secret = await with_device(rig)
    shown = code(rig, secret)
    assert [await signs_in(rig, shown), await signs_in(rig, shown)] == [200, 401]
    assert await signs_in(rig, code(rig, secret, steps=-1)) == 401


async def test_a_wrong_password_with_a_right_code_is_refused_and_uses_nothing_up(rig: Rig) -> None:
    _, secret = await with_device(rig)
    assert await signs_in(rig, code(rig, secret), password="Hanabi!Yoru-9999") == 401
    assert await signs_in(rig, code(rig, secret)) == 200


async def test_wrong_codes_shut_the_door_as_wrong_passwords_do(rig: Rig) -> None:
    _, secret = await with_device(rig)
    assert [await signs_in(rig, "123456") for _ in range(5)] == [401] * 5
    assert await signs_in(rig, code(rig, secret)) == 401


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"code": "000000"}, 422),
        ({"code": ""}, 422),
        ({"code": "１２３"}, 422),
        ({"password": "Hanabi!Yoru-9999"}, 422),
        ({"secret": "short"}, 400),
        ({"secret": "'; DROP TABLE account; --"}, 400),
    ],
)
async def test_it_is_not_turned_on_by_mistake(rig: Rig, database_url: str, change: dict[str, str], status: int) -> None:
    browser = await rig.visitor("hanako")
    secret = await offered(browser)
    form = {"secret": secret, "password": PASSWORD, "code": code(rig, secret)} | change
    assert (await browser.ask("POST", PAGE, form=form)).status == status
    assert rows_of(database_url, "SELECT count(*) FROM second_factor") == [(0,)]
    assert await signs_in(rig, None) == 200


async def test_a_second_device_does_not_push_the_first_aside(rig: Rig, database_url: str) -> None:
    browser, secret = await with_device(rig)
    other = pyotp.random_base32(32)
    form = {"secret": other, "password": PASSWORD, "code": code(rig, other)}
    await browser.ask("POST", PAGE, form=form)
    assert rows_of(database_url, "SELECT secret FROM second_factor") == [(secret,)]


async def test_turning_it_off_needs_the_device_too(rig: Rig, database_url: str) -> None:
    browser, secret = await with_device(rig)
    assert (await browser.ask("POST", f"{PAGE}/off", form={"password": PASSWORD, "code": "000000"})).status == 422
    shown = code(rig, secret)
    assert (await browser.ask("POST", f"{PAGE}/off", form={"password": PASSWORD, "code": shown})).status == 303
    assert await signs_in(rig, None) == 200
    kinds = rows_of(database_url, "SELECT kind, by FROM account_change WHERE kind LIKE 'code%%' ORDER BY id")
    assert kinds == [("code_on", "hanako"), ("code_off", "hanako")]


async def test_an_administrator_takes_it_off_with_a_reason_when_the_device_is_lost(rig: Rig, database_url: str) -> None:
    await with_device(rig)
    boss = await rig.visitor("boss", ["administrator"])
    text = await (await boss.get("/accounts/hanako")).text()
    seen = re.search(r'name="seen" value="([\d.]+)"', text)
    assert seen is not None
    form = {"act": "code_off", "seen": seen[1]}
    assert (await boss.ask("POST", "/accounts/hanako", form=form)).status == 422
    answer = await boss.ask("POST", "/accounts/hanako", form=form | {"reason": "端末の紛失"})
    assert answer.status == 303
    assert await signs_in(rig, None) == 200
    changes = rows_of(database_url, "SELECT kind, reason, by FROM account_change WHERE by = 'boss'")
    assert changes == [("code_off", "端末の紛失", "boss")]
    logged = "SELECT by, function FROM operation WHERE function LIKE 'code%%' ORDER BY id"
    assert rows_of(database_url, logged) == [("hanako", "code_on"), ("boss", "code_off")]


async def test_the_page_draws_the_secret_and_asks_nobody_outside(rig: Rig) -> None:
    browser = await rig.visitor("hanako")
    text = await (await browser.get(PAGE)).text()
    assert '<svg xmlns="http://www.w3.org/2000/svg"' in text
    assert not re.search(r'(?:src|href)="https?:', text)
