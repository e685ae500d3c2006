"""Keys as RFC 4733 says them."""

from itertools import pairwise

import pytest

from simnet.keys import EVENT, Held, KeysHeard, held_frames
from simnet.sound import FRAME_SECONDS


def begins(frames: list[Held | None]) -> list[float]:
    return [place * FRAME_SECONDS for place, frame in enumerate(frames) if frame is not None and frame.frames == 1]


def heard_of(frames: list[Held | None]) -> str:
    ear = KeysHeard()
    began = 0
    for place, frame in enumerate(frames):
        if frame is not None:
            began = place if frame.frames == 1 else began
            for _ in range(frame.copies):
                ear.take(began.to_bytes(4), frame.payload)
    return ear.pressed


@pytest.mark.parametrize("every", [0.04, 0.05, 0.1, 0.25, 1.0])
def test_every_key_is_begun_in_time_and_ended_before_the_next(every: float) -> None:
    frames = held_frames("0123456789*#ABCD11", every, 0.1)
    assert begins(frames) == pytest.approx([number * every for number in range(18)], abs=FRAME_SECONDS / 2 + 1e-9)
    assert heard_of(frames) == "0123456789*#ABCD11"


def test_a_storm_of_twenty_keys_a_second_takes_no_longer_than_it_should() -> None:
    assert len(held_frames("1" * 60, 0.05, 0.1)) * FRAME_SECONDS == pytest.approx(3.0, abs=0.02)


def test_a_key_grows_while_it_is_held_and_its_end_is_said_three_times() -> None:
    frames = [frame for frame in held_frames("5", 0.25, 0.1) if frame is not None]
    lengths = [EVENT.unpack(frame.payload)[2] for frame in frames]
    assert all(later - earlier == 160 for earlier, later in pairwise(lengths))
    assert lengths[-1] == 800  # 0.1 s
    assert [frame.copies for frame in frames] == [1, 1, 1, 1, 3]


@pytest.mark.parametrize(("keys", "every"), [("x", 0.25), ("１", 0.25), ("12", 0.03)])
def test_what_no_telephone_can_press_is_refused(keys: str, every: float) -> None:
    with pytest.raises(ValueError, match="key"):
        held_frames(keys, every, 0.1)


def test_what_is_no_key_is_not_heard() -> None:
    ear = KeysHeard()
    ear.take(b"\0\0\0\1", EVENT.pack(16, 0x80, 800))  # a hook flash
    assert ear.pressed == ""
