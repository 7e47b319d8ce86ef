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
    """``database`` is a SQLite file or the URL of a PostgreSQL database (``central.database``);
    ``now`` the clock, aware and in UTC.
    """

    database: Path | str
    rules: ShopRules = field(default_factory=ShopRules)
    now: Callable[[], datetime] = _now
    body_max_bytes: int = ORDER_BYTES_MAX
    """No less: a console has said the reference of what it sends."""
    page_rows: int = 5_000
    """Rows in one page of a feed."""
    heartbeat_seconds: float = 5.0
    """A live stream says that often that it is there, and looks whether its token still is."""
    events_kept_days: int = 30
    """A console that was away for longer fetches everything anew."""
    token_days: int | None = None
    """How long a console's token works; None: until it is revoked or enrolled again."""
    token_cache_seconds: float = 1.0
    """How long a worker believes a token without looking: a revoked one dies that late."""
    offline_sign_in_hours: int = 72
    """A console may verify an operator by itself that long: over a weekend without a network."""
    sign_in_failures_max: int = 5
    """Wrong passwords in a row before an operator has to wait."""
    sign_in_lock_seconds: int = 300
    metrics_token: str | None = None
    """Bearer token that reads ``/metrics``; None: whoever asks from this computer."""

    def __repr__(self) -> str:
        return f"CentralSettings(database={self.database!r})"
