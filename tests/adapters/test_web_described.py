"""The description of all routes: complete, true to the code, and for whoever may see the system."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from dialer.web.described import description
from dialer.web.security import declared
from tests.adapters.store_rows import rows_of
from tests.web_rig import Rig, web_rig

FORM, JSON, STREAM = "application/x-www-form-urlencoded", "application/json", "application/octet-stream"


@pytest.fixture
async def rig(database_url: str, tmp_path: Path) -> AsyncIterator[Rig]:
    async with web_rig(database_url, tmp_path) as opened:
        yield opened


@pytest.fixture
def paths(rig: Rig) -> dict[str, Any]:
    described = description(rig.app)["paths"]
    assert isinstance(described, dict)
    return described


async def test_every_route_is_in_it_with_the_rights_it_needs(rig: Rig, paths: dict[str, Any]) -> None:
    for route in rig.app.router.routes():
        access = declared(route.handler)
        if route.method == "HEAD" or route.resource is None or access is None:
            continue
        ways = [set(way["session"]) for way in paths[route.resource.canonical][route.method.lower()]["security"]]
        assert bool(ways) is not access.public
        assert all(access.lets_in(frozenset(way)) for way in ways), route


async def test_names_are_given_once(paths: dict[str, Any]) -> None:
    names = [one["operationId"] for methods in paths.values() for one in methods.values()]
    assert len(names) == len(set(names)) > 100


def fields(operation: dict[str, Any], kind: str) -> set[str]:
    return set(operation["requestBody"]["content"][kind]["schema"]["properties"])


@pytest.mark.parametrize(
    ("path", "kind", "names"),
    [
        ("/sign-in", FORM, {"login", "password", "code", "next"}),
        ("/accounts/{login}", FORM, {"act", "seen", "reason", "role", "from", "until"}),  # by a table of functions
        ("/recordings", FORM, {"first", "last", "case", "shortest", "longest", "skip", "by", "debt", "person"}),
        ("/texts/{purpose}", FORM, {"act", "text", "version", "language", "reason", "debt", "names_matter"}),
        ("/desk/decide", JSON, {"case", "choice", "happened", "reason"}),
        ("/desk/results", JSON, {"attempt", "expected_number", "talker", "promise_day", "steps", "why"}),
        ("/floor/target", JSON, {"target", "reason"}),
    ],
)
async def test_what_a_handler_reads_is_found_wherever_it_reads_it(
    paths: dict[str, Any], path: str, kind: str, names: set[str]
) -> None:
    assert fields(paths[path]["post"], kind) >= names


async def test_addresses_headers_and_files_are_described_too(paths: dict[str, Any]) -> None:
    upload = paths["/imports"]["post"]
    assert {one["name"]: one["in"] for one in upload["parameters"]} == {
        **dict.fromkeys(("first", "last", "layout"), "query"),
        "X-File-Name": "header",
    }
    assert set(upload["requestBody"]["content"]) == {STREAM}
    (case,) = paths["/desk/cases/{case}"]["get"]["parameters"]
    assert (case["in"], case["schema"]["pattern"]) == ("path", r"^\d{1,18}$")


async def test_who_may_see_the_system_reads_it_and_it_is_in_the_log(rig: Rig, database_url: str) -> None:
    auditor, operator = await rig.visitor("kansa", ["auditor"]), await rig.visitor("hanako")
    answer = await auditor.get("/system/openapi.json")
    told = await answer.json()
    assert (answer.status, told["openapi"], "/system/openapi.json" in told["paths"]) == (200, "3.1.0", True)
    assert (await operator.get("/system/openapi.json")).status == 403
    assert rows_of(database_url, "SELECT what FROM operation WHERE function = 'view'") == [("system",)]
