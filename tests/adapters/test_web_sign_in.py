"""Signing in, as a browser does it: over TLS, against the real Postgres."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientResponse
from markupsafe import escape

from dialer.web.cookies import COOKIE
from tests.adapters.store_rows import rows_of
from tests.web_rig import PASSWORD, Rig, web_rig

LOG = "SELECT login, kind, reason FROM sign_in_event ORDER BY id"


@pytest.fixture
async def rig(database_url: str, tmp_path: Path) -> AsyncIterator[Rig]:
    async with web_rig(database_url, tmp_path) as opened:
        yield opened


async def test_who_is_not_signed_in_is_asked_to_and_then_led_on(rig: Rig) -> None:
    await rig.person("hanako")
    browser = rig.browser()
    answer = await browser.get("/password")
    assert (answer.status, answer.headers["Location"]) == (303, "/sign-in?next=/password")
    assert 'name="next" value="/password"' in await (await browser.get("/sign-in?next=/password")).text()
    given = {"login": "hanako", "password": PASSWORD, "next": "/password"}
    answer = await browser.ask("POST", "/sign-in", form=given)
    assert (answer.status, answer.headers["Location"]) == (303, "/password")
    assert (await browser.get("/password")).status == 200


async def test_the_cookie_is_for_this_origin_and_out_of_reach_of_scripts_and_other_sites(rig: Rig) -> None:
    await rig.person("hanako")
    answer = await rig.browser().sign_in("hanako")
    (cookie,) = answer.headers.getall("Set-Cookie")
    name, _, rest = cookie.partition("=")
    assert name == COOKIE
    assert {part.strip() for part in rest.split(";")[1:]} == {"HttpOnly", "Path=/", "SameSite=Strict", "Secure"}


async def test_only_the_hash_of_the_secret_is_kept(rig: Rig, database_url: str) -> None:
    browser = await rig.visitor("hanako")
    ((kept,),) = rows_of(database_url, "SELECT secret_hash FROM staff_session")
    assert browser.secret
    assert browser.secret not in kept
    assert browser.token not in kept


async def test_a_secret_that_was_laid_ready_is_not_taken_over(rig: Rig) -> None:
    """Session fixation."""
    await rig.person("hanako")
    browser = rig.browser()
    browser.session.cookie_jar.update_cookies({COOKIE: "chosen-by-somebody-else"}, rig.url)
    assert (await browser.sign_in("hanako")).status == 200
    assert browser.secret != "chosen-by-somebody-else"
    other = rig.browser()
    other.session.cookie_jar.update_cookies({COOKIE: "chosen-by-somebody-else"}, rig.url)
    assert (await other.get("/visit", headers={"Accept": "*/*"})).status == 401


async def test_each_sign_in_has_a_new_secret_and_ends_the_session_elsewhere(rig: Rig) -> None:
    first = await rig.visitor("hanako")
    second = rig.browser()
    assert (await second.sign_in("hanako")).status == 200
    assert first.secret != second.secret
    answer = await first.get("/visit", headers={"Accept": "*/*"})
    told = await answer.json()
    assert (answer.status, told["locked"], told["reason"]) == (401, False, "replaced")


async def test_of_two_who_sign_in_at_once_with_one_account_one_is_in(rig: Rig, database_url: str) -> None:
    await rig.person("hanako")
    await asyncio.gather(*(rig.browser().sign_in("hanako") for _ in range(4)))
    assert rows_of(database_url, "SELECT count(*) FROM staff_session WHERE ended_at IS NULL") == [(1,)]


async def test_who_signs_in_at_a_browser_ends_what_was_open_there(rig: Rig, database_url: str) -> None:
    browser = await rig.visitor("hanako")
    await rig.person("taro")
    assert (await browser.sign_in("taro")).status == 200
    assert rows_of(database_url, "SELECT login, end_reason FROM staff_session ORDER BY id") == [
        ("hanako", "signed_out"),
        ("taro", None),
    ]


async def test_after_signing_out_the_secret_opens_nothing(rig: Rig) -> None:
    browser = await rig.visitor("hanako")
    secret = browser.secret
    assert secret
    assert (await browser.ask("POST", "/sign-out", form={})).headers["Location"] == "/sign-in"
    assert browser.secret is None
    browser.session.cookie_jar.update_cookies({COOKIE: secret}, rig.url)
    assert (await browser.get("/")).headers["Location"] == "/sign-in"


# --- who is refused learns nothing


async def refused_like(rig: Rig, login: str, password: str) -> tuple[int, str, frozenset[str]]:
    answer: ClientResponse = await rig.browser().ask("POST", "/sign-in", form={"login": login, "password": password})
    text = (await answer.text()).replace(str(escape(login)), "LOGIN")
    return answer.status, text, frozenset(answer.headers) - {"Date"}


async def test_whoever_is_refused_reads_the_same(rig: Rig) -> None:
    await rig.person("hanako")
    await rig.person("unwanted")
    await rig.person("nothing", [])
    await rig.person("tries")
    await rig.parts.staff.suspend("unwanted", "test", "", rig.clock.now(), suspended=True)
    for _ in range(5):
        await refused_like(rig, "tries", "wrong")
    told = [
        await refused_like(rig, "hanako", "wrong"),
        await refused_like(rig, "nobody", PASSWORD),
        await refused_like(rig, "unwanted", PASSWORD),
        await refused_like(rig, "nothing", PASSWORD),
        await refused_like(rig, "tries", PASSWORD),
        await refused_like(rig, "' OR 1=1 --", PASSWORD),
        await refused_like(rig, "hanako", ""),
        await refused_like(rig, "hanako", "x" * 5000),
    ]
    assert told[0][0] == 401
    assert len(set(told)) == 1


async def test_every_refusal_costs_one_look_at_a_password(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one thing that takes long takes as long for everybody."""
    await rig.person("hanako")
    await rig.person("tries")
    for _ in range(5):
        await refused_like(rig, "tries", "wrong")
    looked: list[str] = []
    matches = rig.parts.passwords._matches

    def counted(known: str, password: str) -> bool:
        looked.append(password)
        return matches(known, password)

    monkeypatch.setattr(rig.parts.passwords, "_matches", counted)
    for login in ("hanako", "nobody", "tries", "' OR 1=1 --"):
        looked.clear()
        assert (await refused_like(rig, login, "wrong-one"))[0] == 401
        assert looked == ["wrong-one"]


# --- lock-out


async def try_often(rig: Rig, login: str, times: int) -> None:
    for _ in range(times):
        assert (await rig.browser().sign_in(login, "wrong")).status == 401


async def test_four_wrong_passwords_are_forgiven_by_a_right_one(rig: Rig) -> None:
    await rig.person("hanako")
    await try_often(rig, "hanako", 4)
    assert (await rig.browser().sign_in("hanako")).status == 200
    await try_often(rig, "hanako", 4)
    assert (await rig.browser().sign_in("hanako")).status == 200


async def test_after_five_nobody_is_let_in_for_a_minute_and_after_six_for_two(rig: Rig) -> None:
    await rig.person("hanako")
    await try_often(rig, "hanako", 5)
    assert (await rig.browser().sign_in("hanako")).status == 401
    rig.clock.pass_time(seconds=59)
    assert (await rig.browser().sign_in("hanako")).status == 401
    rig.clock.pass_time(seconds=1)
    await try_often(rig, "hanako", 1)
    rig.clock.pass_time(seconds=119)
    assert (await rig.browser().sign_in("hanako")).status == 401
    rig.clock.pass_time(seconds=1)
    assert (await rig.browser().sign_in("hanako")).status == 200


async def test_the_lock_out_outlives_a_restart_and_is_told_to_nobody_else(rig: Rig, database_url: str) -> None:
    await rig.person("hanako")
    await rig.person("taro")
    await try_often(rig, "hanako", 5)
    async with web_rig(database_url, rig.parts.settings.state_dir / "again", clock=rig.clock) as again:
        assert (await again.browser().sign_in("hanako")).status == 401
        assert (await again.browser().sign_in("taro")).status == 200


async def test_an_administrator_lets_in_who_is_locked_out(rig: Rig) -> None:
    await rig.person("hanako")
    await try_often(rig, "hanako", 5)
    await rig.parts.staff.suspend("hanako", "boss", "本人確認済み", rig.clock.now(), suspended=False)
    assert (await rig.browser().sign_in("hanako")).status == 200


async def test_very_many_guesses_at_once_are_counted_one_by_one(rig: Rig) -> None:
    """The right password is among those that came too late."""
    await rig.person("hanako")
    guesses = [f"guess-{number}" for number in range(12)]
    answers = await asyncio.gather(*(rig.browser().sign_in("hanako", guess) for guess in guesses))
    assert {answer.status for answer in answers} == {401}
    assert (await rig.browser().sign_in("hanako")).status == 401


async def test_an_address_that_tries_one_login_after_the_other_has_to_wait(database_url: str, tmp_path: Path) -> None:
    async with web_rig(database_url, tmp_path, sign_ins_per_minute=3) as rig:
        await rig.person("hanako")
        for number in range(3):
            assert (await rig.browser().sign_in(f"somebody{number}", "wrong")).status == 401
        answers = [await rig.browser().sign_in("hanako") for _ in range(3)]
        assert [(answer.status, answer.headers["Retry-After"]) for answer in answers] == [(429, "60")] * 3
        assert rows_of(database_url, LOG)[3:] == [(None, "refused", "too_often")]
        rig.clock.pass_time(seconds=61)
        assert (await rig.browser().sign_in("hanako")).status == 200


# --- the log


async def test_the_log_tells_who_came_and_went_and_why_somebody_was_refused(rig: Rig, database_url: str) -> None:
    await rig.person("nothing", [])
    await rig.browser().sign_in("nothing")
    await rig.browser().sign_in("Hanabi!Yoru-2871", "typed-into-the-wrong-field")
    browser = await rig.visitor("hanako")
    await browser.ask("POST", "/lock", json={})
    await browser.ask("POST", "/unlock", json={"password": "wrong"})
    await browser.ask("POST", "/unlock", json={"password": PASSWORD})
    await browser.ask("POST", "/sign-out", json={})
    assert rows_of(database_url, LOG) == [
        ("nothing", "refused", "no_grant"),
        (None, "refused", "unknown_login"),
        ("hanako", "signed_in", None),
        ("hanako", "locked", None),
        ("hanako", "unlock_refused", "wrong_password"),
        ("hanako", "unlocked", None),
        ("hanako", "signed_out", None),
    ]
    told = rows_of(database_url, "SELECT DISTINCT address, took_ms >= 0, at = %s FROM sign_in_event", rig.clock.now())
    assert told == [("127.0.0.1", True, True)]


async def test_what_was_typed_as_a_login_is_kept_nowhere(rig: Rig, database_url: str) -> None:
    """People type passwords there."""
    await rig.browser().sign_in("my-secret-word", "wrong")
    for table in ("sign_in_event", "sign_in_guard"):
        ((row,),) = rows_of(database_url, f"SELECT to_jsonb({table})::text FROM {table}")
        assert "secret" not in row
