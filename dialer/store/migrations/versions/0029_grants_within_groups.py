"""A grant may be limited to groups of debt kinds; a page that is open is told when its visitor's grants change."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

TELL = """
CREATE FUNCTION tell_grant_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('session_ended', id::text) FROM staff_session WHERE login = NEW.login AND ended_at IS NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER account_grant_tells_sessions AFTER INSERT ON account_grant
    FOR EACH ROW EXECUTE FUNCTION tell_grant_changed();
"""
REFUSE = """
DO $$
BEGIN
    IF EXISTS (SELECT FROM account_grant WHERE groups IS NOT NULL) THEN
        RAISE EXCEPTION 'a grant is limited to groups: without them it would be wider'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
END $$
"""


def upgrade() -> None:
    """Without groups it is of the whole city, as every grant was; what is null breaks no seal."""
    op.add_column("account_grant", sa.Column("groups", ARRAY(sa.Text())))
    op.create_check_constraint(op.f("account_grant_groups_check"), "account_grant", "cardinality(groups) > 0")
    op.execute(TELL)


def downgrade() -> None:
    """Not when a grant was ever limited: it would become one for the whole city."""
    op.execute(REFUSE)
    op.execute("DROP TRIGGER account_grant_tells_sessions ON account_grant")
    op.execute("DROP FUNCTION tell_grant_changed()")
    op.drop_constraint(op.f("account_grant_groups_check"), "account_grant", type_="check")
    op.drop_column("account_grant", "groups")
