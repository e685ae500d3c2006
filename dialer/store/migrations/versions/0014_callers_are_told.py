"""Pages hear of callers who come, are recognised, or go, as they hear of operators."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TELL = """
CREATE FUNCTION tell_of_caller() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('caller', NEW.city || ' ' || NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER caller_is_told AFTER INSERT ON inbound_call
    FOR EACH ROW WHEN (NEW.outcome IS NULL) EXECUTE FUNCTION tell_of_caller();
CREATE TRIGGER caller_change_is_told AFTER UPDATE ON inbound_call
    FOR EACH ROW WHEN (
        (NEW.case_id, NEW.number_given, NEW.outcome) IS DISTINCT FROM (OLD.case_id, OLD.number_given, OLD.outcome)
    ) EXECUTE FUNCTION tell_of_caller();
"""
NO_MORE = """
DROP TRIGGER caller_is_told ON inbound_call;
DROP TRIGGER caller_change_is_told ON inbound_call;
DROP FUNCTION tell_of_caller();
"""


def upgrade() -> None:
    op.execute(TELL)


def downgrade() -> None:
    op.execute(NO_MORE)
