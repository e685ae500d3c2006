"""Where tests find what set-up made."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dialer.config import ROOT

STATE = Path(os.environ.get("YOBIKAKE_STATE_DIR", ROOT / "var"))
LIB = STATE / "lib"


@contextmanager
def short_folder() -> Iterator[Path]:
    """For a whole centre. Open on the way to it: root hands Postgres to an account of its own."""
    folder = Path(tempfile.mkdtemp(prefix="yobikake-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)
