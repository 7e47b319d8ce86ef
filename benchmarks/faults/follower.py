"""Listens to central as one console would, over the same bad line, and notes what it hears.

Owns a cursor and the numbers of the events in the order they came. Uses the console's own
adapter, so that what it proves is what a console relies on: after whatever cut, the stream is
taken up without a hole and without a repetition.
"""

from __future__ import annotations

import contextlib
import threading
import time

from models.errors import KioskError
from services.adapters.central_http import CentralHttp

AGAIN_SECONDS = 0.2
STREAM_EACH = 2
"""Every second time by pages alone, as where a stream does not come through."""


class Follower:
    """Of one console, in a thread of its own, until it is stopped."""

    def __init__(self, url: str, token: str) -> None:
        self._central = CentralHttp(lambda: url, token)
        self._heard: list[int] = []
        self._cursor = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="follower", daemon=True)
        self._thread.start()

    @property
    def heard(self) -> tuple[int, ...]:
        """Numbers, in the order they came."""
        return tuple(self._heard)

    def catch_up(self, seq: int, *, seconds: float) -> bool:
        """Whether everything up to number ``seq`` was asked for by then."""
        limit = time.monotonic() + seconds
        while self._cursor < seq and time.monotonic() < limit:
            time.sleep(AGAIN_SECONDS)
        return self._cursor >= seq

    def stop(self) -> None:
        """Idempotent."""
        self._stopping.set()
        self._central.hang_up()
        self._thread.join()
        self._central.close()

    def _follow(self) -> None:
        times = 0
        while not self._stopping.is_set():
            times += 1
            with contextlib.suppress(KioskError):  # the line: taken up where it broke
                self._read_pages()
                if times % STREAM_EACH == 0:
                    self._listen()
            self._stopping.wait(AGAIN_SECONDS)

    def _read_pages(self) -> None:
        has_more = True
        while has_more and not self._stopping.is_set():
            page = self._central.events(self._cursor)
            self._heard += [event.seq for event in page.events]
            self._cursor, has_more = page.cursor, page.has_more

    def _listen(self) -> None:
        with self._central.listen(self._cursor) as events:
            for event in events:
                self._heard.append(event.seq)
                self._cursor = event.seq
                if self._stopping.is_set():
                    return
