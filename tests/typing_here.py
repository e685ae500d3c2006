"""The command line as it is typed, in this process: to start Python anew takes longer than most commands."""

import os
import signal
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest
import structlog

from dialer.cli import main


def typed_here(environment: Mapping[str, str], *words: str) -> tuple[int, str, str]:
    """Exit code, output, error output. Nobody is at the terminal."""
    logs, ends = structlog.get_config(), signal.getsignal(signal.SIGTERM)
    out, wrong, code = StringIO(), StringIO(), 0
    with (
        pytest.MonkeyPatch.context() as patch,
        redirect_stdout(out),
        redirect_stderr(wrong),
        Path(os.devnull).open(encoding="utf-8") as nobody,
    ):
        for name in os.environ.keys() - environment.keys():
            patch.delenv(name)
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", ["dialer", *words])
        patch.setattr(sys, "stdin", nobody)
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0
        finally:
            structlog.configure(**logs)
            signal.signal(signal.SIGTERM, ends)
    return code, out.getvalue(), wrong.getvalue()
