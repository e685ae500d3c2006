"""Who may use a route, and who is asking.

Every route says it: `@requires(Right.DESK)`, `@signed_in()` or `@public`. One that says nothing cannot be registered.
And it says what it is to somebody whose right is limited to groups of debt kinds: what says nothing is refused to them.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from aiohttp import web

from dialer.core.groups import Group
from dialer.core.reach import Reach, covers, narrower, widest
from dialer.core.rights import Right
from dialer.store.staff_logs import LogEntry
from dialer.web.parts import parts_of

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
H = TypeVar("H", bound=Handler)

DECLARED = "declared_access"
TOKEN_HEADER = "X-Yobikake-Token"  # noqa: S105 - a name
TOKEN_FIELD = "token"  # noqa: S105


class UndeclaredRoute(Exception):
    """A route that does not say who may use it."""


class OutOfReach(web.HTTPForbidden):
    """What was asked for is not of the groups to which the right is limited."""


class OtherCity(web.HTTPForbidden):
    """What was asked for is of a city that the session is not of."""


class Limited(StrEnum):
    """What a route is to somebody whose right is limited to groups."""

    REFUSED = "refused"
    WITHIN = "within"  # its handler shows and does what is of these groups, by `reach_of`, and nothing else
    ALIKE = "alike"  # nothing of any group is shown or changed there


@dataclass(frozen=True, slots=True)
class Access:
    public: bool = False
    rights: frozenset[Right] = frozenset()  # all of them are needed
    any_of: frozenset[Right] = frozenset()  # one of these is needed too, if there are any
    activity: bool = True  # a person did something: the idle time begins again
    while_locked: bool = False
    with_old_password: bool = False  # before a password that somebody else has set is changed
    limited: Limited | None = None  # None: nobody has thought of it, so it is refused

    def lets_in(self, rights: frozenset[Right]) -> bool:
        return self.rights <= rights and (not self.any_of or not self.any_of.isdisjoint(rights))

    def reach(self, visitor: "Visitor") -> Reach:
        """Of somebody who is let in."""
        reach = (
            widest(visitor.reach(right) for right in self.any_of if visitor.may_some(right)) if self.any_of else None
        )
        for right in self.rights:
            reach = narrower(reach, visitor.reach(right))
        return reach

    def is_open_to(self, visitor: "Visitor") -> bool:
        if not self.lets_in(visitor.held):
            return False
        return self.limited in (Limited.WITHIN, Limited.ALIKE) or self.reach(visitor) is None


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is signed in, as every handler gets it by `visitor_of(request)`."""

    account_login: str
    name: str
    session_id: int  # of the row, not the secret
    city: str
    rights: frozenset[Right]  # for the whole city
    token: str
    seen_at: datetime  # the last sign of a person
    locked: bool = False
    must_change: bool = False
    limits: Mapping[Right, frozenset[str]] = field(default_factory=dict)  # rights for some groups only, and which

    @property
    def held(self) -> frozenset[Right]:
        """Be it for some groups."""
        return self.rights | self.limits.keys()

    def may(self, right: Right) -> bool:
        """For the whole city: what is asked within groups is asked by `reach_of`."""
        return right in self.rights

    def may_some(self, right: Right) -> bool:
        return right in self.held

    def reach(self, right: Right) -> Reach:
        """Of a right that they have."""
        return None if right in self.rights else self.limits.get(right, frozenset())


VISITOR: web.RequestKey[Visitor] = web.RequestKey("visitor", Visitor)
BEGAN: web.RequestKey[float] = web.RequestKey("began", float)


class VisitState(StrEnum):
    """Of a session, for whoever serves a stream that outlives one question."""

    OPEN = "open"
    LOCKED = "locked"
    ENDED = "ended"


def requires(
    first: Right, *more: Right, activity: bool = True, while_locked: bool = False, limited: Limited | None = None
) -> Callable[[H], H]:
    """`activity=False` for what a page asks by itself: streams, polls, the telephone."""
    rights = frozenset((first, *more))
    return _declares(Access(rights=rights, activity=activity, while_locked=while_locked, limited=limited))


def requires_one_of(
    *rights: Right, activity: bool = True, while_locked: bool = False, limited: Limited | None = None
) -> Callable[[H], H]:
    return _declares(Access(any_of=frozenset(rights), activity=activity, while_locked=while_locked, limited=limited))


def signed_in(
    *, activity: bool = True, while_locked: bool = False, with_old_password: bool = False
) -> Callable[[H], H]:
    """Everybody who is signed in, whatever their rights: for what is their own."""
    return _declares(
        Access(
            activity=activity,
            while_locked=while_locked,
            with_old_password=with_old_password,
            limited=Limited.ALIKE,
        )
    )


def public(handler: H) -> H:
    """Anybody at all. For what shows no data."""
    return _declares(Access(public=True, limited=Limited.ALIKE))(handler)


def _declares(access: Access) -> Callable[[H], H]:
    def declare(handler: H) -> H:
        setattr(handler, DECLARED, access)
        return handler

    return declare


def declared(handler: object) -> Access | None:
    found = getattr(handler, DECLARED, None)
    return found if isinstance(found, Access) else None


def register(app: web.Application, tables: Iterable[Iterable[web.AbstractRouteDef]]) -> None:
    """The only way in for routes. UndeclaredRoute when one of them does not say who may use it."""
    for table in tables:
        for route in table:
            route.register(app.router)
    check_declared(app)


def check_declared(app: web.Application) -> None:
    for route in app.router.routes():
        if declared(route.handler) is None:
            raise UndeclaredRoute(
                f"{route.method} {route.resource.canonical if route.resource else route.handler}: say who may use it, "
                "with @requires(Right.…), @signed_in() or @public"
            )


def visitor_of(request: web.Request) -> Visitor:
    """KeyError on a public route: nobody was asked for."""
    return request[VISITOR]


def reach_of(request: web.Request) -> Reach:
    """How far this visitor's rights for this route reach. Whoever lets a route be used within groups asks for it."""
    access = declared(request.match_info.handler)
    if access is None:
        raise OutOfReach
    return access.reach(visitor_of(request))


def demand(request: web.Request, *groups: Group) -> None:
    """OutOfReach when one of these is not of the visitor's groups."""
    reach = reach_of(request)
    if not all(covers(reach, group) for group in groups):
        raise OutOfReach


def wants_page(request: web.Request) -> bool:
    """A person looks at it; else a script of ours does, which reads JSON."""
    return "text/html" in request.headers.get("Accept", "")


async def log_operation(
    request: web.Request,
    function: str,
    what: str,
    ids: Sequence[str | int],
    count: int,
    took_ms: float | None = None,
    *,
    detail: Mapping[str, str | int | None] | None = None,
) -> None:
    """Write it down before the data leaves (X-008). `took_ms`: since the question came, unless said.

    `detail`: the old and the new value of a setting, the sum of a file. Nothing that people wrote.
    """
    parts, visitor = parts_of(request), visitor_of(request)
    entry = LogEntry(
        at=parts.clock.now(),
        city=visitor.city,
        by=visitor.account_login,
        session=visitor.session_id,
        function=function,
        what=what,
        ids=[str(one) for one in ids],
        count=count,
        took_ms=took_so_far(request) if took_ms is None else took_ms,
        detail=detail,
    )
    await parts.logs.operation(entry)


def took_so_far(request: web.Request) -> float:
    return round((parts_of(request).clock.monotonic() - request[BEGAN]) * 1000, 2)
