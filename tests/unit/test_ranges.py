"""Which part of a recording is asked for."""

import pytest

from dialer.web.ranges import Part, Unsatisfiable, part_of

CASES = [
    ("bytes=0-", Part(0, 99)),
    ("bytes=0-0", Part(0, 0)),
    ("bytes=10-19", Part(10, 19)),
    ("bytes=90-500", Part(90, 99)),
    ("bytes=-1", Part(99, 99)),
    ("bytes=-500", Part(0, 99)),
    ("bytes = 5 - 6", Part(5, 6)),
    (None, None),
    ("", None),
    ("bytes=-", None),
    ("bytes=20-10", None),
    ("bytes=0-1,5-6", None),
    ("bytes=a-b", None),
    ("items=0-1", None),
    ("bytes=0-" + "9" * 30, None),
]


@pytest.mark.parametrize(("header", "part"), CASES)
def test_one_range_is_a_part_and_anything_else_the_whole(header: str | None, part: Part | None) -> None:
    assert part_of(header, 100) == part


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=999-", "bytes=-0"])
def test_what_lies_behind_the_end_cannot_be_had(header: str) -> None:
    with pytest.raises(Unsatisfiable):
        part_of(header, 100)


def test_of_nothing_there_is_no_part() -> None:
    assert part_of(None, 0) is None
    for header in ("bytes=0-", "bytes=-5"):
        with pytest.raises(Unsatisfiable):
            part_of(header, 0)
