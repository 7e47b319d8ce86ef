"""A restore that was begun and not finished, and what refuses to work until it is.

A database that was put back gives numbers and places in feeds out a second time until it has
moved past them (``central.restore``). Between the two the machine may die. So it is marked
before the copy is there, where whoever opens it looks: in PostgreSQL by a table, which goes in
the transaction that moves past; beside a file by its successor, which takes its place in one rename.
Owns the marks; knows neither copies nor what there is to move past.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Column, MetaData, Table, Text, select
from sqlalchemy.engine import Connection

from models.errors import Unavailable

MARK = Table("restore_unfinished", MetaData(), Column("copy_sha256", Text, nullable=False))
"""In no version of the schema: it is there while nothing else of the database may be used."""
ASIDE = "before-"
"""What the name of a folder begins with that what was there before is moved to."""


# --- in PostgreSQL ------------------------------------------------------------------


def mark(connection: Connection, copy_sha256: str) -> None:
    """From this transaction on nothing but ``restore`` works here, with this copy. Idempotent."""
    MARK.create(connection, checkfirst=True)
    connection.execute(MARK.delete())
    connection.execute(MARK.insert().values(copy_sha256=copy_sha256))


def marked(connection: Connection) -> str | None:
    """SHA-256 of the copy that is being put back; None: the database may be used."""
    if not connection.dialect.has_table(connection, MARK.name):
        return None
    copy_sha256: str = connection.execute(select(MARK.c.copy_sha256)).scalar_one()
    return copy_sha256


def unmark(connection: Connection) -> None:
    """With this transaction it may be used. Idempotent."""
    MARK.drop(connection, checkfirst=True)


def ensure_finished(connection: Connection) -> None:
    """Raises Unavailable("restore_unfinished")."""
    if marked(connection) is not None:
        raise Unavailable("restore_unfinished")


# --- beside a file ------------------------------------------------------------------


def successor_in(aside: Path, database: Path) -> Path:
    """What takes the place of ``database`` once all that is there has been moved to ``aside``:
    whole, and moved past.
    """
    return aside / f"{database.name}.restored"


def successor_of(database: Path) -> Path | None:
    """The one that waits; None: the database may be used."""
    asides = database.parent.glob(f"{ASIDE}*")
    waiting = (successor_in(aside, database) for aside in asides)
    return next((file for file in waiting if file.exists()), None)


def ensure_replaced(database: Path) -> None:
    """Before it is opened. Raises Unavailable("restore_unfinished")."""
    if successor_of(database) is not None:
        raise Unavailable("restore_unfinished")
