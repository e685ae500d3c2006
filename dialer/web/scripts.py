"""Talk scripts in versions: walked through before anybody approves them, compared with what is in force, approved by
another person than who entered them, for a time if need be, and taken back (O-006)."""

from collections.abc import Mapping, Sequence

from aiohttp import web

from dialer.core.manuals import Manual, ManualKind, of_document
from dialer.core.rights import Right
from dialer.core.script import GATED, OPEN
from dialer.core.values import to_the_minute
from dialer.core.versions import STATE_NAMES
from dialer.manual_book import LONGEST_REASON
from dialer.profiles.script_versions import BadDocument, scripts_in_force
from dialer.script_book import LONGEST, ScriptBook, plain_scripts
from dialer.store.manuals import NewManual
from dialer.web.desk import of_this_city
from dialer.web.manual_parts import NO_VERSION, decide, version_of
from dialer.web.parts import parts_of
from dialer.web.script_form import ScriptForm, form_of_document, form_of_fields
from dialer.web.script_rows import listed, name_of, result_names, shown, steps_to_go_to, used_of, used_rows
from dialer.web.security import Limited, log_operation, requires
from dialer.web.sign_in import Fields, fields_of
from dialer.web.views import goes_to, page

routes = web.RouteTableDef()

DOCUMENT = "{kind:script|callers}/{key:[a-z][a-z0-9_]{0,59}}"


@routes.get("/scripts")
@requires(Right.MESSAGES, limited=Limited.REFUSED)
async def every_script(request: web.Request) -> web.StreamResponse:
    parts, known = parts_of(request), await _known(request)
    used = scripts_in_force(parts.city, known, parts.clock.now())
    drafts = parts.settings.trunk.is_simulated
    await log_operation(request, "view", "script", [], len(known))
    return page(
        request,
        "scripts.html",
        city=parts.city,
        rows=used_rows(parts.city, used, drafts=drafts),
        documents=listed(known, used, drafts=drafts),
        passed_over=[(name_of(one.manual), one) for one in used.passed_over],
        states=STATE_NAMES,
    )


@routes.get(f"/scripts/{DOCUMENT}")
@requires(Right.MESSAGES, limited=Limited.REFUSED)
async def one_script(request: web.Request) -> web.StreamResponse:
    return await _page(request, await _known(request))


@routes.post(f"/scripts/{DOCUMENT}")
@requires(Right.MESSAGES, limited=Limited.REFUSED)
async def decided(request: web.Request) -> web.StreamResponse:
    """`act`: approve or withdraw."""
    fields, known = await fields_of(request), await _known(request)
    one = version_of(_versions(request, known), fields["version"])
    try:
        if one is None:
            raise BadDocument([NO_VERSION])
        await decide(request, _book(request), one, fields, "script")
    except BadDocument as wrong:
        return await _page(request, known, wrong=wrong.lines, typed=fields)
    return goes_to(f"/scripts/{one.kind}/{one.key}?version={one.version}")


@routes.get(f"/scripts/{DOCUMENT}/new")
@requires(Right.MESSAGES, limited=Limited.REFUSED)
async def write(request: web.Request) -> web.StreamResponse:
    known = await _known(request)
    versions = _versions(request, known)
    base = version_of(versions, request.query.get("from", "")) or versions[0]
    await log_operation(request, "view", "script", [base.id], 1)
    return _form_page(request, known, base, form_of_document(base.document))


@routes.post(f"/scripts/{DOCUMENT}/new")
@requires(Right.MESSAGES, limited=Limited.REFUSED)
async def enter(request: web.Request) -> web.StreamResponse:
    """A draft. What somebody else has entered meanwhile stays; the page tells of it."""
    by, fields, known = of_this_city(request).account_login, await fields_of(request), await _known(request)
    newest, *_ = versions = _versions(request, known)
    base = version_of(versions, fields["based_on"])
    if base is None:
        return _form_page(request, known, newest, form_of_document(newest.document), wrong=(NO_VERSION,))
    form = form_of_fields(fields, named=base.kind is ManualKind.SCRIPT)
    parts = parts_of(request)
    new = NewManual(base.kind, base.key, form.document(base.document), by, form.why, base.version)
    try:
        added = await _book(request).add(new, parts.clock.now())
    except BadDocument as wrong:
        return _form_page(request, known, base, form, wrong=wrong.lines)
    await log_operation(request, "add", "script", [added.id], 1)
    return goes_to(f"/scripts/{added.kind}/{added.key}?version={added.version}")


# --- which version is meant


def _book(request: web.Request) -> ScriptBook:
    parts = parts_of(request)
    return ScriptBook(parts.database, parts.city)


async def _known(request: web.Request) -> list[Manual]:
    """With those that came with the program."""
    of_this_city(request)
    book = _book(request)
    known = await book.known()
    if not known:
        await book.ensure(parts_of(request).clock.now())
        known = await book.known()
    return known


def _versions(request: web.Request, known: Sequence[Manual]) -> list[Manual]:
    """Of the document that the address names, the newest first."""
    kind, key = ManualKind(request.match_info["kind"]), request.match_info["key"]
    found = of_document(known, kind, key)
    if not found:
        raise web.HTTPNotFound
    return found


# --- the pages


async def _page(
    request: web.Request, known: Sequence[Manual], *, wrong: Sequence[str] = (), typed: Fields | None = None
) -> web.StreamResponse:
    parts, versions = parts_of(request), _versions(request, known)
    drafts, newest = parts.settings.trunk.is_simulated, versions[0]
    in_force = scripts_in_force(parts.city, known, parts.clock.now())
    used = used_of(in_force, newest.kind, newest.key, drafts=drafts)
    asked = typed["version"] if typed else request.query.get("version", "")
    one = version_of(versions, asked) or used or versions[0]
    await log_operation(request, "view", "script", [one.id], len(versions))
    return page(
        request,
        "script.html",
        status=422 if wrong else 200,
        city=parts.city,
        name=name_of(versions[0]),
        where=f"/scripts/{one.kind}/{one.key}",
        versions=versions,
        used=used,
        one=one,
        seen=shown(parts.city, versions, one, used, plain_scripts(in_force)),
        results=result_names(parts.city),
        states=STATE_NAMES,
        is_own=one.entered_by == of_this_city(request).account_login,
        wrong=wrong,
        typed=typed.values if typed else {},
        longest_reason=LONGEST_REASON,
        tokyo=to_the_minute,
    )


def _form_page(
    request: web.Request, known: Sequence[Manual], base: Manual, form: ScriptForm, *, wrong: Sequence[str] = ()
) -> web.StreamResponse:
    parts, own = parts_of(request), {one.key: one.heading or one.key for one in form.steps}
    scripts = plain_scripts(scripts_in_force(parts.city, known, parts.clock.now()))
    results: Mapping[str, str] = result_names(parts.city)
    suggested = [branch.result for step in form.steps for branch in step.branches if branch.result]
    return page(
        request,
        "script_form.html",
        status=422 if wrong else 200,
        name=name_of(base),
        where=f"/scripts/{base.kind}/{base.key}",
        base=base,
        newest=of_document(known, base.kind, base.key)[0],
        form=form,
        steps=own,
        more_steps=steps_to_go_to(known, base.kind, scripts),
        results={**{one: f"{one}（今はない結果）" for one in suggested if one not in results}, **results},
        open_words=OPEN,
        gated_words=GATED,
        wrong=wrong,
        longest=LONGEST,
        longest_reason=LONGEST_REASON,
    )
