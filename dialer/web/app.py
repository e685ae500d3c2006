"""The application: who adds a page adds its table of routes to PAGES."""

from collections.abc import Iterable

from aiohttp import web

from dialer.web import (
    accounts,
    calendar,
    campaigns,
    day,
    described,
    desk,
    desk_callers,
    desk_decisions,
    desk_slips,
    desk_talks,
    floor,
    floor_acts,
    floor_groups,
    floor_results,
    floor_seats,
    floor_wall,
    floor_warnings,
    health,
    home,
    imports,
    log_page,
    notices,
    own_password,
    people,
    recording_search,
    recording_sound,
    recordings,
    result_list,
    scripts,
    second_factor,
    sign_in,
    softphone_routes,
    special,
    system,
    texts,
    wall,
    work_plan,
)
from dialer.web.guard import answer_always, let_in
from dialer.web.headers import add_headers
from dialer.web.parts import PARTS, WebParts
from dialer.web.security import register

MOST_BYTES = 256 * 1024

PAGES: tuple[Iterable[web.AbstractRouteDef], ...] = (
    home.routes,
    sign_in.routes,
    own_password.routes,
    second_factor.routes,
    softphone_routes.routes,
    desk.routes,
    desk_talks.routes,
    desk_callers.routes,
    desk_decisions.routes,
    desk_slips.routes,
    floor.routes,
    floor_acts.routes,
    floor_groups.routes,
    floor_results.routes,
    floor_seats.routes,
    notices.routes,
    special.routes,
    texts.routes,
    scripts.routes,
    result_list.routes,
    day.routes,
    floor_warnings.routes,
    floor_wall.routes,
    wall.routes,
    health.routes,
    log_page.routes,
    accounts.routes,
    calendar.routes,
    campaigns.routes,
    system.routes,
    described.routes,
    recording_search.routes,
    recordings.routes,
    recording_sound.routes,
    people.routes,
    imports.routes,
    work_plan.routes,
)


def build_app(parts: WebParts, pages: Iterable[Iterable[web.AbstractRouteDef]] = PAGES) -> web.Application:
    """UndeclaredRoute when a route does not say who may use it."""
    app = web.Application(middlewares=[answer_always, let_in], client_max_size=MOST_BYTES)
    app[PARTS] = parts
    app.on_response_prepare.append(add_headers)
    softphone_routes.add_softphones(app)
    day.add_day(app)
    recording_sound.add_recordings(app)
    register(app, pages)
    return app
