"""The soft tone of a join: short, quiet and without a click."""

import numpy as np

from dialer.media.chime import chime


def test_it_is_quiet_and_fades_in_and_out() -> None:
    sound = chime().astype(float)
    assert 0.1 < len(sound) / 8000 < 0.2
    assert -26 < 20 * np.log10(np.abs(sound).max() / 32768) < -23
    assert np.abs(np.diff(sound, prepend=0, append=0)).max() < 0.6 * np.abs(sound).max()
    assert max(abs(sound[0]), abs(sound[-1])) < 30
