"""The console's SQLite file itself: made, migrated, opened with the right settings.

Owns permissions, pragmas, the schema version and the translation of what SQLite says into
our errors. Knows no aggregate. What runs when the file is at the newest version already
imports neither alembic nor its templates: that costs 100 ms of a start.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import URL, Engine, create_engine, event, exc
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from models.errors import Unavailable
from services.adapters.checkpoints import AUTOCHECKPOINT
from services.adapters.file_lock import exclusive
from services.adapters.turns import turn

HEAD = "0002"
"""The newest version in ``migrations/console/versions``."""

BUSY_SECONDS = 5.0
"""How long to wait for our own programs' turns, and then for whoever else has the file."""

FOLDER_MODE = 0o700
FILE_MODE = 0o600
NEIGHBOURS = ("-wal", "-shm", "-journal", ".lock", ".door", ".turn")
"""What SQLite, ``file_lock`` and ``turns`` put beside the file."""
PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    AUTOCHECKPOINT,
)

BEGIN_READING = "BEGIN"
BEGIN_WRITING = "BEGIN IMMEDIATE"
BEGIN_OPTION = "kiosk_begin"
"""Execution option with the statement that opens a connection's transaction."""


def open_engine(path: Path) -> Engine:
    """An engine on a file at the newest version; makes and migrates it first if need be.

    Raises Unavailable: "file_too_new" for a newer program's file, "store_broken" for one
    that is no console file or is damaged (it is left as it is), "store_busy",
    "store_full", "store_read_only".
    """
    migrate(path)
    return _engine(path)


def migrate(path: Path) -> None:
    """Bring the file to ``HEAD``. Safe when several programs start at once; all or nothing."""
    with _translated_at_open(path):
        _ensure_private(path)
        if schema_version(path) == HEAD:
            return
        with exclusive(path):
            if schema_version(path) != HEAD:
                _run_migrations(path)


def schema_version(path: Path) -> str | None:
    """The file's version; None for a new file. Raises Unavailable for one we cannot use."""
    with contextlib.closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
        if not tables:
            return None
        if "alembic_version" not in tables:
            raise Unavailable("store_broken", path=str(path))
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    version = None if row is None else str(row[0])
    if version is not None and version > HEAD:
        raise Unavailable("file_too_new", path=str(path), version=version, known=HEAD)
    return version


def _ensure_private(path: Path) -> None:
    """The file exists and is ours alone, with what lies beside it: an order may still be in
    the -wal of a file that was put back. SQLite gives new ones the file's own mode.
    """
    path.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, FILE_MODE))
    for suffix in ("", *NEIGHBOURS):
        with contextlib.suppress(FileNotFoundError):
            _close_to_others(path.with_name(path.name + suffix))


def _close_to_others(path: Path) -> None:
    if path.stat().st_mode & 0o777 != FILE_MODE:
        path.chmod(FILE_MODE)


def _run_migrations(path: Path) -> None:
    from alembic import command  # noqa: PLC0415 - see the module's docstring
    from alembic.config import Config  # noqa: PLC0415

    import migrations.console  # noqa: PLC0415

    config = Config()
    (folder,) = migrations.console.__path__
    config.set_main_option("script_location", folder.replace("%", "%%"))
    engine = _engine(path)
    try:
        with begun(engine, BEGIN_WRITING) as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, HEAD)
    finally:
        engine.dispose()


def _engine(path: Path) -> Engine:
    uri = {"uri": "true", "mode": "rw"}  # a file that is gone is not made anew, without tables
    engine = create_engine(
        URL.create("sqlite", database=path.absolute().as_uri(), query=uri),
        poolclass=QueuePool,
        hide_parameters=True,  # they are people's names and phones, and errors are printed
        pool_size=4,
        max_overflow=12,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
    )
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _on_connect(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    del record
    # The driver's own BEGIN comes too late for IMMEDIATE and not at all for DDL.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _on_begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(BEGIN_OPTION, BEGIN_READING))


@contextlib.contextmanager
def writing(engine: Engine, path: Path, opened: FileId) -> Iterator[Connection]:
    """A transaction that writes, once it is our turn; see ``begun`` and ``refuse_if_gone``."""
    with contextlib.ExitStack() as held:
        with _translated_at_open(path):
            held.enter_context(turn(path, seconds=BUSY_SECONDS))
        refuse_if_gone(path, opened)
        yield held.enter_context(begun(engine, BEGIN_WRITING))


@contextlib.contextmanager
def reading(engine: Engine, path: Path, opened: FileId) -> Iterator[Connection]:
    """A transaction that may only read; see ``begun`` and ``refuse_if_gone``."""
    refuse_if_gone(path, opened)
    with begun(engine, BEGIN_READING) as connection:
        connection.exec_driver_sql("PRAGMA query_only = ON")
        try:
            yield connection
        finally:
            connection.exec_driver_sql("PRAGMA query_only = OFF")


FileId = tuple[int, int]
"""Device and inode: the same for as long as it is the same file."""


def file_id(path: Path) -> FileId:
    found = path.stat()
    return found.st_dev, found.st_ino


def refuse_if_gone(path: Path, opened: FileId) -> None:
    """Raises Unavailable("store_gone") unless ``path`` is still the file that was opened.

    SQLite goes on writing to a file that was deleted or replaced, and all of it would be lost.
    Where the very file comes back, work goes on; another one is taken at the next start.
    """
    try:
        is_gone = file_id(path) != opened
    except OSError as error:
        raise Unavailable("store_gone", path=str(path)) from error
    if is_gone:
        raise Unavailable("store_gone", path=str(path))


@contextlib.contextmanager
def begun(engine: Engine, begin: str) -> Iterator[Connection]:
    """A transaction opened by the statement ``begin``; committed at the end of the block."""
    with (
        engine.connect().execution_options(**{BEGIN_OPTION: begin}) as connection,
        connection.begin(),
    ):
        yield connection


# --- what SQLite says ---------------------------------------------------------

CODE_OF = {
    sqlite3.SQLITE_BUSY: "store_busy",
    sqlite3.SQLITE_LOCKED: "store_busy",
    sqlite3.SQLITE_FULL: "store_full",
    sqlite3.SQLITE_READONLY: "store_read_only",
    sqlite3.SQLITE_CANTOPEN: "store_read_only",
    sqlite3.SQLITE_PERM: "store_read_only",
    sqlite3.SQLITE_CORRUPT: "store_broken",
    sqlite3.SQLITE_NOTADB: "store_broken",
    sqlite3.SQLITE_IOERR: "store_broken",
}
"""By primary result code (https://sqlite.org/rescode.html); the rest are our own faults."""


FULL_ERRNOS = {errno.ENOSPC, errno.EDQUOT}


@contextlib.contextmanager
def translated(path: Path) -> Iterator[None]:
    """What SQLite says becomes ours, chained; all else passes."""
    try:
        yield
    except exc.DBAPIError as error:
        raise _translated(error.orig, path) or error from error
    except sqlite3.Error as error:  # from before SQLAlchemy has a hand in it
        raise _translated(error, path) or error from error
    except exc.TimeoutError as error:  # every connection of the pool is in use
        raise Unavailable("store_busy", path=str(path)) from error


@contextlib.contextmanager
def _translated_at_open(path: Path) -> Iterator[None]:
    """The same for the file system and the turns, where no other code runs inside."""
    try:
        with translated(path):
            yield
    except OSError as error:
        raise _translated(error, path) or error from error


def _translated(error: BaseException | None, path: Path) -> Unavailable | None:
    code: str | None
    if isinstance(error, TimeoutError):
        code = "store_busy"
    elif isinstance(error, FileNotFoundError):
        code = "store_gone"
    elif isinstance(error, OSError):
        code = "store_full" if error.errno in FULL_ERRNOS else "store_read_only"
    elif getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_IOERR_SHMSIZE:
        code = "store_full"  # no room for the index of the log, which is told as any other fault
    else:
        code = CODE_OF.get(_primary_code(error))
    return Unavailable(code, path=str(path)) if code else None


def _primary_code(error: BaseException | None) -> int:
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
