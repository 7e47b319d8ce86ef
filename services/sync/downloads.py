"""Down: codes, customers and the catalogue, as central has them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from models.customer import Customer
from models.errors import Conflict, Unavailable
from models.vouchers import Voucher
from services.ports import CatalogueChanges, CatalogueSink, Central, Store, Transaction
from services.sync.enrolment import CUSTOMERS_CURSOR
from services.sync.status import NO_CATALOGUE, CatalogueProgress

ROUNDS = 5
"""Central's catalogue may move while it is read; then the changes since are read as well."""

Progress = Callable[[CatalogueProgress], None]


class Fetcher:
    """Brings what changed at central. Each part is all or nothing and may be repeated."""

    def __init__(self, store: Store, sink: CatalogueSink) -> None:
        self._store = store
        self._sink = sink
        self._vouchers: Sequence[Voucher] | None = None

    def fetch_vouchers(self, central: Central, *, is_needed: bool) -> None:
        """Writes only what differs from the last time, unless ``is_needed``. What central has
        not counted yet, because the order was placed meanwhile or still waits, is kept.
        """
        found = central.vouchers()
        if is_needed or found != self._vouchers:
            with self._store.write() as tx:
                tx.vouchers.replace_all(found)
                _count_what_is_owed(tx)
            self._vouchers = found

    def fetch_customers(self, central: Central, should_stop: Callable[[], bool]) -> int:
        """How many came. Each page is kept together with the cursor for the next."""
        count = 0
        with self._store.read() as tx:
            cursor = tx.settings.get(CUSTOMERS_CURSOR) or None
        while not should_stop():
            people, following = central.customers(cursor)
            if not people:
                break
            cursor = _moved_on(cursor, following)
            with self._store.write() as tx:
                _keep(tx, people)
                tx.settings.put(CUSTOMERS_CURSOR, cursor)
            count += len(people)
        return count

    def fetch_catalogue(
        self, central: Central, progress: Progress, should_stop: Callable[[], bool]
    ) -> bool:
        """Whether a newer catalogue landed. Raises what ``CatalogueSink.apply`` raises; the
        old catalogue is then still there. Raises Unavailable(NO_CATALOGUE).
        """
        is_new = False
        for _ in range(ROUNDS):
            wanted = central.catalogue_version()
            if not wanted:
                raise Unavailable(NO_CATALOGUE)
            if wanted == self._sink.version:
                break
            self._apply(central, progress, should_stop)
            is_new = True
        return is_new

    def _apply(self, central: Central, progress: Progress, should_stop: Callable[[], bool]) -> None:
        try:
            self._sink.apply(_pages(central, self._sink.version or None, progress, should_stop))
        except Conflict as error:
            if error.code != "cursor_unknown":
                raise
            # Not a place in this central's feed: begin anew.
            self._sink.apply(_pages(central, None, progress, should_stop))


def _count_what_is_owed(tx: Transaction) -> None:
    """An order whose answer was lost may count twice until it is asked for again: a code that
    is refused for a minute is better than one that is promised twice.
    """
    for order in tx.orders.owed_with_codes():
        for outcome in order.quote.codes:
            voucher = tx.vouchers.get(outcome.code) if outcome.is_accepted else None
            if voucher is not None:
                tx.vouchers.put(voucher.after_use(outcome.discount_cents))


def _keep(tx: Transaction, people: Sequence[Customer]) -> None:
    for person in people:
        known = tx.customers.get(person.customer_id)
        # What was changed here and is not yet at central is newer than what central has.
        if known is None or known.version <= person.version:
            tx.customers.add(person)


def _pages(
    central: Central, cursor: str | None, progress: Progress, should_stop: Callable[[], bool]
) -> Iterator[CatalogueChanges]:
    done = total = 0
    while True:
        if should_stop():
            raise Unavailable("sync_stopped")
        page = central.catalogue_changes(cursor)
        done += page.row_count
        total = max(total, page.rows_total)
        if page.is_full:
            progress(CatalogueProgress(done, total))
        yield page
        if not page.has_more:
            return
        cursor = _moved_on(cursor, page.cursor)


def _moved_on(before: str | None, cursor: str | None) -> str:
    """A feed that stands still would never end. Raises Unavailable("central_unclear")."""
    if not cursor or cursor == before:
        raise Unavailable("central_unclear")
    return cursor
