"""How a central is set up: one value, made at the edge of the process and handed in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from models.shop import ShopRules
from models.wire.orders import ORDER_BYTES_MAX


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class CentralSettings:
    """``database`` is the SQLite file; ``now`` the clock, aware and in UTC."""

    database: Path
    rules: ShopRules = field(default_factory=ShopRules)
    now: Callable[[], datetime] = _now
    body_max_bytes: int = ORDER_BYTES_MAX
    """No less: a console has said the reference of what it sends."""
    page_rows: int = 5_000
    """Rows in one page of a feed."""
