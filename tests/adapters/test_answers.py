"""What the command line answers from a real Postgres: agreed days, cases, and why a case is called or not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dialer.agreeing import agree
from dialer.calendar_commands import CannotAnswer, month_of_city
from dialer.case_commands import explained_case, listed
from dialer.commands import explained, opened_store
from dialer.config import Settings, load_settings
from dialer.core.agreed import Wish
from dialer.core.calendar.rules import ChangeKind
from dialer.core.person_flags import FlagKind
from dialer.core.rules.happenings import Judgement
from dialer.core.values import CaseId, Outcome, PhoneNumber
from dialer.decide_command import decided
from dialer.flag_command import flag
from dialer.holidays import national_holidays
from dialer.lists.rows import CaseRow
from dialer.ports import Recorded
from dialer.profiles import load_city
from dialer.rulebooks import Rulebooks
from dialer.store.case_decisions import CaseDecision
from dialer.store.case_events import CaseEvent
from dialer.store.database import Database
from dialer.store.listing import EVERY_CASE
from dialer.store.person_flags import FlagOrder
from dialer.store.postgres import PostgresStore
from dialer.store.words import EventKind
from tests.adapters.inbound_rows import DIALLED, Line
from tests.adapters.store_rows import CITY, DEBTS, ended, put_callable
from tests.adapters.store_rows import NOW as STORE_NOW

NOW = datetime(2026, 11, 18, 1, 0, tzinfo=UTC)  # ten in the morning of the first day of Nagaoka's round
CALLER = "0258001001"
NIIGATA, NAGAOKA = load_city("niigata"), load_city("nagaoka")


def settings_for(city: str, url: str, folder: Path) -> Settings:
    return load_settings(state_dir=folder, database_url=url, city=city)


async def test_an_agreed_evening_is_in_the_calendar_and_in_the_rules_from_then_on(
    database_url: str, tmp_path: Path
) -> None:
    settings = settings_for("niigata", database_url, tmp_path)
    wish = Wish("2026-12-03", ChangeKind.OPEN, "協議による", "user-1", "evening")
    done = await agree(settings, NIIGATA, wish, NOW)
    assert done.as_dict()["becomes"] == "平日夜間催告（協議による）。架電 12:00～20:00"
    async with opened_store(settings, "niigata") as store:
        rules = Rulebooks(settings, store)
        book = await rules.book(NOW)
        assert await rules.changed(NOW) is None
        assert book.calendar.calls_at(datetime.fromisoformat("2026-12-03T19:00+09:00"), "city_tax").is_open
        changes = tuple(await store.calendar_changes("niigata"))
    month = month_of_city(NIIGATA, "2026-12", national_holidays(), changes).as_dict()
    assert [day["out"] for day in month["days"] if day["date"] == "2026-12-03"] == [["12:00", "20:00"]]


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (Wish("2026-12-03", ChangeKind.OPEN, "協議", "user-1", "night"), "パターン「night」はありません"),
        (Wish("3 December", ChangeKind.CLOSE, "協議", "user-1"), "日付「3 December」は読めません"),
        (Wish("2026-12-03", ChangeKind.CLOSE, "協議", "user-1", debts=("gold",)), "科目「gold」はありません"),
        (Wish("2026-12-03", ChangeKind.OPEN, "協議", "user-1", "day", calls="9-17h"), "時間帯として読めません"),
        (Wish("2026-12-03", ChangeKind.CLOSE, "", "user-1"), "reason と by"),
    ],
)
async def test_a_wrong_agreement_is_told_in_one_line_and_changes_nothing(
    database_url: str, tmp_path: Path, wish: Wish, said: str
) -> None:
    settings = settings_for("niigata", database_url, tmp_path)
    with pytest.raises(CannotAnswer) as told:
        await agree(settings, NIIGATA, wish, NOW)
    assert said in str(told.value)
    async with opened_store(settings, "niigata") as store:
        assert list(await store.calendar_changes("niigata")) == []


async def test_a_case_is_listed_and_explained_without_a_name_or_a_number(database_url: str, tmp_path: Path) -> None:
    settings = settings_for("nagaoka", database_url, tmp_path)
    number = PhoneNumber("0258001234")
    async with opened_store(settings, "nagaoka") as store:
        await store.ensure_city(NAGAOKA, ["op01"])
        store.use(await Rulebooks(settings, store).book(NOW))
        await store.import_cases(
            [CaseRow(2, "00001", "見本 一郎", "ミホン イチロウ", "city_tax", 12000, (number,))], NOW
        )
        (line,) = await store.cases("nagaoka", EVERY_CASE)
        found = await explained_case(settings, line.case, NOW)
        assert found is not None
        assert "いま" in found.as_text()
        shown = await listed(settings, NAGAOKA, EVERY_CASE)
        (one,) = shown.as_dict()["cases"]
        assert (one["state"], one["next"]["kind"], one["undecided"]) == ("open", "first", False)
        await store.record([CaseEvent(EventKind.STOP, NOW, case=line.case)])
        assert (await listed(settings, NAGAOKA, EVERY_CASE)).as_dict()["cases"][0]["undecided"]
        stopped = await explained_case(settings, line.case, NOW)
    assert stopped is not None
    assert "000 §10(4)ケ" in stopped.as_text()
    told = shown.as_text() + found.as_text() + stopped.as_text() + str(stopped.as_dict())
    assert number not in told
    assert "見本" not in told


async def test_a_call_is_explained_by_its_id_whoever_called_whom(
    database_url: str, store: PostgresStore, tmp_path: Path
) -> None:
    settings, database = settings_for(CITY, database_url, tmp_path), Database(database_url)
    put_callable(database_url, CALLER)
    (attempt,) = await store.claim(CITY, 1, STORE_NOW, DEBTS)
    await store.finish([ended(attempt, Outcome.NO_ANSWER)])
    line = Line(database_url, store, database)
    call = await line.talked(CALLER, STORE_NOW + timedelta(minutes=1))
    await line.inbound.append([Recorded(call, STORE_NOW + timedelta(minutes=2), "wish_declined", {})])
    await database.close()
    ours, theirs = await explained(settings, attempt.attempt), await explained(settings, call)
    assert ours is not None
    assert theirs is not None
    assert (ours["attempt"], ours["case"], ours["outcome"]) == (attempt.attempt, attempt.case, "no_answer")
    assert (theirs["call"], theirs["case"], theirs["outcome"]) == (call, attempt.case, "talked")
    assert (theirs["dialled"], theirs["route"], theirs["persons_with_the_number"]) == (DIALLED, "waiting", 1)
    assert list(theirs["moments"]) == ["arrived_at", "answered_at", "waits_at", "joined_at", "ended_at"]
    assert "wish_declined" in [event["kind"] for event in theirs["events"]]
    assert CALLER not in f"{ours}{theirs}"
    assert await explained(settings, "00000000-0000-5000-8000-000000000009") is None
    assert await explained(settings, "not an id") is None


async def test_a_case_that_is_not_there_is_not_explained(database_url: str, tmp_path: Path) -> None:
    settings = settings_for("nagaoka", database_url, tmp_path)
    assert await explained_case(settings, CaseId(77), NOW) is None


async def test_a_case_is_ended_by_a_person_only_where_the_tender_leaves_it_to_one(
    database_url: str, tmp_path: Path
) -> None:
    settings = settings_for("nagaoka", database_url, tmp_path)
    async with opened_store(settings, "nagaoka") as store:
        await store.ensure_city(NAGAOKA, [])
        store.use(await Rulebooks(settings, store).book(NOW))
        row = CaseRow(1, "00001", "見本", "ミホン", "city_tax", 1000, (PhoneNumber("0258001001"),))
        await store.import_cases([row], NOW)
        (line,) = await store.cases("nagaoka", EVERY_CASE)
        order = CaseDecision(line.case, Judgement.DECLINED, "user-1", NOW + timedelta(minutes=5), None, "強い拒否")
        with pytest.raises(CannotAnswer, match=f"案件 {line.case} は、いまは「再度の架電は困難」として"):
            await decided(settings, order)
        said = {"talker": "self", "declined": True}
        await store.record([CaseEvent(EventKind.CALLBACK, NOW, case=line.case, detail=said)])
        done = await decided(settings, order)
        assert done.as_text() == f"案件 {line.case}: 「再度の架電は困難」として完了にしました"
        found = await explained_case(settings, line.case, order.at)
    assert found is not None
    assert (found.state, found.clause) == ("complete", "000 §10(4)ウ")
    with pytest.raises(CannotAnswer, match="長岡市に案件 77 はありません"):
        await decided(settings, replace(order, case=CaseId(77)))


async def test_a_lawyer_ends_the_calls_of_a_person_and_can_be_lifted(database_url: str, tmp_path: Path) -> None:
    settings = settings_for("nagaoka", database_url, tmp_path)
    async with opened_store(settings, "nagaoka") as store:
        await store.ensure_city(NAGAOKA, [])
        store.use(await Rulebooks(settings, store).book(NOW))
        row = CaseRow(1, "00001", "見本", "ミホン", "city_tax", 1000, (PhoneNumber("0258001001"),))
        await store.import_cases([row], NOW)
    order = FlagOrder("00001", FlagKind.LAWYER, "user-1", NOW, "受任通知 11月10日")
    done = await flag(settings, NAGAOKA, order, lifts=False)
    assert done.as_dict() == {"kind": "lawyer", "lifted": False, "changed": True, "stopped": 1, "released": 0}
    assert done.as_text() == "弁護士等の受任あり（本人へ架電しない）: 登録しました。架電を停止した案件 1件"
    lifted = await flag(settings, NAGAOKA, order, lifts=True)
    released = "停止を解いた案件 1件。ほかの理由で終わっている案件はそのままです"
    assert lifted.as_text() == f"弁護士等の受任あり（本人へ架電しない）: 解除しました。{released}"
    assert (await flag(settings, NAGAOKA, order, lifts=True)).as_text().endswith("登録がありません")
    with pytest.raises(CannotAnswer, match="宛名番号 99 の方はいません"):
        await flag(settings, NAGAOKA, FlagOrder("99", FlagKind.DV, "user-1", NOW), lifts=False)
