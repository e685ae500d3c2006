"""A list handed in on the page is read and taken over in a process of its own: neither the pages nor the engine wait.

It gets a job on its standard input (dialer/importing.py starts it) and tells how far it is, a JSON object on each line;
in the last what came out. It is the code of `dialer import`.
"""

import asyncio
import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dialer.calendar_commands import CannotAnswer
from dialer.config import Settings, load_settings
from dialer.core.city import City
from dialer.list_commands import NoRound, Wish, import_list
from dialer.list_words import ListTaken
from dialer.lists.recognising import recognised
from dialer.lists.rows import Unreadable
from dialer.lists.standard import STANDARD
from dialer.log import set_up_logging
from dialer.ports import StoreFault, StoreUnavailable
from dialer.profiles import load_city
from dialer.web.import_job import Job, News

NICE = 10  # calls come first
TOLD_EVERY = 0.1  # of the work
MOST_SHOWN = 200
NO_LAYOUT = "どの取込形式にも合いません。見出しと文字コードを確かめるか、取込形式を選んでください。"
AWAY = (
    "データベースに接続できないか、ほかの取込が続いています。"
    "取込が行われたかどうかを受渡しの記録で確かめてから、もう一度お試しください。"
)
FAULT = "システムの不具合の可能性があります。取込は行っていません。管理者にお知らせください。"
BY_HAND = "行を直すか --skip-bad を付けてください。"


@dataclass(slots=True)
class Teller:
    """Says how far it is, now and then."""

    tell: Callable[[News], None]
    told: float = -1.0

    def __call__(self, done: int, of: int) -> None:
        share = done / of if of else 0.0
        if not self.told <= share < self.told + TOLD_EVERY:
            self.told = share
            self.tell(News(done=done, of=of))


def _tell(news: News) -> None:
    sys.stdout.write(json.dumps(asdict(news), ensure_ascii=False) + "\n")
    sys.stdout.flush()


async def carried_out(settings: Settings, city: City, job: Job, now: datetime, told: Teller) -> News:
    try:
        if job.layout is None:
            fits = recognised(job.file, city, simulated=settings.trunk.is_simulated)
            if len(fits) != 1:
                return News(choices=[one.key for one in fits], wrong=None if fits else NO_LAYOUT)
            job = replace(job, layout=fits[0].key)
        wish = Wish(
            file=job.file,
            layout=None if job.layout == STANDARD.key else job.layout,
            round=job.round,
            skip_bad=True,
            by=job.by,
            name=job.name,
            rehearses=not job.applies,
            expected=job.expected,
            by_page=True,
        )
        return _news(await import_list(settings, city, wish, now, told))
    except Unreadable as wrong:
        return News(wrong="".join(problem.what for problem in wrong.problems))
    except NoRound as none:
        return News(
            layout=job.layout, wrong=f"{none.name}にはこれから始まる架電期間がありません。期間を入れてください。"
        )
    except CannotAnswer as why:
        return News(layout=job.layout, wrong=str(why))
    except StoreUnavailable:
        return News(layout=job.layout, wrong=AWAY)
    except StoreFault:
        return News(layout=job.layout, wrong=FAULT)


def _news(found: ListTaken) -> News:
    problems = [
        {"row": one.row, "column": one.column, "what": one.what.replace(BY_HAND, "行を直してください。")}
        for one in found.problems[:MOST_SHOWN]
    ]
    return News(
        layout=found.layout,
        answer={
            "digest": found.digest,
            "counts": found.counts,
            "differences": list(found.differences[:MOST_SHOWN]),
            "more_differences": max(0, len(found.differences) - MOST_SHOWN),
            "problems": problems,
            "problem_count": len(found.problems),
            "told": list(found.told),
            "rounds": found.rounds,
            "rows": found.rows,
            "bad_rows": found.bad_rows,
            "sha256": found.sha256,
            "refused": found.refused,
            "outdated": found.outdated,
        },
    )


def main() -> None:
    os.nice(NICE)
    set_up_logging("WARNING")
    given: dict[str, Any] = json.load(sys.stdin)
    job, settings = Job(**{**given, "file": Path(given["file"])}), load_settings()
    city = load_city(job.city)
    _tell(asyncio.run(carried_out(settings, city, job, datetime.now(UTC), Teller(_tell))))


if __name__ == "__main__":
    main()
