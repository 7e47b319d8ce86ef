"""A look now and then while something else takes its time, so that what is told is never old.

Owns a thread for as long as that lasts; knows neither central nor files.
"""

from __future__ import annotations

import threading
from collections.abc import Callable


class Lookout:
    """A context: within it ``look`` is called in a thread of its own, every ``seconds``, and at
    once after ``hurry``. ``look`` must not raise. It is over when the context is left.
    """

    def __init__(self, look: Callable[[], None], seconds: float) -> None:
        self._look = look
        self._seconds = seconds
        self._is_wanted = threading.Event()
        self._is_over = True
        self._thread: threading.Thread | None = None

    def hurry(self) -> None:
        """There is something to see. Any thread; it never waits, and counts for the next
        context where there is none.
        """
        self._is_wanted.set()

    def __enter__(self) -> None:
        self._is_over = False
        self._thread = threading.Thread(target=self._loop, name="lookout", daemon=True)
        self._thread.start()

    def __exit__(self, *error: object) -> None:
        self._is_over = True
        self._is_wanted.set()
        if self._thread is not None:
            self._thread.join()

    def _loop(self) -> None:
        while True:
            self._is_wanted.wait(self._seconds)
            self._is_wanted.clear()
            if self._is_over:
                return
            self._look()
