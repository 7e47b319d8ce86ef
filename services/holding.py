"""Which running program has which draft open.

Every program keeps a locked file in the folder of holders for as long as it lives; the
kernel lets go of the lock when the program ends, however it ends. A holder whose file can
be locked is dead, so ``kill -9`` frees its drafts at once, and a process id that is used
again misleads nobody. Knows nothing of drafts.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Protocol
from uuid import UUID

FOLDER_MODE = 0o700
FILE_MODE = 0o600


class Holders(Protocol):
    def is_alive(self, holder: str) -> bool:
        """Whether the program of that id still runs on this host."""
        ...


class FolderHolders:
    """The holders that have a file in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def anyone(self) -> bool:
        """Whether any program that holds drafts still runs on this host."""
        if not self._folder.is_dir():
            return False
        return any(self.is_alive(path.name) for path in self._folder.iterdir())

    def is_alive(self, holder: str) -> bool:
        try:
            file = os.open(self._folder / holder, os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            return not _locked(file)
        finally:
            os.close(file)


class Holder:
    """The hold of a running program; ``id`` is what its drafts are marked with."""

    def __init__(self, folder: Path, id_: UUID) -> None:
        """Take a new hold and clear away those of dead programs."""
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        self.id = str(id_)
        self._path = folder / self.id
        # Locked before it has its name: nobody can find it and think its program dead.
        unnamed = folder / f".{self.id}"
        self._file = os.open(unnamed, os.O_RDWR | os.O_CREAT | os.O_EXCL, FILE_MODE)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        unnamed.rename(self._path)
        _clear_dead(folder)

    def release(self) -> None:
        """Let go of every draft at once. Idempotent."""
        if self._file >= 0:
            self._path.unlink(missing_ok=True)
            os.close(self._file)
            self._file = -1


def _clear_dead(folder: Path) -> None:
    for path in folder.iterdir():
        if path.name.startswith("."):
            continue
        try:
            file = os.open(path, os.O_RDWR)
        except FileNotFoundError:  # cleared by another program in the meantime
            continue
        if _locked(file):
            path.unlink(missing_ok=True)
        os.close(file)


def _locked(file: int) -> bool:
    """Took the lock, because nobody had it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
