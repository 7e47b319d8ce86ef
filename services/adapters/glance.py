"""Whether anybody wrote to an SQLite file, without reading what.

One connection for nothing else, because SQLite leaves out of account what was written on the
connection that asks (https://sqlite.org/pragma.html#pragma_data_version).
"""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path


class Glance:
    """Safe from any thread. The file is opened when it is first asked for."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def data_version(self) -> int:
        """Another number after each commit to the file; some microseconds."""
        with self._lock:
            if self._connection is None:
                # Never makes a file. Not read-only: of a log without its index, SQLite makes one.
                uri = f"{self._path.absolute().as_uri()}?mode=rw"
                self._connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
            return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None
