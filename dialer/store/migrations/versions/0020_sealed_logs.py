"""Each row of the logs carries its place and a seal over itself and the row before; whole old stretches may go."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

CHAINS = {
    "operation": "city",  # a chain for each city
    "sign_in_event": None,
    "account_change": None,
    "account_grant": None,
    "account_password": None,
}
PRUNED = ("operation", "sign_in_event")

# What is sealed is the row as text, without what is null: a column that is added later breaks no seal.
# The settings are those that decide how moments and numbers are written.
SEAL = """
CREATE FUNCTION seal_record() RETURNS trigger LANGUAGE plpgsql
    SET timezone = 'UTC' SET extra_float_digits = 1 SET search_path = pg_catalog AS $$
DECLARE
    chain text := CASE WHEN TG_NARGS = 0 THEN '' ELSE to_jsonb(NEW) ->> TG_ARGV[0] END;
    belongs text := CASE WHEN TG_NARGS = 0 THEN '' ELSE format('WHERE %I = $1', TG_ARGV[0]) END;
    last_seq bigint;
    last_seal bytea;
BEGIN
    PERFORM pg_advisory_xact_lock(TG_RELID::integer, hashtext(chain));
    EXECUTE format('SELECT seq, seal FROM %s %s ORDER BY seq DESC LIMIT 1', TG_RELID::regclass, belongs)
        INTO last_seq, last_seal USING chain;
    NEW.seq := coalesce(last_seq, 0) + 1;
    NEW.seal := sha256(
        coalesce(last_seal, sha256(convert_to(format('yobikake %s %s', TG_TABLE_NAME, chain), 'UTF8')))
        || convert_to(jsonb_strip_nulls(to_jsonb(NEW) - 'seal')::text, 'UTF8'));
    RETURN NEW;
END $$
"""
SEALED = """
CREATE TRIGGER {0}_is_sealed BEFORE INSERT ON {0} FOR EACH ROW EXECUTE FUNCTION seal_record({1})
"""
SEAL_ALL = """
DO $$
DECLARE
    row_ record;
    before bytea;
    chain text := NULL;
    place bigint;
BEGIN
    PERFORM set_config('TimeZone', 'UTC', true), set_config('extra_float_digits', '1', true);
    FOR row_ IN SELECT id, {1} AS chain FROM {0} ORDER BY {1}, id LOOP
        IF row_.chain IS DISTINCT FROM chain THEN
            chain := row_.chain;
            place := 0;
            before := sha256(convert_to(format('yobikake %s %s', '{0}', chain), 'UTF8'));
        END IF;
        place := place + 1;
        UPDATE {0} SET seq = place, seal = sha256(before || convert_to(
            jsonb_strip_nulls(to_jsonb({0}) - 'seal' || jsonb_build_object('seq', place))::text, 'UTF8'
        )) WHERE id = row_.id RETURNING seal INTO before;
    END LOOP;
END $$
"""
REFUSE_UNLESS_PRUNED = """
CREATE FUNCTION refuse_change_unless_pruned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (
        SELECT 1 FROM pruned_log WHERE log = TG_TABLE_NAME AND last_seq >= OLD.seq
            AND chain = CASE WHEN TG_NARGS = 0 THEN '' ELSE to_jsonb(OLD) ->> TG_ARGV[0] END
    ) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'table % is a record of what happened: % is refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$
"""
APPEND_ONLY = """
CREATE TRIGGER {0}_is_append_only BEFORE UPDATE OR DELETE ON {0}
    FOR EACH ROW EXECUTE FUNCTION {1}
"""
NOT_EMPTIED = """
CREATE TRIGGER {0}_is_not_emptied BEFORE TRUNCATE ON {0}
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""


def upgrade() -> None:
    op.add_column("operation", sa.Column("detail", JSONB()))
    op.execute(SEAL)
    for table, chain in CHAINS.items():
        _seal(table, chain)
    _pruned_log()
    op.execute(REFUSE_UNLESS_PRUNED)
    for table in PRUNED:
        op.execute(f"DROP TRIGGER {table}_is_append_only ON {table}")
        op.execute(APPEND_ONLY.format(table, f"refuse_change_unless_pruned({CHAINS[table] or ''})"))


def _seal(table: str, chain: str | None) -> None:
    op.add_column(table, sa.Column("seq", sa.BigInteger()))
    op.add_column(table, sa.Column("seal", sa.LargeBinary()))
    op.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    op.execute(SEAL_ALL.format(table, chain or "''::text"))
    op.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    for column in ("seq", "seal"):
        op.alter_column(table, column, nullable=False)
    columns = [chain, "seq"] if chain else ["seq"]
    op.create_unique_constraint(op.f(f"{table}_{'_'.join(columns)}_key"), table, columns)
    op.execute(SEALED.format(table, chain or ""))


def _pruned_log() -> None:
    op.create_table(
        "pruned_log",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("log", sa.Text(), nullable=False),
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("first_seq", sa.BigInteger(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("last_seal", sa.LargeBinary(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("seal", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pruned_log_pk")),
        sa.UniqueConstraint("seq", name=op.f("pruned_log_seq_key")),
        sa.CheckConstraint("log IN ('operation', 'sign_in_event')", name=op.f("pruned_log_log_check")),
        sa.CheckConstraint("first_seq <= last_seq", name=op.f("pruned_log_stretch_check")),
        sa.CheckConstraint("last_at < at", name=op.f("pruned_log_age_check")),
    )
    op.create_index("pruned_log_log_chain_index", "pruned_log", ["log", "chain", "last_seq"])
    op.execute(SEALED.format("pruned_log", ""))
    op.execute(APPEND_ONLY.format("pruned_log", "refuse_change()"))
    op.execute(NOT_EMPTIED.format("pruned_log"))


def downgrade() -> None:
    """Seals go. What was pruned is not in the tables any more, and so is not missed by them."""
    for table in PRUNED:
        op.execute(f"DROP TRIGGER {table}_is_append_only ON {table}")
        op.execute(APPEND_ONLY.format(table, "refuse_change()"))
    op.execute("DROP FUNCTION refuse_change_unless_pruned()")
    op.drop_table("pruned_log")
    for table in CHAINS:
        op.execute(f"DROP TRIGGER {table}_is_sealed ON {table}")
        op.drop_column(table, "seal")
        op.drop_column(table, "seq")
    op.execute("DROP FUNCTION seal_record()")
    op.drop_column("operation", "detail")
