"""A stream that nobody can read or change without the key.

    YOBIKAKE BACKUP 1\\n     what it is
    32 bytes                salt; the file's own key is derived of it, so that no two files share one
    8 bytes                 which key is needed: a wrong one is told from a file that was changed
    chunks                  1 MiB each, AES-256-GCM; the nonce is the chunk's number and whether it is the last

A chunk that was changed, left out, repeated or put elsewhere does not open, and a file without its last chunk ends in
SealBroken: nothing of a backup is taken for whole before its last byte was read.

    SealError
    ├── NotABackup    it does not begin as one of ours
    ├── OtherFormat   of a later program
    ├── WrongKey
    └── SealBroken    changed or cut off
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NAME = b"YOBIKAKE BACKUP "
MAGIC = NAME + b"1\n"
SALT_BYTES, KEY_BYTES, NAME_BYTES = 32, 32, 8
CHUNK_BYTES = 1 << 20
TAG_BYTES = 16
HEADER_BYTES = len(MAGIC) + SALT_BYTES + NAME_BYTES


class SealError(Exception):
    """The file cannot be read as a backup."""


class NotABackup(SealError):
    pass


class OtherFormat(SealError):
    pass


class WrongKey(SealError):
    pass


class SealBroken(SealError):
    pass


def name_of(key: bytes) -> bytes:
    """Tells keys apart, and nothing of what they are."""
    return hashlib.sha256(b"yobikake backup key" + key).digest()[:NAME_BYTES]


class SealedWriter:
    """A file to write to; only `close` makes it whole."""

    def __init__(self, target: BinaryIO, key: bytes) -> None:
        header = MAGIC + os.urandom(SALT_BYTES) + name_of(key)
        self._target, self._cipher = target, _cipher(key, header)
        self._waiting = bytearray()
        self._number = 0
        target.write(header)

    def write(self, data: bytes | memoryview) -> int:
        self._waiting += data
        while len(self._waiting) > CHUNK_BYTES:  # one is kept back: it may be the last
            self._put(bytes(self._waiting[:CHUNK_BYTES]), last=False)
            del self._waiting[:CHUNK_BYTES]
        return len(data)

    def close(self) -> None:
        self._put(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _put(self, chunk: bytes, *, last: bool) -> None:
        self._target.write(self._cipher.encrypt(_nonce(self._number, last=last), chunk, None))
        self._number += 1


class SealedReader:
    """A file to read from. `read` raises SealError; `end` when something is left, or the last chunk has not come."""

    def __init__(self, source: BinaryIO, key: bytes, on_read: Callable[[int], None] = lambda _: None) -> None:
        header = source.read(HEADER_BYTES)
        if not header.startswith(NAME) or len(header) < len(MAGIC):
            raise NotABackup
        if not header.startswith(MAGIC):
            raise OtherFormat
        if len(header) < HEADER_BYTES:
            raise SealBroken
        if header[-NAME_BYTES:] != name_of(key):
            raise WrongKey
        self._chunks = _opened(source, _cipher(key, header), on_read)
        self._ready = b""
        self._at = 0

    def read(self, size: int = -1) -> bytes:
        """Fewer bytes than asked for only at the end."""
        parts: list[bytes] = []
        while size != 0:
            if self._at == len(self._ready):
                chunk = next(self._chunks, None)
                if chunk is None:
                    break
                self._ready, self._at = chunk, 0
                continue
            until = len(self._ready) if size < 0 else min(len(self._ready), self._at + size)
            parts.append(self._ready[self._at : until])
            size -= until - self._at if size > 0 else 0
            self._at = until
        return b"".join(parts)

    def end(self) -> None:
        """Nothing comes any more but what fills up an archive."""
        while rest := self.read(CHUNK_BYTES):
            if any(rest):
                raise SealBroken


def _opened(source: BinaryIO, cipher: AESGCM, on_read: Callable[[int], None]) -> Iterator[bytes]:
    number, sealed = 0, source.read(CHUNK_BYTES + TAG_BYTES)
    while True:
        following = source.read(CHUNK_BYTES + TAG_BYTES)
        try:
            chunk = cipher.decrypt(_nonce(number, last=not following), sealed, None)
        except (InvalidTag, ValueError):
            raise SealBroken from None
        on_read(len(sealed))
        if chunk:
            yield chunk
        if not following:
            return
        number, sealed = number + 1, following


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _cipher(key: bytes, header: bytes) -> AESGCM:
    """The header is in the file's own key: whoever changes it opens nothing."""
    return AESGCM(HKDF(SHA256(), KEY_BYTES, salt=None, info=b"yobikake backup" + header).derive(key))
