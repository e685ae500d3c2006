"""Accounts, what they may do, sessions, and the logs of both."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

APPEND_ONLY = """
CREATE TRIGGER {0}_is_append_only BEFORE UPDATE OR DELETE ON {0}
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER {0}_is_not_emptied BEFORE TRUNCATE ON {0}
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
STAYS_ENDED = """
CREATE TRIGGER staff_session_stays_ended BEFORE UPDATE OR DELETE ON staff_session
    FOR EACH ROW WHEN (OLD.ended_at IS NOT NULL) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER staff_session_is_not_emptied BEFORE TRUNCATE ON staff_session
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER account_is_not_deleted BEFORE DELETE ON account
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER account_is_not_emptied BEFORE TRUNCATE ON account
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""
RECORDS = ("account_change", "account_password", "account_grant", "sign_in_event", "operation")
TABLES = ("role", "role_right", "account", *RECORDS[:3], "sign_in_guard", "staff_session", *RECORDS[3:])

RIGHTS = (
    "'desk', 'case_view', 'case_search', 'result_write', 'result_correct_others', 'manual_call', 'supervise', "
    "'accounts', 'rules', 'messages', 'logs', 'export', 'reports'"
)
OPERATOR = ("desk", "case_view", "case_search", "result_write", "manual_call")
ROLES = {
    "operator": ("オペレーター", OPERATOR),
    "supervisor": ("管理者", (*OPERATOR, "result_correct_others", "supervise", "messages", "export", "reports")),
    "administrator": ("システム管理者", ("accounts", "rules", "messages", "logs")),
    "auditor": ("監査担当者", ("logs", "reports")),
    "client_viewer": ("委託者（閲覧）", ("case_view", "case_search", "reports")),
}


def upgrade() -> None:
    _roles()
    _accounts()
    _sessions()
    _logs()
    for table in RECORDS:
        op.execute(APPEND_ONLY.format(table))
    op.execute(STAYS_ENDED)


def _roles() -> None:
    role = op.create_table(
        "role",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("role_pk")),
    )
    role_right = op.create_table(
        "role_right",
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("may", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["role"], ["role.key"], name=op.f("role_right_role_fk")),
        sa.PrimaryKeyConstraint("role", "may", name=op.f("role_right_pk")),
        sa.CheckConstraint(f"may IN ({RIGHTS})", name=op.f("role_right_may_check")),
    )
    op.bulk_insert(role, [{"key": key, "name": name} for key, (name, _) in ROLES.items()])
    op.bulk_insert(role_right, [{"role": key, "may": may} for key, (_, rights) in ROLES.items() for may in rights])


def _accounts() -> None:
    op.create_table(
        "account",
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("suspended", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("login", name=op.f("account_pk")),
        sa.CheckConstraint("login ~ '^[a-z][a-z0-9._-]{1,31}$'", name=op.f("account_login_check")),
        sa.CheckConstraint("name <> ''", name=op.f("account_name_check")),
    )
    op.create_table(
        "account_change",
        *_record("account_change"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        *_by(),
        sa.CheckConstraint(
            "kind IN ('created', 'suspended', 'resumed', 'sessions_ended')", name=op.f("account_change_kind_check")
        ),
    )
    op.create_table(
        "account_password",
        *_record("account_password"),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        *_by(),
        sa.CheckConstraint("hash LIKE '$argon2id$%'", name=op.f("account_password_hash_check")),
    )
    op.create_index("account_password_login_index", "account_password", ["login"])
    op.create_table(
        "account_grant",
        *_record("account_grant"),
        *_city("account_grant"),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True)),
        sa.Column("reason", sa.Text(), nullable=False),
        *_by(),
        sa.ForeignKeyConstraint(["role"], ["role.key"], name=op.f("account_grant_role_fk")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("account_grant_validity_check")),
    )
    op.create_index("account_grant_login_city_role_index", "account_grant", ["login", "city", "role"])


def _sessions() -> None:
    op.create_table(
        "sign_in_guard",
        sa.Column("login_hash", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("login_hash", name=op.f("sign_in_guard_pk")),
    )
    op.create_table(
        "staff_session",
        *_record("staff_session"),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        *_city("staff_session"),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("end_reason", sa.Text()),
        sa.UniqueConstraint("secret_hash", name=op.f("staff_session_secret_hash_key")),
        sa.CheckConstraint(
            "end_reason IN ('signed_out', 'replaced', 'expired', 'ended', 'suspended', 'password')",
            name=op.f("staff_session_end_reason_check"),
        ),
        sa.CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name=op.f("staff_session_end_check")),
    )
    op.create_index(
        "staff_session_login_index", "staff_session", ["login"], postgresql_where=sa.text("ended_at IS NULL")
    )


def _logs() -> None:
    op.create_table(
        "sign_in_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("login", sa.Text()),
        sa.Column("session_id", sa.BigInteger()),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("took_ms", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("sign_in_event_pk")),
        sa.ForeignKeyConstraint(["login"], ["account.login"], name=op.f("sign_in_event_account_fk")),
        sa.ForeignKeyConstraint(["session_id"], ["staff_session.id"], name=op.f("sign_in_event_staff_session_fk")),
        sa.CheckConstraint(
            "kind IN ('signed_in', 'refused', 'signed_out', 'locked', 'unlocked', 'unlock_refused', "
            "'password_changed', 'password_refused')",
            name=op.f("sign_in_event_kind_check"),
        ),
    )
    op.create_index("sign_in_event_login_at_index", "sign_in_event", ["login", "at"])
    op.create_table(
        "operation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *_city("operation"),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("session_id", sa.BigInteger()),
        sa.Column("function", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("ids", ARRAY(sa.Text()), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("took_ms", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("operation_pk")),
        sa.ForeignKeyConstraint(["session_id"], ["staff_session.id"], name=op.f("operation_staff_session_fk")),
        sa.CheckConstraint("function ~ '^[a-z][a-z_]{1,30}$'", name=op.f("operation_function_check")),
        sa.CheckConstraint("what ~ '^[a-z][a-z_]{1,30}$'", name=op.f("operation_what_check")),
        sa.CheckConstraint("count >= 0", name=op.f("operation_count_check")),
    )
    op.create_index("operation_city_at_index", "operation", ["city", "at"])
    op.create_index("operation_by_at_index", "operation", ["by", "at"])
    op.create_index("operation_ids_index", "operation", ["ids"], postgresql_using="gin")


def _record(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    """Its number, and the account it is about."""
    return (
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"{table}_pk")),
        sa.Column("login", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["login"], ["account.login"], name=op.f(f"{table}_account_fk")),
    )


def _by() -> tuple[sa.Column[str], sa.Column[object]]:
    at: sa.Column[object] = sa.Column("at", sa.DateTime(timezone=True), nullable=False)
    return sa.Column("by", sa.Text(), nullable=False), at


def _city(table: str) -> tuple[sa.Column[str], sa.ForeignKeyConstraint]:
    constraint = sa.ForeignKeyConstraint(["city"], ["city.key"], name=op.f(f"{table}_city_fk"))
    return sa.Column("city", sa.Text(), nullable=False), constraint


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
