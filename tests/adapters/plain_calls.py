"""The stored calls of a day, counted in plain SQL: what the product tells, written a second time in another way."""

from collections import Counter
from datetime import date
from typing import Any

import psycopg
from psycopg.rows import dict_row

from dialer.core.day_figures import Figure

LAST_WORDS = """
CREATE TEMPORARY VIEW last_words AS
SELECT event.call_id, event.case_id,
       event.detail ->> 'talker' IN ('self', 'same_household')
           AND NOT event.detail @> '{"identity_confirmed": false}' AS contact,
       (event.detail -> 'promise' ->> 'yen')::bigint AS yen
FROM case_event AS event
WHERE event.kind IN ('talk', 'callback')
  AND NOT EXISTS (SELECT FROM case_event AS later WHERE later.call_id = event.call_id AND later.case_id = event.case_id
                  AND later.id > event.id);
CREATE TEMPORARY VIEW ours AS
SELECT attempt.*, (claimed_at AT TIME ZONE 'Asia/Tokyo') AS clock, words.contact, words.yen
FROM attempt LEFT JOIN last_words AS words ON words.call_id = attempt.id AND words.case_id = attempt.case_id;
CREATE TEMPORARY VIEW theirs AS
SELECT inbound_call.*, (arrived_at AT TIME ZONE 'Asia/Tokyo') AS clock, words.contact, words.yen
FROM inbound_call
LEFT JOIN last_words AS words ON words.call_id = inbound_call.id AND words.case_id = inbound_call.case_id
WHERE NOT is_test;
"""
GAVE_UP = "outcome = 'abandoned' AND route IN ('waiting', 'full')"
WAITED = "EXTRACT(epoch FROM ended_at - arrived_at)"
PLAIN: dict[Figure, tuple[str, ...]] = {
    Figure.PLACED: ("FROM ours WHERE outcome IS NULL OR outcome <> 'not_placed'",),
    Figure.OPEN: ("FROM ours WHERE ended_at IS NULL",),
    Figure.ANSWERED: ("FROM ours WHERE answered_at IS NOT NULL",),
    Figure.PERSONS: ("FROM ours WHERE outcome = 'abandoned' OR joined_at > '2000-01-01'",),
    Figure.LEFT_ALONE: ("FROM ours WHERE outcome = 'abandoned'",),
    Figure.TALKS: ("FROM ours WHERE outcome = 'talked'",),
    Figure.TRIED: (
        "FROM ours WHERE outcome IN"
        " ('no_answer', 'machine', 'screened', 'unpaid', 'off_or_out_of_area', 'unreachable', 'talked')"
        " AND (outcome <> 'talked' OR contact IS NOT NULL)",
    ),
    Figure.CONTACTS: ("FROM ours WHERE contact",),
    Figure.CALLERS: (
        f"FROM theirs WHERE outcome IS NOT NULL AND route IN ('waiting', 'full') AND NOT ({GAVE_UP} AND {WAITED} <= 5)",
    ),
    Figure.CALLERS_ANSWERED: ("FROM theirs WHERE outcome = 'talked' AND route IN ('waiting', 'full')",),
    Figure.CALLERS_GAVE_UP: (f"FROM theirs WHERE {GAVE_UP} AND {WAITED} > 5",),
    Figure.CALLERS_GAVE_UP_AT_ONCE: (f"FROM theirs WHERE {GAVE_UP} AND {WAITED} <= 5",),
    Figure.ALL_TALKS: ("FROM ours WHERE outcome = 'talked'", "FROM theirs WHERE outcome = 'talked'"),
    Figure.ALL_NOTED: (
        "FROM ours WHERE outcome = 'talked' AND contact IS NOT NULL",
        "FROM theirs WHERE outcome = 'talked' AND noted",
    ),
    Figure.ALL_CONTACTS: ("FROM ours WHERE contact", "FROM theirs WHERE contact"),
    Figure.NOT_NOTED: (
        "FROM ours WHERE outcome = 'talked' AND contact IS NULL",
        "FROM theirs WHERE outcome = 'talked' AND NOT noted",
    ),
    Figure.ALL_PROMISES: ("FROM ours WHERE yen > 0", "FROM theirs WHERE yen > 0"),
}


class Plain:
    """The stored calls, asked in plain words. A day is a date of the clock in Tokyo."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._connection = psycopg.connect(url, row_factory=dict_row)
        self._connection.execute(LAST_WORDS)

    def rows(self, statement: str, *values: object) -> list[dict[str, Any]]:
        return self._connection.execute(statement.encode(), values).fetchall()

    def count(self, figure: Figure, more: str = "true", *values: object) -> int:
        counts = (
            self.rows(f"SELECT count(*) AS n FROM (SELECT * {of}) AS c WHERE {more}", *values) for of in PLAIN[figure]
        )
        return sum(row["n"] for (row,) in counts)

    def by(self, what: str, figure: Figure, day: date) -> Counter[Any]:
        found: Counter[Any] = Counter()
        for of in PLAIN[figure]:
            asked = f"SELECT {what} AS key, count(*) AS n FROM (SELECT * {of}) AS c WHERE clock::date = %s GROUP BY 1"
            found.update({row["key"]: row["n"] for row in self.rows(asked, day)})
        return found

    def close(self) -> None:
        self._connection.close()
