"""Arithmetic gives way to telephones that are tried on the same machine at the same time."""

import os

NICE = 10


def pytest_runtest_setup() -> None:
    if "PYTEST_XDIST_WORKER" in os.environ and os.nice(0) < NICE:
        os.nice(NICE)
