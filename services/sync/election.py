"""One process per host syncs: whoever holds the lock on a file in the state folder.

The kernel lets go of the lock when its holder dies, however it dies, so another takes over
at its next look. The holder writes into the file how the line is, for the others to show.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from services.sync.status import Connection

FILE_MODE = 0o600
LOOK_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class LineNews:
    """What the process that syncs says of the line."""

    connection: Connection
    last_contact_at: datetime | None = None
    last_error_code: str | None = None


class Election:
    """A seat for one process on this host. Not to be shared between threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held: int | None = None

    @property
    def is_won(self) -> bool:
        return self._held is not None

    def try_to_win(self) -> bool:
        """Take the seat if it is free; True while it is ours."""
        if self._held is not None:
            return True
        seat = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
        try:
            fcntl.flock(seat, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(seat)
            return False
        self._held = seat
        return True

    def win_within(self, seconds: float) -> bool:
        """``try_to_win`` until then: who holds the seat may be gone in a moment."""
        limit = time.monotonic() + seconds
        while not self.try_to_win():
            if time.monotonic() >= limit:
                return False
            time.sleep(LOOK_SECONDS)
        return True

    def tell(self, news: LineNews) -> None:
        """For the others on this host. Only for the holder."""
        if self._held is None:
            return
        at = news.last_contact_at.isoformat() if news.last_contact_at else None
        said = json.dumps([news.connection.value, at, news.last_error_code]).encode()
        os.pwrite(self._held, said, 0)
        os.ftruncate(self._held, len(said))

    def hear(self) -> LineNews | None:
        """What the holder said last; None where it said nothing that can be read."""
        try:
            connection, at, code = json.loads(self._path.read_bytes())
            contact_at = datetime.fromisoformat(at) if at else None
            return LineNews(Connection(connection), contact_at, code)
        except (OSError, ValueError, TypeError):
            return None

    def leave(self) -> None:
        if self._held is not None:
            os.close(self._held)
            self._held = None
