"""People who call: a call is one that we place or one that comes in, and what belongs to a talk belongs to either."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

OF_A_CALL = {  # with the columns of their unique constraints
    "talk_record": ("number",),
    "desk_draft": None,
    "recording": None,
    "call_event": ("at", "kind", "detail"),
    "operator": None,
    "case_event": None,
    "outbox": ("kind",),
    "call_case": None,
}
TALK_HAS_ITS_CALL = "CASE kind WHEN 'talk' THEN call_id IS NOT NULL WHEN 'callback' THEN true ELSE call_id IS NULL END"
OUTCOMES = "'talked', 'abandoned', 'wished', 'not_taken', 'closed', 'guided', 'full', 'refused', 'lost'"
ROUTES = "'waiting', 'closed', 'guide', 'full', 'not_ours'"

KEPT = (
    *("dialled", "group_key", "is_test", "route", "arrived_at", "answered_at", "waits_at", "joined_at", "ended_at"),
    *("operator", "account", "outcome", "reason", "ended_by", "evidence"),
)
TRIGGERS = """
CREATE TRIGGER inbound_call_keeps_its_outcome BEFORE UPDATE ON inbound_call
    FOR EACH ROW WHEN (OLD.outcome IS NOT NULL AND ({old}) IS DISTINCT FROM ({new})) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER inbound_call_keeps_its_number BEFORE UPDATE ON inbound_call
    FOR EACH ROW WHEN (
        OLD.number_given IS NOT NULL
        AND (OLD.number, OLD.number_given) IS DISTINCT FROM (NEW.number, NEW.number_given)
    ) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER inbound_call_is_not_deleted BEFORE DELETE ON inbound_call
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER inbound_call_is_not_emptied BEFORE TRUNCATE ON inbound_call
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER inbound_call_is_told AFTER INSERT ON inbound_call
    FOR EACH ROW WHEN (NEW.outcome IS NULL AND NEW.case_id IS NOT NULL) EXECUTE FUNCTION tell_of_attempt();

CREATE TRIGGER inquiry_is_append_only BEFORE UPDATE OR DELETE ON inquiry
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER inquiry_is_not_emptied BEFORE TRUNCATE ON inquiry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION refuse_to_take_a_case_away() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN -- whoever calls may turn out to be somebody else, until it is written down what was said
    IF EXISTS (SELECT FROM call WHERE call.id = OLD.call_id AND call.kind = 'inbound')
        AND NOT EXISTS (SELECT FROM case_event WHERE case_event.call_id = OLD.call_id AND kind = 'callback'
                        AND case_event.case_id = OLD.case_id)
    THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'table call_case is a record of what happened: DELETE is refused'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
DROP TRIGGER attempt_case_is_append_only ON call_case;
CREATE TRIGGER call_case_is_not_changed BEFORE UPDATE ON call_case
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER call_case_keeps_its_cases BEFORE DELETE ON call_case
    FOR EACH ROW EXECUTE FUNCTION refuse_to_take_a_case_away();
ALTER TRIGGER attempt_case_is_not_emptied ON call_case RENAME TO call_case_is_not_emptied;
"""
TRIGGERS_BACK = """
DROP TRIGGER call_case_is_not_changed ON call_case;
DROP TRIGGER call_case_keeps_its_cases ON call_case;
DROP FUNCTION refuse_to_take_a_case_away();
CREATE TRIGGER attempt_case_is_append_only BEFORE UPDATE OR DELETE ON call_case
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
ALTER TRIGGER call_case_is_not_emptied ON call_case RENAME TO attempt_case_is_not_emptied;
"""
NOBODY_HAS_CALLED = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM inbound_call) THEN
        RAISE EXCEPTION 'people have called: no record is taken away' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "call",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        *_city("call"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("call_pk")),
        sa.UniqueConstraint("id", "city", name=op.f("call_id_city_key")),
        sa.CheckConstraint("kind IN ('attempt', 'inbound')", name=op.f("call_kind_check")),
    )
    op.execute("INSERT INTO call (id, city, kind) SELECT id, city, 'attempt' FROM attempt")
    op.rename_table("attempt_case", "call_case")
    _rename_constraints("attempt_case", "call_case")
    op.execute("ALTER INDEX attempt_case_case_id_index RENAME TO call_case_case_id_index")
    for table, unique in OF_A_CALL.items():
        op.drop_constraint(op.f(f"{table}_attempt_fk"), table)
        op.alter_column(table, "attempt_id", new_column_name="call_id")
        _rename_unique(table, unique, "attempt_id", "call_id")
        _refer(table, "call", "call_id")
    op.drop_constraint(op.f("attempt_id_city_key"), "attempt")
    _refer("attempt", "call", "id")
    op.drop_constraint(op.f("case_event_talk_has_its_attempt_check"), "case_event")
    op.create_check_constraint(op.f("case_event_talk_has_its_call_check"), "case_event", TALK_HAS_ITS_CALL)
    _rename("outbox", "outbox_of_an_attempt_or_a_case_check", "outbox_of_a_call_or_a_case_check")
    _make_inbound_calls()
    _make_inquiries()
    rows = {"old": ", ".join(f"OLD.{name}" for name in KEPT), "new": ", ".join(f"NEW.{name}" for name in KEPT)}
    op.execute(TRIGGERS.format(**rows))


def _city(table: str) -> tuple[sa.Column[str], sa.ForeignKeyConstraint]:
    constraint = sa.ForeignKeyConstraint(["city"], ["city.key"], name=op.f(f"{table}_city_fk"))
    return sa.Column("city", sa.Text(), nullable=False), constraint


def _refer(table: str, other: str, column: str) -> None:
    op.create_foreign_key(op.f(f"{table}_{other}_fk"), table, other, [column, "city"], ["id", "city"])


def _rename(table: str, before: str, after: str) -> None:
    op.execute(f"ALTER TABLE {table} RENAME CONSTRAINT {before} TO {after}")


def _rename_unique(table: str, unique: tuple[str, ...] | None, before: str, after: str) -> None:
    if table == "case_event":
        names = (f"case_event_case_id_kind_at_{column}_detail_key" for column in (before, after))
        _rename(table, *names)
    elif unique is not None:
        rest = "_".join(unique)
        _rename(table, f"{table}_{before}_{rest}_key", f"{table}_{after}_{rest}_key")


def _rename_constraints(before: str, after: str) -> None:
    """Of the table that says which cases a call is for; it has its new name already on the way up."""
    table = "call_case"
    for ending in ("pk", "attempt_fk", "city_fk", "cases_fk"):
        _rename(table, f"{before}_{ending}", f"{after}_{ending}")


def _make_inbound_calls() -> None:
    moments = ("arrived_at", "answered_at", "waits_at", "joined_at", "ended_at")
    op.create_table(
        "inbound_call",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        *_city("inbound_call"),
        sa.Column("dialled", sa.Text(), nullable=False),
        sa.Column("group_key", sa.Text(), nullable=False),
        sa.Column("number", sa.Text()),
        sa.Column("number_given", sa.Text()),
        sa.Column("is_test", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("rank", sa.SmallInteger(), server_default=sa.text("1"), nullable=False),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=name != "arrived_at") for name in moments),
        *(sa.Column(name, sa.Text()) for name in ("operator", "account", "outcome", "reason", "ended_by")),
        sa.Column("evidence", postgresql.JSONB()),
        sa.Column("case_id", sa.BigInteger()),
        sa.Column("household", sa.Text()),
        sa.Column("matches", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("inbound_call_pk")),
        sa.ForeignKeyConstraint(["id", "city"], ["call.id", "call.city"], name=op.f("inbound_call_call_fk")),
        sa.ForeignKeyConstraint(["case_id", "city"], ["cases.id", "cases.city"], name=op.f("inbound_call_cases_fk")),
        *(
            sa.CheckConstraint(holds, name=op.f(f"inbound_call_{name}_check"))
            for name, holds in (
                ("number_given", "number_given IN ('given', 'withheld', 'unusable')"),
                ("route", f"route IN ({ROUTES})"),
                ("outcome", f"outcome IN ({OUTCOMES})"),
                ("ended_by", "ended_by IN ('far_end', 'us', 'operator', 'unknown')"),
                ("number", "number ~ '^0[0-9]{9,10}$'"),
                (
                    "number_is_there_when_given",
                    "(number IS NOT NULL) = (number_given IS NOT DISTINCT FROM 'given')",
                ),
                ("rank", "rank >= 0"),
                ("dialled", "length(dialled) <= 40"),
                ("outcome_comes_whole", "num_nulls(outcome, ended_at, reason, ended_by, evidence) IN (0, 5)"),
            )
        ),
    )
    no_outcome, talked = sa.text("outcome IS NULL"), sa.text("outcome = 'talked'")
    for name, columns, only in (
        ("open", ("city", "arrived_at"), no_outcome),
        ("city_arrived_at", ("city", "arrived_at"), None),
        ("city_number_arrived_at", ("city", "number", "arrived_at"), None),
        ("city_household_arrived_at", ("city", "household", "arrived_at"), None),
        ("city_account", ("city", "account", "arrived_at"), talked),
    ):
        op.create_index(f"inbound_call_{name}_index", "inbound_call", list(columns), postgresql_where=only)


def _make_inquiries() -> None:
    op.create_table(
        "inquiry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        *_city("inquiry"),
        sa.Column("call_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("phone", sa.Text()),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("why", sa.Text()),
        sa.PrimaryKeyConstraint("id", name=op.f("inquiry_pk")),
        sa.ForeignKeyConstraint(["call_id", "city"], ["call.id", "call.city"], name=op.f("inquiry_call_fk")),
        sa.UniqueConstraint("call_id", "number", name=op.f("inquiry_call_id_number_key")),
        sa.CheckConstraint(
            "number > 0 AND (number = 1) = (why IS NULL)", name=op.f("inquiry_a_correction_says_why_check")
        ),
    )
    op.create_index("inquiry_city_at_index", "inquiry", ["city", "at"])


def downgrade() -> None:
    """Refused once somebody has called: no record is taken away."""
    op.execute(NOBODY_HAS_CALLED)
    op.drop_table("inquiry")
    op.drop_table("inbound_call")
    op.execute(TRIGGERS_BACK)
    _rename("outbox", "outbox_of_a_call_or_a_case_check", "outbox_of_an_attempt_or_a_case_check")
    op.drop_constraint(op.f("case_event_talk_has_its_call_check"), "case_event")
    op.create_unique_constraint(op.f("attempt_id_city_key"), "attempt", ["id", "city"])
    op.drop_constraint(op.f("attempt_call_fk"), "attempt")
    for table, unique in OF_A_CALL.items():
        op.drop_constraint(op.f(f"{table}_call_fk"), table)
        op.alter_column(table, "call_id", new_column_name="attempt_id")
        _rename_unique(table, unique, "call_id", "attempt_id")
        _refer(table, "attempt", "attempt_id")
    op.create_check_constraint(
        op.f("case_event_talk_has_its_attempt_check"), "case_event", "(kind = 'talk') = (attempt_id IS NOT NULL)"
    )
    _rename_constraints("call_case", "attempt_case")
    op.execute("ALTER INDEX call_case_case_id_index RENAME TO attempt_case_case_id_index")
    op.rename_table("call_case", "attempt_case")
    op.drop_table("call")
