"""What comes over the wire and is no question of a browser: halves, lies about lengths, floods. Raw, over TLS."""

import asyncio
import gzip
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from dialer.web import bodies, server
from dialer.web.cookies import COOKIE
from dialer.web.headers import HEADERS
from tests.adapters.store_rows import rows_of
from tests.web_rig import PASSWORD, Browser, Rig, web_rig

MARK = "mihon-0258001234"
MANY = 300
Wire = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest_asyncio.fixture
async def rig(database_url: str, tmp_path: Path) -> AsyncIterator[Rig]:
    async with web_rig(database_url, tmp_path) as opened:
        yield opened


@asynccontextmanager
async def wire(rig: Rig, sent: bytes) -> AsyncIterator[Wire]:
    trusted = ssl.create_default_context(cafile=str(rig.certificate))
    reader, writer = await asyncio.open_connection(rig.url.host, rig.url.port, ssl=trusted)
    writer.write(sent)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def answer_to(rig: Rig, sent: bytes) -> bytes:
    """All that comes until the server hangs up."""
    async with wire(rig, sent) as (reader, _), asyncio.timeout(20):
        return await reader.read()


def head(rig: Rig, first: str = "GET /sign-in HTTP/1.1", *more: str) -> bytes:
    return "\r\n".join((first, f"Host: {rig.url.host}:{rig.url.port}", *more, "", "")).encode("latin-1")


def half_of_a_form(rig: Rig) -> bytes:
    kind = "Content-Type: application/x-www-form-urlencoded"
    return head(rig, "POST /sign-in HTTP/1.1", f"Origin: {rig.origin}", kind, "Content-Length: 99") + b"login=hana"


NOT_HTTP = [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET /" + MARK.encode() + b" HTTP/9.9\r\n\r\n",
    b"GET  /" + MARK.encode() + b"\x00 HTTP/1.1\r\n\r\n",
    b"GET /" + MARK.encode() + b"x" * 20_000 + b" HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nX-Long: " + MARK.encode() * 100_000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: 1\r\n" % one for one in range(5000)) + b"\r\n",
    b"GET / HTTP/1.1\r\nHost : " + MARK.encode() + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\nX: a\r\n folded: " + MARK.encode() + b"\r\n\r\n",
    b"POST /sign-in HTTP/1.1\r\nContent-Length: -1\r\n\r\n" + MARK.encode(),
    b"POST /sign-in HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n" + MARK.encode(),
    b"POST /sign-in HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + MARK.encode(),
    b"POST /sign-in HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n\r\n" + MARK.encode(),
    b"POST /sign-in HTTP/1.1\r\nTransfer-Encoding: chunked, identity\r\n\r\n" + MARK.encode(),
    b"\r\n\r\n\r\n" + MARK.encode() + b"\r\n\r\n",
]


async def test_what_is_no_question_is_refused_in_our_way_and_quoted_nowhere(
    rig: Rig, capfd: pytest.CaptureFixture[str]
) -> None:
    for sent in NOT_HTTP:
        answer = await answer_to(rig, sent)
        assert answer.startswith(b"HTTP/1.0 400 "), sent[:100]
        assert all(f"{name}: {value}\r\n".encode() in answer for name, value in HEADERS.items()), sent[:100]
        printed = capfd.readouterr()
        assert "unreadable request" in printed.out
        for place in (answer.decode(), printed.out, printed.err):
            assert [word for word in (MARK, "Traceback", "aiohttp") if word in place] == [], sent[:100]


LIES = [
    ["Content-Length: 6", "Transfer-Encoding: chunked"],
    ["Transfer-Encoding: chunked", "Content-Length: 6"],
    ["Transfer-Encoding: chunked", "Transfer-Encoding: identity"],
    ["Transfer-Encoding:\x0bchunked"],
    ["Content-Length: 0", "Content-Length: 6"],
    ["Content-Length: +5"],
    ["Content-Length: 5,5"],
]


async def test_a_question_that_is_hidden_behind_another_is_not_answered(rig: Rig) -> None:
    hidden = head(rig, "GET /health HTTP/1.1")
    for lie in LIES:
        answer = await answer_to(rig, head(rig, "POST /sign-in HTTP/1.1", *lie) + b"0\r\n\r\n" + hidden)
        assert (answer.count(b"HTTP/1."), answer[:13]) == (1, b"HTTP/1.0 400 "), lie


async def test_a_header_may_hold_any_bytes(rig: Rig) -> None:
    browser = await rig.visitor("hanako")
    fields = {"Cookie": f"{COOKIE}={browser.secret}", "Origin": rig.origin, "X-Yobikake-Token": browser.token}
    for name in ("Cookie", "X-Yobikake-Token", "Origin", "Accept", "Range", "X-File-Name", "Host"):
        for value in ("\xff\xfe", "\xed\xa0\x80", f"{COOKIE}=\xed\xa0\x80", "a" * 8000, "%00%ff"):
            lines = [f"{key}: {held}" for key, held in {**fields, name: value}.items()]
            sent = head(rig, "POST /active HTTP/1.1", *lines, "Content-Length: 0", "Connection: close")
            answer = await answer_to(rig, sent)
            assert int(answer.split()[1]) in (204, 303, 400, 401, 403), (name, value[:20])


async def test_whoever_says_to_be_another_host_is_not_quoted(rig: Rig) -> None:
    for host, other in (("elsewhere.example", "x"), ("here.example", "elsewhere.example")):
        more = (f"Host: {host}", f"X-Forwarded-Host: {other}", f"Forwarded: host={other}")
        sent = "\r\n".join(("GET / HTTP/1.1", *more, "Accept: text/html", "Connection: close", "", ""))
        answer = await answer_to(rig, sent.encode())
        assert b"Location: /sign-in\r\n" in answer
        assert b"elsewhere" not in answer


async def test_very_many_who_never_end_their_question_keep_nobody_out(rig: Rig) -> None:
    browser, halves = await rig.visitor("hanako"), (head(rig)[:-2], half_of_a_form(rig))
    async with asyncio.timeout(60):
        opened = [await wire(rig, halves[one % 2]).__aenter__() for one in range(MANY)]
        assert (await browser.get("/visit", headers={"Accept": "*/*"})).status == 200
    for _, writer in opened:
        writer.transport.abort()


async def test_who_never_ends_a_question_is_not_waited_for(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "WAITS_SECONDS", 0.3)
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.3)
    async with web_rig(database_url, tmp_path) as rig:
        assert await answer_to(rig, b"") == b""
        assert await answer_to(rig, head(rig)[:-2]) == b""
        async with wire(rig, half_of_a_form(rig)) as (reader, _), asyncio.timeout(20):
            assert (await reader.readline()).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_small_body_that_becomes_a_large_one_is_cut(rig: Rig, encoding: str) -> None:
    bomb = gzip.compress(bytes(50_000_000))
    headers = {"Content-Encoding": encoding, "Content-Type": "application/json", "Origin": rig.origin}
    answer = await rig.browser().session.post(f"{rig.origin}/sign-in", data=bomb, headers=headers)
    assert answer.status == (413 if encoding == "gzip" else 400)


async def test_old_protocols_and_weak_ciphers_find_no_way_in(rig: Rig) -> None:
    async def is_let_in(context: ssl.SSLContext) -> bool:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        try:
            _, writer = await asyncio.open_connection(rig.url.host, rig.url.port, ssl=context)
        except (ssl.SSLError, ConnectionError):
            return False
        writer.transport.abort()
        return True

    for weak in ("NULL-SHA256:@SECLEVEL=0", "AES128-SHA:@SECLEVEL=0", "AES256-GCM-SHA384", "DHE-RSA-AES256-SHA"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(weak)
        assert not await is_let_in(context), weak
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    assert await is_let_in(context)


async def test_of_a_flood_nothing_is_written_down(rig: Rig, database_url: str) -> None:
    """Whoever is not even signed in makes no rows, however often."""
    browser: Browser = rig.browser()
    for number in range(50):
        assert (await browser.get(f"/people/{number}")).status == 303
    assert rows_of(database_url, "SELECT count(*) FROM operation") == [(0,)]
    assert (await browser.sign_in("nobody", PASSWORD)).status == 401
