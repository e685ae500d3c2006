"""Recordings are encrypted, found, held back and deleted; who may hear them; a warning before they do not fit."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

KINDS = (
    *("answer_rate_low", "answer_rate_falls", "abandoned", "caller_waits", "talks_long", "writes_long"),
    *("list_runs_dry", "quota_unmet", "trunk_refuses", "disk_fills", "part_away", "clock_wrong"),
)
RIGHTS = (
    *("desk", "case_view", "case_search", "result_write", "result_correct_others", "manual_call", "supervise"),
    *("watch", "listen", "accounts", "rules", "messages", "logs", "export", "reports"),
)
NEW_RIGHTS = ("hear_recordings", "delete_recordings")
COLUMNS = (
    ("bytes", sa.BigInteger()),
    ("key_id", sa.Text()),
    ("at", sa.DateTime(timezone=True)),
    *(("held_at", sa.DateTime(timezone=True)), ("held_by", sa.Text()), ("held_why", sa.Text())),
    *(("deleted_at", sa.DateTime(timezone=True)), ("deleted_by", sa.Text()), ("deleted_why", sa.Text())),
)
CHECKS = {
    "named_by_id_only": "file IN (call_id::text || '.rec', call_id::text || '.wav')",
    "held_with_its_reason": "num_nulls(held_at, held_by, held_why) IN (0, 3)",
    "deleted_with_its_reason": "num_nulls(deleted_at, deleted_by, deleted_why) IN (0, 3)",
    "is_there_or_deleted": "CASE WHEN deleted_at IS NULL THEN num_nulls(file, seconds) = 0"
    " ELSE num_nonnulls(file, seconds, bytes, key_id, held_at) = 0 END",
}
WHEN = """
UPDATE recording SET at = COALESCE(
    (SELECT claimed_at FROM attempt WHERE attempt.id = recording.call_id),
    (SELECT arrived_at FROM inbound_call WHERE inbound_call.id = recording.call_id), now())
"""
STAYS_DELETED = """
CREATE TRIGGER recording_stays_deleted BEFORE UPDATE ON recording FOR EACH ROW WHEN (OLD.deleted_at IS NOT NULL)
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER recording_leaves_a_stub BEFORE DELETE ON recording FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER recording_is_not_emptied BEFORE TRUNCATE ON recording
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""
MAY_HEAR = """
INSERT INTO role_right (role, may)
SELECT role, 'hear_recordings' FROM role_right WHERE may = 'watch'
UNION SELECT 'administrator', 'hear_recordings'
UNION SELECT unnest(ARRAY['administrator', 'general_manager']), 'delete_recordings'
"""


def upgrade() -> None:
    for name, kind in COLUMNS:
        op.add_column("recording", sa.Column(name, kind))
    op.execute(WHEN)
    op.alter_column("recording", "at", nullable=False)
    for name in ("file", "seconds"):
        op.alter_column("recording", name, nullable=True)
    op.drop_constraint(op.f("recording_named_by_id_only_check"), "recording", type_="check")
    for name, condition in CHECKS.items():
        op.create_check_constraint(op.f(f"recording_{name}_check"), "recording", condition)
    op.create_index("recording_city_at_index", "recording", ["city", "at"])
    op.execute(STAYS_DELETED)
    _must_be("role_right", "may", (*RIGHTS, *NEW_RIGHTS))
    op.execute(MAY_HEAR)
    _must_be("warning", "kind", (*KINDS, "recordings_fill"))


def downgrade() -> None:
    """Not when one was deleted, encrypted or warned of: no record is taken away."""
    _must_be("warning", "kind", KINDS)
    op.execute("DELETE FROM role_right WHERE may IN ('hear_recordings', 'delete_recordings')")
    _must_be("role_right", "may", RIGHTS)
    for name in ("stays_deleted", "leaves_a_stub", "is_not_emptied"):
        op.execute(f"DROP TRIGGER recording_{name} ON recording")
    op.drop_index("recording_city_at_index", "recording")
    for name in CHECKS:
        op.drop_constraint(op.f(f"recording_{name}_check"), "recording", type_="check")
    op.create_check_constraint(op.f("recording_named_by_id_only_check"), "recording", "file = call_id::text || '.wav'")
    for name in ("file", "seconds"):
        op.alter_column("recording", name, nullable=False)
    for name, _ in reversed(COLUMNS):
        op.drop_column("recording", name)


def _must_be(table: str, column: str, words: tuple[str, ...]) -> None:
    name, listed = op.f(f"{table}_{column}_check"), ", ".join(f"'{word}'" for word in words)
    op.drop_constraint(name, table, type_="check")
    op.create_check_constraint(name, table, f"{column} IN ({listed})")
