"""The machine's clock and the drawing of ids: the only place that asks for either."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import uuid6


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class UuidIds:
    def new(self) -> UUID:
        return UUID(int=uuid6.uuid7().int)
