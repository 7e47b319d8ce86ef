"""Slows down whoever guesses: after some failures they have to wait.

Owns counts in the memory of one process, lost with it and not shared between workers: a
guesser gets the limit once a worker, which changes nothing against 67 random bits. Knows
neither codes nor passwords.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from math import ceil

from models.errors import Unavailable

KNOWN_MAX = 10_000
"""Whoever comes from more places than that makes us forget the oldest, not run out of memory."""


class Throttle:
    """``limit`` failures within ``seconds`` from one place, then a wait until the first of
    them is that long ago. ``clock`` in seconds, monotonic. Safe to use from many threads.
    """

    def __init__(self, limit: int, seconds: float, clock: Callable[[], float]) -> None:
        self._limit = limit
        self._seconds = seconds
        self._clock = clock
        self._failures: OrderedDict[str, list[float]] = OrderedDict()
        self._lock = threading.Lock()

    def ensure_open(self, place: str) -> None:
        """Raises Unavailable("too_many_requests", retry_after_seconds=...)."""
        with self._lock:
            recent = self._recent(place)
            if len(recent) >= self._limit:
                wait = recent[-self._limit] + self._seconds - self._clock()
                raise Unavailable("too_many_requests", retry_after_seconds=max(1, ceil(wait)))

    def note_failure(self, place: str) -> None:
        with self._lock:
            self._failures[place] = [*self._recent(place)[-self._limit :], self._clock()]
            self._failures.move_to_end(place)
            while len(self._failures) > KNOWN_MAX:
                self._failures.popitem(last=False)

    def _recent(self, place: str) -> list[float]:
        since = self._clock() - self._seconds
        return [moment for moment in self._failures.get(place, ()) if moment > since]
