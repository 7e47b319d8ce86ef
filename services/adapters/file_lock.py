"""One process at a time on a file that is about to be replaced.

POSIX advisory lock on a file beside it; the lock goes with the process that dies.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FILE_MODE = 0o600


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Wait for, then hold, the lock of ``path``. Not to be taken twice by one process."""
    beside = path.with_name(path.name + ".lock")
    beside.touch(mode=_FILE_MODE)
    with beside.open("r+b") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
