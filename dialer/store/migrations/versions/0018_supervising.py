"""Who watches the floor, who listens, and what supervisors order for others' seats."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

KINDS = (
    *("take_seat", "leave_seat", "ready", "pause", "hang_up", "hold", "unhold", "mute", "unmute", "digits", "correct"),
    *("extend", "finish", "transfer", "complete_transfer", "cancel_transfer", "help", "dial", "skip"),
    *("listen", "stop_listening"),
)
OF_OTHERS_SEATS = ("give_break", "free_seat", "end_talk", "answer_help")
RIGHTS = (
    *("desk", "case_view", "case_search", "result_write", "result_correct_others", "manual_call", "supervise"),
    *("accounts", "rules", "messages", "logs", "export", "reports"),
)
NEW_RIGHTS = ("watch", "listen")


def upgrade() -> None:
    _must_be("desk_order", "kind", (*KINDS, *OF_OTHERS_SEATS))
    _must_be("role_right", "may", (*RIGHTS, *NEW_RIGHTS))
    role_right = sa.table("role_right", sa.column("role", sa.Text()), sa.column("may", sa.Text()))
    rows = [{"role": role, "may": may} for role in ("supervisor", "client_viewer") for may in NEW_RIGHTS]
    op.bulk_insert(role_right, rows)


def downgrade() -> None:
    """Orders that are over, and rights that nothing asks for, go with the words for them."""
    op.execute("DELETE FROM role_right WHERE may IN ('watch', 'listen')")
    op.execute("DELETE FROM desk_order WHERE kind IN ('give_break', 'free_seat', 'end_talk', 'answer_help')")
    _must_be("role_right", "may", RIGHTS)
    _must_be("desk_order", "kind", KINDS)


def _must_be(table: str, column: str, words: tuple[str, ...]) -> None:
    name = op.f(f"{table}_{column}_check")
    op.drop_constraint(name, table, type_="check")
    op.create_check_constraint(name, table, f"{column} IN ({_listed(words)})")


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)
