"""Who works here, what they may do, where they are signed in, and what they did (X-001 to X-008)."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from dialer.core.rights import AccountChange, Right, SessionEnd, SignInKind
from dialer.store.tables.columns import metadata, moment, of_city, one_of, own_id


def of_account(name: str = "login", *, nullable: bool = False) -> Column[str]:
    return Column(name, Text, ForeignKey("account.login"), nullable=nullable)


def sealed(chain: str | None = None) -> tuple[Column[int], Column[bytes], UniqueConstraint]:
    """A place without holes, and a hash over the row and the seal before it: both are given by a trigger."""
    places = ("seq",) if chain is None else (chain, "seq")
    seal: Column[bytes] = Column("seal", LargeBinary, nullable=False)
    return Column("seq", BigInteger, nullable=False), seal, UniqueConstraint(*places)


role = Table(
    "role",
    metadata,
    Column("key", Text, primary_key=True),
    Column("name", Text, nullable=False),
)

role_right = Table(
    "role_right",
    metadata,
    Column("role", Text, ForeignKey("role.key"), nullable=False),
    Column("may", Text, nullable=False),
    PrimaryKeyConstraint("role", "may"),
    one_of("may", Right),
)

account = Table(
    "account",
    metadata,
    Column("login", Text, primary_key=True),  # of one person, and never of another one later
    Column("name", Text, nullable=False),
    Column("suspended", Boolean, nullable=False),
    moment("created_at", nullable=False),
    Column("letter_keys", Boolean, nullable=False, server_default=text("true")),  # of the desk (WCAG 2.1.4)
    moment("left_at"),  # ended for good; suspended as well, so that whoever asks for one sees both
    CheckConstraint("left_at IS NULL OR suspended", name="ended"),
    CheckConstraint("login ~ '^[a-z][a-z0-9._-]{1,31}$'", name="login"),
    CheckConstraint("name <> ''", name="name"),
)

account_change = Table(
    "account_change",
    metadata,
    own_id(),
    of_account(),
    Column("kind", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    moment("at", nullable=False),
    one_of("kind", AccountChange),
    *sealed(),
)

account_password = Table(
    "account_password",
    metadata,
    own_id(),  # the last row of an account counts; the earlier ones are never used again
    of_account(),
    Column("hash", Text, nullable=False),
    Column("must_change", Boolean, nullable=False),  # somebody else typed it
    Column("by", Text, nullable=False),
    moment("at", nullable=False),
    CheckConstraint("hash LIKE '$argon2id$%'", name="hash"),
    Index("account_password_login_index", "login"),
    *sealed(),
)

second_factor = Table(
    "second_factor",
    metadata,
    Column("login", Text, ForeignKey("account.login"), primary_key=True),
    Column("secret", Text, nullable=False),
    Column("last_step", BigInteger, nullable=False),  # the half minute of the last code: none is good twice
    moment("at", nullable=False),
    CheckConstraint("secret ~ '^[A-Z2-7]{32}$'", name="secret"),
)

account_grant = Table(
    "account_grant",
    metadata,
    own_id(),  # the last row of account, city and role counts
    of_account(),
    of_city(),
    Column("role", Text, ForeignKey("role.key"), nullable=False),
    Column("granted", Boolean, nullable=False),  # false: taken back
    moment("starts_at", nullable=False),
    moment("ends_at"),
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    moment("at", nullable=False),
    Column("groups", ARRAY(Text)),  # of debt kinds, to which it is limited; null: the whole city
    CheckConstraint("starts_at < ends_at", name="validity"),
    CheckConstraint("cardinality(groups) > 0", name="groups"),
    Index("account_grant_login_city_role_index", "login", "city", "role"),
    *sealed(),
)

sign_in_guard = Table(
    "sign_in_guard",
    metadata,
    # a hash, for people type passwords here; of logins that do not exist too, so that nobody learns which do
    Column("login_hash", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    moment("last_at", nullable=False),
    moment("locked_until"),
)

staff_session = Table(
    "staff_session",
    metadata,
    own_id(),
    Column("secret_hash", Text, nullable=False),
    of_account(),
    of_city(),
    Column("address", Text, nullable=False),
    moment("opened_at", nullable=False),
    moment("seen_at", nullable=False),
    moment("locked_at"),
    moment("ended_at"),
    Column("end_reason", Text),
    UniqueConstraint("secret_hash"),
    one_of("end_reason", SessionEnd),
    CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name="end"),
    Index("staff_session_login_index", "login", postgresql_where="ended_at IS NULL"),
)

sign_in_event = Table(
    "sign_in_event",
    metadata,
    own_id(),
    moment("at", nullable=False),
    of_account(nullable=True),  # none: no such login was known; what was typed is not kept
    Column("session_id", BigInteger, ForeignKey("staff_session.id")),
    Column("kind", Text, nullable=False),
    Column("reason", Text),
    Column("address", Text, nullable=False),
    Column("took_ms", Double, nullable=False),
    one_of("kind", SignInKind),
    Index("sign_in_event_login_at_index", "login", "at"),
    *sealed(),
)

operation = Table(
    "operation",
    metadata,
    own_id(),
    moment("at", nullable=False),
    of_city(),
    Column("by", Text, nullable=False),
    Column("session_id", BigInteger, ForeignKey("staff_session.id")),
    Column("function", Text, nullable=False),  # view, search, create, update, delete, call …
    Column("what", Text, nullable=False),  # case, talk …
    Column("ids", ARRAY(Text), nullable=False),
    Column("count", Integer, nullable=False),
    Column("took_ms", Double, nullable=False),
    Column("detail", JSONB),  # old and new value of a setting, the sum of a file
    CheckConstraint("function ~ '^[a-z][a-z_]{1,30}$'", name="function"),
    CheckConstraint("what ~ '^[a-z][a-z_]{1,30}$'", name="what"),
    CheckConstraint("count >= 0", name="count"),
    Index("operation_city_at_index", "city", "at"),
    Index("operation_by_at_index", "by", "at"),
    Index("operation_ids_index", "ids", postgresql_using="gin"),
    *sealed("city"),
)

pruned_log = Table(
    "pruned_log",
    metadata,
    own_id(),  # what is left of a stretch whose time is over: the seal that the next row follows
    Column("log", Text, nullable=False),
    Column("chain", Text, nullable=False),
    Column("first_seq", BigInteger, nullable=False),
    Column("last_seq", BigInteger, nullable=False),
    Column("last_seal", LargeBinary, nullable=False),
    moment("first_at", nullable=False),
    moment("last_at", nullable=False),
    Column("by", Text, nullable=False),
    moment("at", nullable=False),
    CheckConstraint("log IN ('operation', 'sign_in_event')", name="log"),
    CheckConstraint("first_seq <= last_seq", name="stretch"),
    CheckConstraint("last_at < at", name="age"),
    Index("pruned_log_log_chain_index", "log", "chain", "last_seq"),
    *sealed(),
)
