"""One process per host syncs: whoever holds the lock on a file in the state folder.

The kernel lets go of the lock when its holder dies, however it dies, so another takes over
at its next look. The holder writes into the file how the line is, again and again, for the
others to show: one that is stopped, or hangs, is silent, and what it said is believed for a
few seconds only. A note beside it is how the others ask the holder to try now.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from services.sync.status import HOLDER_SILENT, CatalogueProgress, Connection

FILE_MODE = 0o600
LOOK_SECONDS = 0.02

SILENT_SECONDS = 6.0
"""A holder says how it stands twice a second, also while an exchange takes its time; only one
that does not run, or waits for something that never comes, is silent for so long.
"""


@dataclass(frozen=True, slots=True)
class LineNews:
    """What the process that syncs says of the line; the fields are those of ``SyncStatus``."""

    connection: Connection
    last_contact_at: datetime | None = None
    last_error_code: str | None = None
    is_live: bool = False
    next_try_at: datetime | None = None
    clock_offset_seconds: float | None = None
    catalogue_progress: CatalogueProgress | None = None


class Election:
    """A seat for one process on this host. Not to be shared between threads, but for ``tell``.
    ``now`` is the clock that all processes of this computer have, and that nobody sets.
    """

    def __init__(self, path: Path, now: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._now = now
        self._telling = threading.Lock()
        self._call = path.with_name(path.name + ".call")
        self._held: int | None = None

    @property
    def is_won(self) -> bool:
        return self._held is not None

    @property
    def held(self) -> tuple[int, ...]:
        """The open file that is locked, while it is: a process that inherits it keeps the seat
        taken for as long as it lives.
        """
        return () if self._held is None else (self._held,)

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
        """For the others on this host. Only for the holder. On a full disk they are told later:
        the sync goes on without.
        """
        if self._held is None:
            return
        told = {**_spelled(news), TOLD_AT: round(self._now(), 1)}
        said = json.dumps(told).encode()
        with self._telling, suppress(OSError):
            os.pwrite(self._held, said, 0)
            os.ftruncate(self._held, len(said))

    def hear(self) -> LineNews | None:
        """What the holder said last; None where it said nothing that can be read. Where that was
        too long ago, that nobody sends: HOLDER_SILENT.
        """
        try:
            said = json.loads(self._path.read_bytes())
            news = _read(said)
            is_silent = self._is_old(said.get(TOLD_AT))
        except (OSError, ValueError, TypeError, KeyError):
            return None
        return _silent(news) if is_silent else news

    def is_silent(self) -> bool:
        """Whether another process has the seat, and does not say any more how it stands."""
        if self._held is not None:
            return False
        news = self.hear()
        return news is not None and news.last_error_code == HOLDER_SILENT and self._is_taken()

    def _is_old(self, told_at: float | None) -> bool:
        """A version that says no time is believed. A time to come is of before a restart of this
        computer.
        """
        return told_at is not None and not 0 <= self._now() - told_at + 0.1 <= SILENT_SECONDS

    def _is_taken(self) -> bool:
        """For whoever looks beside a screen: the lock is shared and kept for no time."""
        try:
            seat = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(seat, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(seat)
        return False

    def call(self) -> None:
        """Ask whoever holds the seat to try now."""
        os.close(os.open(self._call, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, FILE_MODE))

    def is_called(self) -> bool:
        """Whether somebody asked since the last time this was. Only for the holder."""
        try:
            self._call.unlink()
        except FileNotFoundError:
            return False
        return True

    def leave(self) -> None:
        if self._held is not None:
            os.close(self._held)
            self._held = None


TOLD_AT = "told_at"


def _silent(news: LineNews) -> LineNews:
    return replace(
        news,
        connection=Connection.OFFLINE,
        last_error_code=HOLDER_SILENT,
        is_live=False,
        next_try_at=None,
        catalogue_progress=None,
    )


def _spelled(news: LineNews) -> dict[str, object]:
    progress = news.catalogue_progress
    return {
        "connection": news.connection.value,
        "last_contact_at": news.last_contact_at.isoformat() if news.last_contact_at else None,
        "last_error_code": news.last_error_code,
        "is_live": news.is_live,
        "next_try_at": news.next_try_at.isoformat() if news.next_try_at else None,
        "clock_offset_seconds": news.clock_offset_seconds,
        "progress": [progress.rows_done, progress.rows_total] if progress else None,
    }


def _read(said: dict[str, Any]) -> LineNews:
    """Raises ValueError, TypeError or KeyError for what another version wrote."""
    progress, offset = said["progress"], said["clock_offset_seconds"]
    return LineNews(
        connection=Connection(said["connection"]),
        last_contact_at=_moment(said["last_contact_at"]),
        last_error_code=said["last_error_code"],
        is_live=bool(said["is_live"]),
        next_try_at=_moment(said["next_try_at"]),
        clock_offset_seconds=None if offset is None else float(offset),
        catalogue_progress=CatalogueProgress(*map(int, progress)) if progress else None,
    )


def _moment(said: str | None) -> datetime | None:
    return datetime.fromisoformat(said) if said else None
