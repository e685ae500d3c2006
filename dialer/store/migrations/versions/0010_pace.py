"""What pacing has learned of calls and operators."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pace_learned",
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("tables", JSONB(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("city", name=op.f("pace_learned_pk")),
        sa.ForeignKeyConstraint(["city"], ["city.key"], name=op.f("pace_learned_city_fk")),
    )


def downgrade() -> None:
    op.drop_table("pace_learned")
