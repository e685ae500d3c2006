"""Filled-in result forms for tests, and the circumstances they are judged in."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from dialer.core.offered import calling_days, paying_days
from dialer.core.rulebook import Rulebook
from dialer.core.rules.happenings import Round
from dialer.core.talk_entry import Circumstances, Resolved, resolved
from dialer.core.talk_form import Entered, FieldProblems, entered_from
from dialer.core.values import PhoneNumber
from dialer.telephone import Dialable, judge_number
from tests.planning_city import BOOKS
from tests.unit.case_table import ROUND, A, moment

CONFIRMED = {"identity_confirmed": True, "identity_how": "name_birthday"}
PROMISE = {"promise_day": "2026-08-25", "promise_yen": 5000, "promise_way": "slip"}
ARREARS = 48_200

FILLED: dict[str, dict[str, object]] = {
    "spoke_completed": {**CONFIRMED},
    "promise": {"talker": "self", **CONFIRMED, **PROMISE},
    "spoke_partial": {**CONFIRMED},
    "household_completed": {**CONFIRMED, "relation": "spouse"},
    "absent": {"talker": "same_household", "relation": "spouse", **CONFIRMED},
    "absent_until": {
        "talker": "same_household",
        "relation": "spouse",
        **CONFIRMED,
        "appointment_at": "2026-08-20T18:00",
    },
    "call_back": {**CONFIRMED, "appointment_at": "2026-08-20T13:00"},
    "hand_over": {"talker": "self", **CONFIRMED, "department": "", "note": "分納の相談を希望"},
    "other_home": {},
    "not_living_there": {"talker": "other", "identity_confirmed": False},
    "new_number": {"talker": "other", "identity_confirmed": False, "new_number": "090-0000-0003"},
    "away": {"talker": "same_household", "relation": "child", **CONFIRMED},
    "declined": {"talker": "self", **CONFIRMED, "note": "話すことはないとのこと"},
    "paid_already": {"talker": "self", **CONFIRMED, "note": "昨日コンビニエンスストアで"},
    "third_party": {},
    "cut_off": {},
    "reissue": {"talker": "self", **CONFIRMED, "note": "送付先に変わりなし"},
    "account_transfer": {"talker": "self", **CONFIRMED, "note": "依頼書を送付"},
    "address_changed": {"talker": "self", **CONFIRMED, "note": "転居。新しい住所は聞き取り済み"},
    "filing_agreed": {"talker": "self", **CONFIRMED},
    "filed_already": {"talker": "self", **CONFIRMED},
    "procedure_agreed": {"talker": "self", **CONFIRMED},
    "procedure_done": {"talker": "self", **CONFIRMED},
    "interpreter": {"talker": "self", "identity_confirmed": False, "note": "ベトナム語"},
}
"""Every result of the five cities as an operator would fill it in."""


def of(city: str = "nagaoka", debt: str | None = None, at: str = "8/18 10:00", **changes: Any) -> Circumstances:
    book: Rulebook = BOOKS[city]
    plain = Circumstances(
        book=book,
        debt=debt or book.city.debts[0].key,
        round=ROUND,
        began=moment(at),
        arrears_yen=ARREARS,
        judge_number=judged,
        dialled=A,
    )
    return replace(plain, **changes)


SEASONS = {("niigata", "nursery"): "9/15 10:00", ("saitama", "business_tax"): "10/20 10:00"}


def in_season(city: str, debt: str) -> Circumstances:
    """At a time at which this debt is called for."""
    at = SEASONS.get((city, debt), "8/18 10:00")
    began = moment(at)
    calling = Round(began.date(), began.date() + timedelta(days=10))
    return of(city, debt, at, round=calling)


def fitting(given: Circumstances) -> dict[str, object]:
    """A time and a day that can be offered then; for the results that ask for them."""
    day = calling_days(given.book, given.debt, given.round, given.began)[1]
    paying = next(one.day for one in paying_days(given.book, given.day, given.round.last) if one.closed is None)
    return {"appointment_at": day.times[0].isoformat(), "promise_day": paying.isoformat()}


def judged(written: str) -> PhoneNumber | str:
    found = judge_number(written, simulated=True)
    return found.number if isinstance(found, Dialable) else found.why


def form(result: str, given: Circumstances | None = None, **changes: object) -> dict[str, object]:
    """As the page sends it; the department is the first that there is."""
    filled = {"result": result, **FILLED[result]}
    if given is not None and given.round is not ROUND:
        filled |= {name: value for name, value in fitting(given).items() if name in filled}
    if "department" in filled:
        departments = list((given or of()).departments)
        filled["department"] = departments[0] if departments else ""
    return {**filled, **changes}


def entered(result: str, given: Circumstances | None = None, **changes: object) -> Entered:
    found = entered_from(form(result, given, **changes))
    assert isinstance(found, Entered), found
    return found


def judged_form(result: str, given: Circumstances, **changes: object) -> Resolved | FieldProblems:
    return resolved(entered(result, given, **changes), given)


def accepted(result: str, given: Circumstances | None = None, **changes: object) -> Resolved:
    given = given or of()
    found = judged_form(result, given, **changes)
    assert isinstance(found, Resolved), found
    return found


def refused(result: str, given: Circumstances | None = None, **changes: object) -> dict[str, str]:
    """What is said, by field."""
    given = given or of()
    found = entered_from(form(result, given, **changes))
    judged = resolved(found, given) if isinstance(found, Entered) else found
    assert isinstance(judged, FieldProblems), judged
    return dict(judged.by_field)


def day(text: str) -> date:
    return date.fromisoformat(text)


def at(text: str) -> datetime:
    return moment(text)
