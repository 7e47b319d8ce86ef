"""SQLite files that are derived from other data and can be made again at any time.

Owns how such a file is written aside and takes its place at once, how one sees that it is
whole, and how it is opened. Knows nothing of what is in it.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

_FILE_MODE = 0o600
_HEADER_BYTES = 100
_MAGIC = b"SQLite format 3\0"


def connect(path: Path, *, is_read_only: bool = True) -> sqlite3.Connection:
    """A connection in autocommit, waiting up to 5 s for a writer of another process.

    May be closed from another thread than its own. Raises sqlite3.OperationalError when the
    file cannot be opened.
    """
    mode = "ro" if is_read_only else "rwc"
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=5.0,
        isolation_level=None,
        check_same_thread=False,
    )
    if is_read_only:
        try:
            connection.execute("PRAGMA mmap_size = 268435456")
        except sqlite3.Error:
            connection.close()
            raise
    return connection


def close_with(owner: object, opened: list[sqlite3.Connection]) -> None:
    """Once ``owner`` is gone its connections are closed, whichever thread they were opened in."""
    weakref.finalize(owner, _close_all, opened)


def _close_all(opened: list[sqlite3.Connection]) -> None:
    for connection in opened:
        connection.close()


def asked(value: object) -> object:
    """The value as SQLite takes it: a text with half a character in it (a lone surrogate) is
    changed to one that no row has.
    """
    if not isinstance(value, str):
        return value
    return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


@contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """An empty file of our own to write; it takes the place of ``path`` when the block ends
    well, and is gone when it does not. The caller holds the lock of ``path``.
    """
    aside = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.new")
    aside.touch(mode=_FILE_MODE)
    try:
        yield aside
        put_in_place(aside, path)
    finally:
        aside.unlink(missing_ok=True)


def put_in_place(aside: Path, path: Path) -> None:
    """Durable before it is seen. A journal left by a crash belongs to the old file: SQLite
    would play it back into the new one.
    """
    with aside.open("rb") as written:
        os.fsync(written.fileno())
    path.with_name(path.name + "-journal").unlink(missing_ok=True)
    aside.replace(path)


def roll_back(path: Path) -> None:
    """What a process that died was in the middle of writing is undone: no read-only connection
    can, and each would fail. The caller holds the lock of ``path``. Idempotent.
    """
    if path.with_name(path.name + "-journal").exists():
        with suppress(sqlite3.Error), closing(connect(path, is_read_only=False)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()


def format_of(path: Path) -> int:
    """PRAGMA user_version of a file that is as long as its own header says; -1 where there
    is no such file.
    """
    try:
        if path.stat().st_size != _size_by_header(path):
            return -1
        with closing(connect(path)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            return int(connection.execute("PRAGMA user_version").fetchone()[0])
    except (OSError, sqlite3.Error):
        return -1


def is_whole(path: Path, format_: int) -> bool:
    return format_of(path) == format_


def _size_by_header(path: Path) -> int:
    """Page size times page count (SQLite file format, 1.3); -1 for no such header."""
    with path.open("rb") as file:
        header = file.read(_HEADER_BYTES)
    if len(header) < _HEADER_BYTES or not header.startswith(_MAGIC):
        return -1
    page_size = int.from_bytes(header[16:18], "big")
    page_size = 65536 if page_size == 1 else page_size
    return page_size * int.from_bytes(header[28:32], "big")
