"""Central's database: opened with the right settings, migrated, and written in transactions.

Owns the connection, the schema version and what an overloaded database means to a caller.
Knows no resource. SQLite today; what is SQLite's alone stands in the two listeners at the
end, so that PostgreSQL is a URL and a pool away.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path

from sqlalchemy import Engine, Table, case, create_engine, event, select, text, update
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from models.errors import Unavailable
from models.tables import central as tables

log = logging.getLogger("kiosk.central")

HEAD = "0003"
"""The newest version in ``migrations/central/versions``."""

FILE_MODE = 0o600
BUSY_SECONDS = 5
PRAGMAS = (
    f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
)
BEGIN_OPTION = "central_begin"

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


class Database:
    """Transactions on central's database. Safe to use from many threads."""

    def __init__(self, path: Path) -> None:
        self._engine = _engine(path)

    @contextlib.contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that may write: committed and on disk when the block ends.

        Raises Unavailable("central_busy") when the database stays locked too long.
        """
        with _translated(), _begun(self._engine, "BEGIN IMMEDIATE") as connection:
            yield connection

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view. Raises Unavailable("central_busy")."""
        with _translated(), _begun(self._engine, "BEGIN") as connection:
            yield connection

    def ensure_ready(self) -> None:
        """The schema is the one this program knows. Raises Unavailable("central_not_ready")."""
        with self.read() as connection:
            version = _version(connection)
        if version != HEAD:
            raise Unavailable("central_not_ready", version=version, known=HEAD)

    def close(self) -> None:
        self._engine.dispose()


def migrate(path: Path) -> None:
    """Bring the database to ``HEAD``: all or nothing, and nothing where it is there already.

    Raises Unavailable: "file_too_new" for the database of a newer central.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, FILE_MODE))
    for file in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))):
        # One that was copied here may have come readable by others.
        if file.exists() and file.stat().st_mode & 0o777 != FILE_MODE:
            file.chmod(FILE_MODE)
    engine = _engine(path)
    try:
        with _begun(engine, "BEGIN IMMEDIATE") as connection:
            version = _version(connection)
            if version is not None and version > HEAD:
                raise Unavailable("file_too_new", path=str(path), version=version, known=HEAD)
            if version != HEAD:
                _upgrade(connection)
    finally:
        engine.dispose()


def next_number(connection: Connection, counter: str, count: int = 1) -> int:
    """Raise a counter by ``count`` and return its new value; no two transactions get the same."""
    column = tables.counters.c.value
    raised = (
        update(tables.counters)
        .where(tables.counters.c.name == counter)
        .values(value=column + count)
        .returning(column)
    )
    return int(connection.execute(raised).scalar_one())


def next_numbers(connection: Connection, counts: Mapping[str, int]) -> Mapping[str, int]:
    """Raise several counters at once, each by its count: their new values. Counters are locked
    in the order of their names, after every other row of a transaction and as late as can be:
    who has a counter keeps all others waiting until the commit.
    """
    wanted = {name: count for name, count in counts.items() if count}
    if not wanted:
        return {}
    name, value = tables.counters.c.name, tables.counters.c.value
    locked = (
        select(name).where(name.in_(sorted(wanted))).order_by(name).with_for_update().cte("locked")
    )
    raised = (
        update(tables.counters)
        .where(name.in_(select(locked.c.name)))
        .values(value=value + case(wanted, value=name))
        .returning(name, value)
    )
    return {row.name: row.value for row in connection.execute(raised)}


def lock_counter(connection: Connection, counter: str) -> None:
    """Nobody else raises it before this transaction ends."""
    column = tables.counters.c.name
    connection.execute(select(column).where(column == counter).with_for_update())


def current_number(connection: Connection, counter: str) -> int:
    wanted = select(tables.counters.c.value).where(tables.counters.c.name == counter)
    return int(connection.execute(wanted).scalar_one())


def upsert(connection: Connection, table: Table, rows: list[dict[str, object]]) -> None:
    """Insert rows or replace those with the same primary key, in both databases' dialect."""
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert  # noqa: PLC0415 - one of the two
    else:
        from sqlalchemy.dialects.sqlite import insert  # type: ignore[assignment]  # noqa: PLC0415
    added = insert(table)
    keys = {column.name for column in table.primary_key}
    changed = {name: added.excluded[name] for name in rows[0] if name not in keys}
    connection.execute(added.on_conflict_do_update(index_elements=list(keys), set_=changed), rows)


def _version(connection: Connection) -> str | None:
    if not connection.dialect.has_table(connection, "alembic_version"):
        return None
    version: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return version


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - 100 ms that an up-to-date start does not pay
    from alembic.config import Config  # noqa: PLC0415

    import migrations.central  # noqa: PLC0415

    config = Config()
    (folder,) = migrations.central.__path__
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, HEAD)


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        if not _may_pass(error.orig):
            raise
        log.warning("database: %s", getattr(error.orig, "sqlite_errorname", "unavailable"))
        raise Unavailable("central_busy") from error
    except PoolTimeoutError as error:
        log.warning("database: every connection is in use")
        raise Unavailable("central_busy") from error


def _may_pass(error: BaseException | None) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    return code is None or code & 0xFF in MAY_PASS


@contextlib.contextmanager
def _begun(engine: Engine, begin: str) -> Iterator[Connection]:
    with (
        engine.connect().execution_options(**{BEGIN_OPTION: begin}) as connection,
        connection.begin(),
    ):
        yield connection


def _engine(path: Path) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=QueuePool,
        pool_size=8,
        max_overflow=32,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
        # Parameters hold people's names and addresses: never in an error or a log.
        hide_parameters=True,
    )
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _on_connect(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    del record
    connection.isolation_level = None  # the driver's own BEGIN is never IMMEDIATE
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _on_begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(BEGIN_OPTION, "BEGIN"))
