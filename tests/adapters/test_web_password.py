"""Changing one's password: never one that was used before (X-003). Over TLS, against the real Postgres."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.adapters.store_rows import rows_of
from tests.web_rig import PASSWORD, Browser, Rig, web_rig

NEW = "Tsuki!Asa-7152"
THIRD = "Yuki&Hiru-4093"


@pytest.fixture
async def rig(database_url: str, tmp_path: Path) -> AsyncIterator[Rig]:
    async with web_rig(database_url, tmp_path) as opened:
        yield opened


async def change(browser: Browser, current: str, new: str, again: str | None = None) -> tuple[int, list[str]]:
    given = {"current": current, "new": new, "again": new if again is None else again}
    answer = await browser.ask("POST", "/password", json=given)
    told = await answer.json()
    return answer.status, told.get("problems", [])


async def test_the_new_one_opens_and_the_old_one_does_not(rig: Rig) -> None:
    browser = await rig.visitor("hanako")
    assert await change(browser, PASSWORD, NEW) == (200, [])
    assert (await rig.browser().sign_in("hanako")).status == 401
    assert (await rig.browser().sign_in("hanako", NEW)).status == 200


async def test_no_password_of_the_past_is_ever_used_again(rig: Rig) -> None:
    browser = await rig.visitor("hanako")
    assert await change(browser, PASSWORD, NEW) == (200, [])
    assert await change(browser, NEW, THIRD) == (200, [])
    used = ["以前に使ったパスワードは使えません。"]
    for old in (PASSWORD, NEW, THIRD, "Ｔｓｕｋｉ！Ａｓａ－７１５２"):
        assert await change(browser, THIRD, old) == (422, used)


@pytest.mark.parametrize(
    ("current", "new", "again", "told"),
    [
        ("wrong", NEW, NEW, "現在のパスワードが違います。"),
        (PASSWORD, NEW, THIRD, "新しいパスワードの2回の入力が違います。"),
        (PASSWORD, "Short!1", "Short!1", "12文字以上にしてください。"),
        (PASSWORD, "Hanako!Asa-7152", "Hanako!Asa-7152", "ログインIDを含めないでください。"),
        (PASSWORD, "Nagaoka!Asa-7152", "Nagaoka!Asa-7152", "よく使われる語や市の名前を含めないでください。"),
    ],
)
async def test_a_change_that_is_refused_says_why_and_changes_nothing(
    rig: Rig, current: str, new: str, again: str, told: str
) -> None:
    browser = await rig.visitor("hanako")
    assert await change(browser, current, new, again) == (422, [told])
    assert (await rig.browser().sign_in("hanako")).status == 200


async def test_on_the_page_the_reasons_are_read_too(rig: Rig) -> None:
    browser = await rig.visitor("hanako")
    await browser.get("/password")
    answer = await browser.ask("POST", "/password", form={"current": PASSWORD, "new": "short", "again": "short"})
    assert answer.status == 422
    assert "12文字以上にしてください。" in await answer.text()


async def test_guessing_the_present_password_there_locks_the_account_out(rig: Rig) -> None:
    browser = await rig.visitor("hanako")
    for _ in range(5):
        assert (await change(browser, "wrong", NEW))[0] == 422
    assert (await change(browser, PASSWORD, NEW))[0] == 422
    assert (await rig.browser().sign_in("hanako")).status == 401


async def test_the_other_sessions_end_and_this_one_stays(rig: Rig, database_url: str) -> None:
    browser = await rig.visitor("hanako")
    assert await change(browser, PASSWORD, NEW) == (200, [])
    assert (await browser.get("/password")).status == 200
    kinds = rows_of(database_url, "SELECT kind FROM sign_in_event ORDER BY id")
    assert kinds == [("signed_in",), ("password_changed",)]


async def test_passwords_are_kept_as_argon2id_and_their_record_cannot_be_changed(rig: Rig, database_url: str) -> None:
    await change(await rig.visitor("hanako"), PASSWORD, NEW)
    kept = rows_of(database_url, "SELECT hash, by, must_change FROM account_password ORDER BY id")
    assert [(one[0].startswith("$argon2id$v=19$"), *one[1:]) for one in kept] == [
        (True, "test", False),
        (True, "hanako", False),
    ]
    with pytest.raises(Exception, match="is a record of what happened"):
        rows_of(database_url, "DELETE FROM account_password RETURNING 1")
