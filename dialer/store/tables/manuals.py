"""What people go by while they talk, in versions, and who approved them (O-006)."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)

from dialer.core.manuals import ManualKind
from dialer.core.versions import VersionState
from dialer.store.tables.columns import metadata, moment, of_city, one_of, own_id

manual = Table(
    "manual",
    metadata,
    own_id(),
    of_city(),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("document", JSON, nullable=False),  # not jsonb: steps keep their order
    Column("why", Text, nullable=False),
    Column("based_on", Integer),
    Column("shipped", Boolean, nullable=False),  # came with the program
    Column("by", Text, nullable=False),
    moment("at", nullable=False),
    UniqueConstraint("id", "city"),
    UniqueConstraint("city", "kind", "key", "version"),
    one_of("kind", ManualKind),
    CheckConstraint("key ~ '^[a-z][a-z0-9_]*$'", name="key"),
    CheckConstraint("version > 0", name="version"),
    CheckConstraint("based_on > 0 AND based_on < version", name="based_on"),
)

manual_decision = Table(
    "manual_decision",
    metadata,
    own_id(),
    of_city(),
    Column("manual_id", BigInteger, nullable=False),
    Column("state", Text, nullable=False),  # the last row of a version counts
    moment("valid_from"),
    moment("valid_until"),
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),  # not who entered the version, when it is approved (trigger)
    moment("at", nullable=False),
    ForeignKeyConstraint(["manual_id", "city"], ["manual.id", "manual.city"]),
    one_of("state", (VersionState.APPROVED, VersionState.WITHDRAWN)),
    CheckConstraint("valid_from < valid_until", name="validity"),
    Index("manual_decision_manual_id_index", "manual_id"),
)
