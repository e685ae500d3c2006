"""A profile that is changed while the engine runs: the next call shows the new number, without a restart (T-030)."""

import shutil
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from dialer.config import load_settings
from dialer.core.calendar.rules import Change
from dialer.ports import StoreFault, StoreUnavailable
from dialer.profiles import FOLDER
from dialer.rulebooks import Rulebooks
from dialer.store.postgres import PostgresStore
from tests.adapters.store_rows import NOW, rows_of

SHOWN = "SELECT caller_id FROM debt_kind WHERE key = 'city_tax'"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The profiles, to be changed."""
    copied = tmp_path / "cities"
    copied.mkdir()
    for name in ("nagaoka.toml", "_common.toml"):
        shutil.copy(FOLDER / name, copied)
    return copied


async def test_a_new_number_is_shown_from_the_next_call_on_and_a_wrong_profile_changes_nothing(
    store: PostgresStore, database_url: str, folder: Path, tmp_path: Path
) -> None:
    settings = load_settings(state_dir=tmp_path, database_url=database_url, city="nagaoka")
    rules, file = Rulebooks(settings, store, folder=folder), folder / "nagaoka.toml"
    old = rules.city.debts[0].caller_id
    await store.ensure_city(rules.city, settings.phones)
    assert (await rules.book(NOW)).read_at == NOW
    assert await rules.followed(NOW, settings.phones) is None
    file.write_text(file.read_text(encoding="utf-8").replace(old, "0258009777"), encoding="utf-8")
    later = NOW + timedelta(minutes=5)
    book = await rules.followed(later, settings.phones)
    assert book is not None
    assert (book.city.debts[0].caller_id, book.read_at) == ("0258009777", later)
    assert book.city.group_called("0258009777") == book.city.debts[0].group
    assert rows_of(database_url, SHOWN) == [("0258009777",)]
    file.write_text(file.read_text(encoding="utf-8").replace("0258009777", "none"), encoding="utf-8")
    assert await rules.followed(later + timedelta(minutes=5), settings.phones) is None
    assert rows_of(database_url, SHOWN) == [("0258009777",)]


class Full(PostgresStore):
    """Takes nothing in."""

    is_full = False

    async def ensure_city(self, city: object, phones: object) -> None:
        if self.is_full:
            raise StoreFault("full")


async def test_a_change_that_the_tables_could_not_learn_is_not_lost(
    store: PostgresStore, database_url: str, folder: Path, tmp_path: Path
) -> None:
    settings = load_settings(state_dir=tmp_path, database_url=database_url, city="nagaoka")
    full, file = Full(database_url, "nagaoka"), folder / "nagaoka.toml"
    rules = Rulebooks(settings, full, folder=folder)
    await rules.book(NOW)
    file.write_text(file.read_text(encoding="utf-8").replace(rules.city.debts[0].caller_id, "0258009777"), "utf-8")
    full.is_full = True
    with pytest.raises(StoreFault):
        await rules.followed(NOW, settings.phones)
    full.is_full = False
    book = await rules.followed(NOW, settings.phones)
    assert book is not None
    assert book.city.debts[0].caller_id == "0258009777"
    await full.close()


class Away(PostgresStore):
    """Cannot be asked about days."""

    is_away = False

    async def calendar_changes(self, city: str) -> Sequence[Change]:
        if self.is_away:
            raise StoreUnavailable("away")
        return await super().calendar_changes(city)


async def test_a_change_that_was_seen_while_the_database_went_away_is_followed_later(
    store: PostgresStore, database_url: str, folder: Path, tmp_path: Path
) -> None:
    settings = load_settings(state_dir=tmp_path, database_url=database_url, city="nagaoka")
    away, file = Away(database_url, "nagaoka"), folder / "nagaoka.toml"
    rules = Rulebooks(settings, away, folder=folder)
    await rules.book(NOW)
    file.write_text(file.read_text(encoding="utf-8").replace(rules.city.debts[0].caller_id, "0258009777"), "utf-8")
    away.is_away = True
    with pytest.raises(StoreUnavailable):
        await rules.changed(NOW)
    away.is_away = False
    book = await rules.changed(NOW)
    assert book is not None
    assert book.city.debts[0].caller_id == "0258009777"
    assert await rules.changed(NOW) is None
    await away.close()
