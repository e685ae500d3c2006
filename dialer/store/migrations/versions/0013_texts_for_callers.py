"""Texts for people who call: the waiting line, the offer of a call back, the menu outside the hours."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

NAME = "message_purpose_check"
BEFORE = ("voicemail", "opening", "screening", "apology", "inbound", "waiting", "closed")
LINE = ("special", "full", "place", "expected", "offer", "wish_number", "wished", "wish_failed")
GUIDE = ("guide", "guide_keys", "guide_wrong", "guide_end")
ITEMS = tuple(f"{what}_{key}" for what in ("menu", "item") for key in range(1, 10))


def upgrade() -> None:
    _may_be((*BEFORE, *LINE, *GUIDE, *ITEMS))


def downgrade() -> None:
    _may_be(BEFORE)


def _may_be(purposes: tuple[str, ...]) -> None:
    words = ", ".join(f"'{one}'" for one in purposes)
    op.drop_constraint(op.f(NAME), "message", type_="check")
    op.create_check_constraint(op.f(NAME), "message", f"purpose IN ({words})")
