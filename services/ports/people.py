"""Who works at this console: operators that central knows, and how a password is verified."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class KnownOperator:
    """Somebody central lets sign in. ``verifier``: an Argon2 hash made here at their last
    sign-in; with it they can sign in until ``verifiable_until`` without central.
    """

    operator_id: UUID
    login: str
    name: str
    is_disabled: bool = False
    verifier: str | None = None
    verifiable_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Whom central knows by this password; until ``offline_until`` the console may verify
    them by itself.
    """

    operator: KnownOperator
    offline_until: datetime


class Passwords(Protocol):
    """Hashes that cannot be turned back into a password. Slow on purpose, some 50 ms."""

    def verifier(self, password: str) -> str: ...
    def is_right(self, password: str, verifier: str) -> bool: ...


class Operators(Protocol):
    def replace_all(self, operators: Iterable[KnownOperator]) -> None:
        """Those central knows now. Verifiers that are known here stay, but for the disabled
        and the gone.
        """
        ...

    def all(self) -> Sequence[KnownOperator]: ...
    def by_login(self, login: str) -> KnownOperator | None: ...
    def keep_verifier(self, operator: KnownOperator) -> None:
        """Insert or replace, verifier and all."""
        ...
