"""Lists are read in a process of their own."""

from contextlib import aclosing
from pathlib import Path

from dialer.config import load_settings
from dialer.importing import Importing
from dialer.web.import_job import Job
from tests.adapters.store_rows import rows_of
from tests.adapters.test_web_imports import ROWS, a_list


async def test_the_process_tells_how_far_it_is_and_what_came_out(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes(a_list(*ROWS))
    importing = Importing(load_settings(state_dir=tmp_path / "var"), database_url)
    job = Job("nagaoka", file, "名簿.csv", "torikomi", round="2026-12-01..2026-12-10")
    async with aclosing(importing.work(job)) as told:
        news = [one async for one in told]
    assert [one.is_last for one in news] == [*[False] * (len(news) - 1), True]
    assert (news[-1].layout, news[-1].answer and news[-1].answer["counts"]["added"]) == ("standard", 2)
    assert (news[0].of > 0, rows_of(database_url, "SELECT count(*) FROM person")) == (True, [(0,)])
