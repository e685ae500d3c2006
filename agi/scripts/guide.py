"""Outside the hours, where the city has a menu: the hours first, then items of one level (002 §5(2)ア(カ)).

A menu is broken off by a key at once: whoever calls often knows it. Choices are counted (I-010).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agi.steps import ANY_KEY, Heard, Listen, Note, Part, Script, Set, say

AGAIN, BACK = "#", "*"
PATIENCE = 2  # times that nobody presses anything, or presses wrong keys in a row
MOST_STEPS = 60  # nobody keeps a line for ever


@dataclass(frozen=True, slots=True)
class Guide:
    special: str | None
    first: str | None  # hours and web page
    items: Mapping[str, tuple[str, str]]  # by key: the line of the menu, what is said
    keys: str | None  # how to hear it again, and how to go back
    wrong: str | None
    end: str | None


def guide(now: Guide) -> Script:
    yield from say(now.special)
    heard = yield from say(now.first, ANY_KEY if now.items else "")
    if now.items:
        yield from _menus(now, heard)
    yield from say(now.end)
    yield Set("FINISHED", "yes")


def _menus(now: Guide, heard: Heard) -> Script:
    """Where one is: in the menu (item None), or after an item."""
    item: str | None = None
    idle = wrong = 0
    for _ in range(MOST_STEPS):
        if heard.key is None:
            heard = yield from (_menu(now) if item is None else _after_item(now))
        key = heard.key
        if key is None:
            idle += 1
            yield Note("menu_idle", {})
            if idle >= PATIENCE:
                return
            item = None
            continue
        idle = 0
        if key == BACK:
            yield Note("menu_back", {})
            item, wrong, heard = None, 0, Heard()
            continue
        if key == AGAIN:
            yield Note("menu_again", {})
        elif key in now.items:
            yield Note("menu_chose", {"item": key})
            item, wrong = key, 0
        else:
            wrong += 1
            yield Note("menu_wrong", {"key": key})
            if wrong > PATIENCE:
                return
            heard = yield from say(now.wrong, ANY_KEY)
            continue
        heard = Heard() if item is None else (yield from say(now.items[item][1], ANY_KEY))


def _menu(now: Guide) -> Part:
    return (yield from _until_a_key([line for line, _ in now.items.values()]))


def _after_item(now: Guide) -> Part:
    return (yield from _until_a_key([now.keys]))


def _until_a_key(sounds: Sequence[str | None]) -> Part:
    for sound in sounds:
        heard = yield from say(sound, ANY_KEY)
        if heard.key:
            return heard
    heard = yield Listen(ANY_KEY)
    assert isinstance(heard, Heard)
    return heard
