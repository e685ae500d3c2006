"""Where tests find what set-up made, and ports that nobody has."""

import os
import socket
from pathlib import Path

from dialer.config import ROOT

STATE = Path(os.environ.get("YOBIKAKE_STATE_DIR", ROOT / "var"))
LIB = STATE / "lib"


def free_port(kind: int = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
