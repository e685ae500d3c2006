"""A profile that is rewritten: the pages go by it without a restart (T-030, T-031)."""

from dataclasses import replace
from pathlib import Path

from dialer.store.postgres import PostgresStore
from tests.books import of_two_groups, weekdays
from tests.desk_rig import desk_rig
from tests.waiting import until


async def test_pages_name_the_city_its_groups_and_debt_kinds_as_the_profile_says_now(
    store: PostgresStore, database_url: str, tmp_path: Path
) -> None:
    book = weekdays()
    async with desk_rig(store, database_url, tmp_path, book=book, city=book.city) as rig:
        reiko = await rig.operator("reiko", ("supervisor",))
        assert "新しい市の名" not in await (await reiko.get("/calendar")).text()
        later = of_two_groups(book, {})
        later = replace(later, city=replace(later.city, name="新しい市の名"))
        rig.rules.next = later
        await until(lambda: rig.rules.next is None)
        assert "新しい市の名" in await (await reiko.get("/calendar")).text()
        shown = await (await reiko.get("/floor")).text()
        assert "新しい市の名" in shown
        assert "国民健康保険料" in shown, "there are groups to choose from now"
