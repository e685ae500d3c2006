"""Who answered and met no operator, for whom one is kept the next time; and when operators go, as planned."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

REMEMBER = """
INSERT INTO left_alone (person_id, city, call_id, at)
SELECT DISTINCT ON (cases.person_id) cases.person_id, attempt.city, attempt.id, attempt.claimed_at
FROM attempt JOIN call_case ON call_case.call_id = attempt.id JOIN cases ON cases.id = call_case.case_id
WHERE attempt.outcome = 'abandoned' AND NOT EXISTS (
    SELECT FROM attempt AS later
    WHERE later.city = attempt.city AND later.household = attempt.household AND later.outcome = 'talked'
      AND later.claimed_at > attempt.claimed_at)
ORDER BY cases.person_id, attempt.claimed_at DESC
"""
DECIDE_AGAIN = """
UPDATE cases SET stale = true WHERE state = 'open' AND person_id IN (SELECT person_id FROM left_alone)
"""


def upgrade() -> None:
    op.create_table(
        "left_alone",
        sa.Column("person_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("call_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["city"], ["city.key"], name=op.f("left_alone_city_fk")),
        sa.ForeignKeyConstraint(["person_id", "city"], ["person.id", "person.city"], name=op.f("left_alone_person_fk")),
        sa.ForeignKeyConstraint(["call_id", "city"], ["call.id", "call.city"], name=op.f("left_alone_call_fk")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("left_alone_pk")),
    )
    op.create_index("left_alone_city_index", "left_alone", ["city"])
    op.execute(REMEMBER)
    op.execute(DECIDE_AGAIN)
    op.create_table(
        "planned_time",
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("begins", sa.Time(), nullable=False),
        sa.Column("ends", sa.Time(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["city"], ["city.key"], name=op.f("planned_time_city_fk")),
        sa.ForeignKeyConstraint(["login"], ["account.login"], name=op.f("planned_time_account_fk")),
        sa.PrimaryKeyConstraint("city", "day", "login", "kind", "begins", name=op.f("planned_time_pk")),
        sa.CheckConstraint("kind IN ('work', 'break')", name=op.f("planned_time_kind_check")),
        sa.CheckConstraint("begins < ends", name=op.f("planned_time_begins_before_it_ends_check")),
    )


def downgrade() -> None:
    op.drop_table("planned_time")
    op.drop_table("left_alone")
