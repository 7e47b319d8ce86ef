"""Operators' passwords: Argon2id (RFC 9106), slow on purpose, a few at a time.

Owns the parameters and how much of the computer may be spent on them at once. Knows no
operator and no table.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TypeVar

import anyio
import anyio.to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from models.errors import DomainError, Unavailable

AT_ONCE = 2
"""Each takes 64 MiB and some 50 ms of a core."""
WAITING_MAX = 20
RETRY_AFTER_SECONDS = 2
LENGTH_MIN = 8

Answer = TypeVar("Answer")


class Passwords:
    """Hashes and their verification. Safe to use from many threads."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)

    def hash(self, password: str) -> str:
        """What may be kept. Raises DomainError("password_too_short", minimum=...)."""
        if len(password) < LENGTH_MIN:
            raise DomainError("password_too_short", minimum=LENGTH_MIN)
        return self._hasher.hash(password)

    def is_right(self, password: str, kept: str | None) -> bool:
        """Takes as long where nothing is kept, so that time does not tell who exists."""
        nobodys = self._nobodys
        try:
            self._hasher.verify(nobodys if kept is None else kept, password)
        except (VerificationError, InvalidHashError):
            return False
        return kept is not None

    @cached_property
    def _nobodys(self) -> str:
        return self._hasher.hash("nobody has this password")

    def renewed(self, password: str, kept: str) -> str:
        """``kept``, or a hash of the same password by today's parameters where it is older."""
        return self._hasher.hash(password) if self._hasher.check_needs_rehash(kept) else kept


class Hashing:
    """Threads of its own: a hundred people who sign in at once keep nobody else waiting."""

    def __init__(self) -> None:
        self._limiter = anyio.CapacityLimiter(AT_ONCE)

    async def run(self, work: Callable[[], Answer]) -> Answer:
        """Raises Unavailable("too_many_requests") where the queue is too long."""
        if self.waiting >= WAITING_MAX:
            raise Unavailable("too_many_requests", retry_after_seconds=RETRY_AFTER_SECONDS)
        return await anyio.to_thread.run_sync(work, limiter=self._limiter)

    @property
    def waiting(self) -> int:
        return self._limiter.statistics().tasks_waiting
