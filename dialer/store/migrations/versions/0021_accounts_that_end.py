"""Accounts end for good, the roles of the tenders, and pages learn at once that their session has ended."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

KINDS = ("created", "suspended", "resumed", "sessions_ended")
STAYS_ENDED = """
CREATE TRIGGER account_stays_ended BEFORE UPDATE ON account FOR EACH ROW
    WHEN (OLD.left_at IS NOT NULL AND (NEW.left_at, NEW.suspended) IS DISTINCT FROM (OLD.left_at, OLD.suspended))
    EXECUTE FUNCTION refuse_change()
"""
TELL = """
CREATE FUNCTION tell_session_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('session_ended', NEW.id::text);
    RETURN NULL;
END $$;
CREATE TRIGGER staff_session_tells_its_end AFTER UPDATE ON staff_session FOR EACH ROW
    WHEN (OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL) EXECUTE FUNCTION tell_session_ended()
"""

ROLES = {  # who is who in the tenders, with the rights of a role that is there, or a few of their own;
    # whoever stands in for somebody has the role for those days
    "general_manager": ("総括責任者・統括責任者", "supervisor", ("logs",)),
    "deputy_general_manager": ("代替総括責任者", "supervisor", ()),
    "site_manager": ("業務責任者", "supervisor", ()),
    "executive_manager": ("業務遂行責任者", "supervisor", ()),
    "deputy": ("副管理者", "operator", ()),
    "worker": ("従事者", "operator", ()),
    "visitor": ("訪問員", None, ("case_view",)),
    "assistant": ("補助員", None, ("case_view",)),
    "client_supervisor": ("監督責任者（委託者）", "client_viewer", ()),
    "client_inspector": ("監督員（委託者）", "client_viewer", ()),
}


def upgrade() -> None:
    op.add_column("account", sa.Column("left_at", sa.DateTime(timezone=True)))
    op.create_check_constraint(op.f("account_ended_check"), "account", "left_at IS NULL OR suspended")
    _kinds((*KINDS, "ended"))
    op.execute(STAYS_ENDED)
    op.execute(TELL)
    role = sa.table("role", sa.column("key"), sa.column("name"))
    role_right = sa.table("role_right", sa.column("role"), sa.column("may"))
    op.bulk_insert(role, [{"key": key, "name": name} for key, (name, *_) in ROLES.items()])
    for key, (_, like, rights) in ROLES.items():
        copied = f"SELECT '{key}', may FROM role_right WHERE role = '{like}'"  # noqa: S608 - words of ours
        op.execute(f"INSERT INTO role_right (role, may) {copied}")
        op.bulk_insert(role_right, [{"role": key, "may": may} for may in rights])


def downgrade() -> None:
    """Not when somebody had one of these roles, or an account has ended: no record is taken away."""
    listed = ", ".join(f"'{key}'" for key in ROLES)
    op.execute(f"DELETE FROM role_right WHERE role IN ({listed})")  # noqa: S608 - words of ours
    op.execute(f"DELETE FROM role WHERE key IN ({listed})")  # noqa: S608
    op.execute("DROP TRIGGER staff_session_tells_its_end ON staff_session")
    op.execute("DROP FUNCTION tell_session_ended()")
    op.execute("DROP TRIGGER account_stays_ended ON account")
    _kinds(KINDS)
    op.drop_constraint(op.f("account_ended_check"), "account", type_="check")
    op.drop_column("account", "left_at")


def _kinds(kinds: tuple[str, ...]) -> None:
    name, listed = op.f("account_change_kind_check"), ", ".join(f"'{one}'" for one in kinds)
    op.drop_constraint(name, "account_change", type_="check")
    op.create_check_constraint(name, "account_change", f"kind IN ({listed})")
