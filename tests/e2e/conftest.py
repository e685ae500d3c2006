"""A folder for a whole centre."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.places import short_folder

pytest.register_assert_rewrite("tests.e2e.floor")


@pytest.fixture
def centre_folder() -> Iterator[Path]:
    with short_folder() as folder:
        yield folder
