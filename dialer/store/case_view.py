"""A case as a desk shows it, put together from its rows, its decision and the city's script.

All of one person: every debt kind with its terms (O-010), every number with what became of it, everything that
happened, newest first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.core.callers import INBOUND_OUTCOME_NAMES, InboundOutcome
from dialer.core.case_view import (
    CallShown,
    CaseView,
    ChoiceShown,
    DebtShown,
    FormShown,
    ItemShown,
    Named,
    PersonShown,
    PersonWarning,
    RecordShown,
    StandingShown,
)
from dialer.core.decide import Decision, Rulebook, decide
from dialer.core.explain import choices, headline, may_call_now, next_call, number_lines, why_now
from dialer.core.happened import JUDGEMENT_NAMES
from dialer.core.person_flags import FLAG_NAMES, HOLDS_CALLS, FlagKind
from dialer.core.plan.words import at_minute
from dialer.core.script import FilledScript, NoScript, TalkScript, filled, script_for
from dialer.core.values import CASE_STATE_NAMES, OUTCOME_NAMES, TOKYO, CallId, CaseId, CaseState, Outcome
from dialer.ports import StoreFault
from dialer.store.case_history import history, numbers
from dialer.store.case_rows import CaseRows, case_rows
from dialer.store.known import load
from dialer.store.words import CallKind

log = structlog.get_logger()

IDENTIFYING = ("生年月日", "住所", "方書", "郵便番号", "性別")
"""Columns of a list by which a person is confirmed: shown before."""
JAPANESE = "ja"
LEFT_ALONE = "left_alone"  # a warning that no list and no operator has entered
UNDECIDED = "記録に矛盾があり、案件の状態を判断できません。管理者に知らせてください"
REIWA = 2018


@dataclass(frozen=True, slots=True)
class ViewParts:
    """What a view needs beside the tables."""

    book: Rulebook
    scripts: tuple[TalkScript, ...] = ()
    drafts: bool = False  # a rehearsal plays scripts that the city has not approved


async def case_view(
    connection: AsyncConnection,
    city: str,
    parts: ViewParts,
    now: datetime,
    *,
    case: CaseId | None = None,
    attempt: CallId | None = None,
    operator_name: str = "",
) -> CaseView | None:
    """Of a case, or of a call and the case it was made for. None when the city has no such one."""
    rows = await case_rows(connection, city, now.astimezone(TOKYO).date(), case=case, attempt=attempt)
    if rows is None:
        return None
    decided = await _decided(connection, rows.person.case_id, parts.book, now)
    return _view(rows, decided, parts, now, operator_name)


async def _decided(connection: AsyncConnection, case: CaseId, book: Rulebook, now: datetime) -> Decision | None:
    """None for a history that makes no sense: somebody may be on the line, and the rest can be shown."""
    try:
        (loaded,) = await load(connection, [case], book.city.rules)
        return decide(loaded.known, book, max(now, loaded.latest or now))
    except (ValueError, StoreFault):
        log.error("case could not be decided for its view", case_id=case)
        return None


def _view(rows: CaseRows, decision: Decision | None, parts: ViewParts, now: datetime, operator_name: str) -> CaseView:
    book = parts.book
    lines = () if decision is None else number_lines(decision.standing)
    debts = tuple(_debt(row, rows, book) for row in _in_order(rows))
    this = next(debt for debt in debts if debt.is_this)
    person = _person(rows, book)
    return CaseView(
        city=book.city.key,
        city_name=book.city.name,
        case=this.case,
        made_at=now,
        person=person,
        warnings=_warnings(rows, person, now),
        debts=debts,
        numbers=numbers(rows, lines, book),
        standing=_as_stored(this) if decision is None else _standing(decision, book, this.debt, now),
        history=history(rows, book),
        form=_form(book, this, now),
        script=_script(parts, this, debts, person, rows, operator_name, now),
        call=None if rows.call is None else _call(rows),
        records=tuple(_record(row) for row in rows.records),
        happened=rows.person.happened,
    )


def _in_order(rows: CaseRows) -> Sequence[Any]:
    """The case itself first."""
    return sorted(rows.debts, key=lambda row: row.id != rows.person.case_id)


def _person(rows: CaseRows, book: Rulebook) -> PersonShown:
    row = rows.person
    language = row.language or JAPANESE
    names = {JAPANESE: "日本語", **{one.language: one.name for one in book.city.interpreting}}
    this = next(one for one in rows.debts if one.id == row.case_id)
    first: Mapping[str, object] = next(iter(this.raw or ()), {})
    identifying = [
        Named(str(key), str(value)) for key, value in first.items() if any(word in key for word in IDENTIFYING)
    ]
    return PersonShown(
        id=row.id,
        address_key=row.address_key,
        name=row.name,
        kana=row.kana,
        household=row.household,
        others_in_household=row.others_in_household,
        language=language,
        language_name=names.get(language, language),
        identifying=tuple(identifying),
    )


def _warnings(rows: CaseRows, person: PersonShown, now: datetime) -> tuple[PersonWarning, ...]:
    found = [
        PersonWarning(row.kind, FLAG_NAMES[kind], row.note, row.since, row.by, kind in HOLDS_CALLS)
        for row in rows.flags
        for kind in (FlagKind(row.kind),)
    ]
    if person.language != JAPANESE and not any(one.kind == FlagKind.LANGUAGE for one in found):
        found.append(
            PersonWarning(FlagKind.LANGUAGE, f"{person.language_name}での対応", "", now, "list", holds_calls=False)
        )
    order = list(FlagKind)
    found.sort(key=lambda one: order.index(FlagKind(one.kind)))
    if (alone := rows.person.left_alone_at) is not None:
        note = (
            f"{at_minute(alone)}の架電に応答されましたが、担当者におつなぎできませんでした。はじめにおわびしてください"
        )
        found.append(PersonWarning(LEFT_ALONE, "前回お待たせした方", note, alone, "system", holds_calls=False))
    return tuple(found)


def _debt(row: Any, rows: CaseRows, book: Rulebook) -> DebtShown:
    items = tuple(
        ItemShown(
            one.get("name"),
            one.get("year"),
            one.get("term"),
            date.fromisoformat(one["due_on"]) if one.get("due_on") else None,
            one.get("amount_yen"),
        )
        for one in row.items or ()
    )
    return DebtShown(
        case=row.id,
        debt=row.key,
        name=row.name,
        department=row.department,
        state=row.state,
        state_name=CASE_STATE_NAMES[CaseState(row.state)],
        reason=row.reason,
        round_first=row.round_first,
        round_last=row.round_last,
        debtor_class=None if row.debtor_class is None else book.city.classes.get(row.debtor_class, row.debtor_class),
        yen=row.amount_yen,
        items=items,
        is_this=row.id == rows.person.case_id,
        is_owed=row.is_owed,
        in_this_call=rows.call is not None and row.id in (rows.call.cases or ()),
        imported=tuple(tuple(Named(str(key), str(value)) for key, value in one.items()) for one in row.raw or ()),
    )


def _standing(decision: Decision, book: Rulebook, debt: str, now: datetime) -> StandingShown:
    standing, plan = decision.standing, decision.plan
    why, at_present = headline(decision), why_now(decision, book, debt, now)
    held_until = standing.held_until
    return StandingShown(
        state=standing.state.value,
        state_name=CASE_STATE_NAMES[standing.state],
        reason=why.reason,
        clause=why.clause,
        next_call=None if plan is None else next_call(plan, book).text,
        may_call_now=may_call_now(decision, book, debt, now),
        why_now=at_present.reason,
        why_now_clause=at_present.clause,
        choices=tuple(
            ChoiceShown(one.judgement.value, JUDGEMENT_NAMES[one.judgement], one.clause)
            for one in choices(standing, book)
        ),
        promise_until=held_until and held_until - timedelta(days=1),
        contacted=standing.contacted,
    )


def _as_stored(this: DebtShown) -> StandingShown:
    """As it was decided the last time."""
    return StandingShown(
        state=this.state,
        state_name=this.state_name,
        reason=f"{UNDECIDED}。{this.reason}" if this.reason else UNDECIDED,
        clause="",
        next_call=None,
        may_call_now=False,
        why_now=UNDECIDED,
        why_now_clause="",
    )


def _form(book: Rulebook, this: DebtShown, now: datetime) -> FormShown:
    talk, today = book.city.talk, now.astimezone(TOKYO).date()
    limit = talk.promise_within_days
    return FormShown(
        results=talk.results_for(this.debt),
        ways=_named(talk.ways),
        relations=_named(talk.relations),
        identity=_named(talk.identity),
        departments=tuple(Named(one.key, one.name) for one in book.city.departments_of(this.debt)),
        note_longest=talk.note_longest,
        promise_first=today,
        promise_last=None if limit is None else today + timedelta(days=limit),
        appointment_minutes=talk.appointment_minutes,
        appointment_last=this.round_last,
    )


def _named(names: Mapping[str, str]) -> tuple[Named, ...]:
    return tuple(Named(key, name) for key, name in names.items())


def _script(
    parts: ViewParts,
    this: DebtShown,
    debts: Sequence[DebtShown],
    person: PersonShown,
    rows: CaseRows,
    operator_name: str,
    now: datetime,
) -> FilledScript | NoScript:
    city = parts.book.city
    kind = city.debt(this.debt)
    purpose = kind.purpose.value if kind else "reminder"
    came_in = rows.call is not None and rows.call.direction == CallKind.INBOUND
    found = script_for(parts.scripts, this.debt, purpose, drafts=parts.drafts, for_callers=came_in)
    if isinstance(found, NoScript):
        return found
    total = sum(debt.yen for debt in debts if debt.is_owed)
    limit = city.talk.promise_within_days
    due = [item.due_on for item in this.items if item.due_on is not None]
    values = {
        "city": city.name,
        "operator": operator_name or "（氏名）",
        "callback": _spoken(rows.call.caller_id if rows.call is not None else kind.caller_id if kind else ""),
        "name": person.name,
        "debt": this.name,
        "department": this.department,
        "amount": f"{this.yen:,}円",
        "total": f"{total:,}円",
        "terms": "、".join(_term(item) for item in this.items) or this.name,
        "due": _in_era(min(due)) if due else "（名簿に納期限なし）",
        "promise_limit": "" if limit is None else _in_era(now.astimezone(TOKYO).date() + timedelta(days=limit)),
    }
    return filled(found, values)


def _term(item: ItemShown) -> str:
    words = [item.year and f"{item.year}年度", item.term, item.name]
    told = "".join(word for word in words if word) or "明細"
    return told if item.yen is None else f"{told} {item.yen:,}円"


def _in_era(day: date) -> str:
    """As people say it: 令和8年6月30日."""
    return f"令和{day.year - REIWA}年{day.month}月{day.day}日"


def _spoken(number: str) -> str:
    """In groups, for reading aloud."""
    return f"{number[:-4]}-{number[-4:]}" if len(number) > 4 else number


def _call(rows: CaseRows) -> CallShown:
    row = rows.call
    assert row is not None
    places = [number.number for number in rows.numbers]
    return CallShown(
        attempt=str(row.id),
        number_place=places.index(row.number) + 1 if row.number in places else None,
        number=row.number or "",
        caller_id=row.caller_id,
        phone=row.operator,
        began=row.began,
        joined_at=row.joined_at,
        ended_at=row.ended_at,
        outcome=row.outcome,
        outcome_name=None if row.outcome is None else _outcome_name(row),
        direction=row.direction,
        number_given=row.number_given,
        matches=row.matches,
    )


def _outcome_name(row: Any) -> str:
    if row.direction == CallKind.INBOUND:
        return INBOUND_OUTCOME_NAMES[InboundOutcome(row.outcome)]
    return OUTCOME_NAMES[Outcome(row.outcome)]


def _record(row: Any) -> RecordShown:
    return RecordShown(
        number=row.number,
        at=row.at,
        by=row.by,
        result=row.result,
        name=row.name,
        talker=row.talker,
        identity_confirmed=row.identity_confirmed,
        note=row.note,
        promise_day=row.promise_day,
        promise_yen=row.promise_yen,
        promise_way=row.promise_way,
        appointment_at=row.appointment_at,
        department=row.department,
        why=row.why,
    )
