"""Fair turns among the writers of one file, whatever process or thread they are in.

SQLite's own waiting sleeps and asks again, so among many writers whoever has waited longest
may ask at the wrong moments until it gives up. The kernel's queue for ``flock`` is first
come, first served, wakes the next one at once, and lets go when a process dies. It is a
courtesy among our own programs only: SQLite's locks still hold whoever does not queue.

A lock that is let go stands open until the next in line has run, and whoever runs would take
it again and again. So there are two: only who holds the door, one at a time, may wait for the
turn, and who had a turn goes to the end of the line at the door.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

FILE_MODE = 0o600


@contextmanager
def turn(path: Path, *, seconds: float) -> Iterator[None]:
    """Hold the turn to write ``path`` for the block, after waiting ``seconds`` at most.

    Not to be taken twice by one thread: it would wait for itself. Raises TimeoutError, and
    other OSErrors where the file of turns beside ``path`` cannot be opened.
    """
    queued = _Place(path)
    if not queued.is_ours_at_once():
        queued.wait(seconds)
    try:
        yield
    finally:
        queued.leave()


class _Place:
    """A place in the queue: open file descriptions of its own, for a thread as for a process."""

    def __init__(self, path: Path) -> None:
        with ExitStack() as opened:
            self._door = _opened(path.with_name(path.name + ".door"), opened)
            self._turn = _opened(path.with_name(path.name + ".turn"), opened)
            self._files = opened.pop_all()
        self._handing_over = threading.Lock()
        self._has_come = threading.Event()
        self._is_given_up = False
        self._is_at_door = False

    def is_ours_at_once(self) -> bool:
        try:
            fcntl.flock(self._door, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._is_at_door = True
            fcntl.flock(self._turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            self._files.close()
            raise
        fcntl.flock(self._door, fcntl.LOCK_UN)
        return True

    def wait(self, seconds: float) -> None:
        """In a thread of its own, because the kernel's queue knows no time limit."""
        threading.Thread(target=self._stand_in_line, name="turn", daemon=True).start()
        is_in_time = False
        try:
            is_in_time = self._has_come.wait(seconds)
        finally:  # an interrupt gives the place up as well
            if not is_in_time:
                self._give_up()
        if not is_in_time:
            raise TimeoutError

    def leave(self) -> None:
        # Said aloud and not only by closing: a forked child may have the file open as well.
        fcntl.flock(self._turn, fcntl.LOCK_UN)
        self._files.close()

    def _stand_in_line(self) -> None:
        if not self._is_at_door:
            fcntl.flock(self._door, fcntl.LOCK_EX)
        fcntl.flock(self._turn, fcntl.LOCK_EX)
        fcntl.flock(self._door, fcntl.LOCK_UN)
        with self._handing_over:
            if not self._is_given_up:
                self._has_come.set()
                return
        self.leave()

    def _give_up(self) -> None:
        """Whoever comes second lets go: this thread, or the one in the queue."""
        with self._handing_over:
            self._is_given_up = True
            has_come = self._has_come.is_set()
        if has_come:
            self.leave()


def _opened(path: Path, until: ExitStack) -> int:
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
    until.callback(os.close, file)
    return file
