"""What a city has us say: texts in versions, recordings, and what was decided about them."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

APPEND_ONLY = """
CREATE TRIGGER {0}_is_append_only BEFORE UPDATE OR DELETE ON {0}
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER {0}_is_not_emptied BEFORE TRUNCATE ON {0}
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
RECORDS = ("message_recording", "message", "message_decision")


def upgrade() -> None:
    op.create_table(
        "message_recording",
        *_city("message_recording"),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("sound", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("city", "sha256", name=op.f("message_recording_pk")),
        sa.CheckConstraint("encode(sha256(sound), 'hex') = sha256", name=op.f("message_recording_sha256_check")),
    )
    op.create_table(
        "message",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        *_city("message"),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("debt", sa.Text()),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("recording", sa.Text()),
        sa.Column("shipped", sa.Boolean(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["city", "debt"], ["debt_kind.city", "debt_kind.key"], name=op.f("message_debt_kind_fk")
        ),
        sa.ForeignKeyConstraint(
            ["city", "recording"],
            ["message_recording.city", "message_recording.sha256"],
            name=op.f("message_message_recording_fk"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("message_pk")),
        sa.UniqueConstraint("id", "city", name=op.f("message_id_city_key")),
        sa.UniqueConstraint(
            *("city", "purpose", "debt", "language", "version"),
            name=op.f("message_city_purpose_debt_language_version_key"),
            postgresql_nulls_not_distinct=True,
        ),
        sa.CheckConstraint(
            "purpose IN ('voicemail', 'opening', 'screening', 'apology', 'inbound', 'waiting', 'closed')",
            name=op.f("message_purpose_check"),
        ),
        sa.CheckConstraint("language ~ '^[a-z]{2}$'", name=op.f("message_language_check")),
        sa.CheckConstraint("version > 0", name=op.f("message_version_check")),
    )
    op.create_table(
        "message_decision",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        *_city("message_decision"),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True)),
        sa.Column("valid_until", sa.DateTime(timezone=True)),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("names_matter", sa.Boolean(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id", "city"], ["message.id", "message.city"], name=op.f("message_decision_message_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("message_decision_pk")),
        sa.CheckConstraint("state IN ('approved', 'withdrawn')", name=op.f("message_decision_state_check")),
        sa.CheckConstraint("valid_from < valid_until", name=op.f("message_decision_validity_check")),
    )
    op.create_index("message_decision_message_id_index", "message_decision", ["message_id"])
    for table in RECORDS:
        op.execute(APPEND_ONLY.format(table))


def _city(table: str) -> tuple[sa.Column[str], sa.ForeignKeyConstraint]:
    constraint = sa.ForeignKeyConstraint(["city"], ["city.key"], name=op.f(f"{table}_city_fk"))
    return sa.Column("city", sa.Text(), nullable=False), constraint


def downgrade() -> None:
    for table in reversed(RECORDS):
        op.drop_table(table)
