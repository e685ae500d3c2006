"""Persons: looked for by name, kana and numbers, and one of them with household, debts and all that happened.

What is looked for is sent in the body: addresses are kept by browsers. Amounts, what operators noted and the columns of
the list are for whoever answers for the centre or for the city; an operator sees them in a call, after the identity
step.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from aiohttp import web

from dialer.core.explain import NUMBER_STATE_NAMES
from dialer.core.person_flags import FLAG_NAMES, FlagKind
from dialer.core.rights import Right
from dialer.core.values import CASE_STATE_NAMES, OUTCOME_NAMES, CaseState, NumberState, Outcome, to_the_minute
from dialer.store.case_history import OTHER_HOME, SOURCE_NAMES
from dialer.store.person_page import person_page
from dialer.store.person_search import LONGEST, Found, NothingToSearch, Wanted, Way, masked_ends, people_found
from dialer.web.desk import of_this_city
from dialer.web.desk_parts import desk_of
from dialer.web.parts import parts_of
from dialer.web.security import Limited, Visitor, log_operation, requires
from dialer.web.sign_in import Fields, fields_of
from dialer.web.views import page, problem

routes = web.RouteTableDef()

WAY_NAMES = {
    Way.ANY: "すべて",
    Way.NAME: "氏名・カナ",
    Way.KEY: "宛名番号",
    Way.NUMBER: "電話番号",
    Way.CASE: "案件番号",
}
NOBODY = "この対象者は見つかりません。検索からお探しください。"


@dataclass(frozen=True, slots=True)
class Wish:
    """As it was typed: it is shown again."""

    words: str = ""
    way: Way = Way.ANY
    debt: str = ""
    state: str = ""

    @property
    def wanted(self) -> Wanted:
        return Wanted(self.words, self.way, self.debt or None, CaseState(self.state) if self.state else None)


@routes.get("/people")
@requires(Right.CASE_SEARCH, Right.CASE_VIEW, limited=Limited.REFUSED)
async def people(request: web.Request) -> web.StreamResponse:
    of_this_city(request)
    return _shown(request, Wish())


@routes.post("/people")
@requires(Right.CASE_SEARCH, Right.CASE_VIEW, limited=Limited.REFUSED)
async def search(request: web.Request) -> web.StreamResponse:
    visitor, parts = of_this_city(request), parts_of(request)
    wish = _wish(await fields_of(request), {debt.key for debt in parts.city.debts})
    try:
        found = await parts.database.ask(partial(people_found, city=visitor.city, wanted=wish.wanted))
    except NothingToSearch as why:
        return _shown(request, wish, wrong=str(why))
    detail = {"by": "+".join(found.ways), "debt": wish.debt or None, "state": wish.state or None}
    told = {name: value for name, value in detail.items() if value is not None}
    await log_operation(request, "search", "case", _ids(found.cases), len(found.people), detail=told)
    return _shown(request, wish, found=found)


@routes.get(r"/people/{person:\d{1,18}}")
@requires(Right.CASE_VIEW, limited=Limited.REFUSED)
async def person(request: web.Request) -> web.StreamResponse:
    visitor, parts, number = of_this_city(request), parts_of(request), int(request.match_info["person"])
    book, now = desk_of(request).live.parts.book, parts.clock.now()
    shown = await parts.database.ask(lambda connection: person_page(connection, book, number, now))
    if shown is None:
        await log_operation(request, "refuse", "person", [number], 0)
        return problem(request, 404, "対象者が見つかりません", NOBODY)
    cases = _ids(shown.case_ids)
    what, ids = ("case", cases) if cases else ("person", [str(number)])
    await log_operation(request, "view", what, ids, len(ids))
    return page(
        request,
        "person.html",
        person=shown,
        whole=sees_all(visitor),
        slips=visitor.may(Right.DESK) and visitor.may(Right.RESULT_CORRECT_OTHERS),
        numbers=[
            {
                "number": one.number if sees_numbers(visitor) else masked_ends([one.number])[0],
                "state": OTHER_HOME if one.other_home else NUMBER_STATE_NAMES[NumberState(one.state)],
                "source": SOURCE_NAMES.get(one.source, one.source),
                "obtained_on": one.obtained_on,
            }
            for one in shown.numbers
        ],
        flags=[(FLAG_NAMES[FlagKind(one.kind)], one) for one in shown.flags],
        states=CASE_STATE_NAMES,
        tokyo=to_the_minute,
    )


def sees_all(visitor: Visitor) -> bool:
    """Amounts, notes, columns of the list."""
    return visitor.may(Right.SUPERVISE) or visitor.may(Right.REPORTS)


def sees_numbers(visitor: Visitor) -> bool:
    """Whole telephone numbers: who calls them."""
    return visitor.may(Right.SUPERVISE) or visitor.may(Right.DESK)


def _ids(cases: Sequence[int]) -> list[str]:
    return [str(case) for case in cases]


def _wish(fields: Fields, debts: set[str]) -> Wish:
    way = fields["way"]
    return Wish(
        words=fields["words"].strip()[:LONGEST],
        way=Way(way) if way in set(Way) else Way.ANY,
        debt=fields["debt"] if fields["debt"] in debts else "",
        state=fields["state"] if fields["state"] in set(CaseState) else "",
    )


def _shown(
    request: web.Request, wish: Wish, *, found: Found | None = None, wrong: str | None = None
) -> web.StreamResponse:
    city = parts_of(request).city
    return page(
        request,
        "people.html",
        status=422 if wrong else 200,
        wish=wish,
        wrong=wrong,
        found=found,
        rows=[] if found is None else _rows(found),
        longest=LONGEST,
        ways=WAY_NAMES,
        debts=city.debts,
        states=CASE_STATE_NAMES,
    )


def _rows(found: Found) -> list[dict[str, object]]:
    return [
        {
            "person": one,
            "numbers": masked_ends(one.numbers),
            "called": one.called_at and to_the_minute(one.called_at),
            "outcome": one.outcome and OUTCOME_NAMES[Outcome(one.outcome)],
        }
        for one in found.people
    ]
