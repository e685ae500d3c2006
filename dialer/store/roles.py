"""What the role of the programs may do with the tables: everything it needs, and nothing to what was logged.

The owner of the tables migrates them and lets old logs go. A program has another role: it adds to the logs and reads
them, and can neither change nor take away a row of them, nor a trigger, nor a table.
"""

import psycopg
from psycopg import sql

from dialer.ports import StoreFault
from dialer.store.sealed_logs import LOGS
from dialer.store.url import MIGRATION_LOCK, libpq_url

OWNERS_ALONE = ("alembic_version", "pruned_log")
NEVER_CHANGED = ("work_plan", "manual", "manual_decision")
"""Earlier ones are kept as logs are."""
OTHERS_TABLES = """
SELECT count(*) FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND NOT pg_has_role(relowner, 'USAGE')
"""
MAY_STILL = """
SELECT has_schema_privilege(%(role)s, 'public', 'CREATE')
    OR bool_or(has_table_privilege(%(role)s, log, 'UPDATE, DELETE, TRUNCATE, TRIGGER'))
FROM unnest(%(logs)s::text[]) AS log
"""
GRANTS = """
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role};
REVOKE CREATE ON SCHEMA public FROM PUBLIC, {role};
GRANT USAGE ON SCHEMA public TO {role};
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role};
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role};
REVOKE UPDATE, DELETE ON {kept} FROM {role};
REVOKE INSERT, UPDATE, DELETE ON {owners} FROM {role}
"""


class CannotLetIn(StoreFault):
    """One line; nothing was changed."""


def let_work(owner_url: str, role: str) -> None:
    """To be done after every migration; again, it changes nothing. psycopg.Error when the role does not exist."""
    kept, owners = _listed(LOGS + NEVER_CHANGED), _listed(OWNERS_ALONE)
    statement = sql.SQL(GRANTS).format(role=sql.Identifier(role), kept=kept, owners=owners)
    with psycopg.connect(libpq_url(owner_url), connect_timeout=5) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (MIGRATION_LOCK,))
        if connection.execute(OTHERS_TABLES).fetchone() != (0,):
            raise CannotLetIn("DATABASE_URL の役割は表の持ち主ではありません。何も変えていません。")
        connection.execute(statement)
        if connection.execute(MAY_STILL, {"role": role, "logs": list(LOGS + NEVER_CHANGED)}).fetchone() != (False,):
            raise CannotLetIn(
                f"{role} は表の持ち主か、特権のある役割なので、記録を書き換えられます。ほかの役割にしてください。"
                "何も変えていません。"
            )


def _listed(tables: tuple[str, ...]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, tables))
