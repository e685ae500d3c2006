"""What the pages are built on, one rule at a time: rates, places to go to, where a question comes from, routes."""

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from dialer.core.rights import LockOut, Right
from dialer.web.csrf import changes_something, from_our_page
from dialer.web.limiter import MOST_ADDRESSES, Allowed, Limiter
from dialer.web.security import UndeclaredRoute, public, register, requires, signed_in
from dialer.web.sign_in import as_login
from dialer.web.views import safe_next, templates


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 0), (4, 0), (5, 60), (6, 120), (7, 240), (10, 1920), (11, 3600), (5000, 3600)]
)
def test_every_further_failure_shuts_the_door_twice_as_long(failures: int, seconds: float) -> None:
    assert LockOut().seconds(failures) == seconds


def test_an_address_may_try_so_often_within_any_minute() -> None:
    limiter = Limiter(2, seconds=60)
    asked = [("a", 0), ("a", 30), ("a", 59), ("a", 59.5), ("b", 59.5), ("a", 60.5), ("a", 61), ("a", 91), ("a", 122)]
    yes, no, first = Allowed.YES, Allowed.NO, Allowed.NO_FOR_THE_FIRST_TIME
    assert [limiter.ask(address, at) for address, at in asked] == [yes, yes, first, no, yes, yes, no, yes, yes]


def test_very_many_addresses_do_not_fill_the_memory() -> None:
    limiter = Limiter(1, seconds=60)
    for number in range(MOST_ADDRESSES * 3):
        limiter.ask(str(number), number / 1000)
    assert len(limiter._tries) <= MOST_ADDRESSES


@pytest.mark.parametrize(
    ("wanted", "leads_to"),
    [
        ("/desk", "/desk"),
        ("/cases/12?tab=talks", "/cases/12?tab=talks"),
        (None, "/"),
        ("", "/"),
        ("desk", "/"),
        ("https://elsewhere.example/", "/"),
        ("//elsewhere.example/", "/"),
        ("/\\elsewhere.example/", "/"),
        ("/desk\r\nSet-Cookie: a=b", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_after_signing_in_one_stays_with_us(wanted: str | None, leads_to: str) -> None:
    assert safe_next(wanted) == leads_to


@pytest.mark.parametrize(
    ("site", "origin", "ours"),
    [
        ("same-origin", "https://desk.example", True),
        ("same-origin", None, True),
        (None, "https://desk.example", True),
        (None, None, False),
        ("cross-site", "https://desk.example", False),
        ("same-site", None, False),
        ("none", None, False),
        ("same-origin", "https://elsewhere.example", False),
        (None, "http://desk.example", False),
        (None, "https://desk.example:8443", False),
        (None, "null", False),
    ],
)
def test_only_a_page_of_ours_may_change_something(site: str | None, origin: str | None, ours: bool) -> None:
    given = {"Host": "desk.example", "Sec-Fetch-Site": site, "Origin": origin}
    request = make_mocked_request("POST", "/", {name: value for name, value in given.items() if value is not None})
    assert from_our_page(request) is ours


@pytest.mark.parametrize(
    ("method", "headers", "changes"),
    [
        ("GET", {}, False),
        ("HEAD", {}, False),
        ("POST", {}, True),
        ("PUT", {}, True),
        ("PATCH", {}, True),
        ("DELETE", {}, True),
        ("GET", {"Upgrade": "WebSocket"}, True),
    ],
)
def test_everything_but_looking_is_a_change_and_so_is_a_socket(
    method: str, headers: dict[str, str], changes: bool
) -> None:
    assert changes_something(make_mocked_request(method, "/", headers)) is changes


async def _silent(_request: web.Request) -> web.StreamResponse:
    return web.Response()


def test_a_route_that_does_not_say_who_may_use_it_cannot_be_registered() -> None:
    with pytest.raises(UndeclaredRoute, match=r" /cases/\{id\}: say who may use it"):
        register(web.Application(), [[web.get("/cases/{id}", _silent)]])


@pytest.mark.parametrize("declare", [public, signed_in(), requires(Right.DESK)])
def test_a_route_that_says_it_is_registered(declare) -> None:  # type: ignore[no-untyped-def]
    async def handler(_request: web.Request) -> web.StreamResponse:
        return web.Response()

    app = web.Application()
    register(app, [[web.get("/desk", declare(handler))]])
    assert [resource.canonical for resource in app.router.resources()] == ["/desk"]


@pytest.mark.parametrize("typed", ["hanako", " Hanako ", "ＨＡＮＡＫＯ", "HANAKO\u3000"])
def test_a_login_is_the_same_however_it_is_typed(typed: str) -> None:
    assert as_login(typed) == "hanako"


def test_every_template_escapes() -> None:
    assert templates.autoescape is True
    assert templates.from_string("{{ name }}").render(name="<script>") == "&lt;script&gt;"
