"""Callers who ask to be called back keep their place in line."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "wish",
        sa.Column("call_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("phone_number_id", sa.BigInteger(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(as_uuid=False)),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.Column("why", sa.Text()),
        sa.PrimaryKeyConstraint("call_id", name=op.f("wish_pk")),
        sa.ForeignKeyConstraint(["city"], ["city.key"], name=op.f("wish_city_fk")),
        sa.ForeignKeyConstraint(["call_id", "city"], ["call.id", "call.city"], name=op.f("wish_call_fk")),
        sa.ForeignKeyConstraint(["case_id", "city"], ["cases.id", "cases.city"], name=op.f("wish_cases_fk")),
        sa.ForeignKeyConstraint(
            ["phone_number_id", "city"], ["phone_number.id", "phone_number.city"], name=op.f("wish_phone_number_fk")
        ),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("wish_attempt_fk")),
        sa.CheckConstraint("number ~ '^0[0-9]{9,10}$'", name=op.f("wish_number_check")),
        sa.CheckConstraint(
            "num_nulls(closed_at, why) IN (0, 2) AND (attempt_id IS NULL OR closed_at IS NOT NULL)",
            name=op.f("wish_closed_with_its_reason_check"),
        ),
    )
    op.create_index("wish_open_index", "wish", ["city"], postgresql_where=sa.text("closed_at IS NULL"))


def downgrade() -> None:
    op.drop_table("wish")
