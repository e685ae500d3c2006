"""What a password is worth, and keeping it.

Argon2id works in threads of its own: a hash takes a tenth of a second and 64 MiB, and nobody else waits for it.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from dialer.core.city import City
from dialer.core.passwords import LONGEST, normal, problems

T = TypeVar("T")
AT_ONCE = 2
LOOKED_AT = 72  # characters; guessing these is work enough


def strength(text: str, words: Collection[str]) -> int:
    """4: more than ten thousand million tries; 3: a hundredth of that."""
    return int(zxcvbn(text[:LOOKED_AT], user_inputs=[word.casefold() for word in words if word])["score"])


def wrong_with(password: str, login: str, city: City) -> tuple[str, ...]:
    """Why this account may not have it, by the city's rules; empty when it may."""
    return problems(password, login, city.passwords, strength, (city.key, city.name))


class Passwords:
    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()  # RFC 9106, low memory
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="argon2")
        self._nobodys = self._hasher.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        return await self._apart(lambda: self._hasher.hash(normal(password)))

    async def verify(self, known: str | None, password: str) -> bool:
        """Takes as long when there is nothing to compare with: who waits learns nothing."""
        return await self._apart(lambda: self._matches(known or self._nobodys, password)) and known is not None

    async def among(self, known: Sequence[str], password: str) -> bool:
        return await self._apart(lambda: any(self._matches(one, password) for one in known))

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _matches(self, known: str, password: str) -> bool:
        try:
            return self._hasher.verify(known, normal(password[: LONGEST * 2]))
        except (VerificationError, InvalidHashError):
            return False

    async def _apart(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)
