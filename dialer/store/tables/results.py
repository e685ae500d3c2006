"""What operators enter: results of talks and inquiries with their corrections, drafts, warnings about persons."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from dialer.core.person_flags import FlagKind
from dialer.core.rules.happenings import Talker
from dialer.store.tables.columns import metadata, moment, of_city, one_of, own_id

result_duty = Table(
    "result_duty",
    metadata,
    own_id(),
    of_city(),
    Column("call_id", Uuid(as_uuid=False), nullable=False),
    Column("account", Text, ForeignKey("account.login"), nullable=False),  # the last row of a call counts
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    moment("at", nullable=False),
    ForeignKeyConstraint(["call_id", "city"], ["call.id", "call.city"]),
    Index("result_duty_call_index", "call_id", "id"),
)

talk_record = Table(
    "talk_record",
    metadata,
    own_id(),
    of_city(),
    Column("call_id", Uuid(as_uuid=False), nullable=False),
    Column("number", Integer, nullable=False),  # 1 for the first entry, one more with every correction
    Column("by", Text, nullable=False),  # account
    moment("at", nullable=False),
    Column("phone", Text),  # of the operator who talked
    Column("result", Text, nullable=False),  # key in the city's list
    Column("name", Text, nullable=False),  # as the list named it then
    Column("talker", Text, nullable=False),
    Column("relation", Text),
    Column("identity_confirmed", Boolean),
    Column("identity_how", Text),
    Column("script_key", Text),
    Column("script_version", Integer),
    Column("steps", ARRAY(Text), nullable=False, server_default="{}"),
    Column("promise_day", Date),
    Column("promise_yen", BigInteger),
    Column("promise_way", Text),
    moment("appointment_at"),
    Column("new_number", Text),
    Column("department", Text),
    Column("detail", JSONB, nullable=False),  # the same as the talk's case_event
    Column("note", Text, nullable=False, server_default=""),
    Column("why", Text),  # of a correction
    ForeignKeyConstraint(["call_id", "city"], ["call.id", "call.city"]),
    UniqueConstraint("call_id", "number"),
    one_of("talker", Talker),
    CheckConstraint("number > 0 AND (number = 1) = (why IS NULL)", name="a_correction_says_why"),
    CheckConstraint(
        "num_nulls(promise_day, promise_yen, promise_way) IN (0, 3) AND promise_yen > 0", name="promise_comes_whole"
    ),
    Index("talk_record_city_at_index", "city", "at"),
)

inquiry = Table(
    "inquiry",
    metadata,
    own_id(),
    of_city(),
    Column("call_id", Uuid(as_uuid=False), nullable=False),
    Column("number", Integer, nullable=False),  # 1 for the first entry, one more with every correction
    Column("by", Text, nullable=False),  # account
    moment("at", nullable=False),
    Column("phone", Text),  # of the operator who talked
    Column("category", Text, nullable=False),  # 対応分類: key in the city's list
    Column("name", Text, nullable=False),  # as the list named it then
    Column("note", Text, nullable=False, server_default=""),
    Column("why", Text),  # of a correction
    ForeignKeyConstraint(["call_id", "city"], ["call.id", "call.city"]),
    UniqueConstraint("call_id", "number"),
    CheckConstraint("number > 0 AND (number = 1) = (why IS NULL)", name="a_correction_says_why"),
    Index("inquiry_city_at_index", "city", "at"),
)

desk_draft = Table(
    "desk_draft",
    metadata,
    of_city(),
    Column("call_id", Uuid(as_uuid=False), nullable=False),
    Column("by", Text, nullable=False),
    Column("content", JSONB, nullable=False),
    moment("at", nullable=False),
    PrimaryKeyConstraint("call_id", "by"),
    ForeignKeyConstraint(["call_id", "city"], ["call.id", "call.city"]),
)

person_flag = Table(
    "person_flag",
    metadata,
    own_id(),
    of_city(),
    Column("person_id", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("source", Text, nullable=False),  # list: the city's file says so, and may take it back; person: all else
    Column("by", Text, nullable=False),
    moment("since", nullable=False),
    moment("until"),  # written once
    Column("until_by", Text),
    ForeignKeyConstraint(["person_id", "city"], ["person.id", "person.city"]),
    one_of("kind", FlagKind),
    CheckConstraint("source IN ('list', 'person')", name="source"),
    CheckConstraint("num_nulls(until, until_by) IN (0, 2) AND since <= until", name="until"),
    Index(
        "person_flag_one_of_a_kind_index",
        *("person_id", "kind", "source"),
        unique=True,
        postgresql_where=text("until IS NULL"),
    ),
)
