"""Pages that follow their operators, and what each of them has not been told yet."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(slots=True, eq=False)
class Page:
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    is_stale: bool = True  # all of it; else only how many callers wait


class Followers:
    def __init__(self) -> None:
        self._pages: dict[str, set[Page]] = {}

    def __contains__(self, login: object) -> bool:
        return login in self._pages

    @contextmanager
    def following(self, login: str) -> Iterator[Page]:
        page = Page()
        self._pages.setdefault(login, set()).add(page)
        try:
            yield page
        finally:
            self._pages[login].discard(page)
            if not self._pages[login]:
                del self._pages[login]

    def tell(self, login: str) -> None:
        for page in self._pages.get(login, ()):
            page.is_stale = True
            page.changed.set()

    def tell_all(self) -> None:
        for login in self._pages:
            self.tell(login)

    def tell_of_the_line(self) -> None:
        """Cheap: callers come and go oftener than anything else that every page shows."""
        for pages in self._pages.values():
            for page in pages:
                page.changed.set()
