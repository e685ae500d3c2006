"""The floor as it is sent: to everybody who sees the same of it the same words, made once."""

import asyncio
import json

import structlog

from dialer.core.reach import Reach
from dialer.web.floor_changes import Told, changes
from dialer.web.floor_within import within

log = structlog.get_logger()

Pushed = tuple[str, str]  # name and data of an event


class View:
    """Of those who see the whole floor, or the same groups of it."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self.pages: set[asyncio.Event] = set()
        self.content: Told = {}
        self.number = 0  # of the content
        self._whole, self._changes = "", ""  # what is sent: all of it, and what is new since the one before

    def show(self, whole: Told) -> None:
        before, self.content = self.content, whole if self._reach is None else within(whole, self._reach)
        new = changes(before, self.content)
        self.number, self._whole = self.number + 1, ""
        self._changes = "" if new is None else json.dumps(new, ensure_ascii=False)
        for page in self.pages:
            page.set()

    def since(self, has: int) -> Pushed:
        """The newest content, for who has got the one with this number: whole, or what has changed."""
        if self._changes and has == self.number - 1:
            return "changes", self._changes
        self._whole = self._whole or json.dumps(self.content, ensure_ascii=False)
        return "floor", self._whole


class Views:
    def __init__(self) -> None:
        self._views: dict[Reach, View] = {}

    def __bool__(self) -> bool:
        return bool(self._views)

    def add(self, reach: Reach, page: asyncio.Event) -> View:
        view = self._views.setdefault(reach, View(reach))
        view.pages.add(page)
        return view

    def discard(self, reach: Reach, page: asyncio.Event) -> None:
        view = self._views.get(reach)
        if view is not None:
            view.pages.discard(page)
            if not view.pages:
                del self._views[reach]

    def show(self, whole: Told) -> None:
        for view in self._views.values():
            try:
                view.show(whole)
            except Exception:  # within groups, as of an engine of another version: the others are shown theirs
                log.exception("the floor was not understood")

    def wake(self) -> None:
        for view in self._views.values():
            for page in view.pages:
                page.set()
