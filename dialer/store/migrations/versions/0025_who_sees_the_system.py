"""A right of its own for the state of the system and its settings: administrators, auditors, the city's readers."""

import re

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

CHECK = "role_right_may_check"
KNOWN = f"SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = '{CHECK}'"  # noqa: S608 - a word of ours
GIVE = """
INSERT INTO role_right (role, may)
SELECT DISTINCT role, 'system' FROM role_right
WHERE may IN ('accounts', 'logs')
   OR (may = 'watch' AND role NOT IN (SELECT role FROM role_right WHERE may = 'supervise'))
"""


def upgrade() -> None:
    _may_be((*_words(), "system"))
    op.execute(GIVE)


def downgrade() -> None:
    op.execute("DELETE FROM role_right WHERE may = 'system'")
    _may_be(tuple(word for word in _words() if word != "system"))


def _words() -> tuple[str, ...]:
    """As they are by now: other migrations add to them."""
    told = op.get_bind().execute(sa.text(KNOWN)).scalar_one()
    return tuple(re.findall(r"'(\w+)'", told))


def _may_be(words: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{word}'" for word in words)
    op.drop_constraint(op.f(CHECK), "role_right", type_="check")
    op.create_check_constraint(op.f(CHECK), "role_right", f"may IN ({listed})")
