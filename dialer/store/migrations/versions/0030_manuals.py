"""What people go by while they talk, in versions, and what was decided about each."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

APPEND_ONLY = """
CREATE TRIGGER {0}_is_append_only BEFORE UPDATE OR DELETE ON {0}
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER {0}_is_not_emptied BEFORE TRUNCATE ON {0}
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
BY_ANOTHER = """
CREATE FUNCTION refuse_own_approval() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state = 'approved' AND EXISTS (SELECT FROM manual WHERE id = NEW.manual_id AND manual.by = NEW."by") THEN
        RAISE EXCEPTION 'a version is approved by another person than who entered it'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER manual_decision_is_by_another BEFORE INSERT ON manual_decision
    FOR EACH ROW EXECUTE FUNCTION refuse_own_approval();
"""
REFUSE = """
DO $$
BEGIN
    IF EXISTS (SELECT FROM manual WHERE NOT shipped) OR EXISTS (SELECT FROM manual_decision) THEN
        RAISE EXCEPTION 'a version was written or decided about: no record is taken away'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
END $$
"""
RECORDS = ("manual", "manual_decision")


def upgrade() -> None:
    op.create_table(
        "manual",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        *_city("manual"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("based_on", sa.Integer()),
        sa.Column("shipped", sa.Boolean(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("manual_pk")),
        sa.UniqueConstraint("id", "city", name=op.f("manual_id_city_key")),
        sa.UniqueConstraint("city", "kind", "key", "version", name=op.f("manual_city_kind_key_version_key")),
        sa.CheckConstraint("kind IN ('script', 'callers', 'results')", name=op.f("manual_kind_check")),
        sa.CheckConstraint("key ~ '^[a-z][a-z0-9_]*$'", name=op.f("manual_key_check")),
        sa.CheckConstraint("version > 0", name=op.f("manual_version_check")),
        sa.CheckConstraint("based_on > 0 AND based_on < version", name=op.f("manual_based_on_check")),
    )
    op.create_table(
        "manual_decision",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        *_city("manual_decision"),
        sa.Column("manual_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True)),
        sa.Column("valid_until", sa.DateTime(timezone=True)),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["manual_id", "city"], ["manual.id", "manual.city"], name=op.f("manual_decision_manual_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("manual_decision_pk")),
        sa.CheckConstraint("state IN ('approved', 'withdrawn')", name=op.f("manual_decision_state_check")),
        sa.CheckConstraint("valid_from < valid_until", name=op.f("manual_decision_validity_check")),
    )
    op.create_index("manual_decision_manual_id_index", "manual_decision", ["manual_id"])
    for table in RECORDS:
        op.execute(APPEND_ONLY.format(table))
    op.execute(BY_ANOTHER)


def _city(table: str) -> tuple[sa.Column[str], sa.ForeignKeyConstraint]:
    constraint = sa.ForeignKeyConstraint(["city"], ["city.key"], name=op.f(f"{table}_city_fk"))
    return sa.Column("city", sa.Text(), nullable=False), constraint


def downgrade() -> None:
    """Not when somebody has written one or decided: what came with the program comes again."""
    op.execute(REFUSE)
    for table in reversed(RECORDS):
        op.drop_table(table)
    op.execute("DROP FUNCTION refuse_own_approval()")
