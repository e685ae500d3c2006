"""What is ordered of the engine, by operators and by who leads a centre; what these let operators know."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    Time,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from dialer.core.orders import OrderKind
from dialer.core.shift_plan import TimeKind
from dialer.core.values import Mode
from dialer.core.work_plan import Channel
from dialer.store.tables.columns import metadata, moment, of_city, one_of, own_id

desk_order = Table(
    "desk_order",
    metadata,
    own_id(),
    of_city(),
    Column("phone", Text, nullable=False),  # of the seat it is about
    Column("kind", Text, nullable=False),
    Column("detail", JSONB, nullable=False),
    Column("by", Text, nullable=False),  # the account's login
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    moment("taken_at"),  # by the engine, the last time
    Column("answer", Text),  # ok, or why it was not done; none: nobody has carried it out yet
    one_of("kind", OrderKind),
    CheckConstraint("jsonb_typeof(detail) = 'object'", name="detail"),
    CheckConstraint("answer IS NULL OR taken_at IS NOT NULL", name="answered_when_taken"),
    Index("desk_order_unanswered_index", "city", "id", postgresql_where=text("answer IS NULL")),
    Index("desk_order_city_at_index", "city", "at"),
    Index("desk_order_skipped_index", "city", "at", postgresql_where=text("kind = 'skip'")),
)

mode_choice = Table(
    "mode_choice",
    metadata,
    own_id(),
    of_city(),
    Column("debt", Text, nullable=False),
    Column("mode", Text, nullable=False),  # the last row of a debt kind counts
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    moment("at", nullable=False),
    ForeignKeyConstraint(["city", "debt"], ["debt_kind.city", "debt_kind.key"]),
    one_of("mode", Mode),
    Index("mode_choice_city_debt_index", "city", "debt", "id"),
)

group_choice = Table(
    "group_choice",
    metadata,
    own_id(),
    of_city(),
    Column("account", ForeignKey("account.login"), nullable=False),
    Column("group_key", Text),  # whose debt kinds they take; none: every debt kind. The last row of an account counts
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    moment("at", nullable=False),
    Index("group_choice_city_account_index", "city", "account", "id"),
)

work_plan = Table(
    "work_plan",
    metadata,
    own_id(),
    of_city(),
    Column("subject", Text, nullable=False),  # a debt kind, a group of them, or all
    Column("channel", Text, nullable=False),
    Column("month", Date, nullable=False),
    Column("planned", Integer),  # none: not any more. The last row of a month counts
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    moment("at", nullable=False),
    one_of("channel", Channel),
    CheckConstraint("EXTRACT(day FROM month) = 1", name="month"),
    CheckConstraint("planned >= 0", name="planned"),
    Index("work_plan_city_month_index", "city", "month", "id"),
)

pace_choice = Table(
    "pace_choice",
    metadata,
    own_id(),
    of_city(),
    Column("target", Double),  # of the predictive mode; none: what the settings say. The last row counts
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    moment("at", nullable=False),
    CheckConstraint("target >= 0 AND target <= 0.2", name="target"),
    Index("pace_choice_city_index", "city", "id"),
)

notice = Table(
    "notice",
    metadata,
    own_id(),
    of_city(),
    Column("text", Text, nullable=False),
    Column("by", Text, ForeignKey("account.login"), nullable=False),
    moment("at", nullable=False),
    UniqueConstraint("id", "city"),
    Index("notice_city_at_index", "city", "at"),
)

notice_to = Table(
    "notice_to",
    metadata,
    Column("notice", BigInteger, nullable=False),
    Column("city", Text, nullable=False),
    Column("account", Text, ForeignKey("account.login"), nullable=False),
    moment("read_at"),
    PrimaryKeyConstraint("notice", "account"),
    ForeignKeyConstraint(["notice", "city"], ["notice.id", "notice.city"]),
    Index("notice_to_unread_index", "account", postgresql_where=text("read_at IS NULL")),
)

pace_learned = Table(
    "pace_learned",
    metadata,
    Column("city", Text, ForeignKey("city.key"), primary_key=True),
    Column("tables", JSONB, nullable=False),
    moment("at", nullable=False),
)

planned_time = Table(
    "planned_time",
    metadata,
    of_city(),
    Column("day", Date, nullable=False),
    Column("login", Text, ForeignKey("account.login"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("begins", Time, nullable=False),
    Column("ends", Time, nullable=False),
    Column("by", Text, nullable=False),
    moment("entered_at", nullable=False),
    PrimaryKeyConstraint("city", "day", "login", "kind", "begins"),
    one_of("kind", TimeKind),
    CheckConstraint("begins < ends", name="begins_before_it_ends"),
)
"""When operators work and have breaks, as planned; a day's rows are replaced as a whole."""
