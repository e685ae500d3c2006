"""The tables, in the words of the glossary. README.md beside this file says why each is as it is.

Every row carries its city, and a foreign key over (id, city) keeps a row from pointing into another city.
"""

from collections.abc import Iterable
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from dialer.core.values import CaseState, EndedBy, NumberState, OperatorState, Outcome

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pk",
        "fk": "%(table_name)s_%(referred_table_name)s_fk",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "ix": "%(table_name)s_%(column_0_N_name)s_index",
    }
)

JAPANESE_NUMBER = "^0[0-9]{9,10}$"


def _one_of(column: str, words: type[StrEnum]) -> CheckConstraint:
    return CheckConstraint(_in(column, (word.value for word in words)), name=column)


def _in(column: str, words: Iterable[str]) -> str:
    return f"{column} IN ({', '.join(repr(word) for word in words)})"


def _id() -> Column[int]:
    return Column("id", BigInteger, Identity(), primary_key=True)


def _city() -> Column[str]:
    return Column("city", Text, ForeignKey("city.key"), nullable=False)


def _moment(name: str, *, nullable: bool = True) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


city = Table(
    "city",
    metadata,
    Column("key", Text, primary_key=True),
    Column("name", Text, nullable=False),
)

debt_kind = Table(
    "debt_kind",
    metadata,
    _id(),
    _city(),
    Column("key", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("department", Text, nullable=False),
    Column("caller_id", Text, nullable=False),
    UniqueConstraint("city", "key"),
    UniqueConstraint("id", "city"),
    CheckConstraint(f"caller_id ~ '{JAPANESE_NUMBER}'", name="caller_id"),
)

person = Table(
    "person",
    metadata,
    _id(),
    _city(),
    Column("address_key", Text, nullable=False),  # 宛名番号
    Column("name", Text, nullable=False),
    Column("kana", Text, nullable=False),
    UniqueConstraint("city", "address_key"),
    UniqueConstraint("id", "city"),
)

phone_number = Table(
    "phone_number",
    metadata,
    _id(),
    _city(),
    Column("person_id", BigInteger, nullable=False),
    Column("number", Text, nullable=False),
    Column("position", SmallInteger, nullable=False),  # the order in which they are tried
    Column("state", Text, nullable=False),
    Column("source", Text, nullable=False),  # who told us: the city's list, the person
    ForeignKeyConstraint(["person_id", "city"], ["person.id", "person.city"]),
    UniqueConstraint("person_id", "number"),
    UniqueConstraint("id", "city"),
    CheckConstraint(f"number ~ '{JAPANESE_NUMBER}'", name="number"),
    _one_of("state", NumberState),
    Index("phone_number_city_number_index", "city", "number"),
)

cases = Table(
    "cases",
    metadata,
    _id(),
    _city(),
    Column("person_id", BigInteger, nullable=False),
    Column("debt_kind_id", BigInteger, nullable=False),
    Column("amount_yen", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),  # what brought it to its state, for a person to read
    Column("held", Text),  # open, but not to be called: why
    _moment("due_at"),
    _moment("imported_at", nullable=False),
    ForeignKeyConstraint(["person_id", "city"], ["person.id", "person.city"]),
    ForeignKeyConstraint(["debt_kind_id", "city"], ["debt_kind.id", "debt_kind.city"]),
    UniqueConstraint("id", "city"),
    CheckConstraint("amount_yen > 0", name="amount_yen"),
    _one_of("state", CaseState),
    CheckConstraint("held IN ('no_open_number')", name="held"),
    CheckConstraint("state <> 'open' OR due_at IS NOT NULL", name="open_is_due"),
    Index("cases_claimable_index", "city", "due_at", "id", postgresql_where=text("state = 'open' AND held IS NULL")),
    Index("cases_one_open_index", "person_id", "debt_kind_id", unique=True, postgresql_where=text("state = 'open'")),
)

attempt = Table(
    "attempt",
    metadata,
    Column("id", Uuid(as_uuid=False), primary_key=True),  # also the channel's id in Asterisk
    _city(),
    Column("case_id", BigInteger, nullable=False),
    Column("phone_number_id", BigInteger, nullable=False),
    Column("number", Text, nullable=False),  # as dialled; the phone_number row may change
    Column("caller_id", Text, nullable=False),
    Column("fence", BigInteger, nullable=False),  # under which leadership it was claimed
    Column("operator", Text),  # phone of the operator it was joined to
    _moment("claimed_at", nullable=False),
    _moment("placed_at"),
    _moment("ringing_at"),
    _moment("answered_at"),
    _moment("joined_at"),
    _moment("ended_at"),
    Column("outcome", Text),
    Column("reason", Text),
    Column("ended_by", Text),
    Column("evidence", JSONB(none_as_null=True)),
    ForeignKeyConstraint(["case_id", "city"], ["cases.id", "cases.city"]),
    ForeignKeyConstraint(["phone_number_id", "city"], ["phone_number.id", "phone_number.city"]),
    UniqueConstraint("id", "city"),
    _one_of("outcome", Outcome),
    _one_of("ended_by", EndedBy),
    CheckConstraint(f"number ~ '{JAPANESE_NUMBER}'", name="number"),
    CheckConstraint("num_nulls(outcome, ended_at, reason, ended_by, evidence) IN (0, 5)", name="outcome_comes_whole"),
    Index("attempt_one_open_per_case_index", "case_id", unique=True, postgresql_where=text("outcome IS NULL")),
    Index("attempt_one_open_per_number_index", "number", unique=True, postgresql_where=text("outcome IS NULL")),
    Index("attempt_case_id_index", "case_id"),
    Index("attempt_city_claimed_at_index", "city", "claimed_at"),
)

call_event = Table(
    "call_event",
    metadata,
    _id(),
    _city(),
    Column("attempt_id", Uuid(as_uuid=False), nullable=False),
    _moment("at", nullable=False),
    Column("kind", Text, nullable=False),
    Column("detail", JSONB, nullable=False),
    ForeignKeyConstraint(["attempt_id", "city"], ["attempt.id", "attempt.city"]),
    # a batch whose commit was not heard of is appended again: the same event is the same row
    UniqueConstraint("attempt_id", "at", "kind", "detail"),
)

operator = Table(
    "operator",
    metadata,
    _city(),
    Column("phone", Text, nullable=False),  # op01
    Column("state", Text, nullable=False),
    Column("leg", Text),  # channel id of the audio leg
    _moment("since"),
    PrimaryKeyConstraint("city", "phone"),
    _one_of("state", OperatorState),
)

recording = Table(
    "recording",
    metadata,
    Column("attempt_id", Uuid(as_uuid=False), primary_key=True),
    _city(),
    Column("file", Text, nullable=False),
    Column("seconds", Double, nullable=False),
    ForeignKeyConstraint(["attempt_id", "city"], ["attempt.id", "attempt.city"]),
    CheckConstraint("file = attempt_id::text || '.wav'", name="named_by_id_only"),
    CheckConstraint("seconds >= 0", name="seconds"),
)

outbox = Table(
    "outbox",
    metadata,
    _id(),
    _city(),
    Column("attempt_id", Uuid(as_uuid=False), nullable=False),
    Column("kind", Text, nullable=False),
    Column("payload", JSONB, nullable=False),  # ids and words of the glossary, nothing personal
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    _moment("sent_at"),
    ForeignKeyConstraint(["attempt_id", "city"], ["attempt.id", "attempt.city"]),
    UniqueConstraint("attempt_id", "kind"),
    Index("outbox_unsent_index", "id", postgresql_where=text("sent_at IS NULL")),
)

leadership = Table(
    "leadership",
    metadata,
    Column("city", Text, ForeignKey("city.key"), primary_key=True),
    Column("fence", BigInteger, nullable=False),  # one more with every engine that takes the lead
    _moment("taken_at", nullable=False),
)
