"""What a city has us say: texts, recordings, and who approved them (T-018)."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from dialer.core.messages import MessagePurpose
from dialer.core.versions import VersionState
from dialer.store.tables.columns import metadata, moment, of_city, one_of, own_id

message_recording = Table(
    "message_recording",
    metadata,
    of_city(),
    Column("sha256", Text, nullable=False),
    Column("sound", LargeBinary, nullable=False),  # a finished prompt as WAV; here, so that every machine has it
    PrimaryKeyConstraint("city", "sha256"),
    CheckConstraint("encode(sha256(sound), 'hex') = sha256", name="sha256"),
)

message = Table(
    "message",
    metadata,
    own_id(),
    of_city(),
    Column("purpose", Text, nullable=False),
    Column("debt", Text),  # none: for all of them
    Column("language", Text, nullable=False),  # ISO 639-1
    Column("version", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("recording", Text),  # none: spoken by the voice
    Column("shipped", Boolean, nullable=False),  # came with the program
    Column("by", Text, nullable=False),
    moment("at", nullable=False),
    ForeignKeyConstraint(["city", "debt"], ["debt_kind.city", "debt_kind.key"]),
    ForeignKeyConstraint(["city", "recording"], ["message_recording.city", "message_recording.sha256"]),
    UniqueConstraint("id", "city"),
    UniqueConstraint("city", "purpose", "debt", "language", "version", postgresql_nulls_not_distinct=True),
    one_of("purpose", MessagePurpose),
    CheckConstraint("language ~ '^[a-z]{2}$'", name="language"),
    CheckConstraint("version > 0", name="version"),
)

message_decision = Table(
    "message_decision",
    metadata,
    own_id(),
    of_city(),
    Column("message_id", BigInteger, nullable=False),
    Column("state", Text, nullable=False),  # the last row of a version counts
    moment("valid_from"),
    moment("valid_until"),
    Column("reason", Text, nullable=False),
    Column("names_matter", Boolean, nullable=False),  # agreed: third parties learn what it is about
    Column("by", Text, nullable=False),
    moment("at", nullable=False),
    ForeignKeyConstraint(["message_id", "city"], ["message.id", "message.city"]),
    one_of("state", (VersionState.APPROVED, VersionState.WITHDRAWN)),
    CheckConstraint("valid_from < valid_until", name="validity"),
    Index("message_decision_message_id_index", "message_id"),
)
