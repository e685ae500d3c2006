"""What somebody hears who waits for an operator."""

from dataclasses import replace

import pytest

from agi.scripts.waiting import Waiting, waiting
from dialer.core.city import InboundRules, Overflow
from dialer.core.messages import MessagePurpose
from dialer.core.values import PhoneNumber
from tests.listener import MUSIC_SECONDS, Listener

NUMBER = PhoneNumber("0258001000")
RULES = InboundRules(announce_seconds=30.0, overflow_after_seconds=60.0)
DIGITS = [f"wish_number-{digit}" for digit in NUMBER]
ASKS = ["wish_number-before", *DIGITS, "wish_number-after"]


def sound(purpose: MessagePurpose, variant: str) -> str | None:
    """Everything may be said but a message of the city."""
    return None if purpose is MessagePurpose.SPECIAL else f"{purpose.value}{f'-{variant}' if variant else ''}"


CALLER = Waiting(RULES, sound, NUMBER, seconds_left=600.0)


def heard(caller: Waiting, listener: Listener) -> list[str]:
    return listener.listen_to(waiting(caller)).heard


def test_first_the_message_of_the_city_then_the_greeting_then_music() -> None:
    special = replace(CALLER, sound=lambda purpose, variant: f"{purpose.value}{variant}")
    said = Listener(hangs_up_at=9).listen_to(waiting(special)).said
    assert said[:3] == ["special", "waiting", "music"]


def test_who_was_greeted_before_the_server_changed_is_not_greeted_again() -> None:
    assert heard(replace(CALLER, greeted=True), Listener(hangs_up_at=3))[0] == "music"


@pytest.mark.parametrize(
    ("place", "minutes", "said"),
    [
        ("3", "12", ["place-3", "expected-15"]),
        ("3", "", ["place-3"]),
        ("", "5", ["expected-5"]),
        ("20", "30", ["place-20", "expected-30"]),
        ("21", "31", []),  # more than anybody should be told
        ("0", "0", []),
        ("-1", "x", []),
        ("٣", "５", []),  # digits of other scripts are none
        ("99999999999999999999", "1e3", []),
    ],
)
def test_place_and_wait_are_said_at_once_when_the_engine_knows_them(place: str, minutes: str, said: list[str]) -> None:
    listener = Listener(variables={"PLACE": place, "EXPECTED_MINUTES": minutes}, hangs_up_at=8)
    told = listener.listen_to(waiting(replace(CALLER, greeted=True))).said
    assert told[: len(said) + 1] == [*said, "music"]


def test_they_are_not_said_more_often_than_the_city_wants() -> None:
    listener = Listener(variables={"PLACE": "2"})
    told = listener.listen_to(waiting(replace(CALLER, number=None, greeted=True, seconds_left=130.0))).said
    assert told == ["place-2", "music", "music", "place-2", "music", "music", "place-2", "music", "music", "place-2",
                    "music", "inbound"]  # fmt: skip


def test_who_waits_for_long_is_offered_a_call_back_and_the_number_is_confirmed_digit_by_digit() -> None:
    told = heard(replace(CALLER, greeted=True), Listener(keys={70.0: "1", 108.0: "1"}))
    assert told[:5] == ["music"] * 4 + ["offer"]
    assert told[5:] == [*ASKS, "listen", f"wish {NUMBER}", "tell CallerWished", "wished",
                        "set FINISHED=yes"]  # fmt: skip


def test_the_number_may_be_confirmed_in_the_middle_of_it() -> None:
    told = heard(replace(CALLER, greeted=True), Listener(keys={70.0: "1", 76.0: "1"}))
    assert told[5:] == [*ASKS[:3], f"wish {NUMBER}", "tell CallerWished", "wished", "set FINISHED=yes"]


def test_the_key_works_in_the_music_after_the_offer_too() -> None:
    told = heard(replace(CALLER, greeted=True), Listener(keys={75.0: "1", 80.0: "1"}))
    assert told[5:7] == ["music", "wish_number-before"]
    assert told[-2:] == ["wished", "set FINISHED=yes"]


def test_before_the_offer_no_key_does_anything() -> None:
    told = heard(replace(CALLER, greeted=True), Listener(keys={10.0: "1", 20.0: "*"}, hangs_up_at=30))
    assert told[:5] == ["music"] * 4 + ["offer"]


@pytest.mark.parametrize("key", ["2", ""])
def test_who_does_not_confirm_waits_on(key: str) -> None:
    keys = {70.0: "1", 108.0: key} if key else {70.0: "1"}
    told = heard(replace(CALLER, greeted=True, seconds_left=300.0), Listener(keys=keys))
    assert not [one for one in told if one.startswith("wish ")]
    assert ("note wish_declined" in told) == bool(key)
    assert told[-3:] == ["inbound", "tell CallerTold", "set FINISHED=yes"]
    assert told.count("wish_number-before") == (1 if key else 2)  # asked once more


def test_what_cannot_be_written_down_is_not_promised() -> None:
    listener = Listener(keys={70.0: "1", 76.0: "1"}, can_wish=False, hangs_up_at=40)
    told = heard(replace(CALLER, greeted=True), listener)
    assert told[told.index(f"wish {NUMBER}") + 1 :][:2] == ["wish_failed", "music"]
    assert "tell CallerWished" not in told


@pytest.mark.parametrize(
    ("overflow", "number", "last"),
    [
        (Overflow.WISH, None, 600.0),  # nobody can be called back without a number
        (Overflow.NONE, NUMBER, 600.0),
        (Overflow.MESSAGE, NUMBER, 60.0),
    ],
)
def test_overflow_is_as_the_city_wants(overflow: Overflow, number: PhoneNumber | None, last: float) -> None:
    caller = replace(CALLER, greeted=True, number=number, rules=replace(RULES, overflow=overflow))
    listener = Listener()
    told = heard(caller, listener)
    assert "offer" not in told
    assert told[-3:] == ["inbound", "tell CallerTold", "set FINISHED=yes"]
    assert last <= listener.now <= last + MUSIC_SECONDS + 3


def test_a_department_is_called_after_a_while_and_again_later_and_the_music_goes_on() -> None:
    rules = replace(RULES, overflow=Overflow.TRANSFER)
    caller = replace(CALLER, greeted=True, rules=rules, department_is_there=True, seconds_left=300.0)
    told = [one for one in heard(caller, Listener()) if not one.startswith(("place", "expected"))]
    assert told.count("tell CallerOverflows") == 2
    first = told.index("tell CallerOverflows")
    assert told[first - 1 : first + 2] == ["transfer", "tell CallerOverflows", "music"]
    assert told[: first - 1] == ["music"] * 4, "17 seconds each: a minute"
    assert told[-1] == "set FINISHED=yes"


def test_a_department_that_is_closed_now_is_not_spoken_of() -> None:
    caller = replace(CALLER, greeted=True, rules=replace(RULES, overflow=Overflow.TRANSFER), seconds_left=200.0)
    told = heard(caller, Listener())
    assert "transfer" not in told
    assert "tell CallerOverflows" not in told


def test_nobody_waits_longer_than_is_allowed_and_only_a_notice_that_was_heard_counts_as_told() -> None:
    told = heard(replace(CALLER, greeted=True, seconds_left=20.0), Listener(missing=frozenset({"inbound"})))
    assert told == ["music", "music", "set FINISHED=yes"]
    assert heard(replace(CALLER, greeted=True, seconds_left=0.0), Listener())[:2] == ["inbound", "tell CallerTold"]


def test_a_city_without_texts_plays_music_and_says_nothing() -> None:
    told = heard(replace(CALLER, sound=lambda *_: None, seconds_left=40.0), Listener(variables={"PLACE": "1"}))
    assert told == ["set GREETED=yes", "music", "music", "music", "set FINISHED=yes"]


def test_a_storm_of_keys_changes_nothing_but_the_wish() -> None:
    storm = {second / 10: "0123456789*#ABCD"[second % 16] for second in range(6000)}
    told = heard(CALLER, Listener(keys=storm, variables={"PLACE": "1"}))
    assert told[-1] == "set FINISHED=yes"
    assert len([one for one in told if one.startswith("wish ")]) <= 1


def test_a_hang_up_ends_it_at_every_step() -> None:
    keys = {70.0: "1", 108.0: "1"}
    whole = Listener(keys=keys, variables={"PLACE": "2", "EXPECTED_MINUTES": "3"}).listen_to(waiting(CALLER))
    assert whole.steps > 20
    for step in range(whole.steps):
        listener = Listener(keys=keys, variables={"PLACE": "2", "EXPECTED_MINUTES": "3"}, hangs_up_at=step)
        assert heard(CALLER, listener)[-1] == "hangs up"
        assert listener.heard[:-1] == whole.heard[: len(listener.heard) - 1]
