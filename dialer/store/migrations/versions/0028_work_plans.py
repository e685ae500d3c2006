"""How much is to be done of which debts, by which channel, in which month, as planned."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

APPEND_ONLY = """
CREATE TRIGGER work_plan_is_append_only BEFORE UPDATE OR DELETE ON work_plan
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER work_plan_is_not_emptied BEFORE TRUNCATE ON work_plan
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
REFUSE = """
DO $$
BEGIN
    IF EXISTS (SELECT FROM work_plan) THEN
        RAISE EXCEPTION 'work was planned: no record is taken away' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
END $$
"""
CHANNELS = "'calls', 'evening_calls', 'holiday_calls', 'sms', 'inbound', 'letters', 'slips', 'visits'"


def upgrade() -> None:
    op.create_table(
        "work_plan",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("planned", sa.Integer()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("work_plan_pk")),
        sa.ForeignKeyConstraint(["city"], ["city.key"], name=op.f("work_plan_city_fk")),
        sa.CheckConstraint(f"channel IN ({CHANNELS})", name=op.f("work_plan_channel_check")),
        sa.CheckConstraint("EXTRACT(day FROM month) = 1", name=op.f("work_plan_month_check")),
        sa.CheckConstraint("planned >= 0", name=op.f("work_plan_planned_check")),
    )
    op.create_index("work_plan_city_month_index", "work_plan", ["city", "month", "id"])
    op.execute(APPEND_ONLY)


def downgrade() -> None:
    """Not when somebody has planned."""
    op.execute(REFUSE)
    op.drop_table("work_plan")
