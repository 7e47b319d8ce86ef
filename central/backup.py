"""Copies of central's database that can be taken while it serves.

Owns what a copy of either database is, and when it is a sound one. What becomes of old ones
knows ``central.copies``; what it takes to go back to one, ``central.restore``.
"""

from __future__ import annotations

import errno
import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import URL

from central import unfinished
from central.pg_tools import run_tool
from central.postgresql import parse
from central.sqlite import FILE_MODE
from models.errors import DomainError, Unavailable
from models.tables.central import reference_blocks

ROWS_OF_A_CENTRAL = re.compile(rf"^\d.* TABLE DATA \S+ {reference_blocks.name} ", re.MULTILINE)
"""A line of what ``pg_restore --list`` says of a dump."""


def back_up(database: Path | str, target: Path) -> None:
    """One consistent state of the database in one new file, 0600, whole or not there at all.

    Raises DomainError("backup_exists" | "backup_folder_missing" | "backup_folder_unwritable" |
    "database_missing" | "pg_tools_missing"), Unavailable("backup_failed" | "restore_unfinished"),
    and DomainError("backup_unreadable") where what there is to copy is damaged or no central's.
    """
    part = part_of(target)
    try:
        if target.exists():
            raise DomainError("backup_exists", path=str(target))
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, FILE_MODE))
    except OSError as error:
        raise _no_place(target.parent, error) from error
    try:
        if isinstance(database, Path):
            _copy_sqlite(database, part)
        else:
            _dump(parse(database), part)
        durable(part)
        part.rename(target)
    finally:
        part.unlink(missing_ok=True)
    durable(target.parent)


def make_folder(folder: Path) -> None:
    """For copies, 0700; as it is where it is there. Raises DomainError("backup_folder_missing" |
    "backup_folder_unwritable"), Unavailable("backup_failed").
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError as error:  # a file has its name
        raise DomainError("backup_folder_missing", path=str(folder)) from error
    except OSError as error:
        raise _no_place(folder, error) from error


def _no_place(folder: Path, error: OSError) -> DomainError | Unavailable:
    """A folder that is named by itself is not made: a copy beside a slip of the pen is found by
    nobody. That of ``central.copies`` is.
    """
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return DomainError("backup_folder_missing", path=str(folder))
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return DomainError("backup_folder_unwritable", path=str(folder))
    return Unavailable("backup_failed", path=str(folder))


def part_of(file: Path) -> Path:
    """Where it is made, aside, until it is whole."""
    return file.with_name(f"{file.name}.part")


def durable(path: Path) -> None:
    """A file, or the names in a folder."""
    held = os.open(path, os.O_RDONLY)
    try:
        os.fsync(held)
    finally:
        os.close(held)


# --- SQLite -------------------------------------------------------------------------


def _copy_sqlite(database: Path, part: Path) -> None:
    if not database.exists():
        raise DomainError("database_missing", path=str(database))
    unfinished.ensure_replaced(database)
    try:
        with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
            connection.execute("VACUUM INTO ?", (str(part),))
    except sqlite3.Error as error:
        raise Unavailable("backup_failed", path=str(part)) from error
    ensure_sound_file(part)


def ensure_sound_file(file: Path) -> None:
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


# --- PostgreSQL ---------------------------------------------------------------------


def _dump(url: URL, part: Path) -> None:
    failed = Unavailable("backup_failed", path=str(part))
    run_tool("pg_dump", "--format=custom", f"--file={part}", url=url, otherwise=failed)
    if unfinished.MARK.name in _contents(part):
        raise Unavailable("restore_unfinished")
    ensure_sound_dump(part)


def ensure_sound_dump(file: Path) -> None:
    """Raises DomainError("backup_unreadable") unless its table of contents is that of a central,
    and DomainError("pg_tools_missing").
    """
    contents = _contents(file)
    if unfinished.MARK.name in contents or not ROWS_OF_A_CENTRAL.search(contents):
        raise DomainError("backup_unreadable", path=str(file))


def _contents(dump: Path) -> str:
    unreadable = DomainError("backup_unreadable", path=str(dump))
    return run_tool("pg_restore", "--list", str(dump), otherwise=unreadable)
