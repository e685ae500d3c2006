"""What supervisors are warned of, and the screens on walls."""

from sqlalchemy import CheckConstraint, Column, Index, Table, Text, UniqueConstraint, text

from dialer.core.warning_values import Level, WarningKind
from dialer.store.tables.columns import metadata, moment, of_city, one_of, own_id

warning = Table(
    "warning",
    metadata,
    own_id(),
    of_city(),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),  # of several alike: a seat, a debt kind, a part
    Column("level", Text, nullable=False),
    Column("text", Text, nullable=False),  # as it was when it was raised; names nobody
    moment("raised_at", nullable=False),
    moment("ended_at"),
    Column("acknowledged_by", Text),  # login
    moment("acknowledged_at"),
    UniqueConstraint("id", "city"),
    one_of("kind", WarningKind),
    one_of("level", Level),
    CheckConstraint("num_nulls(acknowledged_by, acknowledged_at) IN (0, 2)", name="acknowledged_by_somebody"),
    Index(
        "warning_one_stands_index",
        *("city", "kind", "subject", "level"),
        unique=True,
        postgresql_where=text("ended_at IS NULL"),
    ),
)

wall_link = Table(
    "wall_link",
    metadata,
    own_id(),
    of_city(),
    Column("name", Text, nullable=False),  # where it hangs
    Column("secret_hash", Text, nullable=False),
    Column("made_by", Text, nullable=False),  # login
    moment("made_at", nullable=False),
    Column("revoked_by", Text),
    moment("revoked_at"),
    UniqueConstraint("secret_hash"),
    CheckConstraint("num_nulls(revoked_by, revoked_at) IN (0, 2)", name="revoked_by_somebody"),
    CheckConstraint("secret_hash ~ '^[0-9a-f]{64}$'", name="secret_hash"),
)
