"""Results of talks, drafts, and what must be known before a talk."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

APPEND_ONLY = """
CREATE TRIGGER talk_record_is_append_only BEFORE UPDATE OR DELETE ON talk_record
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER talk_record_is_not_emptied BEFORE TRUNCATE ON talk_record
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER person_flag_is_not_deleted BEFORE DELETE ON person_flag
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER person_flag_is_not_emptied BEFORE TRUNCATE ON person_flag
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER person_flag_is_only_ended BEFORE UPDATE ON person_flag
    FOR EACH ROW WHEN (
        OLD.until IS NOT NULL OR NEW.until IS NULL
        OR (OLD.id, OLD.city, OLD.person_id, OLD.kind, OLD.note, OLD.source, OLD.by, OLD.since)
            IS DISTINCT FROM (NEW.id, NEW.city, NEW.person_id, NEW.kind, NEW.note, NEW.source, NEW.by, NEW.since)
    ) EXECUTE FUNCTION refuse_change();
"""


def upgrade() -> None:
    op.add_column("attempt", sa.Column("account", sa.Text()))
    op.add_column(
        "phone_number", sa.Column("other_home", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.create_check_constraint(
        op.f("phone_number_other_home_is_dead_check"), "phone_number", "state = 'dead' OR NOT other_home"
    )
    op.create_index(
        "attempt_city_account_index",
        "attempt",
        ["city", "account", "claimed_at"],
        postgresql_where=sa.text("outcome = 'talked'"),
    )
    op.create_index(
        "person_city_household_index",
        "person",
        ["city", "household"],
        postgresql_where=sa.text("household IS NOT NULL"),
    )
    _make_records()
    op.create_table(
        "desk_draft",
        *_city("desk_draft"),
        sa.Column("attempt_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("attempt_id", "by", name=op.f("desk_draft_pk")),
        _of_attempt("desk_draft"),
    )
    _make_flags()
    op.execute(APPEND_ONLY)


def _city(table: str) -> tuple[sa.Column[str], sa.ForeignKeyConstraint]:
    constraint = sa.ForeignKeyConstraint(["city"], ["city.key"], name=op.f(f"{table}_city_fk"))
    return sa.Column("city", sa.Text(), nullable=False), constraint


def _of_attempt(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"{table}_attempt_fk")
    return sa.ForeignKeyConstraint(["attempt_id", "city"], ["attempt.id", "attempt.city"], name=name)


def _make_records() -> None:
    op.create_table(
        "talk_record",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        *_city("talk_record"),
        sa.Column("attempt_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("phone", sa.Text()),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("talker", sa.Text(), nullable=False),
        sa.Column("relation", sa.Text()),
        sa.Column("identity_confirmed", sa.Boolean()),
        sa.Column("identity_how", sa.Text()),
        sa.Column("script_key", sa.Text()),
        sa.Column("script_version", sa.Integer()),
        sa.Column("steps", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("promise_day", sa.Date()),
        sa.Column("promise_yen", sa.BigInteger()),
        sa.Column("promise_way", sa.Text()),
        sa.Column("appointment_at", sa.DateTime(timezone=True)),
        sa.Column("new_number", sa.Text()),
        sa.Column("department", sa.Text()),
        sa.Column("detail", postgresql.JSONB(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("why", sa.Text()),
        sa.PrimaryKeyConstraint("id", name=op.f("talk_record_pk")),
        _of_attempt("talk_record"),
        sa.UniqueConstraint("attempt_id", "number", name=op.f("talk_record_attempt_id_number_key")),
        sa.CheckConstraint(
            "talker IN ('self', 'same_household', 'other', 'unknown')", name=op.f("talk_record_talker_check")
        ),
        sa.CheckConstraint(
            "number > 0 AND (number = 1) = (why IS NULL)", name=op.f("talk_record_a_correction_says_why_check")
        ),
        sa.CheckConstraint(
            "num_nulls(promise_day, promise_yen, promise_way) IN (0, 3) AND promise_yen > 0",
            name=op.f("talk_record_promise_comes_whole_check"),
        ),
    )
    op.create_index("talk_record_city_at_index", "talk_record", ["city", "at"])


def _make_flags() -> None:
    op.create_table(
        "person_flag",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        *_city("person_flag"),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True)),
        sa.Column("until_by", sa.Text()),
        sa.PrimaryKeyConstraint("id", name=op.f("person_flag_pk")),
        sa.ForeignKeyConstraint(
            ["person_id", "city"], ["person.id", "person.city"], name=op.f("person_flag_person_fk")
        ),
        sa.CheckConstraint(
            "kind IN ('lawyer', 'death', 'dv', 'do_not_call', 'language', 'hard_of_hearing', 'other')",
            name=op.f("person_flag_kind_check"),
        ),
        sa.CheckConstraint("source IN ('list', 'person')", name=op.f("person_flag_source_check")),
        sa.CheckConstraint(
            "num_nulls(until, until_by) IN (0, 2) AND since <= until", name=op.f("person_flag_until_check")
        ),
    )
    op.create_index(
        "person_flag_one_of_a_kind_index",
        "person_flag",
        ["person_id", "kind", "source"],
        unique=True,
        postgresql_where=sa.text("until IS NULL"),
    )


def downgrade() -> None:
    for table in ("person_flag", "desk_draft", "talk_record"):
        op.drop_table(table)
    op.drop_index("person_city_household_index", "person")
    op.drop_index("attempt_city_account_index", "attempt")
    op.drop_column("attempt", "account")
    op.drop_constraint(op.f("phone_number_other_home_is_dead_check"), "phone_number")
    op.drop_column("phone_number", "other_home")
