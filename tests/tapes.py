"""What was recorded, as who may hear it would."""

from dialer.config import Settings
from dialer.media.recording_keys import KeyFile
from dialer.media.recordings import Kept


def tape_of(settings: Settings, attempt: str) -> bytes:
    """The WAV file of a talk that is over."""
    with Kept(settings.recordings_folder, KeyFile(settings.recording_key_file), attempt) as kept:
        return wav(kept)


def wav(kept: Kept) -> bytes:
    sound = bytearray()
    while block := kept.read(len(sound), kept.size):
        sound += block
    return bytes(sound)
