"""A recording as it lies on the disk: AES-256-GCM in chunks, so that any part of it is read without the rest.

A file begins with a magic word, the id of its key and a salt, from which a key for this file alone is derived. The
nonce of a chunk is its number and whether it is the last: chunks that are changed, exchanged, missing or of another
recording are found, and so is a file that was cut off, already when it is opened.
"""

import os
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from dialer.media.recording_keys import KEY_BYTES, Damaged, KeyFile, RecordingKey

MAGIC = b"YBKREC01"
HEAD = struct.Struct(">8s8s16s")  # magic, key id, salt
SALT_BYTES = 16
NONCE = struct.Struct(">3xQ?")
CHUNK = 1 << 16
TAG = 16
SEALED_CHUNK = CHUNK + TAG


def _cipher(key: RecordingKey, salt: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), KEY_BYTES, salt, b"yobikake recording").derive(key.secret))


def seal(clear: Iterable[bytes], target: BinaryIO, key: RecordingKey, name: str) -> None:
    """`name`: of the recording, without which it cannot be opened."""
    salt = os.urandom(SALT_BYTES)
    head = HEAD.pack(MAGIC, bytes.fromhex(key.id), salt)
    cipher, belongs = _cipher(key, salt), head + name.encode()
    target.write(head)
    waiting, number = bytearray(), 0
    for block in clear:
        waiting += block
        while len(waiting) > CHUNK:  # the last one is told as such, so something is kept back
            target.write(cipher.encrypt(NONCE.pack(number, False), bytes(waiting[:CHUNK]), belongs))
            del waiting[:CHUNK]
            number += 1
    target.write(cipher.encrypt(NONCE.pack(number, True), bytes(waiting), belongs))


class SealedFile:
    """Open for reading; `with` closes it. Not for several threads at once."""

    def __init__(self, path: Path, keys: KeyFile, name: str) -> None:
        """FileNotFoundError, KeyMissing, Damaged, KeysUnusable."""
        self._file = path.open("rb")
        try:
            head = self._file.read(HEAD.size)
            magic, key_id, salt = HEAD.unpack(head) if len(head) == HEAD.size else (b"", b"", b"")
            if magic != MAGIC:
                raise Damaged("it does not begin as a recording does")
            self.key_id: str = key_id.hex()
            self._cipher, self._belongs = _cipher(keys.find(self.key_id), salt), head + name.encode()
            body = os.fstat(self._file.fileno()).st_size - HEAD.size
            self._last = max(0, -(-body // SEALED_CHUNK) - 1)
            end = self._chunk(self._last)  # so that its length is known for sure
            self.size = self._last * CHUNK + len(end)
        except BaseException:
            self._file.close()
            raise

    def read(self, at: int, most: int) -> bytes:
        """Clear bytes from there on, to the end of one chunk at most; none at the end."""
        if not 0 <= at < self.size:
            return b""
        number, skipped = divmod(at, CHUNK)
        return self._chunk(number)[skipped : skipped + most]

    def read_all(self, at: int, length: int) -> bytes:
        found = bytearray()
        while len(found) < length and (block := self.read(at + len(found), length - len(found))):
            found += block
        return bytes(found)

    @property
    def is_deleted(self) -> bool:
        """Since it was opened."""
        return os.fstat(self._file.fileno()).st_nlink == 0

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _chunk(self, number: int) -> bytes:
        self._file.seek(HEAD.size + number * SEALED_CHUNK)
        sealed = self._file.read(SEALED_CHUNK)
        try:
            return self._cipher.decrypt(NONCE.pack(number, number == self._last), sealed, self._belongs)
        except InvalidTag:
            raise Damaged(f"chunk {number} is not as it was written") from None
