"""What the ear does in a call, as tables: what it hears and when, and what it then says, tells and leaves."""

import re
from collections.abc import Iterator

import pytest

from dialer.core.attending import Act, Attendant, Do, Manners, Say, Sound, Stage, Told, Word
from dialer.core.briefing import Briefing, Order, read, written
from dialer.core.hearing.values import Announcement, Happening, Heard, NumberType, Verdict, What

BLOCK_MS = 20
MESSAGE_MS = 2000
SCREENING_MS = 1000
OPENING_MS = 600
LENGTHS = {Sound.MESSAGE: MESSAGE_MS, Sound.SCREENING: SCREENING_MS, Sound.OPENING: OPENING_MS}
ALL = Briefing(city="nagaoka", message="m", opening="o", screening="s")
MANNERS = Manners()

FAMILY = {"person", "voicemail", "screening", "fax", "announcement", "silent"}


class Stream:
    """A stream of so many milliseconds, told as (ms, what is heard); gives (ms, act) back."""

    def __init__(self, order: Order, briefing: Briefing, heard: str, lasts_ms: int, likely: bool, known: bool) -> None:
        self.attendant = Attendant(order, briefing, MANNERS)
        self.heard = dict(_heard(line) for line in heard.strip().splitlines() if line.strip())
        self.lasts_ms, self.likely, self.known = lasts_ms, likely, known
        self.sound: tuple[Sound, int] | None = None
        self.acts: list[tuple[int, Act]] = []

    def play(self) -> list[str]:
        for now in range(BLOCK_MS, self.lasts_ms + 1, BLOCK_MS):
            match self.heard.pop(now, None):
                case Verdict() as verdict:
                    self._do(self.attendant.verdict(verdict, now), now)
                case Happening() as happening:
                    self._do(self.attendant.happening(Heard(happening, now, now), now), now)
            self._do(self.attendant.time(now, machine_likely=self.likely, machine_known=self.known), now)
            if self.sound is not None and now >= self.sound[1]:
                sound, self.sound = self.sound[0], None
                self._do(self.attendant.sent(sound, now), now)
            if self.attendant.stage is Stage.OVER:
                break
        assert not self.heard, f"never heard: {self.heard}"
        return [f"{at} {_word(act)}" for at, act in self.acts]

    def _do(self, acts: Iterator[Act], now: int) -> None:
        for act in acts:
            self.acts.append((now, act))
            if isinstance(act, Say):
                self.sound = act.sound, now + LENGTHS[act.sound]
            elif act is Do.HUSH:
                self.sound = None


def _heard(line: str) -> tuple[int, Verdict | Happening]:
    at, word = re.fullmatch(r"\s*(\d+) (\w+)\s*", line).groups()  # type: ignore[union-attr]
    if word in FAMILY:
        kind = Announcement.NOT_IN_USE if word == "announcement" else None
        return int(at), Verdict(What(word), int(at), "理由", kind)
    return int(at), Happening(word)


def _word(act: Act) -> str:
    match act:
        case Told(what=what):
            return what.value
        case Say(sound=sound):
            return f"say {sound.value}"
        case _:
            return act.value


def play(
    heard: str,
    *,
    order: Order = Order.LISTEN,
    briefing: Briefing = ALL,
    lasts_ms: int = 90_000,
    likely: bool = False,
    known: bool = False,
) -> list[str]:
    return Stream(order, briefing, heard, lasts_ms, likely, known).play()


NO_OPENING = Briefing(message="m", screening="s")

TABLE: dict[str, tuple[str, list[str]]] = {
    "a person is told and left to an operator in the same moment": (
        "700 person", ["700 person", "700 leave"]),
    "who says nothing hears the city's name and is joined when the time is over": (
        "", ["1200 say opening", "2500 undecided", "2500 leave"]),
    "silence found by the detector is no machine": (
        "2000 silent", ["1200 say opening", "2000 undecided", "2000 leave"]),
    "a machine gets the message when its tone has ended, and is hung up on after it": (
        "1000 voicemail\n5000 tone_began\n5400 tone_ended",
        ["1000 voicemail", "1000 hush", "5400 tone_heard", "5400 message_after_tone", "5400 say message",
         "7700 message_complete", "7700 hang_up"]),
    "no message is spoken while a machine speaks": (
        "1000 voicemail", ["1000 voicemail", "1000 hush", "61000 hang_up"]),
    "a machine without a tone gets the message after its last word and a silence": (
        "1000 voicemail\n6000 speech_ended",
        ["1000 voicemail", "1000 hush", "8500 message_without_tone", "8500 say message", "10800 message_complete",
         "10800 hang_up"]),
    "a machine that speaks on after a pause is waited for": (
        "1000 voicemail\n6000 speech_ended\n7000 speech_began\n9000 tone_began\n9500 tone_ended",
        ["1000 voicemail", "1000 hush", "9500 tone_heard", "9500 message_after_tone", "9500 say message",
         "11800 message_complete", "11800 hang_up"]),
    "a second tone soon after the first begins the message anew": (
        "1000 voicemail\n3000 tone_ended\n4000 tone_began\n4400 tone_ended",
        ["1000 voicemail", "1000 hush", "3000 tone_heard", "3000 message_after_tone", "3000 say message", "4000 hush",
         "4400 tone_heard", "4400 message_after_tone", "4400 say message", "6700 message_complete", "6700 hang_up"]),
    "a greeting that goes on into a message that began without a tone is let finish": (
        "1000 voicemail\n3000 speech_ended\n6000 speech_began\n8000 tone_ended",
        ["1000 voicemail", "1000 hush", "5500 message_without_tone", "5500 say message", "6000 hush",
         "8000 tone_heard", "8000 message_after_tone", "8000 say message", "10300 message_complete", "10300 hang_up"]),
    "an echo of our own words does not stop the message": (
        "1000 voicemail\n3000 tone_ended\n3500 speech_began",
        ["1000 voicemail", "1000 hush", "3000 tone_heard", "3000 message_after_tone", "3000 say message",
         "5300 message_complete", "5300 hang_up"]),
    "a tone whose end is never heard does not keep the line for ever": (
        "1000 voicemail\n3000 tone_began",
        ["1000 voicemail", "1000 hush", "11520 message_without_tone", "11520 say message", "13820 message_complete",
         "13820 hang_up"]),
    "a fax is hung up on at once": (
        "600 fax", ["600 fax", "600 hang_up"]),
    "an announcement that answered is hung up on": (
        "2000 announcement", ["1200 say opening", "2000 announcement", "2000 hang_up"]),
    "a screening device is told who calls when it is silent, and a person is left to an operator": (
        "1000 screening\n4000 speech_ended\n9000 person_came",
        ["1000 screening", "1000 hush", "4000 say screening", "9000 person_came", "9000 leave"]),
    "a screening device that speaks on is told who calls all the same": (
        "1000 screening", ["1000 screening", "1000 hush", "5000 say screening", "46000 hang_up"]),
    "a screening device that records gets the message after its tone": (
        "1000 screening\n4000 speech_ended\n8000 tone_began\n8400 tone_ended",
        ["1000 screening", "1000 hush", "4000 say screening", "8400 tone_heard", "8400 message_after_tone",
         "8400 say message", "10700 message_complete", "10700 hang_up"]),
    "a chime before a screening device speaks is no recording tone": (
        "1000 screening\n1020 tone_ended\n4000 speech_ended\n9000 person_came",
        ["1000 screening", "1000 hush", "4000 say screening", "9000 person_came", "9000 leave"]),
}  # fmt: skip


@pytest.mark.parametrize("claim", TABLE)
def test_in_a_call(claim: str) -> None:
    heard, wanted = TABLE[claim]
    assert play(heard) == wanted


def test_a_machine_that_ends_its_tape_before_the_message_is_over_has_no_message() -> None:
    attendant = Attendant(Order.LISTEN, ALL, MANNERS)
    list(attendant.verdict(Verdict(What.VOICEMAIL, 1000, ""), 1000))
    list(attendant.happening(Heard(Happening.TONE_ENDED, 3000, 3000), 3000))
    late = 3000 + MANNERS.another_tone_ms + BLOCK_MS
    assert list(attendant.happening(Heard(Happening.TONE_BEGAN, late, late), late)) == [
        Do.HUSH, Word.MESSAGE_CUT, Do.HANG_UP]  # fmt: skip


def test_without_a_message_a_machine_is_hung_up_on() -> None:
    assert play("1000 voicemail", briefing=Briefing()) == ["1000 voicemail", "1000 hang_up"]


def test_without_its_sound_a_message_counts_as_cut() -> None:
    attendant = Attendant(Order.MESSAGE, ALL, MANNERS)
    assert list(attendant.time(300)) == [Word.MESSAGE_WITHOUT_TONE, Say(Sound.MESSAGE)]
    assert list(attendant.cannot_say(Sound.MESSAGE, 300)) == [Word.MESSAGE_CUT, Do.HANG_UP]


def test_when_a_machine_is_likely_which_one_is_waited_for_and_no_longer() -> None:
    assert play("", briefing=NO_OPENING, likely=True) == ["2500 listens_on", "6500 undecided", "6500 leave"]
    acts = play("3000 voicemail", briefing=Briefing(), likely=True)
    assert acts == ["2500 listens_on", "3000 voicemail", "3000 hang_up"]


def test_a_machine_that_is_known_is_listened_to_twice_as_long_and_each_time_the_engine_is_told() -> None:
    acts = play("", briefing=NO_OPENING, likely=True, known=True)
    assert acts == ["2500 listens_on", "6500 listens_on", "10500 undecided", "10500 leave"]
    assert play("", briefing=NO_OPENING, known=True) == ["2500 undecided", "2500 leave"]


def test_an_ordered_message_is_spoken_at_once_whatever_is_heard() -> None:
    acts = play("200 person", order=Order.MESSAGE)
    assert acts == ["300 message_without_tone", "300 say message", "2600 message_complete", "2600 hang_up"]


@pytest.mark.parametrize(
    ("heard", "wanted"),
    [
        ("4000 announcement", ["4000 announcement", "4000 leave"]),
        ("4000 person", ["4000 leave"]),
        ("4000 voicemail", ["4000 leave"]),
        ("", []),
    ],
)
def test_before_the_answer_only_an_announcement_is_told_and_nothing_is_said(heard: str, wanted: list[str]) -> None:
    assert play(heard, order=Order.EARLY) == wanted


# --- briefings


def test_a_briefing_is_read_as_it_was_written() -> None:
    whole = Briefing("nagaoka", NumberType.MOBILE, 3, 1, "nagaoka/a1-b2", "nagaoka/o", "nagaoka/s", 3000)
    for briefing in (whole, Briefing(), Briefing(city="sendai", number=NumberType.FIXED)):
        assert read(written(briefing)) == briefing


@pytest.mark.parametrize("text", ["", "|", "x", "city", "machines:many|persons:-1|undecided_ms:", "number:satellite"])
def test_a_briefing_that_cannot_be_read_is_a_call_of_which_nothing_is_known(text: str) -> None:
    assert read(text) == Briefing()


def test_a_sound_may_not_lead_out_of_its_folder() -> None:
    assert read("message:../../etc/passwd|opening:/etc/x|screening:a//b").message == ""
    assert read("message:a/../b").message == ""


def test_a_briefing_carries_no_comma_and_no_line() -> None:
    for message in ("a,VAR=x", "a\nAction: Logoff", "長岡"):
        with pytest.raises(ValueError, match="ids and names"):
            written(Briefing(message=message))
