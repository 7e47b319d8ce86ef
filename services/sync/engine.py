"""One exchange with central from beginning to end: orders up, references, then down.

Blocking and single-threaded: called by ``services.sync.thread`` or by a command line. Owns
the order of things and what a failure means for the rest; knows no network and no screen.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from models.errors import KioskError, Unavailable
from services.ports import CatalogueSink, Central, Clock, Store, Transaction
from services.sync import status
from services.sync.backoff import Backoff, asked_to_wait
from services.sync.downloads import ALL_PARTS, Aside, Fetcher, Part, Progress
from services.sync.enrolled_store import EnrolledStore
from services.sync.events import EventFeed
from services.sync.former import own_again
from services.sync.leasing import lease_references
from services.sync.order_states import apply_order_event
from services.sync.outbox import ENDS_THE_RUN, NOT_ACCEPTED, Sender, Sent
from services.sync.reconcile import reconcile_orders
from services.sync.status import DOWNLOADS, Connection, SyncReport
from services.sync.unread import unread

BLOCK_SIZE = 100
"""Reference numbers in one block."""

BLOCKS_AHEAD = 2
"""A console keeps this many blocks' worth, for the days when central cannot be reached."""

MEANWHILE_SECONDS = 0.25
"""How often something long is left for a moment, to see whether an order is to be sent."""

ABOUT_THIS_COMPUTER = ("store_", "catalogue_", "file_", "sync_")
"""Codes of what went wrong here, whatever the line is like."""


ENDS_WITH_THE_LEASE = ENDS_THE_RUN - {"too_many_requests"}
"""Here that is about numbers alone, of which no console needs so many in a day."""


@dataclass(slots=True)
class _Run:
    sent: Sent = field(default_factory=Sent)
    customers: int = 0
    is_catalogue_new: bool = False
    has_contact: bool = False
    error_code: str | None = None
    is_cut_short: bool = False
    retry_after_seconds: float | None = None
    looked_at: float = 0.0


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
        catalogue_aside: Aside | None = None,
        block_size: int = BLOCK_SIZE,
        chance: Callable[[], float] = random.random,
        new_key: Callable[[], UUID] = uuid4,
        backoff: Backoff = Backoff(),  # noqa: B008 - frozen
    ) -> None:
        self._store = store
        self._enrolled = EnrolledStore(store)
        self._sink = catalogue_sink
        self._central_factory = central_factory
        self._clock = clock
        self._central: Central | None = None
        self._block_size = block_size
        self._new_key = new_key
        self._lease_refused: str | None = None
        self._lease_again_at = float("-inf")
        self._has_to_send_again = False
        self._sender = Sender(self._enrolled, clock, chance, backoff)
        self._fetcher = Fetcher(self._enrolled, catalogue_sink, catalogue_aside)
        self.events = EventFeed(self._enrolled, clock, apply_order_event, self._reconcile)
        self._seen: tuple[int, str] | None = None
        self._shown: tuple[object, ...] = ()
        self._changes = 0
        self._looking = threading.RLock()
        """One report after the other: of two, the one with more ``changes`` knows more."""
        self.on_progress: Progress = lambda _: None
        self.should_stop: Callable[[], bool] = lambda: False

    @property
    def central(self) -> Central | None:
        """The one of the last exchange: another one where the console was enrolled anew."""
        return self._central

    def run_once(
        self, *, retry_all: bool = False, parts: Collection[Part] | None = None
    ) -> SyncReport:
        """One exchange; safe to repeat at any time. ``retry_all``: also what waits its turn.
        ``parts``: only these come down, because central said that they changed, and what the
        answers to what was sent make needed; with none it is sent and little else.

        What central or the line did wrong is in the report. Raises what ``Store.read`` and
        ``Store.write`` raise when the console's own file cannot be used.
        """
        run = _Run()
        connection = Connection.ONLINE
        if retry_all:
            self._lease_again_at = float("-inf")
            with self._store.write() as tx:
                tx.outbox.retry_now(now=self._clock.now())
        try:
            self._exchange(run, parts)
        except KioskError as error:
            run.error_code, run.is_cut_short = error.code, True
            run.retry_after_seconds = asked_to_wait(error.facts)
            has_contact = run.has_contact or run.sent.has_contact
            connection = connection_after(error, has_contact=has_contact)
        return self._report(run, connection)

    def fetch_catalogue(self) -> None:
        """Nothing but that. Raises what went wrong."""
        self._enrolled.bind()
        self._central = self._central_factory()
        self._fetcher.on_progress = self.on_progress
        self._fetcher.fetch_catalogue(self._central)

    def close(self) -> None:
        """Hang up. The engine may be used again."""
        if self._central is not None:
            self._central.close()
            self._central = None

    def hang_up(self) -> None:
        """From any thread: an exchange that is under way ends at once, as by a cut line."""
        central = self._central
        if central is not None:
            central.hang_up()

    def has_due(self) -> bool:
        """Whether something should be sent now. A read of the console's file, no network."""
        with self._store.read() as tx:
            return bool(tx.outbox.due(now=self._clock.now(), limit=1))

    def watch(self) -> SyncReport:
        """Only what the console's file says, nothing of the line: for a program that does not
        sync itself.
        """
        return self._report(_Run(), Connection.OFFLINE)

    def look(self) -> SyncReport | None:
        """As ``watch``, where a file was written since the last time: else a glance, and None.
        From any thread, also while ``run_once`` is under way.
        """
        with self._looking:
            seen = (self._store.data_version(), self._sink.version)
            if seen == self._seen:
                return None
            report = self.watch()
            self._seen = seen
            return report

    def _exchange(self, run: _Run, parts: Collection[Part] | None) -> None:
        self._enrolled.bind()
        central = self._central = self._central_factory()
        self._hook_in(central, run)
        self._lease(central, self._block_size, run)
        if parts is None or self.events.cursor() is None:
            self._own_again(central, run)
        self._sender.send_due(central, run.sent, self.should_stop)
        self._lease(central, BLOCKS_AHEAD * self._block_size, run)
        run.error_code = run.sent.error_code or run.error_code
        if parts is None or self.events.cursor() is None:
            self._has_to_send_again = False
            self._catch_up(central)
            run.has_contact = True
            if self._has_to_send_again:
                self._sender.send_due(central, run.sent, self.should_stop)
        self._fetch(central, run, ALL_PARTS if parts is None else {*parts, *_moved_by(run.sent)})

    def _own_again(self, central: Central, run: _Run) -> None:
        """Before a change is sent of what may have to go up once more. What central says against
        it is told, and keeps no order: one that is not accepted says why it waits.
        """
        try:
            own_again(self._enrolled, central, self.should_stop)
        except KioskError as error:
            if error.code in ENDS_THE_RUN - NOT_ACCEPTED:
                raise
            if error.code.startswith(ABOUT_THIS_COMPUTER):
                raise
            if error.code != "not_found":  # a central that is older than its events
                run.error_code = error.code

    def _hook_in(self, central: Central, run: _Run) -> None:
        """Between the pieces of what is long, orders are sent and the end is noticed."""
        self._fetcher.on_progress = self.on_progress
        self._fetcher.should_stop = self.events.should_stop = self.should_stop
        self._fetcher.meanwhile = self.events.meanwhile = lambda: self._send_meanwhile(central, run)

    def _catch_up(self, central: Central) -> None:
        try:
            self.events.catch_up(central)
        except Unavailable as error:
            if error.code != "not_found":  # a central that is older than its events
                raise

    def _fetch(self, central: Central, run: _Run, parts: Collection[Part]) -> None:
        if Part.VOUCHERS in parts:
            self._fetcher.fetch_vouchers(central)
            run.has_contact = True
        if Part.OPERATORS in parts:
            self._fetcher.fetch_operators(central)
            run.has_contact = True
        if Part.SHOP in parts:
            self._fetcher.fetch_shop(central)
            run.has_contact = True
        if Part.CUSTOMERS in parts:
            run.customers = self._fetcher.fetch_customers(central)
            run.has_contact = True
        if Part.CATALOGUE in parts:
            run.is_catalogue_new = self._fetcher.fetch_catalogue(central)

    def _send_meanwhile(self, central: Central, run: _Run) -> None:
        """A snapshot may take minutes: no order waits for its end."""
        now = time.monotonic()
        if now - run.looked_at >= MEANWHILE_SECONDS:
            run.looked_at = now
            if self.has_due():
                self._sender.send_due(central, run.sent, self.should_stop)

    def _lease(self, central: Central, wanted: int, run: _Run) -> None:
        """A block is asked for before all that waits is sent: on a line that breaks again and
        again an exchange may never come to its end, and the next caller needs a number. What
        central says against it is told, and keeps neither orders nor what comes down; where it
        says when there may be more, it is not asked before.
        """
        if time.monotonic() < self._lease_again_at:
            run.error_code = self._lease_refused
            return
        try:
            blocks = lease_references(
                self._enrolled,
                central,
                wanted=wanted,
                block_size=self._block_size,
                new_key=self._new_key,
            )
        except KioskError as error:
            if error.code in ENDS_WITH_THE_LEASE or error.code.startswith(ABOUT_THIS_COMPUTER):
                raise
            run.error_code = self._lease_refused = error.code
            self._lease_again_at = time.monotonic() + (asked_to_wait(error.facts) or 0.0)
        else:
            run.has_contact |= blocks > 0

    def _reconcile(self, central: Central) -> bool:
        done = reconcile_orders(self._enrolled, central, self._clock, self.should_stop)
        self._has_to_send_again = bool(done.sent_again)
        return not done.is_complete

    def _report(self, run: _Run, connection: Connection) -> SyncReport:
        with self._looking, self._store.read() as tx:
            version = self._sink.version
            return SyncReport(
                connection=connection,
                sent=run.sent.confirmed,
                differences=run.sent.differences,
                refused=run.sent.refused,
                still_waiting=tx.outbox.waiting(),
                refused_in_all=tx.outbox.refused(),
                references_left=tx.references.left(),
                customers=run.customers,
                catalogue_version=version,
                is_catalogue_new=run.is_catalogue_new,
                error_code=run.error_code,
                is_cut_short=run.is_cut_short,
                work=tx.work.count(),
                changes=self._count_changes(tx, version),
                retry_after_seconds=run.retry_after_seconds,
                clock_offset_seconds=self._central.clock_offset_seconds if self._central else None,
                unread=unread(tx.settings),
            )

    def _count_changes(self, tx: Transaction, catalogue_version: str) -> int:
        """One more wherever something that is shown is another than the last time."""
        shown = (
            tx.orders.last_event(),
            tx.outbox.waiting(),
            tx.outbox.refused(),
            tx.work.count(),
            tx.settings.get(DOWNLOADS),
            catalogue_version,
            tuple((one.operator_id, one.name, one.is_disabled) for one in tx.operators.all()),
        )
        if shown != self._shown:
            self._shown = shown
            self._changes += 1
        return self._changes


def _moved_by(sent: Sent) -> Iterator[Part]:
    """What central has otherwise since it took, or refused, what was sent. What an order used
    of codes was counted here when it was placed.
    """
    if sent.confirmed:
        yield Part.CATALOGUE
    if sent.is_about_codes:
        yield Part.VOUCHERS


def connection_after(error: KioskError, *, has_contact: bool) -> Connection:
    """What an error says about the line to central; ``has_contact``: central answered before."""
    if error.code in NOT_ACCEPTED:
        return Connection.UNAUTHORISED
    match error.code:
        case "not_enrolled":
            return Connection.NOT_ENROLLED
        case status.NO_CATALOGUE:
            return Connection.ONLINE
    if error.code.startswith(ABOUT_THIS_COMPUTER):
        return Connection.ONLINE if has_contact else Connection.OFFLINE
    is_gone = error.code in ENDS_THE_RUN or not has_contact
    return Connection.OFFLINE if is_gone and isinstance(error, Unavailable) else Connection.ONLINE
