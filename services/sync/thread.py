"""The sync in the background of a console: when to run, and telling how it stands.

Owns one thread and the rhythm; everything of substance is in ``services.sync.engine``.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from models.errors import KioskError
from services.ports import Clock
from services.sync.backoff import Backoff
from services.sync.election import Election, LineNews
from services.sync.engine import SyncEngine
from services.sync.status import (
    NO_CATALOGUE,
    CatalogueProgress,
    Connection,
    SyncReport,
    SyncStatus,
)

log = logging.getLogger("kiosk.sync")

POLL_SECONDS = 10.0
"""Between two exchanges when nothing happens."""

LOOK_SECONDS = 1.0
"""Between two looks into the console's file, for what another process put there."""

STOP_SECONDS = 1.0


class SyncThread:
    """Syncs until ``stop``. ``make_engine`` is called in the thread, because what it needs is
    slow to import. ``on_status`` is called in the thread, with a status that differs from
    the last one.
    """

    def __init__(
        self,
        make_engine: Callable[[], SyncEngine],
        election: Election,
        clock: Clock,
        on_status: Callable[[SyncStatus], None],
        *,
        poll_seconds: float = POLL_SECONDS,
        look_seconds: float = LOOK_SECONDS,
        backoff: Backoff = Backoff(),  # noqa: B008 - frozen
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._make_engine = make_engine
        self._made: SyncEngine | None = None
        self._election = election
        self._clock = clock
        self._on_status = on_status
        self._poll = timedelta(seconds=poll_seconds)
        self._look_seconds = look_seconds
        self._backoff = backoff
        self._chance = chance
        self._failures = 0
        self._next_run = time.monotonic()
        self._last_turn_at: datetime | None = None
        self._last_contact_at: datetime | None = None
        self._published: SyncStatus | None = None
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="sync", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Something is to be sent, or the operator wants to try now. Any thread."""
        self._woken.set()

    def stop(self) -> None:
        """Ends it within a second. A request that is still under way is abandoned with the
        process: the order in it is marked as sent and goes out again at the next start.
        """
        self._stopping.set()
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)

    def _loop(self) -> None:
        try:
            while not self._stopping.is_set():
                is_woken = self._woken.is_set()
                self._woken.clear()
                self._turn(is_woken=is_woken)
                self._woken.wait(self._look_seconds)
        finally:
            if self._made is not None:
                self._made.close()
            self._election.leave()

    def _turn(self, *, is_woken: bool) -> None:
        """The boundary of the thread: whatever goes wrong, there is a next turn."""
        try:
            if not self._election.try_to_win():
                self._watch()
            elif self._has_clock_gone_back() or is_woken:
                self._run(retry_all=True)
            elif self._is_time():
                self._run(retry_all=False)
        except KioskError as error:
            self._failed(error.code)
        except Exception as error:  # noqa: BLE001 - see the docstring
            log.error("sync: %s", type(error).__name__)  # noqa: TRY400 - a traceback quotes people
            self._failed("sync_defect")

    @property
    def _engine(self) -> SyncEngine:
        if self._made is None:
            self._made = self._make_engine()
            self._made.should_stop = self._stopping.is_set
            self._made.on_progress = self._progressed
        return self._made

    def _has_clock_gone_back(self) -> bool:
        """What was to be tried again at some time then waits for too long; so it may at the
        first turn, when nothing is known of the clock before.
        """
        before, self._last_turn_at = self._last_turn_at, self._clock.now()
        return before is None or self._last_turn_at < before

    def _is_time(self) -> bool:
        if time.monotonic() >= self._next_run:
            return True
        return self._failures == 0 and self._engine.has_due()

    def _run(self, *, retry_all: bool) -> None:
        report = self._engine.run_once(retry_all=retry_all)
        if report.connection is Connection.ONLINE:
            self._last_contact_at = self._clock.now()
        self._plan(is_failed=report.error_code not in {None, NO_CATALOGUE})
        news = LineNews(report.connection, self._last_contact_at, report.error_code)
        self._election.tell(news)
        self._publish(_status(report, news))

    def _watch(self) -> None:
        news = self._election.hear() or LineNews(Connection.OFFLINE)
        self._publish(_status(self._engine.watch(), news))

    def _failed(self, code: str) -> None:
        """Something here is broken; the line may be as it was."""
        self._plan(is_failed=True)
        before = self._published or SyncStatus(Connection.OFFLINE)
        self._publish(replace(before, last_error_code=code, catalogue_progress=None))

    def _plan(self, *, is_failed: bool) -> None:
        self._failures = self._failures + 1 if is_failed else 0
        delay = self._backoff.delay(self._failures, self._chance()) if is_failed else self._poll
        self._next_run = time.monotonic() + delay.total_seconds()

    def _progressed(self, progress: CatalogueProgress) -> None:
        before = self._published or SyncStatus(Connection.ONLINE)
        self._publish(replace(before, connection=Connection.ONLINE, catalogue_progress=progress))

    def _publish(self, status: SyncStatus) -> None:
        if status == self._published or self._stopping.is_set():
            return
        self._published = status
        try:
            self._on_status(status)
        except Exception as error:  # noqa: BLE001 - the listener's fault does not end the sync
            log.error("sync: nobody listens: %s", type(error).__name__)  # noqa: TRY400 - as above


def _status(report: SyncReport, news: LineNews) -> SyncStatus:
    return SyncStatus(
        connection=news.connection,
        waiting=report.still_waiting,
        refused=report.refused_in_all,
        references_left=report.references_left,
        last_contact_at=news.last_contact_at,
        last_error_code=news.last_error_code,
        catalogue_version=report.catalogue_version,
    )
