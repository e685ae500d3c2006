"""The gate before every page: rights, cities, other sites, locks. Over TLS, against the real Postgres."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import WSServerHandshakeError, web

from dialer.core.rights import Right
from dialer.store.staff_grants import GrantOrder
from dialer.web.app import PAGES
from dialer.web.guard import visit_state
from dialer.web.headers import HEADERS
from dialer.web.security import declared, log_operation, public, requires, signed_in, visitor_of
from tests.adapters.store_rows import rows_of
from tests.web_rig import PASSWORD, Browser, Rig, web_rig

routes = web.RouteTableDef()


@routes.get("/test/desk")
@requires(Right.DESK)
async def desk(request: web.Request) -> web.StreamResponse:
    return web.json_response({"login": visitor_of(request).account_login, "city": visitor_of(request).city})


@routes.get("/test/logs")
@requires(Right.LOGS, Right.REPORTS)
async def logs(_request: web.Request) -> web.StreamResponse:
    return web.json_response({})


@routes.post("/test/write")
@requires(Right.RESULT_WRITE)
async def write(request: web.Request) -> web.StreamResponse:
    await log_operation(request, "update", "case", [17, "18"], 2)
    return web.json_response({})


@routes.get("/test/poll")
@requires(Right.DESK, activity=False)
async def poll(request: web.Request) -> web.StreamResponse:
    return web.json_response({"state": (await visit_state(request)).value})


@routes.get("/test/socket")
@requires(Right.DESK, activity=False, while_locked=True)
async def socket(request: web.Request) -> web.StreamResponse:
    opened = web.WebSocketResponse()
    await opened.prepare(request)
    async for _ in opened:
        await opened.send_str((await visit_state(request)).value)
    return opened


@routes.get("/test/fault")
@signed_in()
async def fault(_request: web.Request) -> web.StreamResponse:
    raise RuntimeError("見本花子 0258001234")


@routes.get("/test/stream")
@public
async def stream(request: web.Request) -> web.StreamResponse:
    begun = web.StreamResponse()
    await begun.prepare(request)
    await begun.write(b"half")
    raise RuntimeError("in the middle")


@pytest.fixture
async def rig(database_url: str, tmp_path: Path) -> AsyncIterator[Rig]:
    async with web_rig(database_url, tmp_path, pages=(*PAGES, routes)) as opened:
        yield opened


AS_SCRIPT = {"Accept": "*/*"}


async def status_of(browser: Browser, path: str, headers: Mapping[str, str] = AS_SCRIPT) -> int:
    return (await browser.get(path, headers=headers)).status


# --- rights


@pytest.mark.parametrize(
    ("roles", "desk", "logs"),
    [
        (["operator"], 200, 403),
        (["auditor"], 403, 200),
        (["operator", "auditor"], 200, 200),
        (["administrator"], 403, 403),
        (["client_viewer"], 403, 403),
        (["supervisor"], 200, 403),
    ],
)
async def test_a_role_opens_what_it_brings_and_nothing_else(rig: Rig, roles: list[str], desk: int, logs: int) -> None:
    browser = await rig.visitor("hanako", roles)
    assert (await status_of(browser, "/test/desk"), await status_of(browser, "/test/logs")) == (desk, logs)


async def test_who_lacks_the_right_reads_so_on_a_page(rig: Rig) -> None:
    browser = await rig.visitor("hanako")
    answer = await browser.get("/test/logs")
    assert answer.status == 403
    assert "この機能を使う権限がありません" in await answer.text()


async def test_a_right_in_another_city_opens_nothing_here(rig: Rig) -> None:
    await rig.person("hanako", ["operator"])
    await rig.grant("hanako", "auditor", city="sendai")
    browser = rig.browser()
    await browser.sign_in("hanako")
    assert (await (await browser.get("/test/desk", headers=AS_SCRIPT)).json())["city"] == "nagaoka"
    assert await status_of(browser, "/test/logs") == 403


async def test_who_has_rights_only_elsewhere_sees_only_that_city(rig: Rig) -> None:
    await rig.person("hanako", ["operator"], city="sendai")
    browser = rig.browser()
    await browser.sign_in("hanako")
    assert (await (await browser.get("/test/desk", headers=AS_SCRIPT)).json())["city"] == "sendai"


async def test_a_right_that_is_taken_back_is_gone_at_the_next_click(rig: Rig) -> None:
    browser = await rig.visitor("hanako", ["operator", "auditor"])
    await rig.grant("hanako", "operator", granted=False)
    assert (await status_of(browser, "/test/desk"), await status_of(browser, "/test/logs")) == (403, 200)


async def test_a_substitution_holds_from_its_first_to_its_last_moment(rig: Rig) -> None:
    browser = await rig.visitor("hanako", ["client_viewer"])
    starts = rig.clock.now() + timedelta(minutes=10)
    order = GrantOrder("nagaoka", "operator", "test", "代行", starts, starts + timedelta(minutes=10))
    await rig.parts.staff.grant("hanako", order, rig.clock.now())
    seen = []
    for minutes in (9, 1, 9, 1):
        rig.clock.pass_time(minutes=minutes)
        seen.append(await status_of(browser, "/test/desk"))
    assert seen == [403, 200, 200, 403]


async def test_a_suspended_account_is_out_at_once_and_stays_out(rig: Rig) -> None:
    browser = await rig.visitor("hanako")
    await rig.parts.staff.suspend("hanako", "boss", "退職", rig.clock.now(), suspended=True)
    answer = await browser.get("/test/desk", headers=AS_SCRIPT)
    assert (answer.status, (await answer.json())["reason"]) == (401, "suspended")
    assert (await rig.browser().sign_in("hanako")).status == 401
    await rig.parts.staff.suspend("hanako", "boss", "", rig.clock.now(), suspended=False)
    assert await status_of(browser, "/test/desk") == 401
    assert (await rig.browser().sign_in("hanako")).status == 200


async def test_an_ended_session_is_never_opened_again(rig: Rig, database_url: str) -> None:
    browser = await rig.visitor("hanako")
    assert await rig.parts.staff.end_sessions("hanako", "boss", "端末紛失", rig.clock.now()) == 1
    assert await status_of(browser, "/test/desk") == 401
    with pytest.raises(Exception, match="is a record of what happened"):
        rows_of(database_url, "UPDATE staff_session SET ended_at = NULL, end_reason = NULL RETURNING 1")


@pytest.mark.parametrize("path", ["/test/desk", "/test/logs", "/test/poll", "/", "/password", "/visit", "/unlock"])
async def test_nothing_but_the_way_in_is_open_to_strangers(rig: Rig, path: str) -> None:
    stranger = rig.browser()
    assert await status_of(stranger, path) == 401
    answer = await stranger.get(path)
    assert (answer.status, answer.headers["Location"].split("?")[0]) == (303, "/sign-in")


OPEN = {
    *(("GET", path) for path in ("/health", "/metrics", "/static/{path}", "/sign-in")),
    *(("GET", f"/wall/{{secret}}{more}") for more in ("", "/state", "/events")),
    ("POST", "/sign-in"),
}


async def test_every_route_of_ours_is_closed_to_strangers_unless_it_is_on_this_list(rig: Rig) -> None:
    known = {
        (route.method, route.resource.canonical): declared(route.handler)
        for route in rig.app.router.routes()
        if route.resource is not None and not route.resource.canonical.startswith("/test/") and route.method != "HEAD"
    }
    assert len(known) > len(OPEN)
    assert {place for place, access in known.items() if access is None or access.public} == OPEN
    for method, path in known.keys() - OPEN:
        if "{" not in path:
            assert (await rig.browser().ask(method, path, headers=AS_SCRIPT)).status == 401, path


# --- other sites

FROM_ELSEWHERE = [
    {"Origin": "https://elsewhere.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": ""},
]


@pytest.mark.parametrize("headers", FROM_ELSEWHERE)
@pytest.mark.parametrize("path", ["/test/write", "/sign-out", "/sign-in", "/unlock", "/password"])
async def test_a_page_of_another_site_changes_nothing(rig: Rig, path: str, headers: dict[str, str]) -> None:
    browser = await rig.visitor("hanako")
    assert (await browser.ask("POST", path, json={}, headers=headers)).status == 403


@pytest.mark.parametrize("token", ["", "0" * 64, "見本", None])
async def test_without_the_right_token_nothing_is_changed(rig: Rig, token: str | None, database_url: str) -> None:
    browser = await rig.visitor("hanako")
    right, browser.token = browser.token, token or ""
    sent = await browser.ask("POST", "/test/write", form={} if token is None else {"token": token})
    assert sent.status == 403
    assert rows_of(database_url, "SELECT count(*) FROM operation") == [(0,)]
    browser.token = right
    assert (await browser.ask("POST", "/test/write", form={})).status == 200


async def test_the_token_of_another_session_does_not_help(rig: Rig) -> None:
    browser, other = await rig.visitor("hanako"), await rig.visitor("taro")
    browser.token = other.token
    assert (await browser.ask("POST", "/test/write", json={})).status == 403


@pytest.mark.parametrize("headers", FROM_ELSEWHERE)
async def test_a_page_of_another_site_opens_no_socket(rig: Rig, headers: dict[str, str]) -> None:
    browser = await rig.visitor("hanako")
    with pytest.raises(WSServerHandshakeError, match="403"):
        await browser.session.ws_connect(rig.origin + "/test/socket", headers={"Origin": rig.origin, **headers})


# --- locks


async def test_who_is_silent_for_fifteen_minutes_is_asked_for_the_password(rig: Rig) -> None:
    browser = await rig.visitor("hanako")
    rig.clock.pass_time(minutes=14, seconds=59)
    assert await status_of(browser, "/test/desk") == 200
    rig.clock.pass_time(minutes=15)
    answer = await browser.get("/test/desk", headers=AS_SCRIPT)
    assert (answer.status, (await answer.json())["locked"]) == (401, True)
    led = await browser.get("/test/desk")
    assert (led.status, led.headers["Location"]) == (303, "/unlock?next=/test/desk")
    assert (await browser.get("/unlock?next=/test/desk")).status == 200
    back = await browser.ask("POST", "/unlock", form={"password": PASSWORD, "next": "/test/desk"})
    assert (back.status, back.headers["Location"]) == (303, "/test/desk")
    assert await status_of(browser, "/test/desk") == 200


async def test_what_a_page_asks_by_itself_keeps_nobody_unlocked(rig: Rig) -> None:
    browser = await rig.visitor("hanako")
    for _ in range(15):
        rig.clock.pass_time(minutes=1)
        last = await status_of(browser, "/test/poll")
    assert last == 401


async def test_who_talks_is_not_locked_while_the_page_says_so(rig: Rig) -> None:
    browser = await rig.visitor("hanako")
    for _ in range(30):
        rig.clock.pass_time(minutes=1)
        assert (await browser.ask("POST", "/active", json={})).status == 204


async def test_a_locked_page_can_be_opened_by_the_password_alone_and_its_token_stays(rig: Rig) -> None:
    browser = await rig.visitor("hanako")
    token = browser.token
    assert (await browser.ask("POST", "/lock", json={})).status == 200
    assert (await browser.ask("POST", "/test/write", json={})).status == 401
    wrong = await browser.ask("POST", "/unlock", json={"password": "wrong"})
    assert (wrong.status, (await wrong.json())["locked"]) == (401, True)
    right = await browser.ask("POST", "/unlock", json={"password": PASSWORD})
    assert (right.status, await right.json()) == (200, {"login": "hanako", "token": token})
    assert (await browser.ask("POST", "/test/write", json={})).status == 200


async def test_guessing_at_a_locked_page_locks_the_account_out(rig: Rig) -> None:
    browser = await rig.visitor("hanako")
    await browser.ask("POST", "/lock", json={})
    for _ in range(5):
        assert (await browser.ask("POST", "/unlock", json={"password": "wrong"})).status == 401
    assert (await browser.ask("POST", "/unlock", json={"password": PASSWORD})).status == 401
    assert (await rig.browser().sign_in("hanako")).status == 401


async def test_the_idle_lock_is_logged_once(rig: Rig, database_url: str) -> None:
    browser = await rig.visitor("hanako")
    rig.clock.pass_time(minutes=16)
    for _ in range(3):
        await status_of(browser, "/test/desk")
    question = "SELECT login, reason FROM sign_in_event WHERE kind = 'locked'"
    assert rows_of(database_url, question) == [("hanako", "idle")]


async def test_after_twelve_hours_it_is_over_whatever_is_being_done(rig: Rig) -> None:
    browser = await rig.visitor("hanako")
    for _ in range(72):
        assert await status_of(browser, "/test/desk") == 200
        rig.clock.pass_time(minutes=10)
    answer = await browser.get("/test/desk", headers=AS_SCRIPT)
    told = await answer.json()
    assert (answer.status, told["locked"], told["reason"]) == (401, False, "expired")


async def test_a_stream_learns_that_its_visitor_is_locked_and_then_gone(rig: Rig) -> None:
    browser = await rig.visitor("hanako")
    async with browser.session.ws_connect(rig.origin + "/test/socket", headers={"Origin": rig.origin}) as opened:

        async def state() -> str:
            await opened.send_str("?")
            return await opened.receive_str()

        assert await state() == "open"
        rig.clock.pass_time(minutes=16)
        assert await state() == "locked"
        await rig.parts.staff.end_sessions("hanako", "boss", "", rig.clock.now())
        assert await state() == "ended"


async def test_a_stream_ends_when_a_right_is_taken_back(rig: Rig) -> None:
    browser = await rig.visitor("hanako")
    async with browser.session.ws_connect(rig.origin + "/test/socket", headers={"Origin": rig.origin}) as opened:
        await rig.grant("hanako", "operator", granted=False)
        await opened.send_str("?")
        assert await opened.receive_str() == "ended"


# --- every answer

EVERY_KIND = [
    ("GET", "/sign-in", 200),
    ("GET", "/health", 200),
    ("GET", "/static/base.css", 200),
    ("GET", "/nothing/here", 404),
    ("PUT", "/sign-in", 405),
    ("GET", "/test/desk", 303),
    ("POST", "/sign-in", 401),
    ("GET", "/test/stream", 200),
]


@pytest.mark.parametrize(("method", "path", "status"), EVERY_KIND)
async def test_every_answer_carries_the_headers(rig: Rig, method: str, path: str, status: int) -> None:
    answer = await rig.browser().ask(method, path, form={} if method == "POST" else None)
    assert answer.status == status
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    kept = "no-cache" if path.startswith("/static/") else "no-store"
    assert answer.headers["Cache-Control"] == kept
    answer.close()


def test_the_policy_lets_nothing_in_and_leaves_the_microphone() -> None:
    policy = HEADERS["Content-Security-Policy"]
    assert policy.startswith("default-src 'self';")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "microphone=(self)" in HEADERS["Permissions-Policy"]


async def test_a_fault_quotes_nothing_and_the_next_answer_comes(rig: Rig, capsys: pytest.CaptureFixture[str]) -> None:
    browser = await rig.visitor("hanako")
    answer = await browser.get("/test/fault")
    assert answer.status == 500
    printed = capsys.readouterr()
    for place in (await answer.text(), printed.out, printed.err):
        assert "0258001234" not in place
    assert "RuntimeError" in printed.out + printed.err
    assert await status_of(browser, "/test/desk") == 200


@pytest.mark.parametrize(
    "path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static/", "/static/vendor"]
)
async def test_only_files_that_are_meant_to_be_served_are(rig: Rig, path: str) -> None:
    assert (await rig.browser().get(path)).status == 404


async def test_too_much_is_refused(rig: Rig) -> None:
    browser = await rig.visitor("hanako")
    answer = await browser.ask("POST", "/password", form={"new": "x" * 300_000})
    assert answer.status == 413


@pytest.mark.parametrize("sent", [b"{", b"[]", b'"text"', b"\xff", b"null", b'{"login": 1, "password": []}'])
async def test_what_is_no_form_is_simply_wrong(rig: Rig, sent: bytes) -> None:
    browser = rig.browser()
    headers = {"Content-Type": "application/json", "Origin": rig.origin}
    answer = await browser.session.post(rig.origin + "/sign-in", data=sent, headers=headers)
    assert answer.status == 401


async def test_a_password_that_somebody_else_set_is_changed_before_anything_else(rig: Rig) -> None:
    await rig.person("hanako", must_change=True)
    browser = rig.browser()
    await browser.sign_in("hanako")
    led = await browser.get("/test/desk")
    assert (led.status, led.headers["Location"]) == (303, "/password")
    assert await status_of(browser, "/test/desk") == 403
    form = {"current": PASSWORD, "new": "Tsuki!Asa-7152", "again": "Tsuki!Asa-7152"}
    assert (await browser.get("/password")).status == 200
    assert (await browser.ask("POST", "/password", form=form)).headers["Location"] == "/"
    assert await status_of(browser, "/test/desk") == 200
