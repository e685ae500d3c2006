"""Supervisors order to hear a talk."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

OPERATORS = (
    *("take_seat", "leave_seat", "ready", "pause", "hang_up", "hold", "unhold", "mute", "unmute", "digits", "correct"),
    *("extend", "finish", "transfer", "complete_transfer", "cancel_transfer", "help", "dial", "skip"),
)
SUPERVISORS = ("listen", "stop_listening")


def upgrade() -> None:
    _may_be((*OPERATORS, *SUPERVISORS))


def downgrade() -> None:
    """Their orders are over: they go with the words for them."""
    op.execute("DELETE FROM desk_order WHERE kind IN ('listen', 'stop_listening')")
    _may_be(OPERATORS)


def _may_be(kinds: tuple[str, ...]) -> None:
    name, listed = op.f("desk_order_kind_check"), ", ".join(f"'{one}'" for one in kinds)
    op.drop_constraint(name, "desk_order", type_="check")
    op.create_check_constraint(name, "desk_order", f"kind IN ({listed})")
