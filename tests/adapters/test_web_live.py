"""What is pushed to a desk's page: whole snapshots, ever newer, also after the database was away."""

import json
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from dialer.core.versions import Decision, VersionState
from dialer.embedded.postgres import PostgresCluster
from dialer.profiles import load_city
from dialer.store import migrate
from dialer.store.manuals import ManualStore, NewManual
from dialer.store.postgres import PostgresStore
from dialer.web.desk_parts import DESK
from tests.books import weekdays
from tests.desk_rig import AMOUNTS, CITY, DeskRig, desk_rig
from tests.waiting import until


@contextmanager
def private_cluster() -> Iterator[PostgresCluster]:
    """One that may be taken away."""
    state = Path(tempfile.mkdtemp(prefix="yobikake-live-"))
    state.chmod(0o755)
    cluster = PostgresCluster(state, fast=True)
    cluster.start()
    try:
        migrate(cluster.url)
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(state)


@pytest.fixture
async def rig(store: PostgresStore, database_url: str, tmp_path: Path) -> AsyncIterator[DeskRig]:
    async with desk_rig(store, database_url, tmp_path) as opened:
        yield opened


def is_(state: str) -> Callable[[Mapping[str, Any]], bool]:
    return lambda snapshot: snapshot["operator"] is not None and snapshot["operator"]["state"] == state


is_talking, is_paused = is_("talking"), is_("paused")


async def test_who_has_no_seat_is_told_so_and_sees_it_when_it_is_taken(rig: DeskRig) -> None:
    page = await rig.operator()
    pushed = await rig.follow(page)
    assert (await pushed.snapshot())["operator"] is None
    answer = await page.ask(
        "POST", "/desk/orders", json={"kind": "take_seat", "detail": {"seat": "phone"}, "phone": "op02"}
    )
    assert await answer.json() == {"ok": True, "answer": "ok"}
    seated = await pushed.snapshot(lambda one: one["operator"] is not None)
    assert (seated["operator"]["phone"], seated["operator"]["pause_reason"]) == ("op02", "signed_in")


@pytest.mark.parametrize(
    ("kind", "detail"),
    [
        ("listen", {"to": "op02", "how": "join"}),
        ("stop_listening", {}),
        ("give_break", {"account": "hanako", "reason": "meal"}),
        ("relieve", {"attempt": str(uuid.uuid4())}),
    ],
)
async def test_a_desk_orders_nothing_of_what_is_a_supervisors(
    rig: DeskRig, kind: str, detail: Mapping[str, str]
) -> None:
    page = await rig.operator()
    rig.sit("hanako")
    await until(lambda: rig.rig.app[DESK].live.desk_of("hanako") is not None)
    answer = await page.ask("POST", "/desk/orders", json={"kind": kind, "detail": detail})
    assert (answer.status, rig.orders) == (403, [])
    assert rig.do("SELECT ids FROM operation WHERE function = 'refuse'") == [{"ids": ["desk.orders"]}]


async def test_the_snapshot_of_a_join_carries_the_whole_case_without_any_amount(rig: DeskRig) -> None:
    page = await rig.operator()
    rig.sit("hanako")
    pushed = await rig.follow(page)
    await pushed.snapshot()
    rig.talk(rig.person("見本 次郎"))
    joined = await pushed.snapshot(is_talking)
    assert joined["view"]["person"]["name"] == "見本 次郎"
    assert joined["view"]["amounts"] is False
    written = json.dumps(joined, ensure_ascii=False)
    assert [amount for amount in AMOUNTS if amount in written] == []


async def test_the_case_is_read_while_it_rings_so_that_a_join_asks_no_more_of_it(
    rig: DeskRig, database_url: str
) -> None:
    page = await rig.operator()
    rig.sit("hanako")
    pushed = await rig.follow(page)
    await pushed.snapshot(is_paused)
    attempt = rig.ring(rig.person("見本 次郎"))
    await until(lambda: attempt in rig.rig.app[DESK].live.views.ready)
    with psycopg.connect(database_url) as somebody:
        somebody.execute("LOCK TABLE phone_number IN ACCESS EXCLUSIVE MODE")  # whoever asks for the case now waits
        rig.join(attempt)
        assert (await pushed.snapshot(is_talking))["view"]["person"]["name"] == "見本 次郎"


async def test_identity_opens_the_amounts_for_every_page_of_this_operator(rig: DeskRig) -> None:
    page = await rig.operator()
    rig.sit("hanako")
    pushed = await rig.follow(page)
    attempt = rig.talk(rig.person())
    await pushed.snapshot(is_talking)
    body = {"attempt": attempt, "how": "name_birthday", "confirmed": True}
    answer = await page.ask("POST", "/desk/identity", json=body)
    assert (await answer.json())["view"]["total_yen"] == 77_700
    assert (await pushed.snapshot(lambda one: one["view"]["amounts"]))["view"]["total_yen"] == 77_700
    await page.ask("POST", "/desk/identity", json={**body, "confirmed": False})
    assert (await pushed.snapshot(lambda one: not one["view"]["amounts"]))["view"]["total_yen"] is None


async def test_what_is_typed_cannot_open_the_gate(rig: DeskRig) -> None:
    page = await rig.operator()
    rig.sit("hanako")
    attempt = rig.talk(rig.person())
    content = {"note": "あとで", "identity_confirmed": True}
    assert (await page.ask("PUT", "/desk/draft", json={"attempt": attempt, "content": content})).status == 200
    pushed = await rig.follow(page)
    talking = await pushed.snapshot(is_talking)
    assert (talking["draft"]["note"], talking["view"]["amounts"]) == ("あとで", False)


async def test_nobody_learns_of_another_operators_call(rig: DeskRig) -> None:
    other = await rig.operator("taro")
    await rig.operator("hanako")
    rig.sit("hanako")
    attempt = rig.talk(rig.person())
    body = {"attempt": attempt, "how": "name_birthday", "confirmed": True}
    for method, path, sent in (
        ("POST", "/desk/identity", body),
        ("PUT", "/desk/draft", {"attempt": attempt, "content": {"note": "x"}}),
        ("POST", "/desk/results", {"attempt": attempt, "expected_number": 0, "result": "cut_off"}),
        ("GET", f"/desk/talks/{attempt}", None),
        ("GET", f"/desk/appointments?attempt={attempt}", None),
    ):
        answer = await other.ask(method, path, json=sent, headers={"Accept": "application/json"})
        assert (path, answer.status) == (path, 404)


async def test_versions_only_grow_and_a_page_that_comes_again_gets_the_newest(rig: DeskRig) -> None:
    page = await rig.operator()
    rig.sit("hanako")
    first = await rig.follow(page)
    for state in ("free", "paused", "free"):
        rig.desk(state=state)
        await first.snapshot(is_(state))
    rig.desk(state="paused", pause_reason="meal")
    await first.snapshot(is_paused)
    again = await rig.follow(page)
    newest = await again.snapshot()
    assert newest["operator"]["pause_reason"] == "meal"
    versions = [*first.versions, newest["version"]]
    assert versions == sorted(set(versions))


async def test_a_locked_session_gets_nothing_more(rig: DeskRig) -> None:
    page = await rig.operator()
    rig.sit("hanako")
    pushed = await rig.follow(page)
    await pushed.snapshot(is_paused)
    rig.rig.clock.pass_time(hours=1)
    rig.talk(rig.person())
    while (event := await pushed.event())[0] == "beat":
        pass
    assert event == ("locked", "locked")
    with pytest.raises(EOFError):
        await pushed.event()


async def test_a_result_frees_the_desk_and_a_second_writer_is_shown_what_the_first_wrote(rig: DeskRig) -> None:
    page, chief = await rig.operator(), await rig.operator("chief", ("operator", "supervisor"))
    rig.sit("hanako")
    attempt = rig.talk(rig.person())
    rig.hang_up(attempt)
    result = {"attempt": attempt, "expected_number": 0, "result": "cut_off", "note": "無言"}
    assert (await page.ask("POST", "/desk/results", json=result)).status == 200
    second = await chief.ask("POST", "/desk/results", json={**result, "note": "別の内容"})
    told = await second.json()
    assert (second.status, told["theirs"]["by"], told["view"]["expected_number"]) == (409, "hanako", 1)
    corrected = {**result, "expected_number": 1, "note": "別の内容", "why": "聞き直した"}
    assert (await chief.ask("POST", "/desk/results", json=corrected)).status == 200
    records = rig.do("SELECT number, by, why FROM talk_record ORDER BY number")
    assert records == [{"number": 1, "by": "hanako", "why": None}, {"number": 2, "by": "chief", "why": "聞き直した"}]
    pushed = await rig.follow(page)
    await pushed.snapshot(is_("free"))
    assert rig.kinds() == ["finish"]


async def test_a_result_sent_again_because_its_answer_was_lost_is_there_once(rig: DeskRig) -> None:
    page = await rig.operator()
    rig.sit("hanako")
    attempt = rig.talk(rig.person())
    rig.hang_up(attempt)
    result = {"attempt": attempt, "expected_number": 0, "result": "cut_off", "note": "無言"}
    answers = [await page.ask("POST", "/desk/results", json=result) for _ in range(2)]
    assert [(one.status, await one.json()) for one in answers] == [(200, {"number": 1})] * 2
    assert rig.do("SELECT number, note FROM talk_record") == [{"number": 1, "note": "無言"}]


async def test_a_call_that_was_over_at_once_asks_for_no_result_and_frees_the_desk(rig: DeskRig) -> None:
    page = await rig.operator()
    rig.sit("hanako")
    attempt = rig.talk(rig.person())
    rig.hang_up(attempt, outcome="hung_up_early")
    result = {"attempt": attempt, "expected_number": 0, "result": "cut_off"}
    answer = await page.ask("POST", "/desk/results", json=result)
    assert answer.status == 200
    assert await answer.json() == {
        "number": 0,
        "told": "つながってすぐに切れた通話のため、結果の登録はいりません。",
    }
    assert rig.do("SELECT 1 FROM talk_record") == []
    await until(lambda: rig.kinds() == ["finish"])


async def test_a_talk_without_a_result_stays_with_its_operator_until_it_is_entered(rig: DeskRig) -> None:
    page = await rig.operator()
    rig.sit("hanako")
    attempt = rig.talk(rig.person("見本 三郎"))
    rig.hang_up(attempt)
    rig.desk(state="free", call_id=None)
    pushed = await rig.follow(page)
    left = await pushed.snapshot(lambda one: one["unfinished"])
    assert left["unfinished"][0]["name"] == "見本 三郎"
    answer = await page.get(f"/desk/talks/{attempt}", headers={"Accept": "application/json"})
    assert (await answer.json())["view"]["total_yen"] is None
    sent = {"attempt": attempt, "expected_number": 0, "result": "cut_off"}
    assert (await page.ask("POST", "/desk/results", json=sent)).status == 200
    done = await pushed.snapshot(lambda one: not one["unfinished"])
    assert [one["attempt"] for one in done["recent"]] == [attempt]


async def test_every_view_of_a_case_is_in_the_log_once_for_a_session(rig: DeskRig) -> None:
    page = await rig.operator()
    rig.sit("hanako")
    case = rig.person()
    for _ in range(2):
        await (await rig.follow(page)).snapshot()
    rig.talk(case)
    for _ in range(2):
        await (await rig.follow(page)).snapshot(is_talking)
    logged = rig.do("SELECT function, what, ids, count FROM operation WHERE function = 'view'")
    assert logged == [{"function": "view", "what": "case", "ids": [str(case)], "count": 1}]


async def test_without_an_engine_the_page_is_told(rig: DeskRig, store: PostgresStore) -> None:
    page = await rig.operator()
    pushed = await rig.follow(page)
    assert (await pushed.snapshot(lambda one: one["engine"]["ready"]))["engine"]["why"] == ""
    await store.close()
    assert not (await pushed.snapshot(lambda one: not one["engine"]["ready"]))["engine"]["ready"]


async def test_days_offered_are_open_ones_and_closed_ones_say_why(rig: DeskRig) -> None:
    page = await rig.operator()
    rig.sit("hanako")
    attempt = rig.talk(rig.person())
    answer = await page.get(f"/desk/appointments?attempt={attempt}", headers={"Accept": "application/json"})
    offered = await answer.json()
    promise = {one["day"]: one["why"] for one in offered["promise"]}
    assert (promise["2026-11-25"], promise["2026-11-28"]) == (None, "土曜日")
    appointment = {one["day"]: one for one in offered["appointment"]}
    assert appointment["2026-11-25"]["times"][0] == "10:15"  # it is ten o'clock
    assert appointment["2026-11-28"] == {"day": "2026-11-28", "why": "土曜日", "times": []}
    assert "2026-12-12" not in appointment  # the round has ended


async def test_while_the_database_is_away_the_page_says_so_and_afterwards_has_what_happened(tmp_path: Path) -> None:
    with private_cluster() as cluster:
        store = PostgresStore(cluster.url, CITY)
        await store.ensure_city(load_city(CITY), ["op01"])
        store.use(weekdays())
        assert await store.lead()
        async with desk_rig(store, cluster.url, tmp_path) as rig:
            page = await rig.operator()
            rig.sit("hanako")
            pushed = await rig.follow(page)
            await pushed.snapshot(is_paused)
            cluster.stop()
            cut = await pushed.snapshot(lambda one: not one["engine"]["ready"])
            assert "データベース" in cut["engine"]["why"]
            assert cut["operator"]["state"] == "paused"
            cluster.start()
            rig.talk(rig.person())
            back = await pushed.snapshot(is_talking)
            assert back["view"]["person"]["name"] == "見本 太郎"
            assert pushed.versions == sorted(set(pushed.versions))
        await store.close()


async def test_desks_follow_the_approval_of_a_script_and_a_talk_keeps_the_one_it_has_begun_with(rig: DeskRig) -> None:
    city, now = rig.rig.parts.city, rig.rig.clock.now()
    page, manuals = await rig.operator(), ManualStore(rig.rig.parts.database, city)
    rig.sit("hanako")
    first = rig.talk(rig.person())
    pushed = await rig.follow(page)
    assert _script(await pushed.snapshot(is_talking)) == ("reminder", 1, True)
    (shipped,) = [one for one in await manuals.manuals() if one.key == "reminder"]
    new = NewManual(shipped.kind, shipped.key, {**shipped.document, "name": "お願い"}, "yamada", "言い回し", 1)
    added = await manuals.add(new, now)
    await manuals.decide(added, Decision(VersionState.APPROVED, "suzuki", now, reason="協議書 第3号"))

    def is_followed() -> bool:
        used = rig.rig.app[DESK].live.parts.scripts
        return any((one.key, one.version) == ("reminder", 2) for one in used)

    await until(is_followed)
    assert _script(await pushed.snapshot(is_talking)) == ("reminder", 1, True)
    rig.hang_up(first)
    second = rig.talk(rig.person("見本 次郎"))
    seen = await pushed.snapshot(lambda one: (one["call"] or {}).get("attempt") == second)
    assert _script(seen) == ("reminder", 2, False)


def _script(snapshot: Mapping[str, Any]) -> tuple[str, int, bool]:
    script = snapshot["view"]["script"]
    return script["key"], script["version"], script["draft"]
