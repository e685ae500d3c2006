"""The list of talk results in versions: what operators choose from, compared, approved by another person than who
entered it, for a time if need be, and taken back (O-006). Without such a version the profile's own list holds."""

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from dialer.core.city import City
from dialer.core.manuals import RESULTS, Document, Manual, ManualKind, of_document
from dialer.core.result_changes import NEED_NAMES, effect_in_words, result_changes, result_parts
from dialer.core.rights import Right
from dialer.core.rules.happenings import TALKER_NAMES
from dialer.core.talk_results import TalkResult, by_key
from dialer.core.values import to_the_minute
from dialer.core.versions import STATE_NAMES
from dialer.manual_book import LONGEST_REASON
from dialer.profiles.result_versions import profile_document, result_faults, results_in_force, results_of
from dialer.profiles.script_versions import BadDocument
from dialer.result_book import LONGEST, ResultBook
from dialer.store.manuals import NewManual
from dialer.web.desk import of_this_city
from dialer.web.manual_parts import NO_VERSION, decide, version_of
from dialer.web.parts import parts_of
from dialer.web.result_form import ResultForm, form_of_document, form_of_fields
from dialer.web.security import Limited, log_operation, requires
from dialer.web.sign_in import Fields, fields_of
from dialer.web.views import goes_to, page

routes = web.RouteTableDef()

WHERE, WHAT = "/result-list", "result_list"
OF_PROFILE = "0"  # as a version: what the profile says


@routes.get(WHERE)
@requires(Right.MESSAGES, limited=Limited.REFUSED)
async def result_list(request: web.Request) -> web.StreamResponse:
    return await _page(request, await _versions(request))


@routes.post(WHERE)
@requires(Right.MESSAGES, limited=Limited.REFUSED)
async def decided(request: web.Request) -> web.StreamResponse:
    """`act`: approve or withdraw."""
    fields, versions = await fields_of(request), await _versions(request)
    one = version_of(versions, fields["version"])
    try:
        if one is None:
            raise BadDocument([NO_VERSION])
        await decide(request, _book(request), one, fields, WHAT)
    except BadDocument as wrong:
        return await _page(request, versions, wrong=wrong.lines, typed=fields)
    return goes_to(f"{WHERE}?version={one.version}")


@routes.get(f"{WHERE}/new")
@requires(Right.MESSAGES, limited=Limited.REFUSED)
async def write(request: web.Request) -> web.StreamResponse:
    versions, asked = await _versions(request), request.query.get("from", "")
    base = version_of(versions, asked) or (None if asked == OF_PROFILE else _used(request, versions))
    await log_operation(request, "view", WHAT, [base.id] if base else [], 1)
    return _form_page(request, base, form_of_document(_document(request, base)))


@routes.post(f"{WHERE}/new")
@requires(Right.MESSAGES, limited=Limited.REFUSED)
async def enter(request: web.Request) -> web.StreamResponse:
    """A draft. What somebody else has entered meanwhile stays; the page tells of it."""
    by, fields, versions = of_this_city(request).account_login, await fields_of(request), await _versions(request)
    base = version_of(versions, fields["based_on"])
    rest = _document(request, base)
    if base is None and fields["based_on"] != OF_PROFILE:
        return _form_page(request, base, form_of_document(rest), wrong=(NO_VERSION,))
    form = form_of_fields(fields, rest)
    document, version = form.document(rest), base.version if base else None
    try:
        if form.added.name and form.added.same_as not in rest["result"]:
            raise BadDocument(["加える結果と同じ働きの結果を選んでください"])
        new = NewManual(ManualKind.RESULTS, RESULTS, document, by, form.why, version)
        added = await _book(request).add(new, parts_of(request).clock.now())
    except BadDocument as wrong:
        return _form_page(request, base, form, wrong=wrong.lines)
    await log_operation(request, "add", WHAT, [added.id], 1)
    return goes_to(f"{WHERE}?version={added.version}")


def _book(request: web.Request) -> ResultBook:
    parts = parts_of(request)
    return ResultBook(parts.database, parts.city)


async def _versions(request: web.Request) -> list[Manual]:
    """The newest first."""
    of_this_city(request)
    return of_document(await _book(request).known(), ManualKind.RESULTS, RESULTS)


def _used(request: web.Request, versions: Sequence[Manual]) -> Manual | None:
    """None: the profile's own."""
    parts = parts_of(request)
    return results_in_force(parts.city, versions, parts.clock.now()).manual


def _document(request: web.Request, one: Manual | None) -> Document:
    return profile_document(parts_of(request).city) if one is None else one.document


# --- the pages


@dataclass(frozen=True, slots=True)
class Row:
    """A result as the page shows it."""

    result: TalkResult
    parts: dict[str, str]


def _rows(city: City, results: Sequence[TalkResult]) -> list[Row]:
    debts = {debt.key: debt.name for debt in city.debts}
    named = [(one, result_parts(one)) for one in by_key(results)]
    return [
        Row(one, parts | {"科目": "、".join(debts.get(key, key) for key in one.debts) or "すべて"})
        for one, parts in named
    ]


def _read(city: City, one: Manual | None) -> tuple[TalkResult, ...]:
    """Nothing of what cannot be read."""
    try:
        return city.talk.of_profile if one is None else results_of(one.document, city)
    except BadDocument:
        return ()


async def _page(
    request: web.Request, versions: Sequence[Manual], *, wrong: Sequence[str] = (), typed: Fields | None = None
) -> web.StreamResponse:
    parts = parts_of(request)
    found = results_in_force(parts.city, versions, parts.clock.now())
    asked = typed["version"] if typed else request.query.get("version", "")
    one = version_of(versions, asked) or found.manual or next(iter(versions), None)
    results = _read(parts.city, one)
    await log_operation(request, "view", WHAT, [one.id] if one else [], len(versions))
    return page(
        request,
        "result_list.html",
        status=422 if wrong else 200,
        city=parts.city,
        where=WHERE,
        versions=versions,
        used=found.manual,
        used_rows=_rows(parts.city, found.results),
        passed_over=found.passed_over,
        one=one,
        rows=_rows(parts.city, results),
        faults=result_faults(one.document, parts.city) if one else (),
        changes=list(result_changes(found.results, results)) if one else [],
        states=STATE_NAMES,
        is_own=one is not None and one.entered_by == of_this_city(request).account_login,
        wrong=wrong,
        typed=typed.values if typed else {},
        longest_reason=LONGEST_REASON,
        tokyo=to_the_minute,
    )


def _form_page(
    request: web.Request, base: Manual | None, form: ResultForm, *, wrong: Sequence[str] = ()
) -> web.StreamResponse:
    results = _read(parts_of(request).city, base)
    rows = _document(request, base)["result"]
    return page(
        request,
        "result_form.html",
        status=422 if wrong else 200,
        where=WHERE,
        base=base,
        form=form,
        names={key: one["name"] for key, one in rows.items()},
        does={
            one.key: f"{'、'.join(TALKER_NAMES[who] for who in one.talkers)}／{effect_in_words(one.said)}"
            for one in results
        },
        needs=NEED_NAMES,
        wrong=wrong,
        longest=LONGEST,
        longest_reason=LONGEST_REASON,
    )
