"""Lists on the page: handed in, shown, taken over or discarded; what is refused, and what two do at once."""

import asyncio
import gzip
import json
import re
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from aiohttp import ClientResponse

from dialer.store.postgres import PostgresStore
from dialer.web.imports import UPLOADS
from tests.adapters.store_rows import rows_of
from tests.desk_rig import DeskRig, desk_rig
from tests.waiting import until
from tests.web_rig import Browser

HEADER = "宛名番号,氏名,カナ,科目,金額,電話番号1"
ROWS = (
    "00001,見本 一郎,ミホン イチロウ,市税,12000,0258-00-1001",
    "00002,見本 二子,ミホン フタコ,市税,340000,0258-00-1002",
)
PERIOD = "first=2026-12-01&last=2026-12-10"
MANY_TIMES = 400


@pytest.fixture
async def rig(store: PostgresStore, database_url: str, tmp_path: Path) -> AsyncIterator[DeskRig]:
    async with desk_rig(store, database_url, tmp_path, largest_list_mb=1) as opened:
        yield opened


@dataclass(slots=True)
class Clerk:
    rig: DeskRig
    browser: Browser

    async def sends(
        self, content: bytes, name: str = "名簿.csv", query: str = PERIOD, headers: Mapping[str, str] | None = None
    ) -> ClientResponse:
        browser = self.browser
        given = {
            "Accept": "application/json",
            "Origin": browser.rig.origin,
            "X-Yobikake-Token": browser.token,
            "X-File-Name": quote(name),
            **(headers or {}),
        }
        return await browser.session.post(f"{browser.rig.origin}/imports?{query}", data=content, headers=given)

    async def shows(self, content: bytes, name: str = "名簿.csv", query: str = PERIOD) -> str:
        """Handed in, and waited for until it is shown. Its page."""
        answer = await self.sends(content, name, query)
        assert answer.status == 200, await answer.text()
        return await self.settled((await answer.json())["id"])

    async def settled(self, id_: str) -> str:
        events = await self.browser.get(f"/imports/{id_}/events", headers={"Accept": "text/event-stream"})
        async with asyncio.timeout(60):
            told = await events.text()
        last = json.loads(re.findall(r"data: (\{.*\})", told)[-1])
        assert last["state"] not in ("reading", "applying")
        return id_

    async def page(self, id_: str) -> str:
        return await (await self.browser.get(f"/imports/{id_}")).text()

    async def acts(self, id_: str, act: str, **form: str) -> ClientResponse:
        answer = await self.browser.ask("POST", f"/imports/{id_}", form={"act": act, **form})
        if answer.status == 303 and answer.headers["Location"].endswith(id_):
            await self.settled(id_)
        return answer

    async def applies(self, id_: str, **form: str) -> ClientResponse:
        found = re.search(r'name="digest" value="(\w+)"', await self.page(id_))
        assert found is not None
        return await self.acts(id_, "apply", digest=found[1], **form)

    def files(self) -> list[Path]:
        return [one for one in (self.rig.rig.parts.settings.state_dir / "imports").rglob("*") if one.is_file()]


async def clerk_of(rig: DeskRig, login: str = "torikomi", roles: Sequence[str] = ("data_handler",)) -> Clerk:
    browser = await rig.rig.visitor(login, list(roles), name="取込 一郎")
    await browser.get("/imports")
    return Clerk(rig, browser)


@pytest.fixture
async def clerk(rig: DeskRig) -> Clerk:
    return await clerk_of(rig)


def a_list(*rows: str, header: str = HEADER, encoding: str = "utf-8-sig") -> bytes:
    return "\r\n".join([header, *rows, ""]).encode(encoding)


def cases(rig: DeskRig) -> list[tuple[str, int]]:
    query = "SELECT address_key, amount_yen FROM cases JOIN person ON person.id = person_id ORDER BY 1"
    return list(rows_of(rig.url, query))


@pytest.mark.parametrize("role", ["operator", "supervisor", "administrator", "auditor", "client_viewer"])
async def test_only_who_was_named_for_it_takes_files_over(rig: DeskRig, role: str) -> None:
    clerk = await clerk_of(rig, "hanako", [role])
    assert (await clerk.browser.get("/imports")).status == 403
    assert (await clerk.sends(a_list(*ROWS))).status == 403
    assert clerk.files() == []


async def test_a_list_is_shown_first_then_taken_over_and_its_file_is_gone(rig: DeskRig, clerk: Clerk) -> None:
    id_ = await clerk.shows(a_list(*ROWS), "../../etc/<b>長岡</b>.csv")
    text = await clerk.page(id_)
    assert ("2件を取り込みます" in text, "標準の名簿" in text, "市税 2026-12-01～2026-12-10" in text) == (True,) * 3
    assert ("&lt;b&gt;長岡&lt;" not in text, "b&gt;.csv" in text) == (True, True)  # the last part of the name
    assert (cases(rig), rows_of(rig.url, "SELECT count(*) FROM person")) == ([], [(0,)])
    (file,) = clerk.files()
    assert (file.name, file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == ("list.csv", 0o600, 0o700)
    assert (await clerk.applies(id_)).status == 303
    assert "2件を取り込みました" in await clerk.page(id_)
    assert (cases(rig), clerk.files()) == ([("00001", 12_000), ("00002", 340_000)], [])
    ((layout, by, name, counts),) = rows_of(rig.url, "SELECT layout, by, file_name, counts FROM import_run")
    assert (layout, by, name, counts["added"]) == ("standard", "torikomi", "b>.csv", 2)
    logged = (
        "SELECT function, ids, count, detail ->> 'layout' FROM operation WHERE what = 'list' AND function <> 'view'"
    )
    assert rows_of(rig.url, logged) == [("upload", [id_], 1, None), ("import", [id_], 2, "standard")]
    assert (await clerk.acts(id_, "apply", digest="0" * 64)).status == 409


async def test_the_page_and_the_command_come_to_the_same(rig: DeskRig, clerk: Clerk) -> None:
    await clerk.applies(await clerk.shows(a_list(*ROWS)))
    changed = ROWS[0].replace("12000", "9000"), "00003,見本 三太,ミホン サンタ,市税,5000,0258-00-1003"
    text = await clerk.page(await clerk.shows(a_list(*changed)))
    assert ("1件を取り込みます。変更 1件" in text, "金額" in text) == (True, True)


async def test_bad_rows_are_named_and_left_out_only_when_somebody_says_so(rig: DeskRig, clerk: Clerk) -> None:
    bad = "00003,=cmd|見本,ミホン,市税,5000,0258-00-1003", "00004,見本,ミホン,市税,abc,0258-00-1004"
    id_ = await clerk.shows(a_list(*ROWS, *bad))
    text = await clerk.page(id_)
    assert ("数式とみなされます" in text, "金額として読めません" in text, "--skip-bad" in text) == (True, True, False)
    assert (await clerk.applies(id_)).status == 422
    assert cases(rig) == []
    assert (await clerk.applies(id_, without_bad="yes")).status == 303
    assert [key for key, _ in cases(rig)] == ["00001", "00002"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "空のファイル"),
        (b"PK\x03\x04" + bytes(100), "中身は開きません"),
        (a_list(*ROWS).decode("utf-8-sig").encode("utf-16"), "UTF-16"),
        (b"\xff\xfb\x90" * 500, "どの取込形式にも合いません"),
        ("品名,数量\r\nりんご,3\r\n".encode(), "どの取込形式にも合いません"),
    ],
    ids=["empty", "zip", "utf-16", "sound", "another list"],
)
async def test_what_is_no_list_is_refused_and_nothing_changes(
    rig: DeskRig, clerk: Clerk, content: bytes, told: str
) -> None:
    id_ = await clerk.shows(content)
    assert told in await clerk.page(id_)
    await clerk.acts(id_, "discard")
    assert (clerk.files(), cases(rig), (await clerk.browser.get(f"/imports/{id_}")).status) == ([], [], 404)


async def test_a_layout_that_does_not_fit_is_explained_and_another_can_be_chosen(rig: DeskRig, clerk: Clerk) -> None:
    id_ = await clerk.shows(a_list(*ROWS, encoding="cp932"), query=f"layout=rireki&{PERIOD}")
    assert "列がありません" in await clerk.page(id_)
    await clerk.acts(id_, "look", layout="standard", first="2026-12-01", last="2026-12-10")
    assert "2件を取り込みます" in await clerk.page(id_)


async def test_what_somebody_has_changed_meanwhile_is_shown_anew_and_nothing_is_taken_over(
    rig: DeskRig, clerk: Clerk
) -> None:
    """Two with the same file at the same time: one takes it over, the other is told."""
    other = await clerk_of(rig, "hokano")
    first, second = await clerk.shows(a_list(*ROWS)), await other.shows(a_list(*ROWS))
    await clerk.applies(first)
    await other.applies(second)
    text = await other.page(second)
    assert ("ほかの人がデータを変更しました" in text, "0件を取り込みます" in text) == (True, True)
    assert rows_of(rig.url, "SELECT by FROM import_run") == [("torikomi",)]
    await other.applies(second)
    assert rows_of(rig.url, "SELECT by FROM import_run ORDER BY id") == [("torikomi",), ("hokano",)]


async def test_a_file_of_somebody_else_is_not_there(rig: DeskRig, clerk: Clerk) -> None:
    other, id_ = await clerk_of(rig, "hokano"), await clerk.shows(a_list(*ROWS))
    assert (await other.browser.get(f"/imports/{id_}")).status == 404
    assert (await other.acts(id_, "discard")).status == 404
    assert len(clerk.files()) == 1


async def test_a_stale_page_takes_nothing_over(rig: DeskRig, clerk: Clerk) -> None:
    id_ = await clerk.shows(a_list(*ROWS))
    assert (await clerk.acts(id_, "apply", digest="0" * 64)).status == 409
    assert (await clerk.acts(id_, "nonsense")).status == 422
    assert cases(rig) == []


async def test_what_is_too_large_is_refused_before_it_is_read(rig: DeskRig, clerk: Clerk) -> None:
    """Told by its length, two gigabytes are not sent at all; without a length it is cut as soon as it is too much."""
    browser = clerk.browser
    host, port = browser.rig.url.host, browser.rig.url.port
    head = (
        f"POST /imports HTTP/1.1\r\nHost: {host}:{port}\r\nOrigin: {browser.rig.origin}\r\n"
        f"X-Yobikake-Token: {browser.token}\r\nCookie: {cookie(browser)}\r\nContent-Length: 2147483648\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection(host, port, ssl=trust(browser))
    writer.write(head.encode() + b"x" * 1000)
    async with asyncio.timeout(10):
        answer = await reader.readline()
    writer.close()
    assert answer.split()[1] == b"413"

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(MANY_TIMES):
            yield b"x" * 10_000

    answer2 = await clerk.sends(endless())  # type: ignore[arg-type]
    assert (answer2.status, clerk.files()) == (413, [])


@pytest.mark.parametrize(
    ("packed", "status"),
    [(gzip.compress(bytes(50_000_000)), 413), (gzip.compress(b"a" * 100_000)[:60], 400), (b"no gzip at all", 400)],
    ids=["a bomb", "half of one", "none"],
)
async def test_a_packed_list_counts_as_what_it_becomes(rig: DeskRig, clerk: Clerk, packed: bytes, status: int) -> None:
    answer = await clerk.sends(packed, headers={"Content-Encoding": "gzip"})
    assert (answer.status, clerk.files()) == (status, [])


async def test_an_upload_that_is_cut_off_leaves_nothing(rig: DeskRig, clerk: Clerk) -> None:
    browser, uploads = clerk.browser, rig.rig.app[UPLOADS]
    head = (
        f"POST /imports HTTP/1.1\r\nHost: {browser.rig.url.host}:{browser.rig.url.port}\r\nOrigin: {browser.rig.origin}"
        f"\r\nX-Yobikake-Token: {browser.token}\r\nCookie: {cookie(browser)}\r\nContent-Length: 500000\r\n\r\n"
    )
    _, writer = await asyncio.open_connection(browser.rig.url.host, browser.rig.url.port, ssl=trust(browser))
    writer.write(head.encode() + b"x" * 100_000)
    await writer.drain()
    await until(lambda: bool(clerk.files()))
    writer.transport.abort()
    await until(lambda: not clerk.files())
    assert uploads.waiting("torikomi") == []


async def test_what_nobody_decided_about_is_gone_after_a_day(rig: DeskRig, clerk: Clerk) -> None:
    id_ = await clerk.shows(a_list(*ROWS))
    rig.rig.clock.pass_time(hours=11)
    await rig.rig.app[UPLOADS].sweep()
    assert len(clerk.files()) == 1
    rig.rig.clock.pass_time(hours=13)
    await rig.rig.app[UPLOADS].sweep()
    assert (clerk.files(), rig.rig.app[UPLOADS].of(id_, "torikomi")) == ([], None)


@pytest.mark.parametrize(
    "query", ["layout=kekka", "layout=nothing", "first=2026-12-10&last=2026-12-01", "first=x&last=y"]
)
async def test_a_layout_or_a_period_that_is_none_is_refused(clerk: Clerk, query: str) -> None:
    assert (await clerk.sends(a_list(*ROWS), query=query)).status == 422
    assert clerk.files() == []


def cookie(browser: Browser) -> str:
    return "; ".join(
        f"{name}={one.value}" for name, one in browser.session.cookie_jar.filter_cookies(browser.rig.url).items()
    )


def trust(browser: Browser) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(browser.rig.certificate))
