"""Callers who were with a department of the city instead of an operator, and the text that tells them so."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

MET = ("talked", "abandoned", "wished")
NOT_MET = ("not_taken", "closed", "guided", "full", "refused", "lost")
LINE = (
    *("voicemail", "opening", "screening", "apology", "inbound", "waiting", "closed"),
    *("special", "full", "place", "expected", "offer", "wish_number", "wished", "wish_failed"),
)
MENU = (
    *("guide", "guide_keys", "guide_wrong", "guide_end"),
    *(f"{what}_{key}" for what in ("menu", "item") for key in range(1, 10)),
)


def upgrade() -> None:
    _may_be("inbound_call", "outcome", (*MET, "transferred", *NOT_MET))
    _may_be("message", "purpose", (*LINE, "transfer", *MENU))


def downgrade() -> None:
    """An outcome and a text never change, so neither may be there any more."""
    _may_be("inbound_call", "outcome", (*MET, *NOT_MET))
    _may_be("message", "purpose", (*LINE, *MENU))


def _may_be(table: str, column: str, words: tuple[str, ...]) -> None:
    name, listed = op.f(f"{table}_{column}_check"), ", ".join(f"'{one}'" for one in words)
    op.drop_constraint(name, table, type_="check")
    op.create_check_constraint(name, table, f"{column} IN ({listed})")
