"""Plans and their reasons, households, what happens to a case besides calls, agreed days, the log of imports."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

OUTCOMES = (
    "'talked', 'abandoned', 'hung_up_early', 'no_answer', 'short_ring', 'busy', "
    "'not_in_use', 'number_changed', 'rejected', 'barred', 'off_or_out_of_area', 'unreachable', "
    "'unclear_refusal', 'network_error', 'invalid_number', 'not_placed', {}'lost'"
)

APPEND_ONLY = """
CREATE TRIGGER {0}_is_append_only BEFORE UPDATE OR DELETE ON {0}
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER {0}_is_not_emptied BEFORE TRUNCATE ON {0}
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
RECORDS = ("attempt_case", "case_event", "calendar_change", "import_run")

OPEN = sa.text("state = 'open'")
NO_OUTCOME = sa.text("outcome IS NULL")


def upgrade() -> None:
    op.add_column("person", sa.Column("household", sa.Text()))
    op.add_column("person", sa.Column("language", sa.Text()))
    op.add_column("phone_number", sa.Column("obtained_on", sa.Date()))
    _add_to_cases()
    _carry_cases_over()
    _constrain_cases()
    _add_to_attempts()
    _make_tables()
    op.execute("INSERT INTO attempt_case (attempt_id, case_id, city) SELECT id, case_id, city FROM attempt")
    op.alter_column("outbox", "attempt_id", nullable=True)
    op.add_column("outbox", sa.Column("case_id", sa.BigInteger()))
    op.create_foreign_key(op.f("outbox_cases_fk"), "outbox", "cases", ["case_id", "city"], ["id", "city"])
    op.create_check_constraint(
        op.f("outbox_of_an_attempt_or_a_case_check"), "outbox", "num_nonnulls(attempt_id, case_id) = 1"
    )
    for table in RECORDS:
        op.execute(APPEND_ONLY.format(table))


def _add_to_cases() -> None:
    for column in (
        sa.Column("items", postgresql.JSONB()),
        sa.Column("round_first", sa.Date()),
        sa.Column("round_last", sa.Date()),
        sa.Column("debtor_class", sa.Text()),
        sa.Column("layout", sa.Text()),
        sa.Column("raw", postgresql.JSONB()),
        sa.Column("clause", sa.Text()),
        sa.Column("contacted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("sms_candidate", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("facts", sa.Text(), server_default="", nullable=False),
        sa.Column("stale", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("plan_kind", sa.Text()),
        sa.Column("phone_number_id", sa.BigInteger()),
        sa.Column("until_at", sa.DateTime(timezone=True)),
        sa.Column("slot", sa.Text()),
        sa.Column("priority", sa.SmallInteger()),
        sa.Column("plan_reason", sa.Text()),
        sa.Column("plan_clause", sa.Text()),
    ):
        op.add_column("cases", column)
    op.drop_index("cases_claimable_index", "cases")
    op.drop_index("cases_one_open_index", "cases")
    for name in ("cases_held_check", "cases_open_is_due_check", "cases_state_check"):
        op.drop_constraint(op.f(name), "cases")


def _carry_cases_over() -> None:
    """Open ones are decided anew; closed ones stay as they are.

    Nothing said which round: the month, then. Of several cases of one person and debt kind in a month the later begin
    a day later each, since a round has one.
    """
    op.execute("""
        WITH monthly AS (
            SELECT id, person_id, debt_kind_id,
                   CAST(date_trunc('month', CASE WHEN state = 'open' THEN now() ELSE imported_at END
                                   AT TIME ZONE 'Asia/Tokyo') AS date) AS first
            FROM cases
        ), placed AS (
            SELECT id, first, row_number() OVER (PARTITION BY person_id, debt_kind_id, first ORDER BY id) AS place
            FROM monthly
        )
        UPDATE cases
        SET reason = COALESCE(reason, ''), stale = state = 'open', held = NULL, due_at = NULL,
            round_first = placed.first + CAST(placed.place - 1 AS integer),
            round_last = CAST(placed.first + interval '1 month - 1 day' AS date)
        FROM placed WHERE placed.id = cases.id
    """)


def _constrain_cases() -> None:
    op.alter_column("cases", "reason", nullable=False, server_default="")
    op.alter_column("cases", "round_first", nullable=False)
    op.alter_column("cases", "round_last", nullable=False)
    op.create_foreign_key(
        op.f("cases_phone_number_fk"), "cases", "phone_number", ["phone_number_id", "city"], ["id", "city"]
    )
    for name, holds in (
        ("round", "round_first <= round_last"),
        ("state", "state IN ('open', 'complete', 'escalated', 'stopped', 'paid')"),
        ("plan_kind", "plan_kind IN ('first', 'retry', 'again', 'appointment')"),
        ("held", "held IN ('no_number', 'promise', 'awaits_result', 'round_over', 'no_slot')"),
        (
            "plan_comes_whole",
            "num_nulls(plan_kind, phone_number_id, until_at, priority) IN (0, 4)"
            " AND (plan_kind IS NULL OR due_at IS NOT NULL)",
        ),
        ("planned_or_held", "num_nonnulls(plan_kind, held) <= 1"),
        ("open_is_planned_or_held", "stale OR (state = 'open') = (num_nonnulls(plan_kind, held) = 1)"),
    ):
        op.create_check_constraint(op.f(f"cases_{name}_check"), "cases", holds)
    op.create_index(
        "cases_claimable_index",
        "cases",
        ["city", "priority", "due_at", "id"],
        postgresql_where=sa.text("state = 'open' AND held IS NULL AND NOT stale"),
    )
    op.create_index("cases_stale_index", "cases", ["city", "id"], postgresql_where=sa.text("stale"))
    op.create_index(
        "cases_ending_index", "cases", ["city", sa.text("COALESCE(until_at, due_at)")], postgresql_where=OPEN
    )
    op.create_index("cases_one_per_round_index", "cases", ["person_id", "debt_kind_id", "round_first"], unique=True)


def _add_to_attempts() -> None:
    op.add_column("attempt", sa.Column("household", sa.Text()))
    op.add_column("attempt", sa.Column("slot", sa.Text()))
    op.execute("ALTER TABLE attempt DISABLE TRIGGER attempt_keeps_its_outcome")
    op.execute("UPDATE attempt SET household = 'p' || cases.person_id FROM cases WHERE cases.id = attempt.case_id")
    op.execute("ALTER TABLE attempt ENABLE TRIGGER attempt_keeps_its_outcome")
    op.alter_column("attempt", "household", nullable=False)
    op.drop_constraint(op.f("attempt_outcome_check"), "attempt")
    outcomes = OUTCOMES.format("'withdrawn', ")
    op.create_check_constraint(op.f("attempt_outcome_check"), "attempt", f"outcome IN ({outcomes})")
    op.create_index(
        "attempt_one_open_per_household_index",
        "attempt",
        ["city", "household"],
        unique=True,
        postgresql_where=NO_OUTCOME,
    )
    op.create_index("attempt_city_household_claimed_at_index", "attempt", ["city", "household", "claimed_at"])


def _city(table: str) -> tuple[sa.Column[str], sa.ForeignKeyConstraint]:
    constraint = sa.ForeignKeyConstraint(["city"], ["city.key"], name=op.f(f"{table}_city_fk"))
    return sa.Column("city", sa.Text(), nullable=False), constraint


def _of_attempt(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"{table}_attempt_fk")
    return sa.ForeignKeyConstraint(["attempt_id", "city"], ["attempt.id", "attempt.city"], name=name)


def _of_case(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["case_id", "city"], ["cases.id", "cases.city"], name=op.f(f"{table}_cases_fk"))


def _make_tables() -> None:
    op.create_table(
        "attempt_case",
        sa.Column("attempt_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        *_city("attempt_case"),
        sa.PrimaryKeyConstraint("attempt_id", "case_id", name=op.f("attempt_case_pk")),
        _of_attempt("attempt_case"),
        _of_case("attempt_case"),
    )
    op.create_index("attempt_case_case_id_index", "attempt_case", ["case_id"])
    op.create_table(
        "case_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        *_city("case_event"),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(as_uuid=False)),
        sa.Column("detail", postgresql.JSONB(), nullable=False),
        sa.Column("by", sa.Text()),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "kind IN ('talk', 'callback', 'stop', 'paid', 'decision', 'previous_round')",
            name=op.f("case_event_kind_check"),
        ),
        sa.CheckConstraint(
            "(kind = 'talk') = (attempt_id IS NOT NULL)", name=op.f("case_event_talk_has_its_attempt_check")
        ),
        _of_case("case_event"),
        _of_attempt("case_event"),
        sa.PrimaryKeyConstraint("id", name=op.f("case_event_pk")),
        sa.UniqueConstraint(
            *("case_id", "kind", "at", "attempt_id", "detail"),
            name=op.f("case_event_case_id_kind_at_attempt_id_detail_key"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    _make_calendar_changes()
    op.create_table(
        "import_run",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        *_city("import_run"),
        sa.Column("layout", sa.Text(), nullable=False),
        sa.Column("file_sha256", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("counts", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint("file_sha256 ~ '^[0-9a-f]{64}$'", name=op.f("import_run_file_sha256_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("import_run_pk")),
    )
    op.create_index("import_run_city_at_index", "import_run", ["city", "at"])


def _make_calendar_changes() -> None:
    op.create_table(
        "calendar_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        *_city("calendar_change"),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("pattern", sa.Text()),
        *(sa.Column(f"{of}_{end}", sa.Time()) for of in ("calls", "inbound") for end in ("opens", "closes")),
        sa.Column("debts", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("exchanged_for", sa.Date()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("clause", sa.Text()),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('open', 'close', 'restore')", name=op.f("calendar_change_kind_check")),
        *(
            sa.CheckConstraint(
                f"num_nulls({of}_opens, {of}_closes) IN (0, 2) AND {of}_opens < {of}_closes",
                name=op.f(f"calendar_change_{of}_check"),
            )
            for of in ("calls", "inbound")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("calendar_change_pk")),
    )
    op.create_index("calendar_change_city_day_index", "calendar_change", ["city", "day"])


def downgrade() -> None:
    """What the first tables have no place for is lost."""
    op.drop_constraint(op.f("outbox_of_an_attempt_or_a_case_check"), "outbox")
    op.execute("DELETE FROM outbox WHERE attempt_id IS NULL")
    op.drop_column("outbox", "case_id")
    op.alter_column("outbox", "attempt_id", nullable=False)
    for table in reversed(RECORDS):
        op.drop_table(table)
    _take_from_attempts()
    _take_from_cases()
    op.drop_column("phone_number", "obtained_on")
    op.drop_column("person", "household")
    op.drop_column("person", "language")


def _take_from_attempts() -> None:
    op.drop_index("attempt_one_open_per_household_index", "attempt")
    op.drop_column("attempt", "household")
    op.drop_column("attempt", "slot")
    op.drop_constraint(op.f("attempt_outcome_check"), "attempt")
    op.execute("ALTER TABLE attempt DISABLE TRIGGER attempt_keeps_its_outcome")
    op.execute("UPDATE attempt SET outcome = 'not_placed' WHERE outcome = 'withdrawn'")
    op.execute("ALTER TABLE attempt ENABLE TRIGGER attempt_keeps_its_outcome")
    op.create_check_constraint(op.f("attempt_outcome_check"), "attempt", f"outcome IN ({OUTCOMES.format('')})")


def _take_from_cases() -> None:
    for index in ("claimable", "stale", "ending", "one_per_round"):
        op.drop_index(f"cases_{index}_index", "cases")
    for check in ("round", "state", "plan_kind", "held", "plan_comes_whole", "planned_or_held"):
        op.drop_constraint(op.f(f"cases_{check}_check"), "cases")
    op.drop_constraint(op.f("cases_open_is_planned_or_held_check"), "cases")
    op.execute("""
        UPDATE cases
        SET state = CASE
                WHEN state IN ('paid', 'stopped') THEN 'stopped'
                WHEN state = 'open' AND NOT EXISTS ( -- there, one for each person and debt kind
                    SELECT FROM cases AS later
                    WHERE later.person_id = cases.person_id AND later.debt_kind_id = cases.debt_kind_id
                      AND later.state = 'open' AND later.round_first > cases.round_first) THEN 'open'
                ELSE 'complete' END,
            held = CASE WHEN held = 'no_number' THEN 'no_open_number' END,
            due_at = COALESCE(due_at, now())
    """)
    op.alter_column("cases", "reason", nullable=True, server_default=None)
    for column in (
        *("items", "round_first", "round_last", "debtor_class", "layout", "raw", "clause", "contacted"),
        *("sms_candidate", "facts", "stale", "plan_kind", "phone_number_id", "until_at", "slot", "priority"),
        *("plan_reason", "plan_clause"),
    ):
        op.drop_column("cases", column)
    op.create_check_constraint(op.f("cases_held_check"), "cases", "held IN ('no_open_number')")
    op.create_check_constraint(op.f("cases_open_is_due_check"), "cases", "state <> 'open' OR due_at IS NOT NULL")
    op.create_check_constraint(op.f("cases_state_check"), "cases", "state IN ('open', 'complete', 'stopped')")
    op.create_index(
        "cases_claimable_index",
        "cases",
        ["city", "due_at", "id"],
        postgresql_where=sa.text("state = 'open' AND held IS NULL"),
    )
    op.create_index("cases_one_open_index", "cases", ["person_id", "debt_kind_id"], unique=True, postgresql_where=OPEN)
