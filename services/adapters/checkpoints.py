"""Moving what was committed from the write-ahead log into the file, while nobody waits.

SQLite does it within the commit that makes the log long: each thirtieth order would take
6 ms more than the others. Here a thread does it after the commit, hindering neither readers
nor writers; what was committed is durable before and after alike.
"""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing, suppress
from pathlib import Path

COMMITS_BETWEEN = 16
"""Some 500 pages of orders."""

PAGES_AT_MOST = 4000
"""From here on SQLite does it itself: a program that was killed did not, or a reader stayed
for long. https://sqlite.org/wal.html#ckpt
"""

AUTOCHECKPOINT = f"PRAGMA wal_autocheckpoint = {PAGES_AT_MOST}"


class Checkpoints:
    """Those of one program on one file. Safe from any thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._commits = 0
        self._counting = threading.Lock()
        self._running: threading.Thread | None = None

    def after_commit(self) -> None:
        """To be called once the file is free again; returns at once."""
        with self._counting:
            self._commits += 1
            if self._commits < COMMITS_BETWEEN or self._is_running:
                return
            self._commits = 0
            self._running = threading.Thread(target=self._run, name="checkpoint", daemon=True)
            self._running.start()

    def close(self) -> None:
        """Wait for the one that runs."""
        if self._running is not None:
            self._running.join()

    @property
    def _is_running(self) -> bool:
        return self._running is not None and self._running.is_alive()

    def _run(self) -> None:
        # Never makes a file. What fails here loses nothing, and is tried again later.
        file = f"{self._path.absolute().as_uri()}?mode=rw"
        with suppress(sqlite3.Error), closing(sqlite3.connect(file, uri=True)) as connection:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
