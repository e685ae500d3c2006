"""`dialer group`: chosen, kept with its history, and in the rules of a running engine from then on."""

import asyncio
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from dialer.calendar_commands import CannotAnswer
from dialer.commands import opened_store
from dialer.config import Settings, load_settings
from dialer.core.groups import GroupChoice
from dialer.group_command import groups_of, move
from dialer.profiles import load_city
from dialer.rulebooks import Rulebooks
from tests.adapters.store_rows import rows_of
from tests.typing_here import typed_here

NOW = datetime(2026, 11, 18, 1, 0, tzinfo=UTC)
NIIGATA = load_city("niigata")
PEOPLE = """
INSERT INTO city (key, name) VALUES ('niigata', '新潟市') ON CONFLICT DO NOTHING;
INSERT INTO account (login, name, suspended, created_at) VALUES
    ('hanako', '見本 花子', false, now()), ('reader', '見本 太郎', false, now());
INSERT INTO account_grant (login, city, role, granted, starts_at, reason, by, at) VALUES
    ('hanako', 'niigata', 'operator', true, '2026-01-01', '', 'test', now()),
    ('reader', 'niigata', 'auditor', true, '2026-01-01', '', 'test', now());
"""


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    with psycopg.connect(database_url) as connection:
        connection.execute(PEOPLE)
    return load_settings(state_dir=tmp_path, database_url=database_url, city="niigata")


async def test_the_newest_choice_of_an_operator_counts_and_the_engine_hears_of_it_without_planning_anew(
    settings: Settings, database_url: str
) -> None:
    async with opened_store(settings, "niigata") as store:
        rules = Rulebooks(settings, store)
        await store.ensure_city(NIIGATA, [])
        first = await rules.book(NOW)
        assert first.groups.of("hanako") is None
        told = await move(settings, NIIGATA, GroupChoice("hanako", "insurance", "応援", "op-lead", NOW))
        changed = await rules.changed(NOW)
        assert changed is not None
        assert changed.groups.of("hanako") == "insurance"
        assert changed.slots is first.slots
        assert await rules.changed(NOW) is None
        await move(settings, NIIGATA, GroupChoice("hanako", None, "終了", "op-lead", NOW + timedelta(hours=1)))
        changed = await rules.changed(NOW)
        assert changed is not None
        assert changed.groups.of("hanako") is None
    assert told.as_dict()["operators"] == [
        {
            "account": "hanako",
            "name": "見本 花子",
            "group": "insurance",
            "since": "2026-11-18T10:00:00+09:00",
            "by": "op-lead",
            "reason": "応援",
        }
    ]
    assert [one["name"] for one in told.as_dict()["groups"]] == ["市税", "3保険料", "保育料等"]
    last = (await groups_of(settings, NIIGATA, NOW)).as_text().splitlines()[-1]
    assert last == "hanako（見本 花子）: 全科目（終了。op-lead、2026-11-18 11:00から）"
    kept = rows_of(database_url, "SELECT account, group_key, reason FROM group_choice ORDER BY id")
    assert kept == [("hanako", "insurance", "応援"), ("hanako", None, "終了")]
    logged = rows_of(database_url, "SELECT function, ids, detail FROM operation ORDER BY id")
    assert logged == [
        ("group", ["hanako"], {"old": "all", "new": "insurance"}),
        ("group", ["hanako"], {"old": "insurance", "new": "all"}),
    ]


@pytest.mark.parametrize(
    ("account", "group", "reason", "said"),
    [
        ("hanako", "water", "応援", "グループ「water」はありません。あるのは tax（市税）、insurance（3保険料）、"),
        ("hanako", "tax", " ", "--reason に理由"),
        ("nobody", "tax", "応援", "席に着けるアカウント「nobody」はありません"),
        ("reader", "tax", "応援", "席に着けるアカウント「reader」はありません"),
    ],
)
def test_a_wrong_choice_is_told_in_one_line_and_changes_nothing(
    settings: Settings, database_url: str, account: str, group: str, reason: str, said: str
) -> None:
    with pytest.raises(CannotAnswer) as told:
        asyncio.run(move(settings, NIIGATA, GroupChoice(account, group, reason, "op-lead", NOW)))
    assert said in str(told.value)
    assert str(told.value).endswith("変更は行っていません。")
    assert "\n" not in str(told.value)
    assert rows_of(database_url, "SELECT id FROM group_choice") == []


def test_it_is_chosen_and_told_as_typed(settings: Settings, database_url: str, tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("YOBIKAKE_")}
    own = {"YOBIKAKE_STATE_DIR": str(tmp_path), "YOBIKAKE_DATABASE_URL": database_url, "YOBIKAKE_CITY": "niigata"}

    def says(*words: str) -> tuple[int, str]:
        code, said, wrong = typed_here({**kept, **own}, "group", *words)
        return code, said or wrong

    code, said = says("hanako", "tax", "--reason", "応援", "--by", "op-lead", "--json")
    assert (code, json.loads(said)["operators"][0]["group"]) == (0, "tax")
    assert says()[1].splitlines()[-1].startswith("hanako（見本 花子）: 市税（応援。op-lead、")
    assert says("hanako", "water", "--reason", "応援")[0] == 1
    assert says("hanako")[0] == 2
    code, said = says("hanako", "all", "--reason", "終了", "--json")
    assert (code, json.loads(said)["operators"][0]["group"]) == (0, None)
