"""What simulated operators enter after a talk, so that a rehearsal goes on as a working day would."""

import asyncio
import random
from collections.abc import Mapping
from datetime import UTC, datetime

from dialer.core.values import AttemptId
from dialer.ports import StoreUnavailable
from dialer.store.case_events import CaseEvent
from dialer.store.postgres import PostgresStore
from dialer.store.words import EventKind

LOOK_SECONDS = 0.3
BY = "rehearsal"

Entered = Mapping[str, object]
RESULTS: tuple[tuple[float, Entered], ...] = (
    (0.70, {"talker": "self", "script": "completed", "identity_confirmed": True}),
    (0.12, {"talker": "self", "script": "partial", "identity_confirmed": True}),
    (0.08, {"talker": "same_household", "script": "completed", "identity_confirmed": True, "offered_to_hear": True}),
    (0.07, {"talker": "same_household", "identity_confirmed": True, "absent": True}),
    (0.03, {"talker": "self", "declined": True}),
)


def result_of(attempt: AttemptId) -> Entered:
    """The same for the same attempt, however often it is asked."""
    chance = random.Random(attempt)  # noqa: S311 (an invented talk)
    return chance.choices([said for _, said in RESULTS], [share for share, _ in RESULTS])[0]


async def enter_results(store: PostgresStore, city: str) -> None:
    """For ever: each talk that has ended gets its result soon after."""
    began = datetime.now(UTC)
    while True:
        try:
            awaited = await store.awaited_results(city, began)
            now = datetime.now(UTC)
            talks = [CaseEvent(EventKind.TALK, now, attempt=one, detail=result_of(one), by=BY) for one in awaited]
            if talks:
                await store.record(talks)
        except StoreUnavailable:
            pass  # a rehearsal may kill the database; the results are entered when it is back
        await asyncio.sleep(LOOK_SECONDS)
