"""A warning that is lifted releases what it had stopped; whether keys of one letter work is of the account."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

KINDS = "'talk', 'callback', 'stop', {}'paid', 'decision', 'previous_round'"


def upgrade() -> None:
    _allow_kinds(KINDS.format("'flag_lifted', "))
    op.add_column("account", sa.Column("letter_keys", sa.Boolean(), server_default=sa.text("true"), nullable=False))


def _allow_kinds(kinds: str) -> None:
    op.drop_constraint(op.f("case_event_kind_check"), "case_event")
    op.create_check_constraint(op.f("case_event_kind_check"), "case_event", f"kind IN ({kinds})")


def downgrade() -> None:
    """Refused by the database once a warning has been lifted: no record is taken away."""
    op.drop_column("account", "letter_keys")
    _allow_kinds(KINDS.format(""))
