"""The list of talk results in versions: what is approved takes the profile's place, while everything runs."""

from collections.abc import AsyncIterator
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dialer.config import load_settings
from dialer.core.manuals import RESULTS, Manual, ManualKind
from dialer.core.talk_results import TalkResult
from dialer.manual_book import NOT_ONES_OWN
from dialer.profiles.result_versions import profile_document, results_of
from dialer.profiles.script_versions import BadDocument
from dialer.result_book import ResultBook
from dialer.rulebooks import Rulebooks
from dialer.script_book import ScriptBook
from dialer.store.database import Database
from dialer.store.manuals import NewManual
from dialer.store.postgres import PostgresStore
from tests.adapters.store_rows import NOW
from tests.city_profiles import CITY

NAGAOKA = CITY["nagaoka"]
Rows = dict[str, Any]


@pytest.fixture
async def book(database_url: str) -> AsyncIterator[ResultBook]:
    database = Database(database_url)
    await ScriptBook(database, NAGAOKA).ensure(NOW)
    yield ResultBook(database, NAGAOKA)
    await database.close()


def rows() -> Rows:
    """The profile's own, to be changed."""
    return deepcopy(dict(profile_document(NAGAOKA)["result"]))


async def entered(book: ResultBook, changed: Rows, based_on: int | None = None) -> Manual:
    new = NewManual(ManualKind.RESULTS, RESULTS, {"result": changed}, "yamada", "言い方をそろえる", based_on)
    return await book.add(new, NOW)


def names(results: tuple[TalkResult, ...]) -> list[str]:
    return [one.name for one in results]


@pytest.mark.parametrize("key", CITY)
def test_a_profiles_list_written_as_a_version_says_the_same(key: str) -> None:
    city = CITY[key]
    assert results_of(profile_document(city), city) == city.talk.results


async def test_an_approved_list_is_followed_without_a_restart_and_gives_way_when_its_time_is_over(
    book: ResultBook, store: PostgresStore, database_url: str, tmp_path: Path
) -> None:
    settings = load_settings(state_dir=tmp_path, database_url=database_url, city="nagaoka")
    rules = Rulebooks(settings, store)
    own = names((await rules.book(NOW)).city.talk.results)
    changed = rows()
    changed["absent"]["name"] = "ご本人が不在"
    version = await entered(book, changed)
    assert await rules.changed(NOW) is None
    until = NOW + timedelta(days=1)
    await book.approve(version, by="suzuki", reason="協議書 第3号", now=NOW, until=until)
    followed = await rules.changed(NOW)
    assert followed is not None
    assert "ご本人が不在" in names(followed.city.talk.results)
    assert names(followed.city.talk.of_profile) == own
    assert await rules.changed(NOW) is None
    after = await rules.changed(until)
    assert after is not None
    assert names(after.city.talk.results) == own


async def test_nobody_approves_what_he_has_entered(book: ResultBook) -> None:
    changed = rows()
    changed["absent"]["hint"] = "用件は伝えません。折り返しを勧めます"
    version = await entered(book, changed)
    with pytest.raises(BadDocument, match=NOT_ONES_OWN):
        await book.approve(version, by="yamada", reason="よいと思う", now=NOW)


def without(key: str) -> Rows:
    changed = rows()
    changed[key]["use"] = False
    return changed


def with_part(key: str, part: str, value: object) -> Rows:
    changed = rows()
    changed[key][part] = value
    return changed


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (without("declined"), "が結果「declined」を選びます。残してください"),
        (
            with_part("absent", "key_press", "1"),
            "「本人不在（在宅時間は不明）」のキー: キー「1」は 本人・スクリプト完了 が使っています",
        ),
        (with_part("promise", "identity", "none"), '"required" と書いてください'),
        (with_part("absent", "name", "長" * 41), "名前は40文字まで"),
        (with_part("absent", "colour", "red"), "colour"),
        ({}, "result"),
    ],
)
async def test_a_list_that_cannot_be_is_told_and_not_entered(book: ResultBook, changed: Rows, told: str) -> None:
    with pytest.raises(BadDocument) as wrong:
        await entered(book, changed)
    assert told in str(wrong.value)
    assert await book.known() == []


async def test_a_version_that_fits_no_more_gives_way_to_the_one_before(
    book: ResultBook, store: PostgresStore, database_url: str, tmp_path: Path
) -> None:
    """A debt kind that its results are for has gone from the profile: made so by writing past the book."""
    old = await entered(book, with_part("absent", "name", "ご本人が不在"))
    await book.approve(old, by="suzuki", reason="協議書 第3号", now=NOW)
    database = Database(database_url)
    gone = NewManual(ManualKind.RESULTS, RESULTS, {"result": with_part("absent", "debts", ["gone"])}, "yamada", "x", 1)
    bad = await Unchecked(database, NAGAOKA).add(gone, NOW)
    await Unchecked(database, NAGAOKA).approve(bad, by="suzuki", reason="協議書 第4号", now=NOW)
    await database.close()
    rules = Rulebooks(load_settings(state_dir=tmp_path, database_url=database_url, city="nagaoka"), store)
    assert "ご本人が不在" in names((await rules.book(NOW)).city.talk.results)


class Unchecked(ResultBook):
    def _checked(self, every: object, new: NewManual, now: object) -> Any:
        return new.document
