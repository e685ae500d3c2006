"""Which debt kinds each operator takes, as somebody chose, and as the engine goes by it."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

APPEND_ONLY = """
CREATE TRIGGER group_choice_is_append_only BEFORE UPDATE OR DELETE ON group_choice
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER group_choice_is_not_emptied BEFORE TRUNCATE ON group_choice
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""


def upgrade() -> None:
    op.create_table(
        "group_choice",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("group_key", sa.Text()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("group_choice_pk")),
        sa.ForeignKeyConstraint(["city"], ["city.key"], name=op.f("group_choice_city_fk")),
        sa.ForeignKeyConstraint(["account"], ["account.login"], name=op.f("group_choice_account_fk")),
    )
    op.create_index("group_choice_city_account_index", "group_choice", ["city", "account", "id"])
    op.execute(APPEND_ONLY)
    op.add_column("operator", sa.Column("group_key", sa.Text()))


def downgrade() -> None:
    op.drop_column("operator", "group_key")
    op.drop_table("group_choice")
