"""What central says has happened: taken in once each, in order, with the cursor.

Owns the place in central's feed of events, and what each kind means here: an order's event
changes the console's file in the transaction that moves the cursor; any other says which part
is to be asked for. Used by the ordinary exchange and by ``services.sync.live`` alike: what
both see counts once. Knows no connection.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from models.errors import Conflict, Unavailable
from services.ports import Central, CentralEvent, Clock, Store, Transaction
from services.sync.downloads import Part
from services.sync.enrolled_store import EnrolledStore
from services.sync.enrolment import EVENTS_CURSOR, VOUCHERS_CURSOR

PART_OF = {
    "stock": Part.CATALOGUE,
    "catalogue": Part.CATALOGUE,
    "customers": Part.CUSTOMERS,
    "vouchers": Part.VOUCHERS,
    "operators": Part.OPERATORS,
}
"""By ``models.wire.events.EventKind``, which is not imported: this is read before pydantic."""

APPLIED_HERE = frozenset({"order_state", "payment"})

ApplyOrderEvent = Callable[[Transaction, CentralEvent, datetime], object]
"""Writes what happened to one order; the same again changes nothing."""

Reconcile = Callable[[Central], bool | None]
"""Asks how all orders stand, where events may have been missed. True: that is not all, and the
feed is to be begun anew by the next exchange.
"""

PAGES_AT_ONCE = 100
"""In one exchange: where central goes on and on, what comes after the events has its turn."""

ROUNDS_MAX = 3
"""So often in a row all orders are asked for. Something may wait for long, and a central that
never lists what it took would have all of it again at each exchange; nothing came live meanwhile.
"""


class EventFeed:
    """Safe from several threads, each with a central of its own. While it is caught up with,
    ``should_stop`` is asked, and ``meanwhile`` called, between two pages.
    """

    def __init__(
        self, store: Store, clock: Clock, apply_order: ApplyOrderEvent, reconcile: Reconcile
    ) -> None:
        self._store = store
        self._clock = clock
        self._apply_order = apply_order
        self._reconcile = reconcile
        self._rounds = 0
        self.should_stop: Callable[[], bool] = lambda: False
        self.meanwhile: Callable[[], None] = lambda: None

    def as_enrolled_now(self) -> EventFeed:
        """The same feed, for a line that is kept open: what it tells counts only while the
        console is who it is now. Raises Unavailable("sync_stopped") in place of writing.
        """
        store = EnrolledStore(self._store)
        store.bind()
        return EventFeed(store, self._clock, self._apply_order, self._reconcile)

    def cursor(self) -> int | None:
        """None where the feed was never begun, or is to be begun anew."""
        with self._store.read() as tx:
            return _cursor(tx)

    def catch_up(self, central: Central) -> frozenset[Part]:
        """Take in what happened since the last time; which parts are to be asked for. A feed
        that is begun, or that was lost, says nothing of before: all orders are asked for. After
        many pages the next call goes on. Raises Unavailable("sync_stopped" | "central_unclear").
        """
        cursor = self.cursor()
        if cursor is None:
            self._begin(central)
            return frozenset(Part)
        try:
            return self._follow(central, cursor)
        except Conflict as error:
            if error.code != "cursor_unknown":
                raise
            self._begin(central)
            return frozenset(Part)

    def forget(self) -> None:
        """The feed is to be begun anew."""
        with self._store.write() as tx:
            tx.settings.put(EVENTS_CURSOR, "")

    def take(self, event: CentralEvent) -> Part | None:
        """One event; the part it is about, where that is not told with it. Only an order's
        event moves the cursor at once: there may be hundreds of others in a second.
        """
        if event.kind in APPLIED_HERE:
            with self._store.write() as tx:
                if _is_next(tx, event.seq):
                    self._apply_order(tx, event, self._clock.now())
                    tx.settings.put(EVENTS_CURSOR, str(event.seq))
        return PART_OF.get(event.kind)

    def reached(self, seq: int) -> None:
        """All up to ``seq`` was taken in."""
        with self._store.write() as tx:
            if _is_next(tx, seq):
                tx.settings.put(EVENTS_CURSOR, str(seq))

    def _begin(self, central: Central) -> None:
        cursor = central.events(None).cursor  # first: what happens meanwhile is told again
        self._rounds += 1
        if not self._reconcile(central) or self._rounds >= ROUNDS_MAX:
            self._rounds = 0
            with self._store.write() as tx:
                tx.settings.put(EVENTS_CURSOR, str(cursor))
                # Central may have been put back to where a code was not used up yet.
                tx.settings.put(VOUCHERS_CURSOR, "")

    def _follow(self, central: Central, cursor: int) -> frozenset[Part]:
        parts: set[Part | None] = set()
        for _ in range(PAGES_AT_ONCE):
            if self.should_stop():
                raise Unavailable("sync_stopped")
            page = central.events(cursor)
            parts |= {self.take(event) for event in page.events}
            if page.cursor > cursor:
                self.reached(page.cursor)
            if not page.has_more:
                break
            if page.cursor <= cursor:
                raise Unavailable("central_unclear")  # a feed that stands still would never end
            cursor = page.cursor
            self.meanwhile()
        return frozenset(part for part in parts if part is not None)


def _cursor(tx: Transaction) -> int | None:
    said = tx.settings.get(EVENTS_CURSOR) or ""
    return int(said) if said.isdecimal() else None


def _is_next(tx: Transaction, seq: int) -> bool:
    """Not where the feed is to be begun anew: it may be another central's from now on."""
    cursor = _cursor(tx)
    return cursor is not None and seq > cursor
