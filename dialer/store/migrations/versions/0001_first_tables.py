"""The first tables: cities, people, cases, attempts with their events, and what a finished attempt may never do."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

OUTCOMES = (
    "'talked', 'abandoned', 'hung_up_early', 'no_answer', 'short_ring', 'busy', "
    "'not_in_use', 'number_changed', 'rejected', 'barred', 'off_or_out_of_area', 'unreachable', "
    "'unclear_refusal', 'network_error', 'invalid_number', 'not_placed', 'lost'"
)

NEVER_CHANGED = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'table % is a record of what happened: % is refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER call_event_is_append_only BEFORE UPDATE OR DELETE ON call_event
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER call_event_is_not_emptied BEFORE TRUNCATE ON call_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER attempt_keeps_its_outcome BEFORE UPDATE OR DELETE ON attempt
    FOR EACH ROW WHEN (OLD.outcome IS NOT NULL) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER attempt_is_not_emptied BEFORE TRUNCATE ON attempt
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""


def upgrade() -> None:
    op.create_table(
        "city",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("city_pk")),
    )
    op.create_table(
        "debt_kind",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("caller_id", sa.Text(), nullable=False),
        sa.CheckConstraint("caller_id ~ '^0[0-9]{9,10}$'", name=op.f("debt_kind_caller_id_check")),
        sa.ForeignKeyConstraint(["city"], ["city.key"], name=op.f("debt_kind_city_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("debt_kind_pk")),
        sa.UniqueConstraint("city", "key", name=op.f("debt_kind_city_key_key")),
        sa.UniqueConstraint("id", "city", name=op.f("debt_kind_id_city_key")),
    )
    op.create_table(
        "leadership",
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["city"], ["city.key"], name=op.f("leadership_city_fk")),
        sa.PrimaryKeyConstraint("city", name=op.f("leadership_pk")),
    )
    op.create_table(
        "operator",
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("leg", sa.Text(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('offline', 'connecting', 'free', 'reserved', 'talking', 'wrap_up')",
            name=op.f("operator_state_check"),
        ),
        sa.ForeignKeyConstraint(["city"], ["city.key"], name=op.f("operator_city_fk")),
        sa.PrimaryKeyConstraint("city", "phone", name=op.f("operator_pk")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("address_key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kana", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["city"], ["city.key"], name=op.f("person_city_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("person_pk")),
        sa.UniqueConstraint("city", "address_key", name=op.f("person_city_address_key_key")),
        sa.UniqueConstraint("id", "city", name=op.f("person_id_city_key")),
    )
    op.create_table(
        "cases",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("debt_kind_id", sa.BigInteger(), nullable=False),
        sa.Column("amount_yen", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("held", sa.Text(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("held IN ('no_open_number')", name=op.f("cases_held_check")),
        sa.CheckConstraint("state <> 'open' OR due_at IS NOT NULL", name=op.f("cases_open_is_due_check")),
        sa.CheckConstraint("state IN ('open', 'complete', 'stopped')", name=op.f("cases_state_check")),
        sa.CheckConstraint("amount_yen > 0", name=op.f("cases_amount_yen_check")),
        sa.ForeignKeyConstraint(["city"], ["city.key"], name=op.f("cases_city_fk")),
        sa.ForeignKeyConstraint(
            ["debt_kind_id", "city"], ["debt_kind.id", "debt_kind.city"], name=op.f("cases_debt_kind_fk")
        ),
        sa.ForeignKeyConstraint(["person_id", "city"], ["person.id", "person.city"], name=op.f("cases_person_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("cases_pk")),
        sa.UniqueConstraint("id", "city", name=op.f("cases_id_city_key")),
    )
    op.create_index(
        "cases_claimable_index",
        "cases",
        ["city", "due_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'open' AND held IS NULL"),
    )
    op.create_index(
        "cases_one_open_index",
        "cases",
        ["person_id", "debt_kind_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "phone_number",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint("number ~ '^0[0-9]{9,10}$'", name=op.f("phone_number_number_check")),
        sa.CheckConstraint("state IN ('open', 'dead')", name=op.f("phone_number_state_check")),
        sa.ForeignKeyConstraint(["city"], ["city.key"], name=op.f("phone_number_city_fk")),
        sa.ForeignKeyConstraint(
            ["person_id", "city"], ["person.id", "person.city"], name=op.f("phone_number_person_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("phone_number_pk")),
        sa.UniqueConstraint("id", "city", name=op.f("phone_number_id_city_key")),
        sa.UniqueConstraint("person_id", "number", name=op.f("phone_number_person_id_number_key")),
    )
    op.create_index("phone_number_city_number_index", "phone_number", ["city", "number"], unique=False)
    op.create_table(
        "attempt",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("phone_number_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("caller_id", sa.Text(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ringing_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("evidence", postgresql.JSONB(), nullable=True),
        sa.CheckConstraint("ended_by IN ('far_end', 'us', 'operator', 'unknown')", name=op.f("attempt_ended_by_check")),
        sa.CheckConstraint("number ~ '^0[0-9]{9,10}$'", name=op.f("attempt_number_check")),
        sa.CheckConstraint(
            f"outcome IN ({OUTCOMES})",
            name=op.f("attempt_outcome_check"),
        ),
        sa.CheckConstraint(
            "num_nulls(outcome, ended_at, reason, ended_by, evidence) IN (0, 5)",
            name=op.f("attempt_outcome_comes_whole_check"),
        ),
        sa.ForeignKeyConstraint(["case_id", "city"], ["cases.id", "cases.city"], name=op.f("attempt_cases_fk")),
        sa.ForeignKeyConstraint(["city"], ["city.key"], name=op.f("attempt_city_fk")),
        sa.ForeignKeyConstraint(
            ["phone_number_id", "city"], ["phone_number.id", "phone_number.city"], name=op.f("attempt_phone_number_fk")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("attempt_pk")),
        sa.UniqueConstraint("id", "city", name=op.f("attempt_id_city_key")),
    )
    op.create_index("attempt_case_id_index", "attempt", ["case_id"], unique=False)
    op.create_index("attempt_city_claimed_at_index", "attempt", ["city", "claimed_at"], unique=False)
    op.create_index(
        "attempt_one_open_per_case_index",
        "attempt",
        ["case_id"],
        unique=True,
        postgresql_where=sa.text("outcome IS NULL"),
    )
    op.create_index(
        "attempt_one_open_per_number_index",
        "attempt",
        ["number"],
        unique=True,
        postgresql_where=sa.text("outcome IS NULL"),
    )
    op.create_table(
        "call_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("detail", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id", "city"], ["attempt.id", "attempt.city"], name=op.f("call_event_attempt_fk")
        ),
        sa.ForeignKeyConstraint(["city"], ["city.key"], name=op.f("call_event_city_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("call_event_pk")),
        sa.UniqueConstraint(
            "attempt_id", "at", "kind", "detail", name=op.f("call_event_attempt_id_at_kind_detail_key")
        ),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["attempt_id", "city"], ["attempt.id", "attempt.city"], name=op.f("outbox_attempt_fk")),
        sa.ForeignKeyConstraint(["city"], ["city.key"], name=op.f("outbox_city_fk")),
        sa.PrimaryKeyConstraint("id", name=op.f("outbox_pk")),
        sa.UniqueConstraint("attempt_id", "kind", name=op.f("outbox_attempt_id_kind_key")),
    )
    op.create_index("outbox_unsent_index", "outbox", ["id"], unique=False, postgresql_where=sa.text("sent_at IS NULL"))
    op.create_table(
        "recording",
        sa.Column("attempt_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.CheckConstraint("file = attempt_id::text || '.wav'", name=op.f("recording_named_by_id_only_check")),
        sa.CheckConstraint("seconds >= 0", name=op.f("recording_seconds_check")),
        sa.ForeignKeyConstraint(
            ["attempt_id", "city"], ["attempt.id", "attempt.city"], name=op.f("recording_attempt_fk")
        ),
        sa.ForeignKeyConstraint(["city"], ["city.key"], name=op.f("recording_city_fk")),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("recording_pk")),
    )
    op.execute(NEVER_CHANGED)


def downgrade() -> None:
    for table in (
        *("outbox", "recording", "call_event", "attempt", "cases", "phone_number", "person"),
        *("operator", "leadership", "debt_kind", "city"),
    ):
        op.drop_table(table)
    op.execute("DROP FUNCTION refuse_change()")
