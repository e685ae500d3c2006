"""Cities, people, cases, what happens to them, and who works there."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    Time,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from dialer.core.calendar.rules import ChangeKind
from dialer.core.plan.values import HeldBecause, PlanKind
from dialer.core.values import CaseState, Ear, LegState, NumberState, OperatorState, PauseReason, Seat
from dialer.store.tables.columns import JAPANESE_NUMBER, metadata, moment, of_city, one_of, own_id
from dialer.store.tables.letters import SEARCH_LETTERS, from_its_end
from dialer.store.words import EventKind

city = Table(
    "city",
    metadata,
    Column("key", Text, primary_key=True),
    Column("name", Text, nullable=False),
)

debt_kind = Table(
    "debt_kind",
    metadata,
    own_id(),
    of_city(),
    Column("key", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("department", Text, nullable=False),
    Column("caller_id", Text, nullable=False),
    UniqueConstraint("city", "key"),
    UniqueConstraint("id", "city"),
    CheckConstraint(f"caller_id ~ '{JAPANESE_NUMBER}'", name="caller_id"),
)

person = Table(
    "person",
    metadata,
    own_id(),
    of_city(),
    Column("address_key", Text, nullable=False),  # 宛名番号
    Column("name", Text, nullable=False),
    Column("kana", Text, nullable=False),
    Column("household", Text),  # 世帯番号
    Column("language", Text),  # besides Japanese, as ISO 639-1
    Column("search_letters", Text, Computed(SEARCH_LETTERS, persisted=True)),  # name and kana, as they are looked for
    UniqueConstraint("city", "address_key"),
    UniqueConstraint("id", "city"),
    Index("person_city_household_index", "city", "household", postgresql_where=text("household IS NOT NULL")),
    Index("person_pairs_index", text("pairs_of(search_letters)"), postgresql_using="gin"),
    Index("person_city_key_begins_index", "city", "address_key", postgresql_ops={"address_key": "text_pattern_ops"}),
    from_its_end("person_city_key_ends_index", "address_key"),
)

phone_number = Table(
    "phone_number",
    metadata,
    own_id(),
    of_city(),
    Column("person_id", BigInteger, nullable=False),
    Column("number", Text, nullable=False),
    Column("position", SmallInteger, nullable=False),  # the order in which they are tried
    Column("state", Text, nullable=False),
    Column("source", Text, nullable=False),  # who told us: the city's list, the person
    Column("obtained_on", Date),  # by whoever told us
    Column("other_home", Boolean, nullable=False, server_default=text("false")),  # dead for this person alone
    ForeignKeyConstraint(["person_id", "city"], ["person.id", "person.city"]),
    UniqueConstraint("person_id", "number"),
    UniqueConstraint("id", "city"),
    CheckConstraint(f"number ~ '{JAPANESE_NUMBER}'", name="number"),
    one_of("state", (NumberState.OPEN, NumberState.DEAD)),
    CheckConstraint("state = 'dead' OR NOT other_home", name="other_home_is_dead"),
    Index("phone_number_city_number_index", "city", "number"),
    Index("phone_number_city_number_begins_index", "city", "number", postgresql_ops={"number": "text_pattern_ops"}),
    from_its_end("phone_number_city_number_ends_index", "number"),
)

cases = Table(
    "cases",
    metadata,
    own_id(),
    of_city(),
    Column("person_id", BigInteger, nullable=False),
    Column("debt_kind_id", BigInteger, nullable=False),
    Column("amount_yen", BigInteger, nullable=False),
    Column("items", JSONB(none_as_null=True)),  # what is owed, one by one: name, year, term, due_on, amount_yen
    Column("round_first", Date, nullable=False),
    Column("round_last", Date, nullable=False),
    Column("debtor_class", Text),
    Column("layout", Text),  # of the list it came with
    Column("raw", JSONB(none_as_null=True)),  # the list's row, as it was
    moment("imported_at", nullable=False),
    # what the history comes to
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("clause", Text),
    Column("contacted", Boolean, nullable=False, server_default=text("false")),
    Column("sms_candidate", Boolean, nullable=False, server_default=text("false")),
    Column("facts", Text, nullable=False, server_default=""),  # all that planning needs of the history
    Column("stale", Boolean, nullable=False, server_default=text("true")),  # something happened since the decision
    # the plan of an open case, or why it has none
    Column("plan_kind", Text),
    Column("phone_number_id", BigInteger),  # the number to be called
    moment("due_at"),  # from when on; of a hold: when to look again
    moment("until_at"),  # from then on it must be planned anew
    Column("slot", Text),
    Column("priority", SmallInteger),  # rank of core.plan.Priority
    Column("plan_reason", Text),
    Column("plan_clause", Text),
    Column("held", Text),
    ForeignKeyConstraint(["person_id", "city"], ["person.id", "person.city"]),
    ForeignKeyConstraint(["debt_kind_id", "city"], ["debt_kind.id", "debt_kind.city"]),
    ForeignKeyConstraint(["phone_number_id", "city"], ["phone_number.id", "phone_number.city"]),
    UniqueConstraint("id", "city"),
    CheckConstraint("amount_yen > 0", name="amount_yen"),
    CheckConstraint("round_first <= round_last", name="round"),
    one_of("state", CaseState),
    one_of("plan_kind", PlanKind),
    one_of("held", HeldBecause),
    CheckConstraint(
        "num_nulls(plan_kind, phone_number_id, until_at, priority) IN (0, 4)"
        " AND (plan_kind IS NULL OR due_at IS NOT NULL)",
        name="plan_comes_whole",
    ),
    CheckConstraint("num_nonnulls(plan_kind, held) <= 1", name="planned_or_held"),
    CheckConstraint("stale OR (state = 'open') = (num_nonnulls(plan_kind, held) = 1)", name="open_is_planned_or_held"),
    Index(
        "cases_claimable_index",
        *("city", "priority", "due_at", "id"),
        postgresql_where=text("state = 'open' AND held IS NULL AND NOT stale"),
    ),
    Index("cases_stale_index", "city", "id", postgresql_where=text("stale")),
    Index("cases_ending_index", "city", text("COALESCE(until_at, due_at)"), postgresql_where=text("state = 'open'")),
    Index("cases_one_per_round_index", "person_id", "debt_kind_id", "round_first", unique=True),
)

case_event = Table(
    "case_event",
    metadata,
    own_id(),
    of_city(),
    Column("case_id", BigInteger, nullable=False),
    moment("at", nullable=False),
    Column("kind", Text, nullable=False),
    Column("call_id", Uuid(as_uuid=False)),  # of what was said in it; of several for one call the latest row counts
    Column("detail", JSONB, nullable=False),  # the words of `rules replay` for this kind
    Column("by", Text),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    ForeignKeyConstraint(["case_id", "city"], ["cases.id", "cases.city"]),
    ForeignKeyConstraint(["call_id", "city"], ["call.id", "call.city"]),
    one_of("kind", EventKind),
    CheckConstraint(  # a call back that was imported has none
        "CASE kind WHEN 'talk' THEN call_id IS NOT NULL WHEN 'callback' THEN true ELSE call_id IS NULL END",
        name="talk_has_its_call",
    ),
    # recorded again because its commit was not heard of: the same event is the same row
    UniqueConstraint("case_id", "kind", "at", "call_id", "detail", postgresql_nulls_not_distinct=True),
)

calendar_change = Table(
    "calendar_change",
    metadata,
    own_id(),
    of_city(),
    Column("day", Date, nullable=False),
    Column("kind", Text, nullable=False),
    Column("pattern", Text),
    Column("calls_opens", Time),
    Column("calls_closes", Time),
    Column("inbound_opens", Time),
    Column("inbound_closes", Time),
    Column("debts", ARRAY(Text), nullable=False, server_default="{}"),  # none: all
    Column("exchanged_for", Date),
    Column("reason", Text, nullable=False),
    Column("clause", Text),
    Column("by", Text, nullable=False),
    moment("decided_at", nullable=False),
    one_of("kind", ChangeKind),
    CheckConstraint("num_nulls(calls_opens, calls_closes) IN (0, 2) AND calls_opens < calls_closes", name="calls"),
    CheckConstraint(
        "num_nulls(inbound_opens, inbound_closes) IN (0, 2) AND inbound_opens < inbound_closes", name="inbound"
    ),
    Index("calendar_change_city_day_index", "city", "day"),
)

import_run = Table(
    "import_run",
    metadata,
    own_id(),
    of_city(),
    Column("layout", Text, nullable=False),
    Column("file_sha256", Text, nullable=False),
    moment("at", nullable=False),
    Column("by", Text, nullable=False),
    Column("counts", JSONB, nullable=False),
    Column("file_name", Text),  # as it was given; it may be a person's, so no log of the program has it
    CheckConstraint("file_sha256 ~ '^[0-9a-f]{64}$'", name="file_sha256"),
    Index("import_run_city_at_index", "city", "at"),
)

operator = Table(
    "operator",
    metadata,
    of_city(),
    Column("phone", Text, nullable=False),  # op01
    Column("state", Text, nullable=False),
    Column("leg", Text),  # channel id of the audio leg
    moment("since"),
    Column("seat", Text),  # what the operator hears through
    Column("account", Text),  # who sits there, by login
    Column("leaving", Boolean, nullable=False, server_default=text("false")),  # as soon as the talk is over
    Column("leg_state", Text, nullable=False, server_default="none"),
    Column("call_id", Uuid(as_uuid=False)),  # who is on the line, or was: until the result is in
    Column("pause_reason", Text),  # of a pause; at other times of the one that follows
    moment("wrap_up_until"),
    Column("extended", Boolean, nullable=False, server_default=text("false")),
    Column("on_hold", Boolean, nullable=False, server_default=text("false")),
    Column("muted", Boolean, nullable=False, server_default=text("false")),
    Column("help", Boolean, nullable=False, server_default=text("false")),
    Column("consulting", Text),  # a department
    Column("preview_case", BigInteger),  # the case that is offered
    Column("listens_to", Text),  # whose talk this supervisor hears, by phone
    Column("listens_how", Text),
    Column("group_key", Text),  # whose debt kinds they take; none: every debt kind
    PrimaryKeyConstraint("city", "phone"),
    ForeignKeyConstraint(["call_id", "city"], ["call.id", "call.city"]),
    ForeignKeyConstraint(["preview_case", "city"], ["cases.id", "cases.city"]),
    one_of("state", OperatorState),
    one_of("seat", Seat),
    one_of("leg_state", LegState),
    one_of("pause_reason", PauseReason),
    one_of("listens_how", Ear),
    CheckConstraint("num_nulls(seat, account) IN (0, 2)", name="somebody_sits_there"),
    CheckConstraint("num_nulls(listens_to, listens_how) IN (0, 2)", name="listens_to_somebody"),
)

outbox = Table(
    "outbox",
    metadata,
    own_id(),
    of_city(),
    Column("call_id", Uuid(as_uuid=False)),  # of what happened in a call
    Column("case_id", BigInteger),  # of what was decided about a case
    Column("warning_id", BigInteger),  # of what supervisors are warned of
    Column("kind", Text, nullable=False),
    Column("payload", JSONB, nullable=False),  # ids and words of the glossary, nothing personal
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    moment("sent_at"),
    ForeignKeyConstraint(["call_id", "city"], ["call.id", "call.city"]),
    ForeignKeyConstraint(["case_id", "city"], ["cases.id", "cases.city"]),
    ForeignKeyConstraint(["warning_id", "city"], ["warning.id", "warning.city"]),
    UniqueConstraint("call_id", "kind"),
    UniqueConstraint("warning_id", "kind"),
    CheckConstraint("num_nonnulls(call_id, case_id, warning_id) = 1", name="of_one_thing"),
    Index("outbox_unsent_index", "id", postgresql_where=text("sent_at IS NULL")),
)

leadership = Table(
    "leadership",
    metadata,
    Column("city", Text, ForeignKey("city.key"), primary_key=True),
    Column("fence", BigInteger, nullable=False),  # one more with every engine that takes the lead
    moment("taken_at", nullable=False),
)
