"""`dialer mode`: chosen, kept with its history, and in the rules of a running engine from then on."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dialer.calendar_commands import CannotAnswer
from dialer.commands import opened_store
from dialer.config import Settings, load_settings
from dialer.core.modes import ModeChoice
from dialer.core.values import Mode
from dialer.mode_command import choose, modes_of
from dialer.profiles import load_city
from dialer.rulebooks import Rulebooks
from tests.adapters.store_rows import rows_of
from tests.typing_here import typed_here

NOW = datetime(2026, 11, 18, 1, 0, tzinfo=UTC)
NIIGATA = load_city("niigata")


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return load_settings(state_dir=tmp_path, database_url=database_url, city="niigata")


async def test_the_newest_choice_of_a_debt_kind_counts_and_the_engine_hears_of_it(
    settings: Settings, database_url: str
) -> None:
    tax, other = (debt.key for debt in NIIGATA.debts[:2])
    async with opened_store(settings, "niigata") as store:
        rules = Rulebooks(settings, store)
        await store.ensure_city(NIIGATA, [])
        assert (await rules.book(NOW)).modes.of(tax) is Mode.PROGRESSIVE
        await choose(settings, NIIGATA, ModeChoice(tax, Mode.PAUSED, "市の指示", "user-1", NOW))
        changed = await rules.changed(NOW)
        assert changed is not None
        assert changed.modes.why_paused(tax) == "この科目の架電は休止中です（市の指示）"
        later = NOW + timedelta(hours=1)
        told = await choose(settings, NIIGATA, ModeChoice(tax, Mode.PREVIEW, "記録の確認", "user-2", later))
        changed = await rules.changed(NOW)
        assert changed is not None
        assert (changed.modes.of(tax), changed.modes.of(other)) == (Mode.PREVIEW, Mode.PROGRESSIVE)
        assert await rules.changed(NOW) is None
    assert told.as_dict()["debts"][:2] == [
        {
            "debt": tax,
            "mode": "preview",
            "since": "2026-11-18T11:00:00+09:00",
            "by": "user-2",
            "reason": "記録の確認",
        },
        {"debt": other, "mode": "progressive", "since": None, "by": None, "reason": None},
    ]
    first, second, *_ = (await modes_of(settings, NIIGATA)).as_text().splitlines()
    assert first.endswith("プレビュー発信（記録の確認。user-2、2026-11-18 11:00から）")
    assert second.endswith("自動発信（設定どおり）")
    kept = rows_of(database_url, "SELECT mode, by FROM mode_choice ORDER BY id")
    assert kept == [("paused", "user-1"), ("preview", "user-2")]


@pytest.mark.parametrize(
    ("debt", "reason", "said"),
    [("gold", "市の指示", "科目「gold」はありません。あるのは "), (NIIGATA.debts[0].key, " ", "--reason に理由")],
)
async def test_a_wrong_choice_is_told_in_one_line_and_changes_nothing(
    settings: Settings, database_url: str, debt: str, reason: str, said: str
) -> None:
    with pytest.raises(CannotAnswer) as told:
        await choose(settings, NIIGATA, ModeChoice(debt, Mode.PAUSED, reason, "user-1", NOW))
    assert said in str(told.value)
    assert str(told.value).endswith("変更は行っていません。")
    assert rows_of(database_url, "SELECT id FROM mode_choice") == []


def test_it_is_chosen_and_told_as_typed(database_url: str, tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("YOBIKAKE_")}
    own = {"YOBIKAKE_STATE_DIR": str(tmp_path), "YOBIKAKE_DATABASE_URL": database_url}

    def says(*words: str) -> tuple[int, str]:
        code, said, wrong = typed_here({**kept, **own}, "mode", *words)
        return code, said or wrong

    code, said = says("city_tax", "paused", "--reason", "市の指示", "--by", "op-lead", "--json")
    assert (code, json.loads(said)["debts"][0]["mode"]) == (0, "paused")
    assert says()[1].startswith("city_tax（市税）: 休止（市の指示。op-lead、")
    assert says("gold", "paused", "--reason", "市の指示")[0] == 1
    assert [says("city_tax")[0], says("city_tax", "fast")[0]] == [2, 2]
