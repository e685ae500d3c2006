"""The cipher of backups: what was written is read, and anything else is refused with its reason."""

import io
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.backup import keys, sealing
from dialer.backup.sealing import (
    HEADER_BYTES,
    MAGIC,
    NotABackup,
    OtherFormat,
    SealBroken,
    SealedReader,
    SealedWriter,
    SealError,
    WrongKey,
)
from dialer.calendar_commands import CannotAnswer

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "CHUNK_BYTES", 64)


def sealed(data: bytes, key: bytes = KEY) -> bytes:
    target = io.BytesIO()
    writer = SealedWriter(target, key)
    for start in range(0, len(data), 50):
        writer.write(data[start : start + 50])
    writer.close()
    return target.getvalue()


def opened(file: bytes, key: bytes = KEY, size: int = 37) -> bytes:
    reader, parts = SealedReader(io.BytesIO(file), key), []
    while part := reader.read(size):
        parts.append(part)
    reader.end()
    return b"".join(parts)


@given(st.binary(max_size=700), st.integers(1, 300))
def test_what_was_written_is_read(data: bytes, size: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sealing, "CHUNK_BYTES", 64)
        assert opened(sealed(data), size=size) == data


@pytest.mark.parametrize("length", [0, 63, 64, 65, 128, 300])
def test_a_file_that_is_cut_anywhere_is_refused(length: int) -> None:
    whole = sealed(b"x" * length)
    for end in range(len(MAGIC), len(whole)):
        with pytest.raises(SealBroken):
            opened(whole[:end])


def test_a_file_in_which_any_byte_was_changed_is_refused() -> None:
    whole = sealed(random.Random(1).randbytes(200))
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 1
        with pytest.raises(SealError):
            opened(bytes(changed))


def test_chunks_that_change_places_are_repeated_or_follow_the_last_are_refused() -> None:
    whole, size = sealed(b"a" * 64 + b"b" * 64 + b"c" * 10), 64 + 16
    head, rest = whole[:HEADER_BYTES], whole[HEADER_BYTES:]
    first, second, last = rest[:size], rest[size : 2 * size], rest[2 * size :]
    for order in ((second, first, last), (first, first, second, last), (first, last), (first, second, last, last)):
        with pytest.raises(SealBroken):
            opened(head + b"".join(order))


def test_neither_of_two_files_can_be_made_of_the_other() -> None:
    one, other = sealed(b"a" * 100), sealed(b"a" * 100)
    assert one[HEADER_BYTES:] != other[HEADER_BYTES:]
    with pytest.raises(SealBroken):
        opened(one[:HEADER_BYTES] + other[HEADER_BYTES:])


def test_another_key_another_format_and_another_file_are_told_apart() -> None:
    whole = sealed(b"data")
    for file, key, why in (
        (whole, OTHER, WrongKey),
        (whole.replace(b"BACKUP 1", b"BACKUP 2", 1), KEY, OtherFormat),
        (b"PGDMP" + whole, KEY, NotABackup),
        (b"", KEY, NotABackup),
        (MAGIC[:5], KEY, NotABackup),
    ):
        with pytest.raises(why):
            opened(file, key)


def test_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "backup.key"
    keys.make_key(file)
    key = keys.read_key(file)
    assert (len(key), file.stat().st_mode & 0o777) == (32, 0o600)
    with pytest.raises(CannotAnswer, match="すでにあります"):
        keys.make_key(file)
    assert keys.read_key(file) == key
    file.chmod(0o644)
    with pytest.raises(CannotAnswer, match="chmod 600"):
        keys.read_key(file)


@pytest.mark.parametrize("content", [b"", b"secret", b"yobikake-backup-key-1:AAAA", b"\xff\xfe", None])
def test_a_file_that_holds_no_key_is_refused(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "backup.key"
    if content is not None:
        file.write_bytes(content)
        file.chmod(0o600)
    with pytest.raises(CannotAnswer, match="鍵"):
        keys.read_key(file)
    with pytest.raises(CannotAnswer, match="--new-key"):
        keys.read_key(None)
