"""Talks that are over and recorded, as engine and Asterisk leave them."""

from pathlib import Path

import numpy as np
import pytest

from dialer.media import recordings
from dialer.media.recording_keys import KeyFile
from dialer.media.recordings import Recordings
from tests.desk_rig import DeskRig


def spoken(seconds: float) -> bytes:
    """The person a low tone in the first half, the operator a higher one in the second."""
    frames = int(seconds * 8000)
    both, times = np.zeros((frames, 2), dtype="<i2"), np.arange(frames) / 8000
    half = frames // 2
    both[:half, 0] = 12_000 * np.sin(2 * np.pi * 220 * times[:half])
    both[half:, 1] = 6_000 * np.sin(2 * np.pi * 440 * times[half:])
    return both.tobytes()


def folder_of(rig: DeskRig) -> Path:
    folder = rig.rig.parts.settings.recordings_folder
    folder.mkdir(exist_ok=True)
    return folder


def keys_of(rig: DeskRig) -> KeyFile:
    return KeyFile(rig.rig.parts.settings.recording_key_file)


async def recorded(rig: DeskRig, seconds: float = 4.0, by: str = "hanako", **person: str) -> str:
    """Its id. Whoever sits at op01 has had it."""
    rig.sit(by)
    attempt = rig.talk(rig.person(**person))
    rig.hang_up(attempt)
    (folder_of(rig) / f"{attempt}.raw").write_bytes(spoken(seconds))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recordings, "STILL_SECONDS", 0.0)
        done = await Recordings(folder_of(rig), keys_of(rig)).finish(attempt)
    assert done is not None
    await rig.store.save_recording(done)
    return attempt
