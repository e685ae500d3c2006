"""A folder for a whole centre."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.register_assert_rewrite("tests.e2e.floor")


@pytest.fixture
def centre_folder() -> Iterator[Path]:
    """Short, and open on the way to it: root hands Postgres to an account of its own."""
    folder = Path(tempfile.mkdtemp(prefix="yobikake-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)
