"""Run by alembic. `dialer.store.migrate` hands in the connection and sees that only one migrates at a time."""

from alembic import context

from dialer.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
