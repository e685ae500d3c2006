"""Persons are found by any part of their name and by the end of a number; who may take files over is named."""

import re

import sqlalchemy as sa
from alembic import op

from dialer.store.tables.letters import LETTERS_OF, PAIRS_OF, SEARCH_LETTERS

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

MAY = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'role_right_may_check'"
HANDLER = ("data_handler", "データ取扱者", "import")
INDEXES = {
    "person_pairs_index": "person USING gin (pairs_of(search_letters))",
    "person_city_key_begins_index": "person (city, address_key text_pattern_ops)",
    "person_city_key_ends_index": "person (city, reverse(address_key) text_pattern_ops)",
    "phone_number_city_number_begins_index": "phone_number (city, number text_pattern_ops)",
    "phone_number_city_number_ends_index": "phone_number (city, reverse(number) text_pattern_ops)",
}


def upgrade() -> None:
    op.execute(LETTERS_OF)
    op.execute(PAIRS_OF)
    op.add_column("person", sa.Column("search_letters", sa.Text(), sa.Computed(SEARCH_LETTERS, persisted=True)))
    for name, over in INDEXES.items():
        op.execute(f"CREATE INDEX {name} ON {over}")
    op.execute("ANALYZE person")
    op.add_column("import_run", sa.Column("file_name", sa.Text()))
    key, name, right = HANDLER
    _may((*_words(), right))
    role = sa.table("role", sa.column("key"), sa.column("name"))
    role_right = sa.table("role_right", sa.column("role"), sa.column("may"))
    op.bulk_insert(role, [{"key": key, "name": name}])
    op.bulk_insert(role_right, [{"role": key, "may": right}])


def downgrade() -> None:
    """Not when somebody had the role: no record is taken away."""
    key, _, right = HANDLER
    op.execute(f"DELETE FROM role_right WHERE role = '{key}'")  # noqa: S608 - words of ours
    op.execute(f"DELETE FROM role WHERE key = '{key}'")  # noqa: S608
    _may(tuple(word for word in _words() if word != right))
    op.drop_column("import_run", "file_name")
    for name in INDEXES:
        op.execute(f"DROP INDEX {name}")
    op.drop_column("person", "search_letters")
    op.execute("DROP FUNCTION pairs_of(text)")
    op.execute("DROP FUNCTION letters_of(text)")


def _words() -> list[str]:
    """The rights that there are."""
    return re.findall(r"'(\w+)'", op.get_bind().execute(sa.text(MAY)).scalar_one())


def _may(words: tuple[str, ...]) -> None:
    name, listed = op.f("role_right_may_check"), ", ".join(f"'{one}'" for one in words)
    op.drop_constraint(name, "role_right", type_="check")
    op.create_check_constraint(name, "role_right", f"may IN ({listed})")
