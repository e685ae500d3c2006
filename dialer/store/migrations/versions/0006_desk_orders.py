"""What operators ask of the engine, and what it tells of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

STATES_BEFORE = "'offline', 'connecting', {}'free', 'reserved', 'talking', 'wrap_up'"
KINDS = (
    "'take_seat', 'leave_seat', 'ready', 'pause', 'hang_up', 'hold', 'unhold', 'mute', 'unmute', 'digits', "
    "'correct', 'extend', 'finish', 'transfer', 'complete_transfer', 'cancel_transfer', 'help', 'dial', 'skip'"
)
PAUSES = "'signed_in', 'leg_lost', 'page_gone', 'break', 'meal', 'training', 'meeting', 'work', 'other'"
FLAGS = ("leaving", "extended", "on_hold", "muted", "help")
PLAIN = ("seat", "account", "pause_reason", "consulting")
CHECKS = {
    "seat": "seat IN ('browser', 'phone')",
    "leg_state": "leg_state IN ('none', 'coming', 'up', 'lost')",
    "pause_reason": f"pause_reason IN ({PAUSES})",
    "somebody_sits_there": "num_nulls(seat, account) IN (0, 2)",
}

TELL = """
CREATE FUNCTION tell_of_operator() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('operator', NEW.city || ' ' || NEW.phone);
    RETURN NULL;
END $$;
CREATE TRIGGER operator_is_told AFTER INSERT ON operator FOR EACH ROW EXECUTE FUNCTION tell_of_operator();
CREATE TRIGGER operator_change_is_told AFTER UPDATE ON operator
    FOR EACH ROW WHEN (NEW IS DISTINCT FROM OLD) EXECUTE FUNCTION tell_of_operator();

CREATE FUNCTION tell_of_desk_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM pg_notify('desk_order', NEW.city);
    ELSE
        PERFORM pg_notify('desk_answer', NEW.id::text);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER desk_order_is_told AFTER INSERT ON desk_order FOR EACH ROW EXECUTE FUNCTION tell_of_desk_order();
CREATE TRIGGER desk_answer_is_told AFTER UPDATE OF answer ON desk_order
    FOR EACH ROW WHEN (NEW.answer IS NOT NULL) EXECUTE FUNCTION tell_of_desk_order();
CREATE TRIGGER desk_order_keeps_its_answer BEFORE UPDATE OR DELETE ON desk_order
    FOR EACH ROW WHEN (OLD.answer IS NOT NULL) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER desk_order_is_not_emptied BEFORE TRUNCATE ON desk_order
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION tell_of_attempt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('attempt', NEW.city || ' ' || NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER attempt_is_told AFTER INSERT ON attempt
    FOR EACH ROW WHEN (NEW.outcome IS NULL) EXECUTE FUNCTION tell_of_attempt();
"""


def upgrade() -> None:
    op.create_table(
        "desk_order",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("detail", JSONB(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True)),
        sa.Column("answer", sa.Text()),
        sa.ForeignKeyConstraint(["city"], ["city.key"], name=op.f("desk_order_city_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("desk_order_pk")),
        sa.CheckConstraint(f"kind IN ({KINDS})", name=op.f("desk_order_kind_check")),
        sa.CheckConstraint("jsonb_typeof(detail) = 'object'", name=op.f("desk_order_detail_check")),
        sa.CheckConstraint("answer IS NULL OR taken_at IS NOT NULL", name=op.f("desk_order_answered_when_taken_check")),
    )
    op.create_index(
        "desk_order_unanswered_index", "desk_order", ["city", "id"], postgresql_where=sa.text("answer IS NULL")
    )
    op.create_index("desk_order_skipped_index", "desk_order", ["city", "at"], postgresql_where=sa.text("kind = 'skip'"))
    _widen_operator()
    op.execute(TELL)


def _widen_operator() -> None:
    _allow_states(STATES_BEFORE.format("'paused', "))
    for name in PLAIN:
        op.add_column("operator", sa.Column(name, sa.Text()))
    for name in FLAGS:
        op.add_column("operator", sa.Column(name, sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("operator", sa.Column("leg_state", sa.Text(), server_default="none", nullable=False))
    op.add_column("operator", sa.Column("attempt_id", sa.Uuid(as_uuid=False)))
    op.add_column("operator", sa.Column("wrap_up_until", sa.DateTime(timezone=True)))
    op.add_column("operator", sa.Column("preview_case", sa.BigInteger()))
    for name, condition in CHECKS.items():
        op.create_check_constraint(op.f(f"operator_{name}_check"), "operator", condition)
    for column, table in (("attempt_id", "attempt"), ("preview_case", "cases")):
        op.create_foreign_key(op.f(f"operator_{table}_fk"), "operator", table, [column, "city"], ["id", "city"])
    # whoever was there before this version sat there without having signed in
    op.execute("UPDATE operator SET state = 'offline', leg = NULL")


def _allow_states(states: str) -> None:
    op.drop_constraint(op.f("operator_state_check"), "operator")
    op.create_check_constraint(op.f("operator_state_check"), "operator", f"state IN ({states})")


def downgrade() -> None:
    op.drop_table("desk_order")
    for trigger in ("operator_is_told", "operator_change_is_told"):
        op.execute(f"DROP TRIGGER {trigger} ON operator")
    op.execute("DROP TRIGGER attempt_is_told ON attempt")
    for function in ("operator", "desk_order", "attempt"):
        op.execute(f"DROP FUNCTION tell_of_{function}()")
    op.execute("UPDATE operator SET state = 'offline', leg = NULL")
    for name in ("preview_case", "wrap_up_until", "attempt_id", "leg_state", *FLAGS, *PLAIN):
        op.drop_column("operator", name)
    _allow_states(STATES_BEFORE.format(""))
