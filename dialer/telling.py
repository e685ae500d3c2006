"""What a program says of itself every second: that it lives, to its supervisor, and how it does, to `status`."""

import asyncio
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from dialer.folders import private_folder, write_json

TELL_SECONDS = 1.0


def told_file(state_dir: Path, program: str, pid: int) -> Path:
    """Where a program of this kind tells."""
    return state_dir / "run" / f"{program}-{pid}.json"


def tell(path: Path, how: Mapping[str, object]) -> None:
    """A disk that is full is no reason to end: the supervisor knows a silence of all from that of one."""
    with suppress(OSError):
        write_json(path, {"pid": os.getpid(), "at": time.time(), **how})


async def tell_on(path: Path, how: Callable[[], Mapping[str, object]]) -> None:
    """Until it is cancelled; what was told is gone then."""
    with _there(path):
        while True:
            tell(path, how())
            await asyncio.sleep(TELL_SECONDS)


@contextmanager
def _there(path: Path) -> Iterator[None]:
    private_folder(path.parent)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
