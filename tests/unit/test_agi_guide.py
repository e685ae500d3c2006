"""The menu outside the hours."""

from dataclasses import replace

import pytest

from agi.scripts.guide import Guide, guide
from tests.listener import Listener

GUIDE = Guide(
    special=None,
    first="hours",
    items={"1": ("menu1", "item1"), "2": ("menu2", "item2"), "3": ("menu3", "item3")},
    keys="keys",
    wrong="wrong",
    end="goodbye",
)
MENU = ["menu1", "menu2", "menu3", "listen"]
END = ["goodbye", "set FINISHED=yes"]


def heard(keys: dict[float, str], what: Guide = GUIDE) -> list[str]:
    return Listener(keys=keys).listen_to(guide(what)).heard


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        # who presses nothing hears the menu twice, and a goodbye
        ({}, ["hours", *MENU, "note menu_idle", *MENU, "note menu_idle", *END]),
        # an item, then nothing: the menu once more, then the goodbye
        (
            {4.0: "1"},
            ["hours", "menu1", "note menu_chose 1", "item1", "keys", "listen", "note menu_idle", *MENU,
             "note menu_idle", *END],
        ),
        # already in the opening words
        ({1.0: "3"}, ["hours", "note menu_chose 3", "item3", "keys", "listen", "note menu_idle", *MENU,
                      "note menu_idle", *END]),
        # once more
        (
            {1.0: "2", 5.0: "#"},
            ["hours", "note menu_chose 2", "item2", "keys", "note menu_again", "item2", "keys", "listen",
             "note menu_idle", *MENU, "note menu_idle", *END],
        ),
        # back, then another
        (
            {1.0: "2", 5.0: "*", 7.0: "1"},
            ["hours", "note menu_chose 2", "item2", "keys", "note menu_back", "menu1", "note menu_chose 1", "item1",
             "keys", "listen", "note menu_idle", *MENU, "note menu_idle", *END],
        ),
        # from one item to another at once
        (
            {1.0: "2", 2.0: "3"},
            ["hours", "note menu_chose 2", "item2", "note menu_chose 3", "item3", "keys", "listen", "note menu_idle",
             *MENU, "note menu_idle", *END],
        ),
        # a key without an item
        (
            {1.0: "7"},
            ["hours", "note menu_wrong 7", "wrong", *MENU, "note menu_idle", *MENU, "note menu_idle", *END],
        ),
        # again and again
        (
            {1.0: "7", 2.0: "8", 3.0: "0"},
            ["hours", "note menu_wrong 7", "wrong", "note menu_wrong 8", "wrong", "note menu_wrong 0", *END],
        ),
        # the menu once more
        ({4.0: "#"}, ["hours", "menu1", "note menu_again", *MENU, "note menu_idle", *MENU, "note menu_idle", *END]),
    ],
)  # fmt: skip
def test_what_is_heard_for_which_keys(keys: dict[float, str], told: list[str]) -> None:
    assert heard(keys) == told


def test_the_message_of_the_city_comes_first_and_is_heard_to_its_end() -> None:
    assert heard({1.0: "1"}, replace(GUIDE, special="special"))[:2] == ["special", "hours"]


def test_a_city_without_items_says_its_hours_and_a_goodbye() -> None:
    assert heard({1.0: "1"}, replace(GUIDE, items={})) == ["hours", *END]


def test_a_city_without_any_approved_text_ends_the_call() -> None:
    nothing = Guide(None, None, {}, None, None, None)
    assert heard({}, nothing) == ["set FINISHED=yes"]


def test_only_what_is_there_is_offered_and_a_seventh_item_needs_no_other_program() -> None:
    more = replace(GUIDE, items={**GUIDE.items, "7": ("menu7", "item7")})
    assert heard({1.0: "7"}, more)[1:3] == ["note menu_chose 7", "item7"]


def test_nobody_keeps_the_line_for_ever() -> None:
    keys = {second / 2: "123"[second % 3] for second in range(4000)}
    listener = Listener(keys=keys).listen_to(guide(GUIDE))
    assert listener.heard[-2:] == END
    assert listener.now < 300


def test_a_storm_of_keys_ends_in_a_goodbye() -> None:
    storm = {second / 20: "0123456789*#"[second * 7 % 12] for second in range(20000)}
    assert Listener(keys=storm).listen_to(guide(GUIDE)).heard[-2:] == END


def test_a_hang_up_ends_it_at_every_step() -> None:
    keys = {4.0: "1", 9.0: "#", 14.0: "*", 17.0: "7", 22.0: "2"}
    whole = Listener(keys=keys).listen_to(guide(GUIDE))
    for step in range(whole.steps):
        listener = Listener(keys=keys, hangs_up_at=step).listen_to(guide(GUIDE))
        assert listener.heard == [*whole.heard[:step], "hangs up"]
