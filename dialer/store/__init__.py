"""Postgres: tables, queries, migrations."""


def migrate(url: str) -> None:
    """Bring the tables of this database up to this version of the program; safe to run twice, and by two at once."""
    from dialer.store.migrating import upgrade  # alembic takes half a second to import: only who migrates pays

    upgrade(url)
