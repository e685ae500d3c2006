"""A tape of what a caller heard, and finding what was said to him on it."""

import numpy as np
import pytest

from dialer.media.hold_music import hold_music
from dialer.media.speech import Speech
from simnet.sound import FRAME, FRAME_SECONDS, RATE, Samples, decoded, encoded, music, room_noise
from simnet.tape import Tape, all_heard, heard_at
from simnet.texts import MACHINE, NOT_IN_USE, NUMBER_CHANGED, OUT_OF_AREA
from tests.sim.facing import SPEECH

NEAR = 0.03


def said(text: str) -> Samples:
    return Speech(SPEECH).samples(text)


def quiet(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE), dtype=np.int16)


def over_the_line(*pieces: Samples) -> Samples:
    """µ-law and a little noise."""
    whole = np.concatenate(pieces)
    noise = decoded(room_noise(1, level_db=-58.0, seconds=whole.size / RATE + 1))[: whole.size]
    return decoded(encoded(np.clip(whole.astype(int) + noise, -32768, 32767).astype(np.int16)))


def test_every_prompt_is_found_when_it_was_played_and_in_its_order() -> None:
    first, second = said(OUT_OF_AREA), said(MACHINE)
    tape = over_the_line(quiet(1.3), first, quiet(0.5), second, quiet(0.2), first)
    then = 1.3 + first.size / RATE + 0.5
    again = then + second.size / RATE + 0.2
    assert heard_at(tape, first) == pytest.approx(1.3, abs=NEAR)
    assert heard_at(tape, second) == pytest.approx(then, abs=NEAR)
    assert heard_at(tape, first, after_seconds=2.0) == pytest.approx(again, abs=NEAR)
    found = all_heard(tape, {"area": first, "machine": second})
    assert [name for _, name in found] == ["area", "machine", "area"]
    assert [at for at, _ in found] == pytest.approx([1.3, then, again], abs=NEAR)


def test_a_long_tape_holds_every_time_that_a_prompt_came_back() -> None:
    """Three minutes with music on hold, and the same words every half minute."""
    words, wait = said(MACHINE), np.tile(hold_music(), 3)[: 25 * RATE]
    tape = over_the_line(*[piece for _ in range(6) for piece in (wait, words)])
    each = (wait.size + words.size) / RATE
    found = [at for at, _ in all_heard(tape, {"words": words, "other": said(OUT_OF_AREA)})]
    assert found == pytest.approx([n * each + wait.size / RATE for n in range(6)], abs=NEAR)


def test_what_was_not_said_is_not_found() -> None:
    tape = over_the_line(quiet(1), said(OUT_OF_AREA), decoded(music()), quiet(1))
    assert heard_at(tape, said(MACHINE)) is None
    assert heard_at(quiet(5), said(MACHINE)) is None
    assert heard_at(quiet(0.1), said(MACHINE)) is None


def test_two_sentences_that_begin_alike_are_told_apart_by_their_end() -> None:
    """おかけになった電話番号は、 begins both."""
    tape = over_the_line(quiet(0.5), said(NUMBER_CHANGED), quiet(0.5))
    assert heard_at(tape, said(NUMBER_CHANGED)) == pytest.approx(0.5, abs=NEAR)
    assert heard_at(tape, said(NOT_IN_USE)) is None


def test_sentences_that_differ_in_a_number_are_told_apart() -> None:
    places = [f"ただいま、{number}番目にお待ちです。" for number in (2, 3, 12)]
    for spoken in places:
        tape = over_the_line(quiet(0.5), said(spoken), quiet(0.5))
        assert [text for text in places if heard_at(tape, said(text)) is not None] == [spoken]


def test_a_prompt_that_was_cut_short_is_found_by_its_beginning_only() -> None:
    whole = said(MACHINE)
    tape = over_the_line(quiet(0.7), whole[: 2 * RATE], quiet(1.0), said(OUT_OF_AREA))
    assert heard_at(tape, whole) is None
    assert heard_at(tape, whole, seconds=1.5) == pytest.approx(0.7, abs=NEAR)


@pytest.mark.parametrize("torn_at", [0.9, 1.25, 2.0])
def test_a_prompt_is_found_although_the_line_paused_in_it(torn_at: float) -> None:
    whole, place = said(MACHINE), round(torn_at * RATE)
    tape = over_the_line(quiet(1.0), whole[:place], quiet(0.12), whole[place:], quiet(0.5))
    assert heard_at(tape, whole) == pytest.approx(1.0, abs=NEAR)


def test_a_silence_cannot_be_looked_for() -> None:
    with pytest.raises(ValueError, match="silent"):
        heard_at(quiet(3), quiet(1))


def test_a_tape_runs_with_the_clock_where_nothing_comes() -> None:
    tape = Tape(100.0)
    frame = encoded(np.full(FRAME, 5000, dtype=np.int16))
    for number in [*range(50), *range(150, 200)]:  # a second without a packet
        unsteady = 0.015 if number % 3 else 0.0
        tape.take(100.5 + number * FRAME_SECONDS + unsteady, frame)
    heard = np.abs(decoded(tape.between(100.0, 106.0)).astype(int)) > 1000
    assert heard.size == 6 * RATE
    edges = np.flatnonzero(np.diff(heard.astype(int))) / RATE
    assert edges == pytest.approx([0.5, 1.5, 3.5, 4.5], abs=0.05)
    assert np.count_nonzero(heard) == 100 * FRAME  # nothing torn, nothing twice


def test_a_part_of_a_tape_begins_where_it_is_wanted_from() -> None:
    tape = Tape(0.0)
    for number in range(100):
        tape.take(number * FRAME_SECONDS, bytes([number]) * FRAME)
    assert tape.between(1.0, 1.04) == bytes([50]) * FRAME + bytes([51]) * FRAME
