"""What supervisors are warned of, and links to screens on walls."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

KINDS = (
    *("answer_rate_low", "answer_rate_falls", "abandoned", "caller_waits", "talks_long", "writes_long"),
    *("list_runs_dry", "quota_unmet", "trunk_refuses", "disk_fills", "part_away", "clock_wrong"),
)
RECORDS = """
CREATE TRIGGER warning_keeps_what_it_says BEFORE UPDATE ON warning FOR EACH ROW WHEN (
    (OLD.id, OLD.city, OLD.kind, OLD.subject, OLD.level, OLD.text, OLD.raised_at)
        IS DISTINCT FROM (NEW.id, NEW.city, NEW.kind, NEW.subject, NEW.level, NEW.text, NEW.raised_at)
    OR (OLD.ended_at IS NOT NULL AND OLD.ended_at IS DISTINCT FROM NEW.ended_at)
    OR (OLD.acknowledged_at IS NOT NULL AND (OLD.acknowledged_by, OLD.acknowledged_at)
        IS DISTINCT FROM (NEW.acknowledged_by, NEW.acknowledged_at))
) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER warning_is_not_deleted BEFORE DELETE ON warning FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER warning_is_not_emptied BEFORE TRUNCATE ON warning FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER wall_link_stays_revoked BEFORE UPDATE ON wall_link
    FOR EACH ROW WHEN (OLD.revoked_at IS NOT NULL) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER wall_link_is_not_deleted BEFORE DELETE ON wall_link FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER wall_link_is_not_emptied BEFORE TRUNCATE ON wall_link
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""


def upgrade() -> None:
    _warnings()
    _wall_links()
    op.execute(RECORDS)
    op.add_column("outbox", sa.Column("warning_id", sa.BigInteger()))
    op.create_foreign_key(op.f("outbox_warning_fk"), "outbox", "warning", ["warning_id", "city"], ["id", "city"])
    op.create_unique_constraint(op.f("outbox_warning_id_kind_key"), "outbox", ["warning_id", "kind"])
    op.drop_constraint(op.f("outbox_of_a_call_or_a_case_check"), "outbox")
    op.create_check_constraint(
        op.f("outbox_of_one_thing_check"), "outbox", "num_nonnulls(call_id, case_id, warning_id) = 1"
    )


def downgrade() -> None:
    """What was told of warnings goes with them."""
    op.execute("DELETE FROM outbox WHERE warning_id IS NOT NULL")
    op.drop_constraint(op.f("outbox_of_one_thing_check"), "outbox")
    op.create_check_constraint(op.f("outbox_of_a_call_or_a_case_check"), "outbox", "num_nonnulls(call_id, case_id) = 1")
    op.drop_column("outbox", "warning_id")
    op.drop_table("wall_link")
    op.drop_table("warning")


def _warnings() -> None:
    listed = ", ".join(f"'{kind}'" for kind in KINDS)
    op.create_table(
        "warning",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("acknowledged_by", sa.Text()),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("warning_pk")),
        sa.ForeignKeyConstraint(["city"], ["city.key"], name=op.f("warning_city_fk")),
        sa.UniqueConstraint("id", "city", name=op.f("warning_id_city_key")),
        sa.CheckConstraint(f"kind IN ({listed})", name=op.f("warning_kind_check")),
        sa.CheckConstraint("level IN ('heed', 'alarm')", name=op.f("warning_level_check")),
        sa.CheckConstraint(
            "num_nulls(acknowledged_by, acknowledged_at) IN (0, 2)", name=op.f("warning_acknowledged_by_somebody_check")
        ),
    )
    op.create_index(
        "warning_one_stands_index",
        "warning",
        ["city", "kind", "subject", "level"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def _wall_links() -> None:
    op.create_table(
        "wall_link",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_by", sa.Text()),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("wall_link_pk")),
        sa.ForeignKeyConstraint(["city"], ["city.key"], name=op.f("wall_link_city_fk")),
        sa.UniqueConstraint("secret_hash", name=op.f("wall_link_secret_hash_key")),
        sa.CheckConstraint(
            "num_nulls(revoked_by, revoked_at) IN (0, 2)", name=op.f("wall_link_revoked_by_somebody_check")
        ),
        sa.CheckConstraint("secret_hash ~ '^[0-9a-f]{64}$'", name=op.f("wall_link_secret_hash_check")),
    )
