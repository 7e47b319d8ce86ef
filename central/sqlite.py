"""Central's database as one SQLite file: how it is opened, and which of its errors pass.

Owns what is SQLite's alone. Knows no table and no transaction of central's.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, Executable, create_engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from models.errors import Unavailable

FILE_MODE = 0o600
BUSY_SECONDS = 5
MIGRATION_SECONDS = 60
"""Longer than any migration takes: of workers that start together, all but one wait for it."""
PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
)

BEGIN_OPTION = "central_begin"
TO_LOOK = {BEGIN_OPTION: "BEGIN"}
TO_READ = {BEGIN_OPTION: "BEGIN"}
TO_WRITE = {BEGIN_OPTION: "BEGIN IMMEDIATE"}
"""Execution options of a connection. A transaction that reads first and then writes would
find the file locked by another; this one waits for its turn before it reads.
"""

MAY_PASS = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
}
"""Primary result codes (https://sqlite.org/rescode.html) of what an administrator can mend
while consoles ask again; the rest are our own faults.
"""


DUPLICATE = {sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY}


PRAGMA_SECONDS, PRAGMA_AGAIN_SECONDS = 2.0, 0.02

TURNS: WeakKeyDictionary[Engine, threading.Lock] = WeakKeyDictionary()


def open_engine(path: Path, *, busy_seconds: int = BUSY_SECONDS) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=QueuePool,
        pool_size=8,
        max_overflow=32,
        connect_args={"timeout": busy_seconds, "check_same_thread": False},
        # Parameters hold people's names and addresses: never in an error or a log.
        hide_parameters=True,
    )
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def make_private(path: Path) -> None:
    """The file is there, and nobody else's to read. Idempotent."""
    _make_private_folder(path.parent)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, FILE_MODE))
    for file in files_of(path):
        # One that was copied here may have come readable by others.
        if file.exists() and file.stat().st_mode & 0o777 != FILE_MODE:
            file.chmod(FILE_MODE)


def _make_private_folder(folder: Path) -> None:
    """Each that is missing, from the first one down: ``mkdir`` shuts the last alone."""
    if not folder.is_dir():
        _make_private_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def files_of(path: Path) -> Sequence[Path]:
    """The database first, then its log, whether they are there or not."""
    return [path.with_name(path.name + end) for end in ("", "-wal", "-shm")]


def name_of(error: DBAPIError) -> str:
    """A word for the log."""
    return str(getattr(error.orig, "sqlite_errorname", "unavailable"))


def may_pass(error: DBAPIError) -> bool:
    """Whether the same may work later, unchanged."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    return isinstance(error, OperationalError) and (code is None or code & 0xFF in MAY_PASS)


def send(connection: Connection, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> None:
    """See ``central.database.send``."""
    if rows:
        connection.execute(statement, rows)


def in_one_message(connection: Connection) -> contextlib.AbstractContextManager[None]:
    """Nothing is sent anywhere."""
    del connection
    return contextlib.nullcontext()


@contextlib.contextmanager
def turn(engine: Engine) -> Iterator[None]:
    """The writers of one process go one after the other. SQLite itself has them look again and
    again whether the file is free, and some are out of luck for a second. Writers of other
    processes are met there. Raises Unavailable("central_busy").
    """
    waiting: threading.Lock = TURNS.setdefault(engine, threading.Lock())
    if not waiting.acquire(timeout=BUSY_SECONDS):
        raise Unavailable("central_busy")
    try:
        yield
    finally:
        waiting.release()


def is_duplicate(error: DBAPIError) -> bool:
    """Whether a row is there already with a key that is there once."""
    return getattr(error.orig, "sqlite_errorcode", None) in DUPLICATE


def is_undone(error: DBAPIError) -> bool:
    """Never: who waits to write has read nothing yet."""
    del error
    return False


def _on_connect(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    del record
    connection.isolation_level = None  # the driver's own BEGIN is never IMMEDIATE
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        _execute(cursor, pragma)
    cursor.close()


def _execute(cursor: DBAPICursor, pragma: str) -> None:
    """Several that open a new file at once all turn it to WAL: SQLite tells all but one that it is
    locked, at once and whatever the time-out, until it is done (https://sqlite.org/wal.html).
    """
    until = time.monotonic() + PRAGMA_SECONDS
    while True:
        try:
            cursor.execute(pragma)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(PRAGMA_AGAIN_SECONDS)
        else:
            return


def _on_begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(BEGIN_OPTION, "BEGIN"))
