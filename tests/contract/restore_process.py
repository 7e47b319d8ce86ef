"""A restore as a process of its own, which is killed before the step that it is told.

    restore_process.py COPY

It reads lines of a number and a database: for each a child restores and is killed before that
many-th change of a file's name, commit, or start of a program. It answers "killed" or "done".
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, event

from central.database import where_is
from central.restore import restore

AT = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
STEPS = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "subprocess.Popen"}


class Killer:
    """Counts steps, and ends this process before the last one."""

    def __init__(self, last: int) -> None:
        self._left = last

    def step(self, *_: object) -> None:
        self._left -= 1
        if not self._left:
            os.kill(os.getpid(), signal.SIGKILL)

    def hear(self, name: str, _: object) -> None:
        if name in STEPS:
            self.step()


def restore_until(step: int, copy: Path, database: Path | str) -> None:
    killer = Killer(step)
    sys.addaudithook(killer.hear)
    event.listen(Engine, "commit", killer.step)
    restore(copy, database, at=AT)


def main(copy: Path) -> None:
    for line in sys.stdin:
        step, database = line.split()
        child = os.fork()
        if not child:
            restore_until(int(step), copy, where_is(database))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        is_killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        sys.stdout.write("killed\n" if is_killed else "done\n" if status == 0 else "failed\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
