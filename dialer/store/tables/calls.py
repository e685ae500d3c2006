"""Calls in either direction: those that we place, those that come in, and what belongs to both."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from dialer.core.callers import InboundOutcome, Route
from dialer.core.values import EndedBy, Outcome
from dialer.store.tables.columns import JAPANESE_NUMBER, metadata, moment, of_city, one_of, own_id
from dialer.store.words import CallKind, NumberGiven

call = Table(
    "call",
    metadata,
    Column("id", Uuid(as_uuid=False), primary_key=True),  # also the channel's id in Asterisk
    of_city(),
    Column("kind", Text, nullable=False),
    UniqueConstraint("id", "city"),
    one_of("kind", CallKind),
)

attempt = Table(
    "attempt",
    metadata,
    Column("id", Uuid(as_uuid=False), primary_key=True),
    of_city(),
    Column("case_id", BigInteger, nullable=False),  # whose plan it was; call_case names all it is for
    Column("household", Text, nullable=False),  # 世帯番号, or p and the id of a person without one
    Column("phone_number_id", BigInteger, nullable=False),
    Column("number", Text, nullable=False),  # as dialled; the phone_number row may change
    Column("caller_id", Text, nullable=False),
    Column("slot", Text),  # day and band (T-026)
    Column("fence", BigInteger, nullable=False),  # under which leadership it was claimed
    Column("operator", Text),  # phone of the operator it was joined to
    Column("account", Text),  # who sat there then: whose talk it is, and whose result is missing
    moment("claimed_at", nullable=False),
    moment("placed_at"),
    moment("ringing_at"),
    moment("answered_at"),
    moment("joined_at"),
    moment("ended_at"),
    Column("outcome", Text),
    Column("reason", Text),
    Column("ended_by", Text),
    Column("evidence", JSONB(none_as_null=True)),
    ForeignKeyConstraint(["id", "city"], ["call.id", "call.city"]),
    ForeignKeyConstraint(["case_id", "city"], ["cases.id", "cases.city"]),
    ForeignKeyConstraint(["phone_number_id", "city"], ["phone_number.id", "phone_number.city"]),
    one_of("outcome", Outcome),
    one_of("ended_by", EndedBy),
    CheckConstraint(f"number ~ '{JAPANESE_NUMBER}'", name="number"),
    CheckConstraint("num_nulls(outcome, ended_at, reason, ended_by, evidence) IN (0, 5)", name="outcome_comes_whole"),
    Index("attempt_one_open_per_case_index", "case_id", unique=True, postgresql_where=text("outcome IS NULL")),
    Index("attempt_one_open_per_number_index", "number", unique=True, postgresql_where=text("outcome IS NULL")),
    Index(
        "attempt_one_open_per_household_index",
        *("city", "household"),
        unique=True,
        postgresql_where=text("outcome IS NULL"),
    ),
    Index("attempt_case_id_index", "case_id"),
    Index("attempt_city_claimed_at_index", "city", "claimed_at"),
    Index("attempt_city_household_claimed_at_index", "city", "household", "claimed_at"),
    Index("attempt_city_account_index", "city", "account", "claimed_at", postgresql_where=text("outcome = 'talked'")),
)

inbound_call = Table(
    "inbound_call",
    metadata,
    Column("id", Uuid(as_uuid=False), primary_key=True),
    of_city(),
    Column("dialled", Text, nullable=False),  # the city's number
    Column("group_key", Text, nullable=False),  # of debt kinds; none for a number that nobody has set up
    Column("number", Text),  # the caller's, in national digits
    Column("number_given", Text),  # none: whoever knows the number has not written yet
    Column("is_test", Boolean, nullable=False, server_default=text("false")),  # left out of the figures (T-036)
    Column("route", Text, nullable=False),
    Column("rank", SmallInteger, nullable=False, server_default=text("1")),  # the smallest comes first
    moment("arrived_at", nullable=False),
    moment("answered_at"),
    moment("waits_at"),
    moment("joined_at"),
    moment("ended_at"),
    Column("operator", Text),  # phone of the operator it was joined to
    Column("account", Text),  # who sat there then
    Column("outcome", Text),
    Column("reason", Text),
    Column("ended_by", Text),
    Column("evidence", JSONB(none_as_null=True)),
    Column("case_id", BigInteger),  # the one that opens on the desk; call_case names all it is for
    Column("household", Text),  # as of an attempt, when all who have this number are of one
    Column("matches", SmallInteger, nullable=False, server_default=text("0")),  # so many persons have this number
    Column("noted", Boolean, nullable=False, server_default=text("false")),  # what was said: a result or an inquiry
    ForeignKeyConstraint(["id", "city"], ["call.id", "call.city"]),
    ForeignKeyConstraint(["case_id", "city"], ["cases.id", "cases.city"]),
    one_of("number_given", NumberGiven),
    one_of("route", Route),
    one_of("outcome", InboundOutcome),
    one_of("ended_by", EndedBy),
    CheckConstraint(f"number ~ '{JAPANESE_NUMBER}'", name="number"),
    CheckConstraint(
        "(number IS NOT NULL) = (number_given IS NOT DISTINCT FROM 'given')", name="number_is_there_when_given"
    ),
    CheckConstraint("rank >= 0", name="rank"),
    CheckConstraint("length(dialled) <= 40", name="dialled"),
    CheckConstraint("num_nulls(outcome, ended_at, reason, ended_by, evidence) IN (0, 5)", name="outcome_comes_whole"),
    Index("inbound_call_open_index", "city", "arrived_at", postgresql_where=text("outcome IS NULL")),
    Index(
        "inbound_call_not_noted_index",
        *("city", "arrived_at"),
        postgresql_where=text("outcome = 'talked' AND NOT noted"),
    ),
    Index("inbound_call_city_arrived_at_index", "city", "arrived_at"),
    Index("inbound_call_city_number_arrived_at_index", "city", "number", "arrived_at"),
    Index("inbound_call_city_household_arrived_at_index", "city", "household", "arrived_at"),
    Index(
        "inbound_call_city_account_index", "city", "account", "arrived_at", postgresql_where=text("outcome = 'talked'")
    ),
)

wish = Table(
    "wish",
    metadata,
    Column("call_id", Uuid(as_uuid=False), primary_key=True),  # in which it was said
    of_city(),
    Column("number", Text, nullable=False),  # to call back
    moment("asked_at", nullable=False),
    Column("case_id", BigInteger, nullable=False),
    Column("phone_number_id", BigInteger, nullable=False),
    Column("attempt_id", Uuid(as_uuid=False), ForeignKey("attempt.id")),  # the call that was made because of it
    moment("closed_at"),
    Column("why", Text),
    ForeignKeyConstraint(["call_id", "city"], ["call.id", "call.city"]),
    ForeignKeyConstraint(["case_id", "city"], ["cases.id", "cases.city"]),
    ForeignKeyConstraint(["phone_number_id", "city"], ["phone_number.id", "phone_number.city"]),
    CheckConstraint(f"number ~ '{JAPANESE_NUMBER}'", name="number"),
    CheckConstraint(
        "num_nulls(closed_at, why) IN (0, 2) AND (attempt_id IS NULL OR closed_at IS NOT NULL)",
        name="closed_with_its_reason",
    ),
    Index("wish_open_index", "city", postgresql_where=text("closed_at IS NULL")),
)

left_alone = Table(
    "left_alone",
    metadata,
    Column("person_id", BigInteger, primary_key=True, autoincrement=False),
    of_city(),
    Column("call_id", Uuid(as_uuid=False), nullable=False),  # the latest that they answered and nobody of us took
    moment("at", nullable=False),
    ForeignKeyConstraint(["person_id", "city"], ["person.id", "person.city"]),
    ForeignKeyConstraint(["call_id", "city"], ["call.id", "call.city"]),
    Index("left_alone_city_index", "city"),
)
"""Who answered us and met no operator, until somebody has talked to them; and whoever is reached by the same number."""

call_case = Table(
    "call_case",
    metadata,
    Column("call_id", Uuid(as_uuid=False), nullable=False),
    Column("case_id", BigInteger, nullable=False),
    of_city(),
    PrimaryKeyConstraint("call_id", "case_id"),
    ForeignKeyConstraint(["call_id", "city"], ["call.id", "call.city"]),
    ForeignKeyConstraint(["case_id", "city"], ["cases.id", "cases.city"]),
    Index("call_case_case_id_index", "case_id"),
)

call_event = Table(
    "call_event",
    metadata,
    own_id(),
    of_city(),
    Column("call_id", Uuid(as_uuid=False), nullable=False),
    moment("at", nullable=False),
    Column("kind", Text, nullable=False),
    Column("detail", JSONB, nullable=False),
    ForeignKeyConstraint(["call_id", "city"], ["call.id", "call.city"]),
    # a batch whose commit was not heard of is appended again: the same event is the same row
    UniqueConstraint("call_id", "at", "kind", "detail"),
)

recording = Table(
    "recording",
    metadata,
    Column("call_id", Uuid(as_uuid=False), primary_key=True),
    of_city(),
    Column("file", Text),  # in the folder of recordings
    Column("seconds", Double),
    Column("bytes", BigInteger),
    Column("key_id", Text),  # of the key it is encrypted with, which is nowhere in the database
    moment("at", nullable=False),  # when the call began
    moment("held_at"),  # not to be deleted
    Column("held_by", Text),
    Column("held_why", Text),
    moment("deleted_at"),  # this is the stub, then
    Column("deleted_by", Text),
    Column("deleted_why", Text),
    ForeignKeyConstraint(["call_id", "city"], ["call.id", "call.city"]),
    CheckConstraint("file IN (call_id::text || '.rec', call_id::text || '.wav')", name="named_by_id_only"),
    CheckConstraint("seconds >= 0", name="seconds"),
    CheckConstraint("num_nulls(held_at, held_by, held_why) IN (0, 3)", name="held_with_its_reason"),
    CheckConstraint("num_nulls(deleted_at, deleted_by, deleted_why) IN (0, 3)", name="deleted_with_its_reason"),
    CheckConstraint(
        "CASE WHEN deleted_at IS NULL THEN num_nulls(file, seconds) = 0"
        " ELSE num_nonnulls(file, seconds, bytes, key_id, held_at) = 0 END",
        name="is_there_or_deleted",
    ),
    Index("recording_city_at_index", "city", "at"),
)
