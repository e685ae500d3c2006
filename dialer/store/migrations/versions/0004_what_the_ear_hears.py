"""Outcomes that only an ear can tell: machine, screened, fax, unpaid."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BEFORE = (
    "'talked', 'abandoned', 'hung_up_early', {}'no_answer', 'short_ring', 'busy', "
    "'not_in_use', 'number_changed', {}'rejected', 'barred', 'off_or_out_of_area', 'unreachable', "
    "'unclear_refusal', 'network_error', 'invalid_number', 'not_placed', 'withdrawn', 'lost'"
)
TAKEN_BACK = {"machine": "no_answer", "screened": "hung_up_early", "fax": "hung_up_early", "unpaid": "unclear_refusal"}
"""What an engine without an ear would have called them."""


def upgrade() -> None:
    _allow(BEFORE.format("'machine', 'screened', 'fax', ", "'unpaid', "))


def downgrade() -> None:
    op.execute("ALTER TABLE attempt DISABLE TRIGGER attempt_keeps_its_outcome")
    for heard, known in TAKEN_BACK.items():
        op.execute(
            sa.text("UPDATE attempt SET outcome = :known WHERE outcome = :heard").bindparams(known=known, heard=heard)
        )
    op.execute("ALTER TABLE attempt ENABLE TRIGGER attempt_keeps_its_outcome")
    _allow(BEFORE.format("", ""))


def _allow(outcomes: str) -> None:
    op.drop_constraint(op.f("attempt_outcome_check"), "attempt")
    op.create_check_constraint(op.f("attempt_outcome_check"), "attempt", f"outcome IN ({outcomes})")
