"""How each debt kind of a city is called, as somebody chose."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

APPEND_ONLY = """
CREATE TRIGGER mode_choice_is_append_only BEFORE UPDATE OR DELETE ON mode_choice
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER mode_choice_is_not_emptied BEFORE TRUNCATE ON mode_choice
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""


def upgrade() -> None:
    op.create_table(
        "mode_choice",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("debt", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("mode_choice_pk")),
        sa.ForeignKeyConstraint(["city"], ["city.key"], name=op.f("mode_choice_city_fk")),
        sa.ForeignKeyConstraint(
            ["city", "debt"], ["debt_kind.city", "debt_kind.key"], name=op.f("mode_choice_debt_kind_fk")
        ),
        sa.CheckConstraint(
            "mode IN ('progressive', 'predictive', 'preview', 'paused')", name=op.f("mode_choice_mode_check")
        ),
    )
    op.create_index("mode_choice_city_debt_index", "mode_choice", ["city", "debt", "id"])
    op.execute(APPEND_ONLY)


def downgrade() -> None:
    op.drop_table("mode_choice")
