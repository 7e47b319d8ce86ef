"""Small facts of central itself."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.engine import Connection

from central.database import upsert
from models.tables.central import settings

IS_DEMO = "is_demo"
"""Setting that is there where the shop and its people are invented."""


def is_demo(connection: Connection) -> bool:
    return connection.scalar(select(settings.c.value).where(settings.c.key == IS_DEMO)) is not None


def mark_demo(connection: Connection) -> None:
    """Idempotent."""
    upsert(connection, settings, [{"key": IS_DEMO, "value": "1"}])
