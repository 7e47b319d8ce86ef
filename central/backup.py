"""Copies of central's database that can be taken while it serves, and putting one back.

Owns what a copy of either database is, and what has to move when time goes back: a console
remembers numbers and places in feeds that a restored central would give out a second time.
Knows no command line.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

from sqlalchemy import inspect, update
from sqlalchemy.engine import URL, Connection

from central.database import Database, current_number, migrate
from central.postgresql import parse
from central.sqlite import FILE_MODE, files_of
from central.store.catalogue_difference import AGAIN
from central.store.events import begin_anew
from central.store.feed import newest_import
from central.store.references import skip_numbers
from models.errors import Conflict, DomainError, Unavailable
from models.tables.central import catalogue_imports, counters

REFERENCES_SKIPPED = 100_000
"""Numbers left out after a restore: what consoles may have leased since the copy was made.
Of ninety million; a block is a hundred.
"""
PLACES_SKIPPED = 1_000_000
"""The same for places in feeds."""


def back_up(database: Path | str, target: Path) -> None:
    """One consistent state of the database in one new file, 0600, whole or not there at all.

    Raises DomainError("backup_exists" | "pg_tools_missing" | "database_missing"),
    Unavailable("backup_failed").
    """
    if target.exists():
        raise DomainError("backup_exists", path=str(target))
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, FILE_MODE))
    try:
        if isinstance(database, Path):
            _copy_sqlite(database, part)
        else:
            _run_tool(parse(database), "pg_dump", "--format=custom", f"--file={part}")
        _durable(part)
        part.rename(target)
    finally:
        part.unlink(missing_ok=True)
    _durable(target.parent)


def restore(source: Path, database: Path | str, *, at: datetime) -> Path | None:
    """Put a copy back, bring it to this program's version, and move past what was given out
    since the copy was made. The caller has made sure that nothing serves the database.

    A file that is there is put aside, and where is returned: last of all, so that a copy which
    is of no use leaves it as it is. A PostgreSQL database has to be empty; where this was cut
    short, it has to be emptied again. Raises DomainError("backup_unreadable" | "pg_tools_missing"),
    Conflict("database_not_empty"), Unavailable("file_too_new" | "restore_failed").
    """
    if isinstance(database, Path):
        _ensure_whole(source)
        return _put_in_place(source, database, at)
    _ensure_empty(database)
    _run_tool(
        parse(database),
        "pg_restore",
        "--single-transaction",
        "--exit-on-error",
        "--no-owner",
        "--no-acl",
        str(source),
    )
    _bring_up_to_date(database, at)
    return None


def _bring_up_to_date(database: Path | str, at: datetime) -> None:
    migrate(database)
    with closing(Database(database)) as opened, opened.write() as connection:
        move_past(connection, at=at)


def move_past(connection: Connection, *, at: datetime) -> None:
    """No number is leased and no place in a feed is given a second time after a restore, and
    whoever followed the events asks for everything anew.
    """
    skip_numbers(connection, REFERENCES_SKIPPED)
    places = update(counters).where(counters.c.name != "references")
    connection.execute(places.values(value=counters.c.value + PLACES_SKIPPED))
    begin_anew(connection)
    _rename_catalogue(connection, at)


def _rename_catalogue(connection: Connection, at: datetime) -> None:
    """Under a new name: whoever holds the old one may hold what came after it, and asks for
    all of it anew.
    """
    newest = newest_import(connection)
    if newest is None:
        return
    name = newest.version.partition(AGAIN)[0]
    is_newest = catalogue_imports.c.version == newest.version
    connection.execute(catalogue_imports.delete().where(~is_newest))
    connection.execute(
        catalogue_imports.update()
        .where(is_newest)
        .values(
            version=f"{name}{AGAIN}{at:%Y%m%d%H%M%S}",
            base_seq=current_number(connection, "catalogue"),
        )
    )


# --- SQLite -------------------------------------------------------------------------


def _copy_sqlite(database: Path, part: Path) -> None:
    if not database.exists():
        raise DomainError("database_missing", path=str(database))
    try:
        with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
            connection.execute("VACUUM INTO ?", (str(part),))
    except sqlite3.Error as error:
        raise Unavailable("backup_failed", path=str(part)) from error
    _ensure_whole(part)


def _ensure_whole(file: Path) -> None:
    """Raises DomainError("backup_unreadable") unless it is a sound database of a central."""
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as found:
            (verdict,) = found.execute("PRAGMA integrity_check").fetchone()
            found.execute("SELECT version_num FROM alembic_version").fetchone()
            found.execute("SELECT 1 FROM reference_blocks LIMIT 1").fetchone()
    except sqlite3.Error as error:
        raise DomainError("backup_unreadable", path=str(file)) from error
    if verdict != "ok":
        raise DomainError("backup_unreadable", path=str(file))


def _put_in_place(source: Path, database: Path, at: datetime) -> Path | None:
    database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = database.with_name(f"{database.name}.part")
    _remove(part)
    os.close(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, FILE_MODE))
    try:
        with closing(sqlite3.connect(part)) as copy, closing(sqlite3.connect(source)) as from_file:
            from_file.backup(copy)
        _bring_up_to_date(part, at)
        _durable(part)
        aside = _put_aside(database, at)
        part.rename(database)
    finally:
        _remove(part)
    _durable(database.parent)
    return aside


def _remove(database: Path) -> None:
    for file in files_of(database):
        file.unlink(missing_ok=True)


def _put_aside(database: Path, at: datetime) -> Path | None:
    """The database that was there, log and all, in a folder beside it."""
    there = [file for file in files_of(database) if file.exists()]
    if not there:
        return None
    aside = database.with_name(f"before-{at:%Y%m%d-%H%M%S-%f}")
    aside.mkdir(mode=0o700)
    for file in reversed(there):  # the log first: without its database it is nothing
        file.rename(aside / file.name)
    return aside


def _durable(path: Path) -> None:
    """A file, or the names in a folder."""
    held = os.open(path, os.O_RDONLY)
    try:
        os.fsync(held)
    finally:
        os.close(held)


# --- PostgreSQL ---------------------------------------------------------------------


def _ensure_empty(database: str) -> None:
    with closing(Database(database)) as opened, opened.read() as connection:
        if inspect(connection).get_table_names():
            raise Conflict("database_not_empty")


def _run_tool(url: URL, tool: str, *words: str) -> None:
    """PostgreSQL's own program, which says itself on standard error what went wrong. The
    password is not on its command line, where every user of the machine could read it.
    """
    command: Sequence[str] = (tool, *words, f"--dbname={_without_password(url)}")
    environ = os.environ | ({"PGPASSWORD": url.password} if url.password else {})
    try:
        done = subprocess.run(command, env=environ, check=False)  # noqa: S603 - PostgreSQL's
    except FileNotFoundError as error:
        raise DomainError("pg_tools_missing", tool=tool) from error
    if done.returncode:
        raise Unavailable("backup_failed" if tool == "pg_dump" else "restore_failed")


def _without_password(url: URL) -> str:
    return url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
