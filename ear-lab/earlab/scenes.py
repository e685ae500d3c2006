"""The scenes of a corpus: each makes one answered call (or early media) with its truth."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from earlab import channel as channels
from earlab import notices, persons, rings, surroundings, tones
from earlab.cast import Cast, half, loudness, pause
from earlab.channel import Channel, Pcm
from earlab.labels import Label
from earlab.sound import RATE, Chance, Wave, levelled, samples
from earlab.take import Setting, Take, recorded
from earlab.voices import Voice

PERSON_SECONDS = (6.0, 10.0)


@dataclass(frozen=True, slots=True)
class Call:
    pcm: Pcm
    label: Label  # its file name is given by who keeps it


Scene = Callable[[Cast, Chance], Call]

CLEAN = 0.35  # of the live handsets
NOISY = 0.35  # of the machines: a floor must not tell a person from a machine


def gated(chance: Chance, channel: Channel) -> Channel:
    """Sometimes what is quiet is not sent at all, or replaced by a hiss."""
    draw = chance.random()
    if draw < 0.5:
        return channel
    return replace(channel, comfort_noise=-95.0 if draw < 0.8 else float(chance.uniform(-72, -45)))


def played(chance: Chance, number_type: str, seconds: float, lowest: float = -80, highest: float = -48) -> Setting:
    """Where a machine plays: no floor, its own hiss, or noise of the line and the place it stands in."""
    channel = channels.chosen(chance, number_type)
    draw = chance.random()
    if draw < NOISY:
        where = str(chance.choice(["quiet", "room", "street", "car", "kitchen", "home"]))
        noise = surroundings.place(where, samples(seconds), chance, [])
        return Setting(channel, None, noise, float(chance.uniform(-72, -38)))
    floor = float(chance.uniform(lowest, highest)) if draw < 0.7 else None
    return Setting(gated(chance, channel), played_floor_db=floor)


def surrounded(
    cast: Cast, chance: Chance, take: Take, seconds: float, number_type: str, *, quietest: float = -75
) -> Pcm:
    """A live handset: a room, a place, a level, a channel. From a third of them nothing of the place is heard."""
    if chance.random() < CLEAN:
        room = float(chance.uniform(0.1, 0.5)) if chance.random() < 0.3 else None
        return recorded(take, Setting(gated(chance, channels.chosen(chance, number_type)), room), chance, seconds)
    where = str(chance.choice(surroundings.PLACES))
    voices = cast.bystanders(chance, 2) if where in ("television", "shop", "babble") else []
    noise = surroundings.place(where, samples(seconds), chance, voices)
    level = float(chance.uniform(quietest, -52)) if where in ("quiet", "room") else float(chance.uniform(-58, -32))
    room = float(chance.uniform(0.1, 0.7)) if chance.random() < 0.5 else None
    setting = Setting(channels.chosen(chance, number_type), room, noise, level)
    return recorded(take, setting, chance, seconds)


def person(cast: Cast, chance: Chance) -> Call:
    """Somebody answers, waits to hear who calls, and asks again."""
    voice = cast.anyone(chance)
    text_id, text = cast.text(chance, "person", persons.OPENINGS)
    kind = rings.number_type(chance, "person")
    take, seconds = Take(), cast.within(float(chance.uniform(*PERSON_SECONDS)))
    notes = []
    if chance.random() < 0.3:
        take.beside(surroundings.pick_up_click(chance) * loudness(chance, -45, -22))
        notes.append("click")
    if chance.random() < 0.12:
        take.wait(float(chance.uniform(0.1, 0.6)))
        noise = surroundings.breath(chance) if chance.random() < 0.7 else surroundings.cough(chance)
        take.speak(noise * loudness(chance, -50, -30))
        notes.append("breath")
    late = chance.random() < 0.12
    take.now += pause(chance, 2.4, 0.4, 5.0).size if late else pause(chance, 0.45, 0.55, 1.6).size
    notes += ["late"] if late else []
    speech_from = take.ms
    level = loudness(chance, -38, -13)
    lively = float(chance.uniform(0.0, 2.0))
    _phrases(cast, chance, take, voice, text.split("|"), level, lively)
    while take.now < samples(seconds):
        take.now += pause(chance, 1.7, 0.35, 4.0).size
        again = cast.text(chance, "again", persons.ASKING_AGAIN)[1]
        take.speak(cast.say(chance, voice, again, rise=float(chance.uniform(0, 5)), lively=lively) * level * 1.2)
    pcm = surrounded(cast, chance, take, seconds, kind)
    return Call(
        pcm,
        Label(
            "",
            "person",
            speech_from_ms=speech_from,
            ring_seconds=rings.ring_seconds(chance, "person"),
            number_type=kind,
            voice=voice.name,
            text_id=text_id,
            split=cast.split,
            notes=" ".join(notes),
        ),
    )


def _phrases(
    cast: Cast, chance: Chance, take: Take, voice: Voice, phrases: list[str], level: float, lively: float
) -> None:
    for index, phrase in enumerate(phrases):
        if index:
            take.now += pause(chance, 0.35, 0.6, 1.5).size
        rise = float(chance.uniform(1, 6)) if chance.random() < 0.5 else float(chance.uniform(-2, 0))
        take.speak(cast.say(chance, voice, phrase, rise=rise, lively=lively) * level)


def silent(cast: Cast, chance: Chance) -> Call:
    """Somebody, or something, answers and says nothing."""
    kind = rings.number_type(chance, "silent")
    seconds, take = cast.within(float(chance.uniform(8, 12))), Take()
    notes = []
    if chance.random() < 0.4:
        take.wait(float(chance.uniform(0, 0.3)))
        take.speak(surroundings.pick_up_click(chance) * loudness(chance, -45, -22))
        notes.append("click")
    if chance.random() < 0.3:
        take.wait(float(chance.uniform(0.5, 4)))
        take.speak(surroundings.breath(chance) * loudness(chance, -50, -35))
        notes.append("breath")
    if chance.random() < 0.2:
        pcm = recorded(take, Setting(channels.chosen(chance, kind)), chance, seconds)
        notes.append("digital silence")
    else:
        where = str(chance.choice(["quiet", "room", "street", "car", "kitchen", "wind"]))
        noise = surroundings.place(where, samples(seconds), chance, [])
        level = float(chance.uniform(-75, -45))
        pcm = recorded(take, Setting(channels.chosen(chance, kind), None, noise, level), chance, seconds)
        notes.append(where)
    label = Label(
        "",
        "silent",
        ring_seconds=rings.ring_seconds(chance, "silent"),
        number_type=kind,
        split=cast.split,
        notes=" ".join(notes),
    )
    return Call(pcm, label)


def fax(cast: Cast, chance: Chance) -> Call:
    """A fax machine answers, calls, or says that it is one and then answers."""
    kind = rings.number_type(chance, "fax")
    take, level = Take(), loudness(chance, -22, -6) / loudness(chance, -10.4, -10.4)
    notes, voice_name, text_id, speech_from = "", "-", "-", None
    which = chance.random()
    if which < 0.25:
        voice = cast.steady(chance)
        text_id, text = cast.text(chance, "fax", notices.FAX_VOICE)
        take.wait(float(chance.uniform(0.3, 1.2)))
        speech_from, voice_name, notes = take.ms, voice.name, "voice then "
        take.play(cast.say(chance, voice, text, lively=0.3) * loudness(chance, -28, -14))
        take.wait(float(chance.uniform(0.2, 1.0)))
    elif which < 0.9:
        take.wait(float(chance.uniform(0.2, 2.5)))
    if which < 0.9:
        begins = take.ms
        sound, name = tones.answering_fax(chance)
    else:
        take.wait(float(chance.uniform(0.1, 1.5)))
        begins = take.ms
        sound, name = tones.calling_fax(9.0), "CNG"
    take.play(sound * level)
    seconds = cast.within(max(8.0, min(14.0, take.now / RATE)))
    floor = float(chance.uniform(-75, -50)) if chance.random() < 0.7 else None
    pcm = recorded(take, Setting(channels.chosen(chance, kind), played_floor_db=floor), chance, seconds)
    label = Label(
        "",
        "fax",
        speech_from_ms=speech_from,
        ring_seconds=rings.ring_seconds(chance, "fax"),
        number_type=kind,
        voice=voice_name,
        text_id=text_id,
        split=cast.split,
        notes=notes + name,
        tone_from_ms=begins,
    )
    return Call(pcm, label)


def ringing(cast: Cast, chance: Chance) -> Call:
    """Early media that only rings, with the tone or with music: whoever hangs up now loses a person."""
    kind, seconds = rings.number_type(chance, "silent"), cast.within(float(chance.uniform(8, 14)))
    take, notes = Take(), "rings"
    take.wait(float(chance.uniform(0.0, 1.0)))
    if chance.random() < 0.4:
        take.play(tones.ringback(6) * loudness(chance, -34, -20))
    else:
        notes = "rings with music"
        take.play(levelled(surroundings.tune(samples(seconds), chance), float(chance.uniform(-30, -14))))
        draw = chance.random()
        if draw < 0.35:
            notes = "rings with speech and music"
            spoken = cast.say(chance, cast.anyone(chance), "そのままお待ちください", lively=0.5)
            take.live.append((samples(float(chance.uniform(0, 2))), spoken * loudness(chance, -26, -16)))
        elif draw < 0.7:
            notes = "rings with a song"
            take.live += _sung(cast, chance, seconds)
    pcm = recorded(take, Setting(channels.chosen(chance, kind)), chance, seconds)
    return Call(pcm, Label("", "silent", number_type=kind, split=cast.split, answered=False, notes=notes))


def _sung(cast: Cast, chance: Chance, seconds: float) -> list[tuple[int, Wave]]:
    """Lines of one voice, each on a height of its own and even in itself."""
    voice, level, at = cast.steady(chance), loudness(chance, -26, -14), samples(float(chance.uniform(0, 3)))
    words = [text for _, text in half(persons.CHATTER, cast.split)]
    lines = []
    while at < samples(seconds):
        height = 2 ** (float(chance.choice([-3, 0, 2, 4, 5, 7])) / 12)
        throat = replace(voice.throat, pitch=voice.throat.pitch * height)
        line = cast.say(chance, replace(voice, throat=throat), str(chance.choice(words)), lively=0.15)
        lines.append((at, line * level))
        at += line.size + samples(float(chance.uniform(0.1, 1.0)))
    return lines


def announcement(cast: Cast, chance: Chance) -> Call:
    """The network says why the call cannot be put through, twice or for ever; mostly before any answer."""
    what = str(chance.choice(list(notices.ANNOUNCEMENTS), p=[0.26, 0.12, 0.17, 0.17, 0.18, 0.10]))
    voice = cast.steady(chance)
    text_id, text = cast.text(chance, what, notices.ANNOUNCEMENTS[what])
    take, notes = Take(), []
    clicks = switched_on(chance, take)
    take.wait(float(chance.uniform(0.05, 1.5)))
    opening = chance.random()
    if opening < 0.12:
        take.play(tones.three_tones() * 0.5)
        notes.append("three tones")
    elif opening < 0.3:
        take.play(tones.chime(chance) * float(chance.uniform(0.2, 0.8)))
        notes.append("chime")
    elif opening < 0.4:
        take.play(tones.ringback(1))
        notes.append("rang once")
    if notes:
        take.wait(float(chance.uniform(0.2, 0.8)))
    level, lively = loudness(chance, -28, -13), float(chance.uniform(0, 1))
    speech_from = take.ms
    said = [cast.say(chance, voice, part, lively=lively) * level for part in sentences(text)]
    gap, inner = pause(chance, 1.0, 0.4, 3.0).size, pause(chance, 0.5, 0.3, 1.2).size
    for _ in range(3):
        for part in said:
            take.play(part)
            take.now += inner
        take.now += gap
        if take.now > samples(14):
            break
    kind = rings.number_type(chance, what)
    seconds = cast.within(min(15, take.now / RATE))
    pcm = recorded(take, played(chance, kind, seconds), chance, seconds)
    answered = chance.random() < 0.3
    ring = rings.ring_seconds(chance, "announcement")
    label = Label(
        "",
        "announcement",
        what,
        speech_from_ms=speech_from,
        ring_seconds=ring,
        number_type=kind,
        voice=voice.name,
        text_id=text_id,
        split=cast.split,
        answered=answered,
        notes=" ".join([*clicks, *notes]),
    )
    return Call(pcm, label)


def switched_on(chance: Chance, take: Take) -> list[str]:
    """A machine's relay clicks too: a click must not tell a person from a machine. A word for the notes."""
    if chance.random() >= 0.3:
        return []
    take.play(surroundings.pick_up_click(chance) * loudness(chance, -45, -22))
    take.wait(float(chance.uniform(0.0, 0.3)))
    return ["click"]


def sentences(text: str) -> list[str]:
    return [part + "。" for part in text.split("。") if part.strip()]


def said(cast: Cast, chance: Chance, voice: Voice, text: str, lively: float) -> list[Wave]:
    return [cast.say(chance, voice, part, lively=lively) for part in sentences(text)]
