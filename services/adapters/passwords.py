"""Argon2 verifiers of passwords, with the library's own parameters (RFC 9106, low memory)."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError


class Argon2Passwords:
    """``services.ports.Passwords``."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()

    def verifier(self, password: str) -> str:
        return self._hasher.hash(password)

    def is_right(self, password: str, verifier: str) -> bool:
        try:
            return self._hasher.verify(verifier, password)
        except (VerificationError, InvalidHashError):
            return False
