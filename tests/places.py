"""Where tests find what set-up made."""

import os
from pathlib import Path

from dialer.config import ROOT

STATE = Path(os.environ.get("YOBIKAKE_STATE_DIR", ROOT / "var"))
LIB = STATE / "lib"
