"""Time and identity, given to whoever needs them."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol
from uuid import UUID


class Clock(Protocol):
    def now(self) -> datetime:
        """Aware, in UTC."""
        ...


class Ids(Protocol):
    def new(self) -> UUID:
        """A UUIDv7 (RFC 9562)."""
        ...
