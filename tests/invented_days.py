"""Days of a centre out of chance, written into the tables as the engine and the pages leave them.

Operators come, talk, note what was said, pause and go; other calls end in every other way; some talks lack their
result, some results were corrected, some calls are not over. Beside that stands what falls on a border: of midnight,
of five seconds.
"""

import json
import random
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

import psycopg
from psycopg import sql

from dialer.core.callers import InboundOutcome
from dialer.core.values import TOKYO, Outcome

CITY = "nagaoka"
MICROSECOND = timedelta(microseconds=1)
WAITS = (0.4, 4.999999, 5.0, 5.000001, 5.1, 60.0)
OTHER_OUTCOMES = [one for one in Outcome if one is not Outcome.TALKED]
OFTEN = {Outcome.NO_ANSWER: 40, Outcome.MACHINE: 25, Outcome.BUSY: 6, Outcome.NOT_IN_USE: 4, Outcome.HUNG_UP_EARLY: 3}
ANSWERED = (Outcome.ABANDONED, Outcome.HUNG_UP_EARLY, Outcome.MACHINE, Outcome.SCREENED, Outcome.FAX)
OTHER_ENDS = [one for one in InboundOutcome if one not in (InboundOutcome.TALKED, InboundOutcome.TRANSFERRED)]
ROUTES = {"closed": "closed", "guided": "guide", "full": "full", "refused": "not_ours"}
RESULTS = (
    ("promised", "納付約束", "self", True),
    ("explained", "納付案内", "self", None),
    ("not_confirmed", "本人確認できず", "self", False),
    ("family", "同一世帯員に案内", "same_household", True),
    ("absent_until", "本人不在（在宅時間を確認）", "other", None),
    ("unknown", "相手不明", "unknown", None),
)
TABLES = {
    "person": ("id", "city", "address_key", "name", "kana", "household"),
    "phone_number": ("id", "city", "person_id", "number", "position", "state", "source"),
    "cases": (
        *("id", "city", "person_id", "debt_kind_id", "amount_yen", "round_first", "round_last", "imported_at", "state"),
    ),
    "call": ("id", "city", "kind"),
    "attempt": (
        *(
            "id",
            "city",
            "case_id",
            "household",
            "phone_number_id",
            "number",
            "caller_id",
            "fence",
            "operator",
            "account",
        ),
        *(
            "claimed_at",
            "placed_at",
            "answered_at",
            "joined_at",
            "ended_at",
            "outcome",
            "reason",
            "ended_by",
            "evidence",
        ),
    ),
    "inbound_call": (
        *("id", "city", "dialled", "group_key", "number", "number_given", "is_test", "route", "arrived_at"),
        *("answered_at", "joined_at", "ended_at", "operator", "account", "outcome", "reason", "ended_by", "evidence"),
        *("case_id", "noted"),
    ),
    "call_case": ("call_id", "case_id", "city"),
    "case_event": ("city", "case_id", "at", "kind", "call_id", "detail", "by"),
    "talk_record": ("city", "call_id", "number", "by", "at", "result", "name", "talker", "detail", "why"),
    "inquiry": ("city", "call_id", "number", "by", "at", "category", "name", "why"),
    "desk_order": ("city", "phone", "kind", "detail", "by", "at", "taken_at", "answer"),
}


@dataclass(slots=True)
class Inventor:
    """`until`: later things have not happened yet. `borders`: also what falls on a border. `small_days`: how many
    operators there are on all days but the last.
    """

    seed: int
    operators: Sequence[str]
    people: int = 200
    others: float = 3.0  # calls that are no talks, for each talk
    until: datetime | None = None
    borders: bool = True
    small_days: int | None = None
    closes: float = 20.0
    chance: random.Random = field(init=False)
    rows: dict[str, list[tuple[Any, ...]]] = field(default_factory=lambda: {table: [] for table in TABLES})
    debts: list[int] = field(default_factory=list)
    cases: dict[int, list[int]] = field(default_factory=dict)  # by person
    waiting: list[int] = field(default_factory=list)  # persons with no open call

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    def write(self, url: str, days: Sequence[date]) -> None:
        with psycopg.connect(url) as connection:
            found = connection.execute("SELECT id FROM debt_kind WHERE city = %s ORDER BY id", [CITY]).fetchall()
            self.debts = [row[0] for row in found]
            self._people(days)
            for day in days:
                self._day(day, len(self.operators) if day == max(days) else self.small_days)
            for table, columns in TABLES.items():
                names = sql.SQL(", ").join(map(sql.Identifier, columns))
                statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
                with connection.cursor().copy(statement) as copy:
                    for row in self.rows[table]:
                        copy.write_row(row)
            connection.execute("ANALYZE")

    def _add(self, table: str, *values: Any) -> None:
        assert len(values) == len(TABLES[table]), table
        self.rows[table].append(values)

    def _people(self, days: Sequence[date]) -> None:
        first, last = min(days) - timedelta(days=20), max(days) + timedelta(days=20)
        for place in range(self.people):
            person = 100_000 + place
            self._add("person", person, CITY, f"{person:08}", "見本", "ミホン", None)
            self._add("phone_number", person, CITY, person, f"02580{place:05}", 1, "open", "list")
            for debt in range(1 + (place % 5 == 0) * (len(self.debts) > 1)):
                case = person * 10 + debt
                self.cases.setdefault(person, []).append(case)
                self._add("cases", case, CITY, person, self.debts[debt], 1000, first, last, _at(first), "open")
        self.waiting = list(range(100_000, 100_000 + self.people))
        self.chance.shuffle(self.waiting)

    def _day(self, day: date, operators: int | None) -> None:
        talks = sum(self._operator(day, place, account) for place, account in enumerate(self.operators[:operators], 1))
        for _ in range(int(talks * self.others)):
            self._other(self._moment(day))
        for _ in range(talks // 5):
            self._caller(self._moment(day), self.chance.choice(OTHER_ENDS))
        if self.borders:
            self._on_borders(day)
        for _ in range(3):
            self._open(self._moment(day))

    def _on_borders(self, day: date) -> None:
        next_day = _at(day + timedelta(days=1))
        for at, place in ((_at(day), 0), (next_day - MICROSECOND, 0), (next_day, 1)):
            self._other(at)
            self._talk(at, at + timedelta(seconds=20), 90.0, self.operators[place], 1 + place)
            self._caller(at, InboundOutcome.ABANDONED)
        for wait in WAITS:
            self._caller(self._moment(day), InboundOutcome.ABANDONED, wait)

    def _moment(self, day: date) -> datetime:
        return _at(day, self.chance.uniform(9, self.closes))

    def _operator(self, day: date, place: int, account: str) -> int:
        """Their day at the seat; how many talks it had."""
        at, ends, talks = _at(day, self.chance.uniform(8.9, 9.3)), _at(day, self.closes - self.chance.uniform(0, 3)), 0
        self._order(at, place, "take_seat", account)
        at = self._order(at + timedelta(seconds=40), place, "ready", account)
        while at < ends:
            joined = at + timedelta(seconds=self.chance.expovariate(1 / 60))
            seconds = 5 + self.chance.expovariate(1 / 150)
            over = joined + timedelta(seconds=seconds)
            if self.chance.random() < 0.15:
                noted = self._answered(joined, seconds, account, place)
            else:
                noted = self._talk(
                    joined - timedelta(seconds=self.chance.uniform(8, 30)), joined, seconds, account, place
                )
            talks += 1
            at = max(over, noted or over) + timedelta(seconds=1)
            if self.chance.random() < 0.05:
                self._order(at, place, "pause", account)
                at = self._order(at + timedelta(minutes=self.chance.uniform(3, 15)), place, "ready", account)
        self._order(at, place, "leave_seat", account)
        return talks

    def _order(self, at: datetime, place: int, kind: str, account: str) -> datetime:
        detail = json.dumps(
            {"seat": "phone"} if kind == "take_seat" else {"reason": "break"} if kind == "pause" else {}
        )
        if self._is_to_come(at):
            return at
        self._add("desk_order", CITY, f"op{place:02}", kind, detail, account, at, at, "ok")
        if self.chance.random() < 0.1:  # and one that was not carried out
            self._add("desk_order", CITY, f"op{place:02}", "leave_seat", "{}", account, at, at, "時間切れ")
        return at

    def _is_to_come(self, at: datetime) -> bool:
        return self.until is not None and at >= self.until

    def _talk(self, claimed: datetime, joined: datetime, seconds: float, account: str, place: int) -> datetime | None:
        """When its result was in."""
        person, over = self.chance.choice(self.waiting), joined + timedelta(seconds=seconds)
        if self._is_to_come(over):
            return None
        call = self._attempt(person, claimed, Outcome.TALKED, joined, over, account, f"op{place:02}")
        return self._said(call, self._cases(call, person), "talk", over, account)

    def _answered(self, joined: datetime, seconds: float, account: str, place: int) -> datetime | None:
        arrived, over = joined - timedelta(seconds=self.chance.uniform(1, 90)), joined + timedelta(seconds=seconds)
        if self._is_to_come(over):
            return None
        person = self.chance.choice(self.waiting)
        knows, is_test = self.chance.random() < 0.7, self.chance.random() < 0.05
        result = self.chance.random()
        end = (InboundOutcome.TALKED, over, joined, f"op{place:02}", account)
        call = self._inbound(arrived, *end, case=person * 10 if knows else None, noted=result < 0.8, is_test=is_test)
        cases = self._cases(call, person) if knows else []
        if result >= 0.8:
            return None
        noted = over + timedelta(seconds=self.chance.uniform(-10, 60))
        if knows:
            return self._said(call, cases, "callback", over, account, always=True)
        self._add("inquiry", CITY, call, 1, account, noted, "hours", "受付時間", None)
        return noted

    def _cases(self, call: str, person: int) -> list[int]:
        cases = self.cases[person]
        for case in cases:
            self._add("call_case", call, case, CITY)
        return cases

    def _said(
        self, call: str, cases: Collection[int], kind: str, over: datetime, account: str, *, always: bool = False
    ) -> datetime | None:
        if not always and self.chance.random() < 0.1:
            return None
        first = at = over + timedelta(seconds=self.chance.uniform(-20, 90))
        for number in range(1, 1 + self.chance.choices((1, 2, 3), (80, 15, 5))[0]):
            result, name, talker, confirmed = self.chance.choice(RESULTS)
            detail: dict[str, object] = {"talker": talker}
            if confirmed is not None:
                detail["identity_confirmed"] = confirmed
            if result == "promised":
                detail["promise"] = {"date": "2026-12-10", "yen": self.chance.randrange(1000, 90_000)}
            why = None if number == 1 else "訂正"
            words = json.dumps(detail)
            self._add("talk_record", CITY, call, number, account, at, result, name, talker, words, why)
            for case in cases:
                self._add("case_event", CITY, case, at, kind, call, words, account)
            at += timedelta(minutes=self.chance.uniform(1, 600))
        return first

    def _other(self, claimed: datetime) -> None:
        if self._is_to_come(claimed):
            return
        outcome = self.chance.choices(OTHER_OUTCOMES, [OFTEN.get(one, 1) for one in OTHER_OUTCOMES])[0]
        answered = claimed + timedelta(seconds=12) if outcome in ANSWERED else None
        joined = answered if outcome is Outcome.HUNG_UP_EARLY and self.chance.random() < 0.5 else None
        person = self.chance.choice(self.waiting)
        call = self._attempt(person, claimed, outcome, joined, claimed + timedelta(seconds=40), None, None, answered)
        self._cases(call, person)

    def _open(self, claimed: datetime) -> None:
        if self._is_to_come(claimed):
            return
        person = self.waiting.pop()
        call = self._attempt(person, claimed, None, None, None, None, None)
        self._cases(call, person)
        self._inbound(claimed, None, None, None, None, None)

    def _caller(self, arrived: datetime, outcome: InboundOutcome, wait: float | None = None) -> None:
        if self._is_to_come(arrived):
            return
        seconds = self.chance.uniform(0.1, 200) if wait is None else wait
        is_test = self.chance.random() < 0.05
        self._inbound(arrived, outcome, arrived + timedelta(seconds=seconds), None, None, None, is_test=is_test)

    def _attempt(
        self,
        person: int,
        claimed: datetime,
        outcome: Outcome | None,
        joined: datetime | None,
        over: datetime | None,
        account: str | None,
        phone: str | None,
        answered: datetime | None = None,
    ) -> str:
        call = str(uuid.UUID(int=self.chance.getrandbits(128)))
        self._add("call", call, CITY, "attempt")
        number, answered = f"02580{person - 100_000:05}", answered or joined
        placed = None if outcome in (None, Outcome.NOT_PLACED) else claimed
        ended = (None, None, None, None) if outcome is None else (outcome.value, "見本", "far_end", "{}")
        self._add(
            *("attempt", call, CITY, person * 10, f"p{person}", person, number, "0258009001", 1, phone, account),
            *(claimed, placed, answered, joined, over, *ended),
        )
        return call

    def _inbound(
        self,
        arrived: datetime,
        outcome: InboundOutcome | None,
        over: datetime | None,
        joined: datetime | None,
        phone: str | None,
        account: str | None,
        *,
        case: int | None = None,
        noted: bool = False,
        is_test: bool = False,
    ) -> str:
        call = str(uuid.UUID(int=self.chance.getrandbits(128)))
        self._add("call", call, CITY, "inbound")
        route = "waiting" if outcome is None else ROUTES.get(outcome.value, "waiting")
        ended = (None, None, None, None) if outcome is None else (outcome.value, "見本", "far_end", "{}")
        self._add(
            *("inbound_call", call, CITY, "0258009001", "tax", None, "withheld", is_test, route, arrived),
            *(joined, joined, over, phone, account, *ended, case, noted),
        )
        return call


def _at(day: date, hour: float = 0.0) -> datetime:
    return datetime.combine(day, time.min, TOKYO) + timedelta(hours=hour)
