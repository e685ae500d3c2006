"""The rules among the parts of the ear: blocks, spectra, fax and ringing, utterances, the prior, fingerprints."""

import numpy as np
import numpy.typing as npt
import pytest

from dialer.core.hearing.after import After
from dialer.core.hearing.fingerprints import Greeting, Library, Recogniser, learn, merged
from dialer.core.hearing.network import BadNetwork, Network
from dialer.core.hearing.prior import shifts
from dialer.core.hearing.recording_tone import RecordingTone
from dialer.core.hearing.spectrum import BANDS, BLOCK, BLOCK_MS, Blocks, Frame, Spectrum, as_samples
from dialer.core.hearing.tones import Signal, Signals
from dialer.core.hearing.utterances import Utterances
from dialer.core.hearing.values import Happening, NumberType, Prior, What
from dialer.core.hearing.weighing import Chances
from tests.line_sounds import Sound, blocks, line, melody, quiet, ringback, tone

# --- whatever comes becomes samples


@pytest.mark.parametrize(
    ("given", "samples"),
    [
        (b"\x01\x00\x02\x00", [1, 2]),
        (b"\x01\x00\x02", [1]),  # half a sample is left out
        (b"", []),
        ([0.0, float("nan"), float("inf"), -1e9], [0, 0, 32767, -32768]),
        (np.array([[1, 2], [3, 4]], dtype=np.int16), [1, 2, 3, 4]),
        ("words", []),
        (None, [0]),
        ([object()], []),
    ],
)
def test_whatever_comes_becomes_samples(given: object, samples: list[int]) -> None:
    assert as_samples(given).tolist() == samples


@pytest.mark.parametrize("size", [1, 7, 159, 161, 1000])
def test_blocks_of_any_size_are_cut_into_the_same_blocks(size: int) -> None:
    samples = line(tone(700, 0.5))
    cutter = Blocks()
    got = [block for at in range(0, samples.size, size) for block in cutter.cut(samples[at : at + size])]
    assert np.array_equal(np.concatenate(got), samples[: len(got) * BLOCK])
    assert len(got) == samples.size // BLOCK


@pytest.mark.parametrize("hertz", [400.0, 655.0, 1100.0, 2100.0, 3000.0])
def test_a_tone_is_found_to_five_hertz(hertz: float) -> None:
    spectrum = Spectrum()
    frames = [spectrum.frame(block) for block in blocks(line(tone(hertz, 0.4)))]
    assert abs(frames[-1].hertz - hertz) < 5
    assert frames[-1].dominance > 0.95


@pytest.mark.parametrize("level", [0.0, 5000.0, -32768.0])
def test_a_line_without_signal_is_silent_whatever_its_offset(level: float) -> None:
    spectrum = Spectrum()
    frames = [spectrum.frame(np.full(BLOCK, level, dtype=np.int16)) for _ in range(10)]
    assert frames[-1].level == -96.0
    assert frames[-1].zero
    assert frames[-1].periodicity == 0.0


# --- tones with a meaning of their own


def ansam(seconds: float) -> Sound:
    time = np.arange(round(seconds * 8000)) / 8000
    phase = 2 * np.pi * 2100 * time + np.pi * (np.floor(time / 0.45) % 2)
    return 8000 * (1 + 0.2 * np.sin(2 * np.pi * 15 * time)) * np.sin(phase)


def v21(seconds: float) -> Sound:
    bits = np.random.default_rng(3).integers(0, 2, round(seconds * 300))
    hertz = np.repeat(np.where(bits, 1650.0, 1850.0), 8000 // 300)
    return 8000 * np.sin(2 * np.pi * np.cumsum(hertz) / 8000)


SIGNALS = [
    ("CED", [quiet(0.5), tone(2100, 2.6)], {Signal.CED}),
    ("CED 12 Hz off", [quiet(0.5), tone(2112, 2.6)], {Signal.CED}),
    ("ANSam with phase reversals", [quiet(0.5), ansam(3.0)], {Signal.CED}),
    ("CNG", [quiet(0.3), tone(1100, 0.5), quiet(1.0)], {Signal.CNG}),
    ("CNG 35 Hz off", [quiet(0.3), tone(1135, 0.5), quiet(1.0)], {Signal.CNG}),
    ("a recording tone of 1100 Hz that lasts a second", [quiet(0.3), tone(1100, 1.0), quiet(1.0)], set()),
    ("V.21", [quiet(0.2), v21(1.2)], {Signal.V21}),
    ("a recording tone between the lines of V.21", [tone(1750, 1.5), quiet(0.5)], set()),
    ("a recording tone on a line of V.21", [tone(1650, 1.5), quiet(0.5)], set()),
    ("ringback", [quiet(0.4), ringback(), quiet(0.5)], {Signal.RINGBACK}),
    ("ringback beating with 20 Hz at 416 Hz", [ringback(416, 20), quiet(0.5)], {Signal.RINGBACK}),
    ("engaged", [tone(400, 0.5), quiet(0.5)] * 4, {Signal.ENGAGED}),
    ("three tones", [tone(950, 0.33), tone(1400, 0.33), tone(1800, 0.33), quiet(0.3)], {Signal.SPECIAL_INFORMATION}),
    ("a recording tone of 750 Hz", [quiet(0.3), tone(750, 0.7), quiet(0.5)], set()),
    ("noise", [np.random.default_rng(2).normal(0, 3000, 24000)], set()),
    ("nothing", [quiet(3.0)], set()),
]


@pytest.mark.parametrize(("name", "pieces", "wanted"), SIGNALS, ids=[name for name, _, _ in SIGNALS])
@pytest.mark.parametrize("level", [1.0, 0.1])
def test_signals_are_told_from_other_tones(name: str, pieces: list[Sound], wanted: set[Signal], level: float) -> None:
    spectrum, signals = Spectrum(), Signals()
    for block in blocks(line(*[level * piece for piece in pieces], noise=8.0)):
        signals.take(spectrum.frame(block), spoken_ms=0)
    assert set(signals.found) == wanted


def test_a_lone_1100_hertz_after_words_is_a_recording_tone_and_no_fax() -> None:
    spectrum, signals = Spectrum(), Signals()
    for block in blocks(line(quiet(0.3), tone(1100, 0.5), quiet(1.0))):
        signals.take(spectrum.frame(block), spoken_ms=3000)
    assert not signals.found


@pytest.mark.parametrize(
    ("pieces", "ended_ms"),
    [
        ([tone(1400, 0.6)], 1100),
        ([tone(700, 0.2), quiet(0.1), tone(700, 0.5)], 1300),
        ([tone(2100, 0.6)], 1100),  # of a fax's height, but far too short for one
        ([tone(2100, 2.8)], None),
        ([tone(400, 1.0)], None),  # it rings
    ],
)
def test_a_recording_tone_is_told_from_a_fax_and_from_ringing(pieces: list[Sound], ended_ms: int | None) -> None:
    spectrum, heard = Spectrum(), RecordingTone()
    for block in blocks(line(quiet(0.5), *pieces, quiet(1.0))):
        frame = spectrum.frame(block)
        heard.take(float(frame.dominance > 0.7 and frame.level > -50), 0.0, frame)
    assert heard.ended_ms == (ended_ms and pytest.approx(ended_ms, abs=40))


# --- utterances


def spoken(pattern: str) -> Utterances:
    """`#` is 100 ms of speech, `.` 100 ms without."""
    said = Utterances()
    for sign in pattern:
        for _ in range(5):
            said.take(0.95 if sign == "#" else 0.05)
    return said


@pytest.mark.parametrize(
    ("pattern", "count", "speech", "first", "longest_pause", "pause"),
    [
        ("..........", 0, 0, 0, 0, 0),
        (".####.....", 1, 400, 400, 0, 500),
        ("####.####.", 1, 800, 900, 0, 100),  # a breath
        ("####...###", 2, 700, 400, 300, 0),
        ("##.....##......##", 3, 600, 200, 600, 0),
    ],
)
def test_utterances_are_counted_and_their_pauses_measured(
    pattern: str, count: int, speech: int, first: int, longest_pause: int, pause: int
) -> None:
    said = spoken(pattern)
    found = (said.count, said.speech_ms, said.first_ms, said.longest_pause_ms, said.pause_ms)
    assert found == (count, speech, first, longest_pause, pause)


def test_a_click_is_no_utterance() -> None:
    said = Utterances()
    for chance in [0.0] * 10 + [0.9] * 2 + [0.0] * 20:
        said.take(chance)
    assert (said.count, said.began_ms) == (0, None)


# --- the prior


def log_odds(prior: Prior) -> float:
    """Of a voicemail against a person, in addition to what is heard."""
    shift = shifts(prior)
    return shift[What.VOICEMAIL] - shift[What.PERSON]


def test_nothing_known_changes_nothing() -> None:
    assert set(shifts(Prior()).values()) == {0.0}


@pytest.mark.parametrize(
    ("likelier", "than"),
    [
        (Prior(ring_seconds=15.0), Prior(ring_seconds=7.5)),
        (Prior(ring_seconds=12.0), Prior(ring_seconds=7.5)),
        (Prior(ring_seconds=24.0, number_type=NumberType.MOBILE), Prior(ring_seconds=26.0)),
        (Prior(without_ringing=True), Prior()),
        (Prior(machines_before=3), Prior(machines_before=1)),
        (Prior(machines_before=1), Prior(persons_before=1)),
        (Prior(answered=False), Prior()),
    ],
)
def test_ringing_and_history_make_a_machine_likelier(likelier: Prior, than: Prior) -> None:
    assert log_odds(likelier) > log_odds(than) + 0.1


@pytest.mark.parametrize("seconds", [-5.0, 0.0, 0.3, 15.0, 1e6])
def test_no_ring_time_decides_alone(seconds: float) -> None:
    assert all(abs(shift) <= 1.6 for shift in shifts(Prior(ring_seconds=seconds)).values())


# --- fingerprints


GREETINGS = {"docomo": What.VOICEMAIL, "sharp": What.VOICEMAIL, "adapter": What.SCREENING}


@pytest.fixture(scope="module")
def library() -> Library:
    known = Library()
    for seed, (key, what) in enumerate(GREETINGS.items()):
        known = learn(known, Greeting(key, what), line(melody(seed)))
    return known


@pytest.mark.parametrize(("seed", "key"), list(enumerate(GREETINGS)))
@pytest.mark.parametrize("late", [0, 1000, 8037])
def test_a_greeting_heard_before_is_known_within_two_seconds(library: Library, seed: int, key: str, late: int) -> None:
    recogniser, spectrum = Recogniser(library), Spectrum()
    again = line(quiet(late / 8000), 0.5 * melody(seed), noise=60.0)
    for number, block in enumerate(blocks(again)):
        match = recogniser.take(spectrum.frame(block).power)
        if match is not None and match.agreeing >= 12:
            assert match.greeting.key == key
            assert number * 20 - late / 8 < 2000
            return
    pytest.fail("not recognised")


@pytest.mark.parametrize("seed", range(100, 110))
def test_other_sounds_are_not_taken_for_a_known_greeting(library: Library, seed: int) -> None:
    recogniser, spectrum = Recogniser(library), Spectrum()
    matches = [recogniser.take(spectrum.frame(block).power) for block in blocks(line(melody(seed)))]
    assert max(match.agreeing for match in matches if match is not None) < 12


def test_libraries_are_merged_without_losing_a_greeting(library: Library) -> None:
    other = learn(Library(), Greeting("kddi", What.VOICEMAIL), line(melody(50)))
    whole = merged([library, other])
    recogniser, spectrum = Recogniser(whole), Spectrum()
    found = [recogniser.take(spectrum.frame(block).power) for block in blocks(line(melody(50)))]
    best = max((match for match in found if match), key=lambda match: match.agreeing)
    assert best.greeting.key == "kddi"
    assert [one.key for one in whole.greetings] == [*GREETINGS, "kddi"]


# --- networks


def test_a_network_whose_numbers_do_not_fit_is_refused() -> None:
    def numbers(*shape: int) -> npt.NDArray[np.float32]:
        return np.zeros(shape, dtype=np.float32)

    fits = [numbers(3), numbers(3), numbers(3, 12), numbers(4, 12), numbers(12), numbers(12), numbers(4, 2), numbers(2)]
    Network(*fits)
    for at, wrong in ((0, numbers(2)), (3, numbers(4, 11)), (7, np.full(2, np.nan, dtype=np.float32))):
        with pytest.raises(BadNetwork):
            Network(*[wrong if place == at else one for place, one in enumerate(fits)])


def test_a_network_moves_as_a_gated_recurrent_layer_does() -> None:
    chance = np.random.default_rng(5)
    shapes = [(3,), (3,), (3, 12), (4, 12), (12,), (12,), (4, 2), (2,)]
    numbers = [chance.standard_normal(shape).astype(np.float32) for shape in shapes]
    centre, scale, into, back, bias, back_bias, _, _ = numbers
    network, state, inputs = Network(*numbers), numbers[6][:, 0], 3 * numbers[0]

    given = ((inputs - centre) * scale) @ into + bias
    fed = state @ back + back_bias
    update, reset = (1 / (1 + np.exp(-(given[gate] + fed[gate]))) for gate in (slice(0, 4), slice(4, 8)))
    candidate = np.tanh(given[8:] + reset * fed[8:])
    assert np.allclose(network.moved(state, inputs), update * state + (1 - update) * candidate, atol=1e-5)


# --- who speaks after a device that asks who calls


def spoken_frame(pitch: float) -> Frame:
    bands = np.zeros(BANDS, dtype=np.float32)
    return Frame(bands, -20.0, False, 0.9, pitch, 0.3, 0.4, pitch, 0.5, np.zeros(0, dtype=np.float32))


@pytest.mark.parametrize(
    ("pause_ms", "pitch", "like_a_person", "came"),
    [
        (400, 220.0, 0.1, False),  # the device's next sentence
        (1000, 220.0, 0.1, False),
        (1000, 110.0, 0.1, True),  # another voice
        (1000, 220.0, 0.95, True),  # the same, but so speaks a person
        (400, 110.0, 0.95, False),  # in the middle of what the device says
        (1600, 220.0, 0.1, True),  # nobody is left waiting for want of a sure word
    ],
)
def test_a_person_is_told_from_the_devices_next_sentence(
    pause_ms: int, pitch: float, like_a_person: float, came: bool
) -> None:
    after, said, no_tone = After(What.SCREENING), Utterances(), RecordingTone()
    for _ in range(5):
        said.take(0.95)  # who this is becomes clear while it speaks
    rest = dict.fromkeys(What, (1 - like_a_person) / (len(What) - 1))
    now = Chances(rest | {What.PERSON: like_a_person}, {})
    heard: list[Happening] = []

    def speak(milliseconds: int, hertz: float, chance: float) -> None:
        for _ in range(milliseconds // BLOCK_MS):
            said.take(chance)
            heard.extend(one.what for one in after.take(spoken_frame(hertz), chance, said, no_tone, now))

    speak(1500, 220.0, 0.95)
    speak(pause_ms, 220.0, 0.0)
    speak(600, pitch, 0.95)

    assert (Happening.PERSON_CAME in heard) is came
