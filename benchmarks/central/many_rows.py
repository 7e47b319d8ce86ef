"""Very many rows written at once, straight into central's tables: COPY on PostgreSQL, and on
SQLite one statement for each table with thousands of rows.

Nothing that is written here has to outlive a power cut, or is looked at for what it refers to:
whoever writes knows that it is there. What the planner has to know of it is found out at the end.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy import Engine, Table
from sqlalchemy.engine import Connection

from central import postgresql, sqlite
from central.database import where_is

Rows = Sequence[tuple[object, ...]]

SQLITE_PAGES_KB = 1_000_000
"""Of memory. Keys that come in no order want their whole index there."""


@contextmanager
def filling(database: str) -> Iterator[Engine]:
    """An engine for ``writing``. Afterwards the database is as one that has been used for long:
    its log is written into the file, or it was vacuumed and analysed.
    """
    where = where_is(database)
    if isinstance(where, Path):
        engine = sqlite.open_engine(where)
    else:
        engine = postgresql.open_engine(postgresql.parse(where))
    try:
        yield engine
    finally:
        engine.dispose()
    if isinstance(where, Path):
        _write_log_back(where)
    else:
        _vacuum(where)


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction."""
    with engine.connect() as connection:
        is_postgresql = engine.dialect.name == "postgresql"
        if not is_postgresql:
            _hurry(connection)
        with connection.begin():
            if is_postgresql:
                for setting in (
                    "statement_timeout = 0",
                    "synchronous_commit = off",
                    "session_replication_role = replica",  # foreign keys are not looked up
                ):
                    connection.exec_driver_sql(f"SET LOCAL {setting}")
            yield connection


def insert(connection: Connection, table: Table, columns: Sequence[str], rows: Rows) -> None:
    """All columns there are, in any order; ids in hexadecimal, times in UTC as SQLite keeps them,
    which PostgreSQL reads as well.
    """
    assert set(columns) == set(table.columns.keys()), table.name
    cursor = connection.connection.cursor()
    names = ", ".join(columns)
    if connection.dialect.name == "postgresql":
        with cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    else:
        gaps = ", ".join("?" * len(columns))
        cursor.executemany(f"INSERT INTO {table.name} ({names}) VALUES ({gaps})", rows)
    cursor.close()


def _hurry(connection: Connection) -> None:
    # Before any transaction: inside one these have no effect.
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    for pragma in ("synchronous = OFF", "foreign_keys = OFF", f"cache_size = -{SQLITE_PAGES_KB}"):
        driver.execute(f"PRAGMA {pragma}")


def _write_log_back(path: Path) -> None:
    # Nothing analyses a file of central's in life either.
    opened = sqlite3.connect(path)
    opened.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    opened.close()


def _vacuum(url: str) -> None:
    """What autovacuum does in life, and would begin in the middle of what is measured."""
    with psycopg.connect(url, autocommit=True) as opened:
        opened.execute("VACUUM (ANALYZE)")
        opened.execute("CHECKPOINT")
