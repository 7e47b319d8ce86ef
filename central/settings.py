"""How a central is set up: one value, made at the edge of the process and handed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from models.errors import DomainError
from models.shop import ShopRules
from models.wire.orders import ORDER_BYTES_MAX


def _now() -> datetime:
    return datetime.now(UTC)


DIGITS_MAX = 4
ENVIRONMENT = {
    "KIOSK_CENTRAL_TOKEN_DAYS": "token_days",
    "KIOSK_CENTRAL_OFFLINE_SIGN_IN_HOURS": "offline_sign_in_hours",
    "KIOSK_CENTRAL_METRICS_TOKEN": "metrics_token",
}
"""What an administrator may set, and the field it sets; all workers read the same."""


@dataclass(frozen=True, slots=True)
class CentralSettings:
    """``database`` is a SQLite file or the URL of a PostgreSQL database (``central.database``);
    ``now`` the clock, aware and in UTC.
    """

    database: Path | str = field(repr=False)  # a URL has a password in it
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
    """How long a worker believes a token without looking, which saves half a millisecond a
    request: a revoked one dies that late.
    """
    offline_sign_in_hours: int = 72
    """A console may verify an operator by itself that long: over a weekend without a network."""
    sign_in_failures_max: int = 5
    """Wrong passwords in a row before an operator has to wait."""
    sign_in_lock_seconds: int = 300
    metrics_token: str | None = field(default=None, repr=False)
    """Bearer token that reads ``/metrics``; None: whoever asks from this computer."""


def settings_from(environ: Mapping[str, str], database: Path | str) -> CentralSettings:
    """Of a real central. Raises DomainError("setting_malformed", name=...)."""
    told: dict[str, Any] = {}
    for name, field_name in ENVIRONMENT.items():
        said = environ.get(name, "").strip()
        if said:
            told[field_name] = said if field_name == "metrics_token" else _count(name, said)
    return CentralSettings(database, **told)


def _count(name: str, said: str) -> int:
    is_count = said.isascii() and said.isdecimal() and len(said) <= DIGITS_MAX
    if not is_count or int(said) == 0:
        raise DomainError("setting_malformed", name=name)
    return int(said)
