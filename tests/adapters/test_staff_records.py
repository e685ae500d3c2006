"""What the database itself keeps: who had which right when, who was where, who looked at what (X-005 to X-008)."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from aiohttp import web

from dialer.core.rights import Right
from dialer.store.staff import NewPassword, NoSuchAccount
from dialer.store.staff_grants import GrantOrder
from dialer.store.staff_logs import LogEntry
from dialer.web.app import PAGES
from dialer.web.security import log_operation, requires
from tests.adapters.store_rows import rows_of
from tests.web_rig import NOW, Rig, web_rig

RECORDS = ("account_change", "account_password", "account_grant", "sign_in_event", "operation")

routes = web.RouteTableDef()


@routes.get("/test/cases")
@requires(Right.CASE_VIEW)
async def cases(request: web.Request) -> web.StreamResponse:
    await log_operation(request, "view", "case", [4711, 4712], 2)
    return web.json_response({})


@pytest.fixture
async def rig(database_url: str, tmp_path: Path) -> AsyncIterator[Rig]:
    async with web_rig(database_url, tmp_path, pages=(*PAGES, routes)) as opened:
        yield opened


@pytest.fixture
async def used(rig: Rig) -> Rig:
    """Every record has a row."""
    browser = await rig.visitor("hanako")
    assert (await browser.get("/test/cases")).status == 200
    return rig


@pytest.mark.usefixtures("used")
@pytest.mark.parametrize("table", RECORDS)
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_no_row_of_a_record_can_be_changed_or_taken_away(database_url: str, table: str, statement: str) -> None:
    assert rows_of(database_url, f"SELECT count(*) > 0 FROM {table}") == [(True,)]
    with psycopg.connect(database_url) as connection:
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="is a record of what happened"):
            connection.execute(statement.format(table).encode())
        connection.rollback()


@pytest.mark.usefixtures("used")
def test_an_account_is_never_deleted(database_url: str) -> None:
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
        rows_of(database_url, "DELETE FROM account RETURNING 1")


@pytest.mark.usefixtures("used")
def test_the_operation_log_tells_function_data_number_and_how_long_it_took(database_url: str) -> None:
    told = rows_of(database_url, "SELECT at, city, by, function, what, ids, count, took_ms >= 0 FROM operation")
    assert told == [(NOW, "nagaoka", "hanako", "view", "case", ["4711", "4712"], 2, True)]
    by_session = "SELECT login FROM operation JOIN staff_session ON staff_session.id = operation.session_id"
    assert rows_of(database_url, by_session) == [("hanako",)]


@pytest.mark.usefixtures("used")
def test_who_has_looked_at_a_case_is_found_by_its_id(database_url: str) -> None:
    assert rows_of(database_url, "SELECT by FROM operation WHERE ids @> ARRAY['4712']") == [("hanako",)]


@pytest.mark.parametrize("id_", ["見本花子", "0258 00 1234", "a b", "", "x" * 65])
def test_the_operation_log_takes_no_names(id_: str) -> None:
    with pytest.raises(ValueError, match="takes ids"):
        LogEntry(NOW, "nagaoka", "hanako", 1, "view", "case", [id_], 1, 0.0)


async def test_giving_and_taking_rights_is_kept_with_who_when_and_why(rig: Rig, database_url: str) -> None:
    await rig.person("hanako", [])
    await rig.know_city("nagaoka")
    staff, ends = rig.parts.staff, NOW + timedelta(days=3)
    await staff.grant("hanako", GrantOrder("nagaoka", "operator", "boss", "採用", NOW), NOW)
    await staff.grant("hanako", GrantOrder("nagaoka", "supervisor", "boss", "代行", NOW, ends), NOW)
    taken = GrantOrder("nagaoka", "operator", "boss", "異動", NOW, granted=False)
    assert await staff.grant("hanako", taken, NOW)
    assert not await staff.grant("hanako", taken, NOW)
    question = "SELECT role, granted, ends_at, reason, by FROM account_grant ORDER BY id"
    assert rows_of(database_url, question) == [
        ("operator", True, None, "採用", "boss"),
        ("supervisor", True, ends, "代行", "boss"),
        ("operator", False, None, "異動", "boss"),
    ]
    (known,) = await staff.accounts(NOW)
    assert [(held.city, held.role, held.holds) for held in known.grants] == [("nagaoka", "supervisor", True)]
    (known,) = await staff.accounts(ends)
    assert known.grants == ()


async def test_suspending_and_resuming_is_kept(rig: Rig, database_url: str) -> None:
    await rig.person("hanako")
    for suspended in (True, True, False):
        await rig.parts.staff.suspend("hanako", "boss", "休職", NOW, suspended=suspended)
    question = "SELECT kind, reason, by FROM account_change ORDER BY id"
    assert rows_of(database_url, question) == [
        ("created", "", "test"),
        ("suspended", "休職", "boss"),
        ("resumed", "休職", "boss"),
    ]


async def test_a_login_is_given_once_only(rig: Rig) -> None:
    await rig.person("hanako")
    assert not await rig.parts.staff.add("hanako", "別人", NewPassword("$argon2id$x", "test", False), NOW)


async def test_an_account_that_nobody_has_is_told(rig: Rig) -> None:
    with pytest.raises(NoSuchAccount, match="nobody"):
        await rig.parts.staff.suspend("nobody", "boss", "", NOW, suspended=True)


def test_the_roles_of_the_tenders_come_with_the_tables(database_url: str) -> None:
    rights = "SELECT role, array_agg(may ORDER BY may) FROM role_right GROUP BY role ORDER BY role"
    operator = ["case_search", "case_view", "desk", "manual_call", "result_write"]
    supervising = ["export", "listen", "messages", "reports", "result_correct_others", "supervise", "watch"]
    supervisor = sorted([*operator, *supervising, "hear_recordings"])
    viewer = ["case_search", "case_view", "hear_recordings", "listen", "reports", "system", "watch"]
    assert dict(rows_of(database_url, rights)) == {
        "administrator": ["accounts", "delete_recordings", "hear_recordings", "logs", "messages", "rules", "system"],
        "auditor": ["logs", "reports", "system"],
        "client_viewer": viewer,
        "client_supervisor": viewer,
        "client_inspector": viewer,
        "operator": operator,
        "deputy": operator,
        "worker": operator,
        "supervisor": supervisor,
        "deputy_general_manager": supervisor,
        "executive_manager": supervisor,
        "site_manager": supervisor,
        "general_manager": sorted([*supervisor, "delete_recordings", "logs", "system"]),
        "assistant": ["case_view"],
        "data_handler": ["import"],
        "visitor": ["case_view"],
    }
