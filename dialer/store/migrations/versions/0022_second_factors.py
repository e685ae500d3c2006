"""Codes of a second device at the sign-in, for those who want it."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

KINDS = ("created", "suspended", "resumed", "sessions_ended", "ended")


def upgrade() -> None:
    op.create_table(
        "second_factor",
        sa.Column("login", sa.Text, sa.ForeignKey("account.login"), primary_key=True),
        sa.Column("secret", sa.Text, nullable=False),
        sa.Column("last_step", sa.BigInteger, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("secret ~ '^[A-Z2-7]{32}$'", name=op.f("second_factor_secret_check")),
    )
    _kinds((*KINDS, "code_on", "code_off"))


def downgrade() -> None:
    """Not when somebody has turned it on or off: no record is taken away."""
    _kinds(KINDS)
    op.drop_table("second_factor")


def _kinds(kinds: tuple[str, ...]) -> None:
    name, listed = op.f("account_change_kind_check"), ", ".join(f"'{one}'" for one in kinds)
    op.drop_constraint(name, "account_change", type_="check")
    op.create_check_constraint(name, "account_change", f"kind IN ({listed})")
