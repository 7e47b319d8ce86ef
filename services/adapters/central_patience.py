"""How long an exchange may take as a whole, whatever comes meanwhile and however slowly.

httpx limits each step on the line. Whoever sends a byte now and then, of a header, of a body
that is packed and unpacks to nothing, never comes to the end of one, and would hold the thread
that waits for them. Knows neither httpx nor what is exchanged.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from models.errors import Unavailable

AGAIN_SECONDS = 0.5


class Patience:
    """Of one exchange, from now on. Within the block ``cut`` is called in another thread when it
    has run out: it has to wake whoever waits for bytes. It is called again until the block ends,
    because what is waited for may have been made just now, by a machine that had no time before.
    """

    def __init__(self, seconds: float, cut: Callable[[], None]) -> None:
        self._cut = cut
        self._ends_at = time.monotonic() + seconds
        self._has_cut = False
        self._is_over = False
        self._changed = threading.Condition()

    def __enter__(self) -> Self:
        threading.Thread(target=self._watch, name="patience", daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """What comes after the block is never cut."""
        with self._changed:
            self._is_over = True
            self._changed.notify()

    def give(self, seconds: float) -> None:
        """So much from now on, which may be infinite."""
        with self._changed:
            self._ends_at = time.monotonic() + seconds
            self._changed.notify()

    def rest(self) -> None:
        """It is not the other side that takes its time now."""
        self.give(float("inf"))

    def check(self) -> None:
        """Raises Unavailable("central_timeout") where it has run out."""
        if self._has_cut or time.monotonic() > self._ends_at:
            raise Unavailable("central_timeout")

    def _watch(self) -> None:
        with self._changed:
            while not self._is_over:
                left = self._ends_at - time.monotonic()
                if self._has_cut or left <= 0:
                    self._has_cut = True
                    self._cut()
                    left = AGAIN_SECONDS
                self._changed.wait(min(left, threading.TIMEOUT_MAX))
