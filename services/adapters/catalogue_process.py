"""A whole catalogue is fetched by another process, while this one has a screen to serve.

Reading half a million rows is work of the interpreter, which a process has one of: each key
would wait for it several times, by whatever thread they are read. Owns that process and what
is heard from it; what it does is ``kiosk.catalogue_process``'s. It never outlives us for long:
it ends when the pipe to it does, and until then the seat of whoever syncs stays taken.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from models import errors
from models.errors import Unavailable

LISTEN_SECONDS = 0.25
"""How soon it is noticed that the console wants to end, or has an order to send."""


class CatalogueProcess:
    """``services.sync.downloads.Aside``: ``command`` is the program that fetches, ``seat`` says
    which open files it inherits.
    """

    def __init__(self, command: Sequence[str], seat: Callable[[], Collection[int]] = tuple) -> None:
        self._command = command
        self._seat = seat

    def __call__(
        self,
        progress: Callable[[int, int], None],
        should_stop: Callable[[], bool],
        meanwhile: Callable[[], None],
    ) -> None:
        """Returns when the catalogue is the one in use. Raises what the other process raised, and
        Unavailable("sync_stopped"), or ("sync_defect") where it ended without a word; it is
        then gone as well.
        """
        with subprocess.Popen(  # noqa: S603 - our own program
            self._command,
            stdin=subprocess.PIPE,  # nothing is ever written: its end is what counts
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # ours is the screen
            start_new_session=True,  # a closed terminal is the console's affair
            pass_fds=tuple(self._seat()),
        ) as process:
            try:
                assert process.stdout is not None  # noqa: S101 - it is a pipe
                for said in _heard(process.stdout.fileno(), should_stop, meanwhile):
                    if "kind" in said:
                        return _raise_what(said)
                    progress(said["done"], said["total"])
            except BaseException:
                process.kill()
                raise


def _heard(
    output: int, should_stop: Callable[[], bool], meanwhile: Callable[[], None]
) -> Iterator[dict[str, Any]]:
    pending = b""
    while not should_stop():
        meanwhile()
        if not select.select([output], [], [], LISTEN_SECONDS)[0]:
            continue
        piece = os.read(output, 65536)
        if not piece:
            raise Unavailable("sync_defect")
        *lines, pending = (pending + piece).split(b"\n")
        yield from map(json.loads, lines)
    raise Unavailable("sync_stopped")


def _raise_what(said: dict[str, Any]) -> None:
    if said["kind"]:
        raise getattr(errors, said["kind"])(said["code"], **said["facts"])
