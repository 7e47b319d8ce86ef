"""Reading a derived file that may be replaced at any moment: one connection for each thread.

Owns which file a read is of: the one that has the name when it begins, to its end. Knows
nothing of what is in it.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.adapters.derived_file import close_with, connect


class Readers:
    """Safe from any thread. Raises what sqlite3 and the file system raise."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._lock = threading.Lock()
        self._opened: list[sqlite3.Connection] = []
        close_with(self, self._opened)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """All reads of the block see one state; a block in a block sees the outer one's."""
        if self._is_reading:
            yield
            return
        connection = self.connection()
        connection.execute("BEGIN")
        self._local.is_reading = True
        try:
            yield
        finally:
            self._local.is_reading = False
            if connection.in_transaction:
                connection.execute("COMMIT")

    def connection(self) -> sqlite3.Connection:
        """The thread's own, on the file that now has the name; inside ``reading``, its file's."""
        held: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if held is not None and self._is_reading:
            return held
        identity = self._identity()
        if held is not None and self._local.identity == identity:
            return held
        if held is not None:
            held.close()
        opened = connect(self._path)
        with self._lock:
            self._opened[:] = [known for known in self._opened if known is not held] + [opened]
        self._local.connection, self._local.identity = opened, identity
        return opened

    def is_replaced(self) -> bool:
        """Whether another file has the name than the one this thread read last."""
        return bool(getattr(self._local, "identity", None) != self._identity())

    def close(self) -> None:
        """Closes every thread's connection; no read may be under way."""
        with self._lock:
            for connection in self._opened:
                connection.close()
            self._opened.clear()
        self._local = threading.local()

    @property
    def _is_reading(self) -> bool:
        return bool(getattr(self._local, "is_reading", False))

    def _identity(self) -> tuple[int, int]:
        status = os.stat(self._path)  # noqa: PTH116 - at every read, and Path.stat takes three times as long
        return status.st_dev, status.st_ino
