"""The logs prove themselves: what somebody does to a row by hand is found, also by one who may do everything."""

import asyncio
import json
import os
import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from dialer.audit_commands import prune
from dialer.calendar_commands import CannotAnswer
from dialer.config import ROOT, Settings
from dialer.core.rights import SignInKind
from dialer.core.sealed import Chain, Fault, Finding, Head
from dialer.ports import StoreFault
from dialer.store.database import Database
from dialer.store.queries import SAVE_CITY
from dialer.store.sealed_logs import SealedLogs
from dialer.store.staff_logs import LogEntry, SignInEntry, StaffLogs
from tests.adapters.store_rows import rows_of
from tests.adapters.test_store_migrations import step
from tests.typing_here import typed_here

CHAIN = Chain("operation", "nagaoka")
THEN = datetime(2024, 11, 25, 1, 0, 0, 123456, tzinfo=UTC)
Says = Callable[..., tuple[int, str]]


def entry(number: int, *, at: datetime = THEN, city: str = "nagaoka") -> LogEntry:
    detail = {"old": None, "new": "paused", "rows": number} if number % 3 == 0 else None
    return LogEntry(at + timedelta(seconds=number), city, "hanako", None, "view", "case", [str(number)], 1, 0.1, detail)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    opened = Database(database_url, name="seals under test")
    for key in ("nagaoka", "kurume"):
        await opened.ask(lambda connection, key=key: connection.execute(SAVE_CITY, {"key": key, "name": key}))  # type: ignore[misc]
    yield opened
    await opened.close()


@pytest.fixture
async def logs(database: Database) -> SealedLogs:
    """With thirty rows of one city."""
    notes = StaffLogs(database)
    for number in range(30):
        await notes.operation(entry(number))
    return SealedLogs(database)


def as_superuser(url: str, *statements: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("ALTER TABLE operation DISABLE TRIGGER USER")
        for statement in statements:
            connection.execute(statement.encode())
        connection.execute("ALTER TABLE operation ENABLE TRIGGER USER")


async def found(logs: SealedLogs, *heads: Head) -> Sequence[Finding]:
    return (await logs.check(CHAIN, heads)).findings


async def test_rows_are_numbered_without_holes_for_each_city_and_are_sound(
    logs: SealedLogs, database: Database, database_url: str
) -> None:
    await StaffLogs(database).operation(entry(1, city="kurume"))
    await StaffLogs(database).sign_in(SignInEntry(THEN, SignInKind.REFUSED, "192.0.2.1", 0.25))
    with psycopg.connect(database_url) as connection:  # one that did not come about leaves no hole
        connection.execute(
            "INSERT INTO operation (at, city, by, function, what, ids, count, took_ms)"
            " VALUES (now(), 'nagaoka', 'x', 'view', 'case', '{}', 0, 0)"
        )
        connection.rollback()
    await StaffLogs(database).operation(entry(31))
    assert rows_of(database_url, "SELECT city, max(seq), count(*) FROM operation GROUP BY city ORDER BY city") == [
        ("kurume", 1, 1),
        ("nagaoka", 31, 31),
    ]
    heads = await logs.heads()
    assert [(one.chain.log, one.chain.key, one.seq) for one in heads] == [
        ("operation", "kurume", 1),
        ("operation", "nagaoka", 31),
        ("sign_in_event", "", 1),
    ]
    for chain in await logs.chains():
        assert (await logs.check(chain, heads)).findings == (), chain


async def test_many_who_write_at_once_get_each_a_place(database: Database, database_url: str) -> None:
    notes = [StaffLogs(Database(database_url, name=f"desk {number}")) for number in range(4)]
    await asyncio.gather(*(notes[number % 4].operation(entry(number)) for number in range(100)))
    assert (await SealedLogs(database).check(CHAIN)).findings == ()
    assert rows_of(database_url, "SELECT max(seq), count(DISTINCT seq) FROM operation") == [(100, 100)]
    for one in notes:
        await one._database.close()


TAMPERING: Mapping[str, tuple[str, Fault, int]] = {
    "who it was": ("UPDATE operation SET by = 'taro' WHERE seq = 7", Fault.CHANGED, 7),
    "the moment": ("UPDATE operation SET at = at + interval '1 microsecond' WHERE seq = 7", Fault.CHANGED, 7),
    "what a setting was": ('UPDATE operation SET detail = \'{"new": "x"}\' WHERE seq = 7', Fault.CHANGED, 7),
    "how long it took": ("UPDATE operation SET took_ms = 0.2 WHERE seq = 7", Fault.CHANGED, 7),
    "a seal": ("UPDATE operation SET seal = '\\x00' WHERE seq = 7", Fault.CHANGED, 7),
    "a row is taken away": ("DELETE FROM operation WHERE seq = 7", Fault.MISSING, 7),
    "a row goes to another city": ("UPDATE operation SET city = 'kurume' WHERE seq = 7", Fault.MISSING, 7),
    "a row is written between": (
        "INSERT INTO operation SELECT (jsonb_populate_record(one, '{\"id\": 999}')).* FROM operation AS one"
        " WHERE seq = 7",
        Fault.TWICE,
        7,
    ),
    "a row without a place": ("UPDATE operation SET seq = NULL WHERE seq = 7", Fault.NO_PLACE, 0),
}
LOOSE = "ALTER TABLE operation ALTER seq DROP NOT NULL, DROP CONSTRAINT operation_city_seq_key"


@pytest.mark.parametrize("what", TAMPERING)
async def test_what_is_done_to_a_row_by_hand_is_found(logs: SealedLogs, database_url: str, what: str) -> None:
    statement, fault, place = TAMPERING[what]
    as_superuser(database_url, LOOSE, statement)
    assert (fault, place) in [(one.fault, one.first) for one in await found(logs)]


@pytest.mark.parametrize("seed", range(12))
async def test_tampering_at_random_is_found(logs: SealedLogs, database_url: str, seed: int) -> None:
    chance, kept = random.Random(seed), await logs.heads()
    one, two = chance.sample(range(1, 31), 2)
    done = chance.choice(
        (
            f"UPDATE operation SET ids = '{{0}}' WHERE seq = {one}",
            f"DELETE FROM operation WHERE seq = {one}",
            f"DELETE FROM operation WHERE seq >= {one}",
            f"UPDATE operation SET seq = CASE seq WHEN {one} THEN {two} ELSE {one} END WHERE seq IN ({one}, {two})",
            f"UPDATE operation AS here SET by = 'x', ids = there.ids FROM operation AS there"
            f" WHERE here.seq = {one} AND there.seq = {two}",
        )
    )
    as_superuser(database_url, LOOSE, done)
    assert await found(logs, *kept) != (), done


async def test_a_function_that_somebody_made_lenient_changes_nothing(logs: SealedLogs, database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "CREATE OR REPLACE FUNCTION seal_record() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN NEW.seq := 31; NEW.seal := '\\x00'; RETURN NEW; END $$"
        )
    await StaffLogs(logs._database).operation(entry(31))
    assert [(one.fault, one.first) for one in await found(logs)] == [(Fault.CHANGED, 31)]


async def test_rows_of_before_there_were_seals_are_sealed_in_their_order(database_url: str, logs: SealedLogs) -> None:
    step(database_url, import_module("dialer.store.migrations.versions.0020_sealed_logs").down_revision)
    assert rows_of(database_url, "SELECT count(*) FROM operation") == [(30,)]
    step(database_url, "0020")
    assert await found(logs) == ()
    await StaffLogs(logs._database).operation(entry(31))
    assert await found(logs) == ()
    assert rows_of(database_url, "SELECT array_agg(id ORDER BY seq) = array_agg(id ORDER BY id) FROM operation") == [
        (True,)
    ]


# --- what is old


async def test_an_old_stretch_goes_whole_and_the_rest_is_still_proved(logs: SealedLogs, database_url: str) -> None:
    kept = await logs.heads()
    stretch = await logs.old_stretch(CHAIN, THEN + timedelta(seconds=12))
    assert stretch is not None
    assert (stretch.first, stretch.last, stretch.rows) == (1, 12, 12)
    assert await logs.prune(stretch, "boss", THEN + timedelta(days=800)) == 12
    checked = await logs.check(CHAIN, kept)
    assert (checked.findings, checked.rows, checked.pruned_to, checked.last) == ((), 18, 12, 30)
    assert (await logs.check(Chain("pruned_log", ""))).findings == ()
    await StaffLogs(logs._database).operation(entry(31))
    assert await found(logs, *kept) == ()
    as_superuser(database_url, "DELETE FROM operation WHERE seq = 13")
    assert [(one.fault, one.first) for one in await found(logs)] == [(Fault.MISSING, 13)]


async def test_a_row_that_is_younger_keeps_all_that_came_after_it(logs: SealedLogs) -> None:
    await StaffLogs(logs._database).operation(entry(0))  # its clock was set back
    stretch = await logs.old_stretch(CHAIN, THEN + timedelta(seconds=1))
    assert stretch is not None
    assert (stretch.first, stretch.last) == (1, 1)
    everything = await logs.old_stretch(CHAIN, THEN + timedelta(days=1))
    assert everything is not None
    assert everything.last == 30  # the newest stays


async def test_without_a_stub_nothing_can_be_taken_away(logs: SealedLogs, database_url: str) -> None:
    stretch = await logs.old_stretch(CHAIN, THEN + timedelta(seconds=12))
    assert stretch is not None
    await logs.prune(stretch, "boss", THEN + timedelta(days=800))
    for statement in (
        "DELETE FROM operation WHERE seq = 13",
        "UPDATE operation SET by = 'x'",
        "DELETE FROM pruned_log",
    ):
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="is a record of what happened"):
            rows_of(database_url, f"{statement} RETURNING 1")


# --- as it is typed


@pytest.fixture
def says(database_url: str, tmp_path: Path) -> Says:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("YOBIKAKE_")}
    own = {"PYTHONPATH": str(ROOT), "YOBIKAKE_STATE_DIR": str(tmp_path), "YOBIKAKE_DATABASE_URL": database_url}

    def run(*words: str) -> tuple[int, str]:
        code, said, wrong = typed_here({**kept, **own}, *words)
        return code, said + wrong

    return run


@pytest.mark.usefixtures("logs")
def test_the_command_names_the_row_and_fails(says: Says, database_url: str, tmp_path: Path) -> None:
    heads = tmp_path / "heads.json"
    heads.write_text(says("audit", "head", "--json")[1], encoding="utf-8")
    code, told = says("audit", "verify", "--head", str(heads))
    assert (code, told.splitlines()[1]) == (0, "操作記録（nagaoka）: 30件、異常はありません")
    as_superuser(database_url, "UPDATE operation SET by = 'taro' WHERE seq = 7", "DELETE FROM operation WHERE seq > 28")
    code, told = says("audit", "verify", "--head", str(heads), "--json")
    operation = next(one for one in json.loads(told)["chains"] if one["city"] == "nagaoka")
    assert (code, json.loads(told)["sound"]) == (1, False)
    assert [(one["fault"], one["first"], one["last"]) for one in operation["findings"]] == [
        ("changed", 7, 7),
        ("cut", 29, 30),
    ]
    code, told = says("audit", "verify", "--head", str(heads))
    assert code == 1
    assert "  7番（id 7、2024-11-25T01:00:06.123456+00:00）: 内容が記録した時と違います" in told


@pytest.mark.usefixtures("database")
def test_a_head_that_is_none_is_told_in_one_line(says: Says, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text("[]", encoding="utf-8")
    for file in (wrong, tmp_path / "missing"):
        code, told = says("audit", "verify", "--head", str(file))
        assert (code, len(told.splitlines())) == (1, 1)


async def test_once_a_contract_has_been_over_for_long_enough_all_but_the_newest_may_go(
    logs: SealedLogs, database_url: str, tmp_path: Path
) -> None:
    settings = Settings(state_dir=tmp_path, database_url=SecretStr(database_url))
    later = datetime(2031, 12, 1, tzinfo=UTC)
    told = await prune(settings, "boss", later, really=False)
    assert [(one.first, one.last) for one in told.stretches] == [(1, 29)]
    assert rows_of(database_url, "SELECT count(*) FROM operation") == [(30,)]
    await prune(settings, "boss", later, really=True)
    assert rows_of(database_url, "SELECT seq, function, count, detail ->> 'last' FROM operation ORDER BY seq") == [
        (30, "view", 1, None),
        (31, "prune", 29, "29"),
    ]
    assert await found(logs) == ()


async def test_a_stretch_that_somebody_changed_is_not_taken_away(
    logs: SealedLogs, database_url: str, tmp_path: Path
) -> None:
    as_superuser(database_url, "UPDATE operation SET by = 'taro' WHERE seq = 7")
    settings = Settings(state_dir=tmp_path, database_url=SecretStr(database_url))
    with pytest.raises(CannotAnswer, match="異常が 1件"):
        await prune(settings, "boss", datetime(2031, 12, 1, tzinfo=UTC), really=True)
    assert await found(logs) != ()


@pytest.mark.usefixtures("logs")
def test_nothing_goes_while_a_contract_lasts(says: Says, database_url: str) -> None:
    code, told = says("audit", "prune", "--really", "--by", "boss")
    assert (code, "長岡市の保存期間" in told) == (0, True)
    assert rows_of(database_url, "SELECT count(*) FROM pruned_log") == [(0,)]


# --- many at once


async def test_who_comes_while_others_are_written_is_written_with_the_next(
    logs: SealedLogs, database: Database, database_url: str
) -> None:
    notes = StaffLogs(database)
    await asyncio.gather(*(notes.operation(entry(100 + place)) for place in range(50)))
    question = "SELECT count(*), count(DISTINCT xmin::text) < 10 FROM operation WHERE seq > 30"
    assert rows_of(database_url, question) == [(50, True)]
    assert await found(logs) == ()


async def test_one_that_cannot_be_written_keeps_no_other_from_the_log(
    logs: SealedLogs, database: Database, database_url: str
) -> None:
    notes = StaffLogs(database)
    wanted = [entry(100), entry(101), entry(102, city="nowhere"), entry(103), entry(104)]
    told = await asyncio.gather(*(notes.operation(one) for one in wanted), return_exceptions=True)
    assert [isinstance(one, StoreFault) for one in told] == [False, False, True, False, False]
    assert rows_of(database_url, "SELECT ids FROM operation WHERE seq > 30 ORDER BY ids") == [
        ([str(number)],) for number in (100, 101, 103, 104)
    ]
    assert await found(logs) == ()
