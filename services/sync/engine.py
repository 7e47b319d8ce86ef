"""One exchange with central from beginning to end: orders up, references, then down.

Blocking and single-threaded: called by ``services.sync.thread`` or by a command line. Owns
the order of things and what a failure means for the rest; knows no network and no screen.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

from models.errors import KioskError, Unavailable
from services.ports import CatalogueSink, Central, Clock, Store
from services.sync import status
from services.sync.backoff import Backoff
from services.sync.downloads import Fetcher, Progress
from services.sync.outbox import Sender, Sent
from services.sync.status import Connection, SyncReport

BLOCK_SIZE = 100
"""Reference numbers in one block."""

BLOCKS_AHEAD = 2
"""A console keeps this many blocks' worth, for the days when central cannot be reached."""

ABOUT_THIS_COMPUTER = ("store_", "catalogue_", "file_", "sync_")
"""Codes of what went wrong here, whatever the line is like."""


@dataclass(slots=True)
class _Run:
    sent: Sent = field(default_factory=Sent)
    customers: int = 0
    is_catalogue_new: bool = False
    has_contact: bool = False
    error_code: str | None = None


class SyncEngine:
    """``central_factory`` gives the central this console belongs to, each time anew or the
    same; it raises Unavailable("not_enrolled") where there is none. ``should_stop`` is asked
    between orders and between pages.
    """

    def __init__(
        self,
        store: Store,
        catalogue_sink: CatalogueSink,
        central_factory: Callable[[], Central],
        clock: Clock,
        *,
        block_size: int = BLOCK_SIZE,
        chance: Callable[[], float] = random.random,
        backoff: Backoff = Backoff(),  # noqa: B008 - frozen
    ) -> None:
        self._store = store
        self._sink = catalogue_sink
        self._central_factory = central_factory
        self._clock = clock
        self._central: Central | None = None
        self._block_size = block_size
        self._sender = Sender(store, clock, chance, backoff)
        self._fetcher = Fetcher(store, catalogue_sink)
        self.on_progress: Progress = lambda _: None
        self.should_stop: Callable[[], bool] = lambda: False

    def run_once(self, *, retry_all: bool = False) -> SyncReport:
        """One exchange; safe to repeat at any time. ``retry_all``: also what waits its turn.

        What central or the line did wrong is in the report. Raises what ``Store.read`` and
        ``Store.write`` raise when the console's own file cannot be used.
        """
        run = _Run()
        connection = Connection.ONLINE
        if retry_all:
            with self._store.write() as tx:
                tx.outbox.retry_now(now=self._clock.now())
        try:
            self._exchange(run)
        except KioskError as error:
            run.error_code = error.code
            connection = connection_after(error, has_contact=run.has_contact)
        return self._report(run, connection)

    def close(self) -> None:
        """Hang up. The engine may be used again."""
        if self._central is not None:
            self._central.close()
            self._central = None

    def has_due(self) -> bool:
        """Whether something should be sent now. A read of the console's file, no network."""
        with self._store.read() as tx:
            return bool(tx.outbox.due(now=self._clock.now(), limit=1))

    def watch(self) -> SyncReport:
        """Only what the console's file says, nothing of the line: for a program that does not sync itself."""
        return self._report(_Run(), Connection.OFFLINE)

    def _exchange(self, run: _Run) -> None:
        central = self._central = self._central_factory()
        self._sender.send_due(central, run.sent, self.should_stop)
        run.error_code = run.sent.error_code
        self._lease(central)
        self._fetcher.fetch_vouchers(
            central, is_needed=bool(run.sent.confirmed or run.sent.refused)
        )
        run.has_contact = True
        run.customers = self._fetcher.fetch_customers(central, self.should_stop)
        run.is_catalogue_new = self._fetcher.fetch_catalogue(
            central, self.on_progress, self.should_stop
        )

    def _lease(self, central: Central) -> None:
        """Raises Unavailable("central_unclear") for a block that brings nothing new: central
        may have come back from an old backup, and goes on from there at the next run.
        """
        while (left := self._references_left()) < BLOCKS_AHEAD * self._block_size:
            first, last = central.lease_references(self._block_size, str(uuid4()))
            with self._store.write() as tx:
                tx.references.add_block(first, last)
            if self._references_left() <= left:
                raise Unavailable("central_unclear")

    def _references_left(self) -> int:
        with self._store.read() as tx:
            return tx.references.left()

    def _report(self, run: _Run, connection: Connection) -> SyncReport:
        with self._store.read() as tx:
            return SyncReport(
                connection=connection,
                sent=run.sent.confirmed,
                differences=run.sent.differences,
                refused=run.sent.refused,
                still_waiting=tx.outbox.waiting(),
                refused_in_all=tx.outbox.refused(),
                references_left=tx.references.left(),
                customers=run.customers,
                catalogue_version=self._sink.version,
                is_catalogue_new=run.is_catalogue_new,
                error_code=run.error_code,
            )


def connection_after(error: KioskError, *, has_contact: bool) -> Connection:
    """What an error says about the line to central; ``has_contact``: central answered before."""
    match error.code:
        case "not_enrolled":
            return Connection.NOT_ENROLLED
        case "unauthorised":
            return Connection.UNAUTHORISED
        case status.NO_CATALOGUE:
            return Connection.ONLINE
    if error.code.startswith(ABOUT_THIS_COMPUTER):
        return Connection.ONLINE if has_contact else Connection.OFFLINE
    return Connection.OFFLINE if isinstance(error, Unavailable) else Connection.ONLINE
