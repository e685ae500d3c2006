"""Every route says what it is to somebody whose right is limited to groups, and to whom files and prints are given."""

import inspect
from collections.abc import Iterator

import pytest
from aiohttp import web

from dialer.core.rights import Right
from dialer.web.app import PAGES
from dialer.web.security import Access, Limited, Visitor, declared, requires, requires_one_of, signed_in
from tests.web_rig import NOW

ASKS = ("reach_of(", "demand(", "check_seat(", "check_heard(", "row_of(", "_list(")
ALIKE = {
    *(("GET", path) for path in ("/calendar", "/system", "/system/settings", "/softphone", "/softphone/login")),
    *(("GET", "/floor/state"), ("GET", "/floor/own"), ("POST", "/floor/own")),
    ("POST", "/desk/notices/{notice}/read"),
}
"""Of routes that need a right: those that show and change nothing of any group."""
FILES = {("POST", "/recordings/{id}/file")}
"""All that is given away as a file."""


def routes() -> Iterator[tuple[tuple[str, str], Access | None, web.RouteDef]]:
    app = web.Application()
    for route in (route for table in PAGES for route in table if isinstance(route, web.RouteDef)):
        made = app.router.add_route(route.method, route.path, route.handler)
        assert made.resource is not None
        yield (route.method, made.resource.canonical), declared(route.handler), route


def test_every_route_says_what_it_is_within_groups() -> None:
    silent = [place for place, access, _ in routes() if access is None or access.limited is None]
    assert silent == [], "say limited=Limited.REFUSED, WITHIN or ALIKE"


def test_who_lets_a_route_be_used_within_groups_asks_how_far_the_right_reaches() -> None:
    for place, access, route in routes():
        if access is not None and access.limited is Limited.WITHIN:
            assert any(word in inspect.getsource(route.handler) for word in ASKS), place


def test_what_is_alike_for_all_is_on_this_list() -> None:
    found = {
        place
        for place, access, _ in routes()
        if access is not None and access.limited is Limited.ALIKE and (access.rights or access.any_of)
    }
    assert found == ALIKE


def test_a_file_is_given_only_to_whoever_may_export() -> None:
    """Who adds one that sends a file adds it to the list, with its right (X-015)."""
    sending = {place for place, _, route in routes() if "Content-Disposition" in inspect.getsource(route.handler)}
    assert sending == FILES
    for place, access, _ in routes():
        if place in FILES or place[1].endswith(("/file", "/export")):
            assert access is not None
            assert Right.EXPORT in access.rights, place


def visitor(rights: set[Right], limits: dict[Right, frozenset[str]]) -> Visitor:
    return Visitor("reiko", "見本 礼子", 1, "nagaoka", frozenset(rights) - limits.keys(), "x", NOW, limits=limits)


TAX = frozenset({"tax"})


@pytest.mark.parametrize("limited", [None, *Limited])
def test_only_what_says_so_is_open_to_a_limited_right(limited: Limited | None) -> None:
    async def handler(_: web.Request) -> web.StreamResponse:
        return web.Response()

    access = declared(requires(Right.WATCH, Right.SUPERVISE, limited=limited)(handler))
    assert access is not None
    both = {Right.WATCH, Right.SUPERVISE}
    assert access.is_open_to(visitor(both, {}))
    assert not access.is_open_to(visitor({Right.WATCH}, {}))
    for limits in ({Right.WATCH: TAX}, {Right.SUPERVISE: TAX}, {Right.WATCH: TAX, Right.SUPERVISE: frozenset({"x"})}):
        assert access.is_open_to(visitor(both, limits)) == (limited in (Limited.WITHIN, Limited.ALIKE))
    assert access.is_open_to(visitor(both, {Right.LISTEN: TAX})), "of another right"
    assert access.reach(visitor(both, {Right.WATCH: TAX, Right.SUPERVISE: frozenset({"x", "tax"})})) == TAX


def test_of_several_rights_that_let_in_the_widest_counts() -> None:
    async def handler(_: web.Request) -> web.StreamResponse:
        return web.Response()

    access = declared(requires_one_of(Right.DESK, Right.LISTEN)(handler))
    assert access is not None
    both = {Right.DESK, Right.LISTEN}
    assert access.reach(visitor(both, {Right.LISTEN: TAX})) is None
    assert access.reach(visitor({Right.LISTEN}, {Right.LISTEN: TAX})) == TAX
    assert access.reach(visitor(both, {Right.LISTEN: TAX, Right.DESK: frozenset({"x"})})) == frozenset({"tax", "x"})
    assert declared(signed_in()(handler)) == Access(limited=Limited.ALIKE)
