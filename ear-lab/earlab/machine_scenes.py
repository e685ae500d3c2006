"""The scenes in which a machine answers and speaks: voicemail of every kind, and screening machines."""

from dataclasses import replace

import numpy as np
import soxr

from earlab import machines, notices, rings, surroundings, tones
from earlab.cast import Cast, loudness, pause
from earlab.labels import Label
from earlab.scenes import Call, played, said, surrounded, switched_on
from earlab.sound import RATE, Chance, Wave, decibels
from earlab.take import Take, recorded
from earlab.voices import Voice

LISTENS_SECONDS = (2.5, 5.0)  # how much of the machine's recording is in the file, after its tone
LONGEST_SECONDS = 24.0


def voicemail(cast: Cast, chance: Chance) -> Call:
    kind = str(chance.choice(["carrier", "factory", "own_voice", "refuses"], p=[0.3, 0.27, 0.33, 0.1]))
    if kind == "own_voice":
        return own_voice(cast, chance)
    return _announcer(cast, chance, kind)


def _announcer(cast: Cast, chance: Chance, kind: str) -> Call:
    """A carrier's centre or the voice that came with the telephone: even, clean, silent between the sentences."""
    texts = {"carrier": machines.CARRIER, "factory": machines.FACTORY, "refuses": machines.DOES_NOT_RECORD}[kind]
    voice = cast.steady(chance)
    text_id, text = cast.text(chance, kind, texts)
    habit = kind if kind != "refuses" else str(chance.choice(["carrier", "factory"]))
    number = rings.number_type(chance, habit)
    take, notes = Take(), [kind]
    take.now += pause(chance, 0.6, 0.35, 2.0).size
    if kind == "carrier" and chance.random() < 0.15:
        take.play(tones.chime(chance) * float(chance.uniform(0.2, 0.6)))
        take.now += pause(chance, 0.4, 0.3).size
        notes.append("chime")
    else:
        notes += switched_on(chance, take)
    speech_from = take.ms
    level = loudness(chance, -30, -13)
    for part in said(cast, chance, voice, text, float(chance.uniform(0, 1))):
        take.play(part * level)
        take.now += pause(chance, 0.5, 0.4, 1.5).size
    label = _of_a_voicemail(cast, voice, text_id, number, speech_from)
    return _recording(cast, chance, take, label, notes, habit, records=kind != "refuses")


def own_voice(cast: Cast, chance: Chance) -> Call:
    """The owner spoke it himself: room, breath, a click at its end; the hardest to tell from a person."""
    voice = cast.anyone(chance)
    text_id, text = cast.text(chance, "own_voice", machines.OWN_VOICE)
    number = rings.number_type(chance, "own_voice")
    take, notes = Take(), ["own_voice"]
    notes += switched_on(chance, take)
    take.now += pause(chance, 0.7, 0.45, 2.2).size
    greeting = Take()
    if chance.random() < 0.3:
        greeting.beside(surroundings.pick_up_click(chance) * loudness(chance, -48, -28))
        greeting.wait(float(chance.uniform(0.05, 0.4)))
    if chance.random() < 0.12:
        greeting.speak(surroundings.breath(chance) * loudness(chance, -50, -30))
        greeting.wait(float(chance.uniform(0.0, 0.3)))
    speech_from = take.ms + greeting.ms
    level, lively = loudness(chance, -36, -15), float(chance.uniform(0.0, 1.8))
    for part in said(cast, chance, voice, text, lively):
        greeting.speak(part * level)
        greeting.now += pause(chance, 0.5, 0.5, 1.8).size
    if chance.random() < 0.5:
        greeting.speak(surroundings.pick_up_click(chance) * loudness(chance, -48, -28))
    take.play(_as_recorded(cast, chance, greeting, number))
    take.now += pause(chance, 0.4, 0.5, 2.0).size
    label = _of_a_voicemail(cast, voice, text_id, number, speech_from)
    return _recording(cast, chance, take, label, notes, "own_voice", records=True)


def _of_a_voicemail(cast: Cast, voice: Voice, text_id: str, number: str, speech_from: int) -> Label:
    return Label(
        "",
        "voicemail",
        speech_from_ms=speech_from,
        number_type=number,
        voice=voice.name,
        text_id=text_id,
        split=cast.split,
    )


def _recording(
    cast: Cast, chance: Chance, take: Take, label: Label, notes: list[str], habit: str, *, records: bool
) -> Call:
    """Its tone, and how all of it comes to us."""
    beep = _tone(chance, take, notes, records=records)
    seconds = cast.within(min(LONGEST_SECONDS, take.now / RATE))
    pcm = recorded(take, played(chance, label.number_type, seconds), chance, seconds)
    ring = rings.ring_seconds(chance, habit)
    return Call(pcm, replace(label, beep_end_ms=beep, ring_seconds=ring, notes=" ".join(notes)))


def _as_recorded(cast: Cast, chance: Chance, greeting: Take, number: str) -> Wave:
    """Through the owner's microphone, once; it comes back at 16 kHz to be played over the line."""
    pcm = surrounded(cast, chance, greeting, cast.within(greeting.now / RATE), number)
    wide = soxr.resample(pcm.astype(np.float32) / 32768, 8000, RATE, quality="HQ")
    return np.asarray(wide, dtype=np.float32)


def _tone(chance: Chance, take: Take, notes: list[str], *, records: bool) -> int | None:
    """The tone and what follows it. None where no tone comes: some only stop speaking, some only hang up."""
    take.now += pause(chance, 0.5, 0.5, 2.5).size
    without = chance.random() < (0.08 if records else 0.6)
    beep = None
    if not without:
        sound, name = tones.recording_tone(chance)
        take.play(sound * decibels(float(chance.uniform(-16, 4))))
        beep = take.ms
        notes.append(name)
    else:
        notes.append("no tone")
    if records:
        take.wait(float(chance.uniform(*LISTENS_SECONDS)))
    elif chance.random() < 0.4:
        take.wait(float(chance.uniform(0.3, 1.0)))
        take.play(tones.engaged(4) * 0.5)
        notes.append("engaged tone")
    else:
        take.wait(0.2)
        notes.append("hangs up")
    return beep


def screening(cast: Cast, chance: Chance) -> Call:
    """A machine that may become a person: an anti-fraud adapter, a phone's call screening, a fax-phone that rings."""
    if chance.random() < 0.22:
        return _fax_phone(cast, chance)
    voice = cast.steady(chance)
    text_id, text = cast.text(chance, "screening", notices.SCREENING)
    number = rings.number_type(chance, "screening")
    take, notes = Take(), ["adapter"]
    notes += switched_on(chance, take)
    take.now += pause(chance, 0.5, 0.4, 1.5).size
    speech_from, level = take.ms, loudness(chance, -30, -13)
    for part in said(cast, chance, voice, text, float(chance.uniform(0, 1))):
        take.play(part * level)
        take.now += pause(chance, 0.45, 0.4, 1.2).size
    beep = None
    after = chance.random()
    if after < 0.35:
        take.play(tones.ringback(int(chance.integers(1, 4))) * decibels(float(chance.uniform(-12, 3))))
        notes.append("rings on")
    elif after < 0.55:
        sound, name = tones.recording_tone(chance)
        take.play(sound * decibels(float(chance.uniform(-14, 3))))
        beep = take.ms
        notes.append(name)
    label = Label(
        "",
        "screening",
        beep_end_ms=beep,
        speech_from_ms=speech_from,
        number_type=number,
        voice=voice.name,
        ring_seconds=rings.ring_seconds(chance, "screening"),
        text_id=text_id,
        split=cast.split,
    )
    return _then_perhaps_a_person(cast, chance, take, label, notes)


def _fax_phone(cast: Cast, chance: Chance) -> Call:
    """It answers at once and plays a ringing tone of its own while it listens for a fax."""
    number = rings.number_type(chance, "screening")
    take, notes = Take(), ["fax-phone rings"]
    take.wait(float(chance.uniform(0.1, 2.0)))
    ring = tones.ringback(int(chance.integers(2, 5)), float(chance.uniform(390, 425)), float(chance.uniform(14, 20)))
    take.play(ring * decibels(float(chance.uniform(-14, 3))))
    label = Label("", "screening", number_type=number, ring_seconds=rings.ring_seconds(chance, "fax"), split=cast.split)
    return _then_perhaps_a_person(cast, chance, take, label, notes)


def _then_perhaps_a_person(cast: Cast, chance: Chance, take: Take, label: Label, notes: list[str]) -> Call:
    person = cast.anyone(chance) if chance.random() < 0.5 else None
    if person is not None:
        take.wait(float(chance.uniform(0.5, 3.0)))
        take.beside(surroundings.pick_up_click(chance) * loudness(chance, -40, -22))
        take.wait(float(chance.uniform(0.2, 0.8)))
        notes.append(f"person_at={take.ms}")
        words = cast.text(chance, "screened", notices.SCREENED_PERSON)[1]
        take.speak(cast.say(chance, person, words, rise=2.0) * loudness(chance, -34, -15))
    take.wait(float(chance.uniform(2.0, 4.0)))
    seconds = cast.within(min(LONGEST_SECONDS, take.now / RATE))
    pcm = recorded(take, played(chance, label.number_type, seconds), chance, seconds)
    return Call(pcm, replace(label, notes=" ".join(notes)))
