"""How a central is set up: one value, made at the edge of the process and handed in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from models.shop import ShopRules


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class CentralSettings:
    """``database`` is the SQLite file; ``now`` the clock, aware and in UTC."""

    database: Path
    rules: ShopRules = field(default_factory=ShopRules)
    now: Callable[[], datetime] = _now
    body_max_bytes: int = 256 * 1024
    """An order of 50 lines takes about 20 kB."""
    page_rows: int = 5_000
    """Rows in one page of a feed."""
