"""What happens at central, as it happens: one connection that is kept open.

Owns the thread that listens and when it tries again. What an event means is
``services.sync.events``'s; what is asked for because of it is ``services.sync.thread``'s,
which starts this one only where its process holds the seat and central answers.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress

from models.errors import KioskError, Unavailable
from services.ports import Central, CentralEvent
from services.sync.backoff import Backoff, asked_to_wait
from services.sync.downloads import Part
from services.sync.events import EventFeed

log = logging.getLogger("kiosk.sync")

LIVE_BACKOFF = Backoff(first_seconds=4.0, highest_seconds=60.0)
"""When central restarts, all consoles lose the line in the same moment: they come back over
some seconds, and poll meanwhile as they would without.
"""

REACHED_SECONDS = 5.0
"""How far what was told is noted, where it is no order's: what is told again does no harm."""

STOP_SECONDS = 0.5

OnNews = Callable[[Part | None], None]
"""Called in the listening thread: a part that changed at central, or None where something of
an order, or ``is_live``, has changed here.
"""


class LiveListener:
    """Listens from ``start`` to ``stop``, again and again. ``new_central`` gives a line of its
    own, which is closed here; it may raise Unavailable.
    """

    def __init__(
        self,
        feed: EventFeed,
        new_central: Callable[[], Central],
        on_news: OnNews,
        *,
        backoff: Backoff = LIVE_BACKOFF,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._feed = feed
        self._new_central = new_central
        self._on_news = on_news
        self._backoff = backoff
        self._chance = chance
        self._central: Central | None = None
        self._is_live = False
        self._is_silent = False
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def is_live(self) -> bool:
        return self._is_live

    @property
    def is_silent(self) -> bool:
        """The last line was not cut: nothing came on it any more, not even that it stands."""
        return self._is_silent

    @property
    def is_running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Does nothing where it runs."""
        if not self.is_running:
            self._stopping = threading.Event()
            self._thread = threading.Thread(
                target=self._loop, args=(self._stopping,), name="live", daemon=True
            )
            self._thread.start()

    def stop(self) -> None:
        """The line is cut at once; one that is just being made is not used any more."""
        self._stopping.set()
        if self._central is not None:
            self._central.hang_up()
        if self._thread is not None:
            self._thread.join(STOP_SECONDS)

    def _loop(self, stopping: threading.Event) -> None:
        failures = 0
        while not stopping.is_set():
            heard, wait = time.monotonic(), 0.0
            try:
                self._listen(stopping)
            except KioskError as error:
                wait = asked_to_wait(error.facts) or 0.0
                if error.code == "cursor_unknown":
                    self._begin_anew()
            except Exception as error:  # noqa: BLE001 - the boundary of the thread
                log.error("live: %s", type(error).__name__)  # noqa: TRY400 - a traceback quotes people
            # A line that held for a while was a good one: what broke it is new.
            has_held = time.monotonic() - heard > self._backoff.highest_seconds
            failures = 1 if has_held else failures + 1
            delay = self._backoff.delay(failures, self._chance(), at_least_seconds=wait)
            stopping.wait(delay.total_seconds())

    def _begin_anew(self) -> None:
        """All parts are asked for by the exchange that begins the feed."""
        with suppress(KioskError):  # central says it again at the next try
            self._feed.forget()
        for part in Part:
            self._on_news(part)

    def _listen(self, stopping: threading.Event) -> None:
        """Until the line breaks, which is always an error."""
        feed = self._feed.as_enrolled_now()
        cursor = feed.cursor()
        if cursor is None:
            raise Unavailable("events_not_begun")  # the next exchange begins them
        central = self._central = self._new_central()
        try:
            with central.listen(cursor) as events:
                if stopping.is_set():
                    return
                self._is_silent = False
                self._tell_live(is_live=True)
                self._take_all(feed, events)
        except Unavailable as error:
            self._is_silent = error.code == "central_timeout" and self._is_live
            raise
        finally:
            self._central = None
            central.close()
            self._tell_live(is_live=False)

    def _take_all(self, feed: EventFeed, events: Iterable[CentralEvent]) -> None:
        seq = None
        noted = time.monotonic()
        try:
            for event in events:
                self._on_news(feed.take(event))
                seq = event.seq
                if time.monotonic() - noted > REACHED_SECONDS:
                    feed.reached(seq)
                    noted = time.monotonic()
        finally:
            if seq is not None:
                feed.reached(seq)

    def _tell_live(self, *, is_live: bool) -> None:
        if is_live != self._is_live:
            self._is_live = is_live
            self._on_news(None)
