"""The sync in the background of a console: when to run, and telling how it stands.

Owns one thread and the rhythm; everything of substance is in ``services.sync.engine``, and
listening to central in ``services.sync.live``.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from models.errors import KioskError
from services.ports import Central, Clock
from services.sync.backoff import Backoff
from services.sync.downloads import ALL_PARTS, Part
from services.sync.election import Election, LineNews
from services.sync.engine import SyncEngine
from services.sync.live import LiveListener, OnNews
from services.sync.lookout import Lookout
from services.sync.rhythm import ClockWatch, Rhythm
from services.sync.status import (
    NO_CATALOGUE,
    CatalogueProgress,
    Connection,
    SyncReport,
    SyncStatus,
)

log = logging.getLogger("kiosk.sync")

POLL_SECONDS = 10.0
"""Between two exchanges when nothing happens and central tells nothing by itself."""

LOOK_SECONDS = 0.5
"""Between two looks into the console's file, for what another process put there, and during an
exchange for what it did so far.
"""

STOP_SECONDS = 1.0

NOTHING: frozenset[Part] = frozenset()
"""Only what is owed goes up: no part is asked for."""

STOCK: frozenset[Part] = frozenset({Part.CATALOGUE})
"""What is asked for most often, and takes as long each time."""

MakeLive = Callable[[SyncEngine, OnNews], LiveListener]


class SyncThread:
    """Syncs until ``stop``. ``make_engine`` and ``make_live`` are called in the thread, because
    what they need is slow to import. ``on_status`` is called in the thread, or in one that
    listens or looks out beside it, one call at a time, with a status that differs from the last.
    """

    def __init__(
        self,
        make_engine: Callable[[], SyncEngine],
        election: Election,
        clock: Clock,
        on_status: Callable[[SyncStatus], None],
        *,
        make_live: MakeLive | None = None,
        poll_seconds: float = POLL_SECONDS,
        look_seconds: float = LOOK_SECONDS,
        backoff: Backoff = Backoff(),  # noqa: B008 - frozen
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._make_engine = make_engine
        self._made: SyncEngine | None = None
        self._make_live = make_live
        self._live: LiveListener | None = None
        self._listened_to: Central | None = None
        self._election = election
        self._clock = clock
        self._on_status = on_status
        self._look_seconds = look_seconds
        self._lookout = Lookout(self._show_meanwhile, look_seconds)
        self._rhythm = Rhythm(poll_seconds, backoff, chance)
        self._clock_watch = ClockWatch(clock)
        self._line = LineNews(Connection.CONNECTING)
        self._report = SyncReport(Connection.CONNECTING)
        self._published: SyncStatus | None = None
        self._publishing = threading.Lock()
        self._is_doubted = False
        self._is_asked = threading.Event()
        self._is_owing = threading.Event()
        self._parts: set[Part] = set()
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="sync", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def send(self) -> None:
        """Something is to be sent: it goes at once, and nothing else is exchanged. Any thread.
        Where another process holds the seat, it is noticed there at the next look. That it is
        not sent yet is told also while an exchange is under way.
        """
        self._is_owing.set()
        self._lookout.hurry()
        self._woken.set()

    def wake(self) -> None:
        """The operator wants to try now: a whole exchange. Any thread, and whichever process
        holds the seat.
        """
        self._is_asked.set()
        self._woken.set()

    def stop(self) -> None:
        """Ends it within a second. A request that is still under way is abandoned with the
        process: the order in it is marked as sent and goes out again at the next start.
        """
        self._stopping.set()
        self._woken.set()
        if self._made is not None:
            self._made.hang_up()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)

    def _loop(self) -> None:
        try:
            while not self._stopping.is_set():
                self._woken.clear()
                self._turn()
                self._woken.wait(self._pause())
        finally:
            self._end_live()
            if self._made is not None:
                self._made.close()
            self._election.leave()

    def _pause(self) -> float:
        if not self._parts or self._rhythm.failures:
            return self._look_seconds
        return min(self._look_seconds, self._rhythm.seconds_to_parts())

    def _turn(self) -> None:
        """The boundary of the thread: whatever goes wrong, there is a next turn."""
        try:
            is_asked = self._is_asked.is_set()
            self._is_asked.clear()
            is_owing = self._is_owing.is_set()
            self._is_owing.clear()
            if self._election.try_to_win():
                self._hold(is_asked=is_asked, is_owing=is_owing)
            else:
                self._watch(is_asked=is_asked)
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

    # --- the process that holds the seat --------------------------------------------

    def _hold(self, *, is_asked: bool, is_owing: bool) -> None:
        """The first time, all is tried: whoever held the seat before may have left anything."""
        has_jumped = self._clock_watch.has_jumped()
        if self._election.is_called() or is_asked or has_jumped:
            self._run(retry_all=True)
        elif self._is_time(is_owing=is_owing):
            self._run()
        elif not self._rhythm.failures and self._engine.has_due():
            self._run(parts=NOTHING)
        elif self._parts and self._rhythm.is_time_for_parts():
            parts = self._take_parts()
            self._run(parts=None if parts == ALL_PARTS else parts)
        else:
            self._look()

    def _is_time(self, *, is_owing: bool) -> bool:
        """Also for what was just put there while central could not be reached: all is tried."""
        return self._rhythm.is_time() or (is_owing and self._rhythm.failures > 0)

    def _take_parts(self) -> frozenset[Part]:
        """Emptied before they are asked for: what changes meanwhile is asked for again."""
        self._rhythm.take_hint()
        parts = frozenset(self._parts)
        self._parts -= parts
        return parts

    def _run(self, *, retry_all: bool = False, parts: frozenset[Part] | None = None) -> None:
        if parts is None:
            self._take_parts()
        engine = self._engine
        began = time.monotonic()
        with self._lookout:
            report = engine.run_once(retry_all=retry_all, parts=parts)
        is_online = report.connection is Connection.ONLINE
        is_failed = report.is_cut_short and report.error_code != NO_CATALOGUE
        if parts is None or is_failed:
            self._rhythm.plan(
                is_failed=is_failed,
                is_live=self._is_live,
                retry_after_seconds=report.retry_after_seconds or 0.0,
            )
        if parts != NOTHING:
            is_alone = parts == STOCK and not report.sent
            self._rhythm.note_parts(time.monotonic() - began if is_alone else None)
        self._is_doubted = False
        self._line = LineNews(
            report.connection,
            last_contact_at=self._clock.now() if is_online else self._line.last_contact_at,
            last_error_code=report.error_code,
            next_try_at=self._rhythm.next_try_at(self._clock.now()) if is_failed else None,
            clock_offset_seconds=report.clock_offset_seconds,
        )
        self._take_report(report)
        self._keep_live(is_online=is_online)
        self._tell()

    def _look(self) -> None:
        """What another process, or an event, changed in the files."""
        self._take_report(self._engine.look())
        self._tell()

    def _tell(self) -> None:
        self._election.tell(self._line_now)
        self._show()

    # --- any other process ----------------------------------------------------------

    def _watch(self, *, is_asked: bool) -> None:
        if is_asked:
            self._election.call()
        self._line = self._election.hear() or self._line
        self._take_report(self._engine.look())
        self._show()

    # --- live -----------------------------------------------------------------------

    @property
    def _is_live(self) -> bool:
        return self._live is not None and self._live.is_live

    def _keep_live(self, *, is_online: bool) -> None:
        """Listening only where central is known to answer. A line that holds is left alone."""
        if self._make_live is None:
            return
        if self._live is None:
            self._live = self._make_live(self._engine, self._told)
        if self._engine.central is not self._listened_to:
            self._live.stop()
            self._listened_to = self._engine.central
        if is_online and not self._stopping.is_set():
            self._live.start()
        elif not self._live.is_live:
            self._live.stop()

    def _end_live(self) -> None:
        if self._live is not None:
            self._live.stop()

    def _told(self, part: Part | None) -> None:
        """Called from the listening thread. Of a burst, only the first wakes. Where central fell
        silent, nobody knows how the line is until the next exchange.
        """
        if part is None:
            self._is_doubted = not self._is_live and self._live is not None and self._live.is_silent
            self._rhythm.hurry(is_live=self._is_live)
            self._show_at_once()
            return
        self._rhythm.note_hint()
        if part not in self._parts:
            self._parts.add(part)
            self._woken.set()

    def _show_at_once(self) -> None:
        """What came live does not wait for the end of an exchange."""
        with suppress(KioskError):  # the next look says it as well
            self._take_report(self._engine.look())
            self._show()
        self._woken.set()

    # --- telling --------------------------------------------------------------------

    @property
    def _line_now(self) -> LineNews:
        """``_line`` is written by the sync's thread alone: what this process listens to is added
        for whoever asks.
        """
        line = self._line
        if not self._election.is_won:
            return line
        is_doubted = self._is_doubted and line.connection is Connection.ONLINE
        connection = Connection.CONNECTING if is_doubted else line.connection
        return replace(line, connection=connection, is_live=self._is_live)

    def _show_meanwhile(self) -> None:
        """Called from the lookout's thread, whose boundary this is: an exchange takes its time,
        what it has sent so far and what is put there during it is told at once.
        """
        if self._stopping.is_set():
            return
        try:
            self._election.tell(self._line_now)  # the others hear that this one still runs
            self._take_report(self._engine.look())
            self._show()
        except Exception as error:  # noqa: BLE001 - as in _turn; the end of the exchange says it
            log.error("sync: lookout: %s", type(error).__name__)  # noqa: TRY400 - as in _turn

    def _failed(self, code: str) -> None:
        """Something here is broken; the line may be as it was."""
        self._rhythm.plan(is_failed=True, is_live=self._is_live)
        is_new = self._line.connection is Connection.CONNECTING
        self._line = replace(
            self._line,
            connection=Connection.OFFLINE if is_new else self._line.connection,
            last_error_code=code,
            next_try_at=self._rhythm.next_try_at(self._clock.now()),
            catalogue_progress=None,
        )
        self._tell()

    def _progressed(self, progress: CatalogueProgress) -> None:
        self._line = replace(self._line, connection=Connection.ONLINE, catalogue_progress=progress)
        self._tell()

    def _take_report(self, report: SyncReport | None) -> None:
        """Unless the other thread saw more meanwhile."""
        with self._publishing:
            if report is not None and report.changes >= self._report.changes:
                self._report = report

    def _show(self) -> None:
        self._publish(_status(self._report, self._line_now))

    def _publish(self, status: SyncStatus) -> None:
        with self._publishing:
            if status == self._published or self._stopping.is_set():
                return
            self._published = status
            try:
                self._on_status(status)
            except Exception as error:  # noqa: BLE001 - the listener's fault does not end the sync
                log.error("sync: nobody listens: %s", type(error).__name__)  # noqa: TRY400 - as above


def _status(report: SyncReport, line: LineNews) -> SyncStatus:
    return SyncStatus(
        connection=line.connection,
        waiting=report.still_waiting,
        refused=report.refused_in_all,
        references_left=report.references_left,
        last_contact_at=line.last_contact_at,
        last_error_code=line.last_error_code,
        catalogue_progress=line.catalogue_progress,
        catalogue_version=report.catalogue_version,
        work=report.work,
        changes=report.changes,
        is_live=line.is_live,
        next_try_at=line.next_try_at,
        clock_offset_seconds=line.clock_offset_seconds,
    )
