"""A whole catalogue on its way down, in a process of its own beside a console's.

Run as ``python -m kiosk.catalogue_process FOLDER`` by ``services.adapters.catalogue_process``,
with a pipe on standard input that the console keeps open: when the console ends, in whatever
way, this ends too, and the next one goes on after the last whole page. What is said on standard
output, a JSON object a line, is read there. The token is read from the console's file.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from contextlib import closing
from pathlib import Path

from kiosk.container import Container
from models.errors import KioskError
from services.sync.status import CatalogueProgress

NICENESS = 10
"""The processor belongs to the keys, and there may be one only."""


def main(folder: Path) -> None:
    """Fetch it, and say how far it is and how it ended."""
    os.nice(NICENESS)
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    container = Container(folder)
    try:
        with closing(container.sync_engine()) as engine:
            engine.on_progress = Percents()
            engine.fetch_catalogue()
    except KioskError as error:
        _say(kind=type(error).__name__, code=error.code, facts=dict(error.facts))
    else:
        _say(kind="")
    finally:
        container.close()


class Percents:
    """Says each percent once: a console draws all of its screen at each."""

    def __init__(self) -> None:
        self._said = -1

    def __call__(self, progress: CatalogueProgress) -> None:
        percent = 100 * progress.rows_done // max(1, progress.rows_total)
        if percent != self._said:
            self._said = percent
            _say(done=progress.rows_done, total=progress.rows_total)


def _say(**words: object) -> None:
    sys.stdout.write(json.dumps(words, default=str) + "\n")
    sys.stdout.flush()


def _end_with_parent() -> None:
    os.read(sys.stdin.fileno(), 1)  # not by way of its buffer, which a process at its end locks
    os._exit(0)  # what is not committed is rolled back by SQLite


if __name__ == "__main__":
    main(Path(sys.argv[1]))
