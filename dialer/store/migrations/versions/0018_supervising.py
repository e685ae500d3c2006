"""What supervisors do: who watches and who listens, orders for others' seats, pace, notices, results given on."""

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
OF_OTHERS_SEATS = ("give_break", "free_seat", "end_talk", "answer_help", "relieve", "take_over")
RIGHTS = ("desk", "case_view", "case_search", "result_write", "result_correct_others", "manual_call", "supervise")
NEW_RIGHTS = ("watch", "listen")
MORE_RIGHTS = ("accounts", "rules", "messages", "logs", "export", "reports")
LISTENING = {
    "listens_how": "listens_how IN ('listen', 'whisper', 'join')",
    "listens_to_somebody": "num_nulls(listens_to, listens_how) IN (0, 2)",
}
APPEND_ONLY = """
CREATE TRIGGER {0}_is_append_only BEFORE UPDATE OR DELETE ON {0}
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER {0}_is_not_emptied BEFORE TRUNCATE ON {0}
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
NOTICES = """
CREATE FUNCTION tell_of_notice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('notice', NEW.city || ' ' || NEW.account);
    RETURN NULL;
END $$;
CREATE TRIGGER notice_is_told AFTER INSERT OR UPDATE ON notice_to
    FOR EACH ROW EXECUTE FUNCTION tell_of_notice();
"""


def upgrade() -> None:
    _must_be("desk_order", "kind", (*KINDS, *OF_OTHERS_SEATS))
    op.create_index("desk_order_city_at_index", "desk_order", ["city", "at"])
    _must_be("role_right", "may", (*RIGHTS, *NEW_RIGHTS, *MORE_RIGHTS))
    role_right = sa.table("role_right", sa.column("role", sa.Text()), sa.column("may", sa.Text()))
    rows = [{"role": role, "may": may} for role in ("supervisor", "client_viewer") for may in NEW_RIGHTS]
    op.bulk_insert(role_right, rows)
    _listening()
    _notices()
    _pace()
    _duties()


def _listening() -> None:
    op.add_column("operator", sa.Column("listens_to", sa.Text()))
    op.add_column("operator", sa.Column("listens_how", sa.Text()))
    for name, condition in LISTENING.items():
        op.create_check_constraint(op.f(f"operator_{name}_check"), "operator", condition)


def _duties() -> None:
    op.create_table(
        "result_duty",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("call_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["city"], ["city.key"], name=op.f("result_duty_city_fk")),
        sa.ForeignKeyConstraint(["account"], ["account.login"], name=op.f("result_duty_account_fk")),
        sa.ForeignKeyConstraint(["call_id", "city"], ["call.id", "call.city"], name=op.f("result_duty_call_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("result_duty_pk")),
    )
    op.create_index("result_duty_call_index", "result_duty", ["call_id", "id"])
    op.execute(APPEND_ONLY.format("result_duty"))


def _pace() -> None:
    op.create_table(
        "pace_choice",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("target", sa.Double()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["city"], ["city.key"], name=op.f("pace_choice_city_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("pace_choice_pk")),
        sa.CheckConstraint("target >= 0 AND target <= 0.2", name=op.f("pace_choice_target_check")),
    )
    op.create_index("pace_choice_city_index", "pace_choice", ["city", "id"])
    op.execute(APPEND_ONLY.format("pace_choice"))


def _notices() -> None:
    op.create_table(
        "notice",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["city"], ["city.key"], name=op.f("notice_city_fk")),
        sa.ForeignKeyConstraint(["by"], ["account.login"], name=op.f("notice_account_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("notice_pk")),
        sa.UniqueConstraint("id", "city", name=op.f("notice_id_city_key")),
    )
    op.create_index("notice_city_at_index", "notice", ["city", "at"])
    op.create_table(
        "notice_to",
        sa.Column("notice", sa.BigInteger(), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["notice", "city"], ["notice.id", "notice.city"], name=op.f("notice_to_notice_fk")),
        sa.ForeignKeyConstraint(["account"], ["account.login"], name=op.f("notice_to_account_fk")),
        sa.PrimaryKeyConstraint("notice", "account", name=op.f("notice_to_pk")),
    )
    op.create_index("notice_to_unread_index", "notice_to", ["account"], postgresql_where=sa.text("read_at IS NULL"))
    op.execute(APPEND_ONLY.format("notice"))
    op.execute(NOTICES)


def downgrade() -> None:
    """Orders that are over, and rights that nothing asks for, go with the words for them."""
    op.drop_column("operator", "listens_how")
    op.drop_column("operator", "listens_to")
    op.drop_index("desk_order_city_at_index", "desk_order")
    op.drop_table("result_duty")
    op.drop_table("pace_choice")
    op.drop_table("notice_to")
    op.drop_table("notice")
    op.execute("DROP FUNCTION tell_of_notice()")
    op.execute("DELETE FROM role_right WHERE may IN ('watch', 'listen')")
    op.execute(
        "DELETE FROM desk_order"
        " WHERE kind IN ('give_break', 'free_seat', 'end_talk', 'answer_help', 'relieve', 'take_over')"
    )
    _must_be("role_right", "may", (*RIGHTS, *MORE_RIGHTS))
    _must_be("desk_order", "kind", KINDS)


def _must_be(table: str, column: str, words: tuple[str, ...]) -> None:
    name = op.f(f"{table}_{column}_check")
    op.drop_constraint(name, table, type_="check")
    op.create_check_constraint(name, table, f"{column} IN ({_listed(words)})")


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)
