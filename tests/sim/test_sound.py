"""µ-law, tones and what is heard of them."""

import audioop
import math

import numpy as np
import pytest

from dialer.media.hold_music import hold_music
from dialer.media.speech import Speech
from simnet import sound, texts
from simnet.callers import HearTone
from simnet.hearing import Heard, judge
from tests.sim.facing import SPEECH


def test_the_mu_law_table_is_never_further_from_a_sample_than_the_standard_one() -> None:
    """The two differ in 381 samples that stand on the border of two codes; the standard one drops two bits first."""
    every = np.arange(-32768, 32768, dtype=np.int16)
    ours = sound.decoded(sound.encoded(every)[: every.size]).astype(int)
    standard = sound.decoded(audioop.lin2ulaw(every.tobytes(), 2)).astype(int)
    assert np.count_nonzero(ours != standard) < 400
    assert np.all(np.abs(ours - every) <= np.abs(standard - every))


def test_the_way_back_is_the_standard_one_for_every_byte() -> None:
    every = bytes(range(256))
    assert sound.decoded(every).tobytes() == audioop.ulaw2lin(every, 2)


@pytest.mark.parametrize(
    "made",
    [
        sound.silence(1),
        sound.tone(1000, 0.33),
        sound.ringing_tone(),
        sound.fax_answer(),
        sound.music(),
        sound.room_noise(1),
    ],
    ids=["silence", "tone", "ringing", "fax", "music", "noise"],
)
def test_every_sound_is_whole_frames(made: bytes) -> None:
    assert made
    assert len(made) % sound.FRAME == 0


def heard(made: bytes) -> Heard:
    ear = Heard()
    frames = [made[at : at + sound.FRAME] for at in range(0, len(made), sound.FRAME)]
    judged = judge(frames)
    for n, (loud, spectrum, tone) in enumerate(zip(judged.loud, judged.spectra, judged.tones, strict=True)):
        ear.take(n * sound.FRAME_SECONDS, bool(loud), spectrum, int(tone))
    return ear


@pytest.mark.parametrize("hertz", [400, 440, 697, 1000, 1100, 1400, 2100])
def test_a_tone_is_known_by_its_frequency(hertz: int) -> None:
    assert abs((heard(sound.tone(hertz, 1.0)).tone_hz or 0) - hertz) <= 10


@pytest.mark.parametrize(
    ("made", "loud"),
    [
        (sound.silence(1), False),
        (sound.room_noise(3), False),
        (sound.room_noise(3, level_db=-30), True),
        (sound.tone(1000, 1.0, -40), False),
        (sound.tone(1000, 1.0, -30), True),
    ],
    ids=["silence", "a quiet room", "a loud room", "a tone too soft to hear", "a soft tone"],
)
def test_sound_and_silence_are_told_apart(made: bytes, loud: bool) -> None:
    ear = heard(made)
    assert (ear.sound_ms > 0) == loud
    assert ear.sound_ms + ear.silence_ms == round(1000 * sound.seconds_of(made))


def test_music_and_noise_are_no_tone() -> None:
    assert heard(sound.music()).tone_hz is None
    assert heard(sound.room_noise(3, level_db=-20)).tone_hz is None
    assert heard(sound.silence(1)).tone_hz is None


def test_turns_are_counted_after_a_pause_and_not_after_a_breath() -> None:
    word, breath, pause = sound.tone(500, 0.5), sound.silence(0.2), sound.silence(1.0)
    ear = heard(word + breath + word + pause + word)
    assert ear.turns == 2
    assert math.isclose(ear.gap_seconds, 1.0, abs_tol=0.03)


def test_silences_are_known_with_their_moments_also_before_the_first_sound_and_after_the_last() -> None:
    word = sound.tone(500, 0.5)
    ear = heard(sound.silence(1.5) + word + sound.silence(0.2) + word + sound.silence(1.0) + word)
    found = ear.silences(0.5, 6.0)
    assert [round(at, 1) for silence in found for at in silence] == [0.5, 1.5, 2.7, 3.7, 4.2, 6.0]
    assert Heard().silences(2.0, 4.0) == [(2.0, 4.0)]


HUM = 400.0
ENOUGH = HearTone(HUM).seconds


def longest_hum(made: bytes) -> float:
    ear, longest = Heard(), 0.0
    frames = [made[at : at + sound.FRAME] for at in range(0, len(made), sound.FRAME)]
    judged = judge(frames)
    for n, (loud, spectrum, tone) in enumerate(zip(judged.loud, judged.spectra, judged.tones, strict=True)):
        ear.take(n * sound.FRAME_SECONDS, bool(loud), spectrum, int(tone))
        longest = max(longest, ear.tone_for(HUM, n * sound.FRAME_SECONDS))
    return longest


def test_the_hum_of_a_telephone_is_known_and_neither_music_nor_speech_is_taken_for_it() -> None:
    assert longest_hum(sound.silence(0.2) + sound.tone(HUM, 1.0, -25.0)) > 0.9
    assert longest_hum(sound.tone(440, 1.0)) == 0
    speech = Speech(SPEECH)
    for text in (texts.NOT_IN_USE, texts.OPERATOR_GREETING, texts.MACHINE):
        assert longest_hum(sound.encoded(speech.samples(text))) < ENOUGH / 2
    for tune in (sound.encoded(hold_music()), sound.music()):
        assert longest_hum(tune) < ENOUGH / 2
