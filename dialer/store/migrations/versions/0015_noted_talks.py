"""Whether it has been entered what was said to who called: asked with every claim, so it is a column with an index."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("inbound_call", sa.Column("noted", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.execute("""
        UPDATE inbound_call SET noted = true
        WHERE EXISTS (SELECT FROM case_event WHERE case_event.call_id = inbound_call.id)
           OR EXISTS (SELECT FROM inquiry WHERE inquiry.call_id = inbound_call.id)
    """)
    op.create_index(
        "inbound_call_not_noted_index",
        "inbound_call",
        ["city", "arrived_at"],
        postgresql_where=sa.text("outcome = 'talked' AND NOT noted"),
    )


def downgrade() -> None:
    op.drop_column("inbound_call", "noted")
