"""Small facts of central itself, by name."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

from central.database import upsert, written_together
from models.tables.central import settings

IS_DEMO = "is_demo"
"""Setting that is there where the shop and its people are invented."""
CENTRAL_ID = "central_id"
"""Setting that the migrations make, once; a copy of the database keeps it."""

# Made once: one of them is read for every page of events.
KNOWN = select(settings.c.value).where(settings.c.key == bindparam("key"))
LOCKED = KNOWN.with_for_update()
ADDED = settings.insert()


def setting(connection: Connection, key: str) -> str | None:
    value: str | None = connection.scalar(KNOWN, {"key": key})
    return value


def put_setting(connection: Connection, key: str, value: str) -> None:
    """Insert or replace."""
    upsert(connection, settings, [{"key": key, "value": value}])


def lock_setting(connection: Connection, key: str, *, otherwise: str) -> str:
    """Its value, which nobody else reads like this or changes before this transaction ends; it
    is there from now on.
    """
    value: str | None = connection.scalar(LOCKED, {"key": key})
    if value is None:
        with written_together(connection):
            connection.execute(ADDED, {"key": key, "value": otherwise})
    return otherwise if value is None else value


def central_id(connection: Connection) -> UUID | None:
    """Who this central is, for ever: put back from a copy it is the same one."""
    said = setting(connection, CENTRAL_ID)
    return None if said is None else UUID(said)


def is_demo(connection: Connection) -> bool:
    return setting(connection, IS_DEMO) is not None


def mark_demo(connection: Connection) -> None:
    """Idempotent."""
    put_setting(connection, IS_DEMO, "1")
