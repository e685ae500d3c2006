"""What the ear of a rehearsal has heard before: the machines and announcements of the simulated network.

As after some weeks in production, where they are the same recordings call after call. A greeting that begins like a
person is not learned: here one voice speaks for both, and word for word alike. Nor are people, but by tests that need
a certain verdict.
"""

from collections.abc import Iterable, Mapping

from dialer.config import Settings
from dialer.core.hearing.fingerprints import Greeting, Library, learn
from dialer.core.hearing.values import Announcement, What
from dialer.ear_process import greetings_file
from dialer.folders import private_folder
from dialer.media.hearing import write_library
from simnet.sound import decoded
from simnet.subscribers import Behaviour, Subscriber
from simnet.texts import OPENINGS, SAYS_NOTHING, sentences
from simnet.voices import Voices

Kinds = Mapping[Behaviour, tuple[What, Announcement | None]]

MACHINES: Kinds = {
    Behaviour.ANSWERING_MACHINE: (What.VOICEMAIL, None),
    Behaviour.MOBILE_VOICEMAIL: (What.VOICEMAIL, None),
    Behaviour.SCREENING: (What.SCREENING, None),
    Behaviour.NOT_IN_USE: (What.ANNOUNCEMENT, Announcement.NOT_IN_USE),
    Behaviour.NUMBER_CHANGED: (What.ANNOUNCEMENT, Announcement.CHANGED),
    Behaviour.UNPAID: (What.ANNOUNCEMENT, Announcement.UNPAID),
    Behaviour.OUT_OF_AREA: (What.ANNOUNCEMENT, Announcement.OFF_OR_OUT_OF_AREA),
    Behaviour.OUT_OF_AREA_ANSWERS: (What.ANNOUNCEMENT, Announcement.OFF_OR_OUT_OF_AREA),
}
PERSONS: Kinds = {Behaviour.PERSON: (What.PERSON, None), Behaviour.MUSIC_PERSON: (What.PERSON, None)}
PERSONS_BEGIN = [sentences(opening)[:1] for opening in OPENINGS]


async def teach(settings: Settings, people: Iterable[Subscriber], kinds: Kinds = MACHINES) -> None:
    """Each text once. What is too short to be known again is left to the networks."""
    voices, library = Voices(settings.lib / "speech"), Library()
    known: set[str] = set()
    for one in people:
        text = one.greeting or one.opening
        like_a_person = one.behaviour in MACHINES and sentences(text)[:1] in PERSONS_BEGIN
        if one.behaviour in kinds and not like_a_person and text not in ("", SAYS_NOTHING, *known):
            known.add(text)
            sound = decoded(await voices.sound(text, one.pause_seconds or 0.3))
            library = learn(library, Greeting(f"rehearsal-{len(known)}", *kinds[one.behaviour]), sound)
    private_folder(greetings_file(settings).parent)
    write_library(greetings_file(settings), library)
