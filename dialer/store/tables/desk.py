"""What is ordered of the engine: by operators at their desks, and by who leads a centre."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from dialer.core.orders import OrderKind
from dialer.core.values import Mode
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

pace_learned = Table(
    "pace_learned",
    metadata,
    Column("city", Text, ForeignKey("city.key"), primary_key=True),
    Column("tables", JSONB, nullable=False),
    moment("at", nullable=False),
)
