"""Down: codes, operators, customers and the catalogue, as central has them.

Owns what is asked for and in which pieces it is kept. Nothing here holds the console's file
for longer than an operator's key may wait, and whatever is broken off is gone on with.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from enum import StrEnum
from itertools import chain
from typing import Protocol

from models.customer import Customer
from models.errors import Conflict, KioskError, Unavailable
from models.shop import ShopRules
from services.ports import (
    CatalogueChanges,
    CatalogueSink,
    Central,
    KnownOperator,
    Listed,
    Store,
    Transaction,
)
from services.shop_rules import keep_rules
from services.sync.cursors import Cursors
from services.sync.enrolment import CUSTOMERS_CURSOR, read_enrolment
from services.sync.status import NO_CATALOGUE, CatalogueProgress, note_download
from services.sync.unread import UnreadPart, count_unread, has_to_begin_anew
from services.sync.voucher_feed import VoucherFeed

ROUNDS = 5
"""Central's catalogue may move while it is read; then the changes since are read as well."""

CUSTOMERS_AT_ONCE = 32
"""Customers in one transaction: some 10 ms, and then whoever waits for the file has it."""

PAGES_AT_ONCE = 1000
"""Of customers in one exchange: a list that never ends holds up what comes after it, once."""

Progress = Callable[[CatalogueProgress], None]


class Aside(Protocol):
    """Does ``Fetcher.fetch_catalogue`` elsewhere, for whoever cannot have a whole catalogue read
    here. Raises what that raises.
    """

    def __call__(
        self,
        progress: Callable[[int, int], None],
        should_stop: Callable[[], bool],
        meanwhile: Callable[[], None],
    ) -> None: ...


class Part(StrEnum):
    """What can be asked for by itself."""

    VOUCHERS = "vouchers"
    OPERATORS = "operators"
    SHOP = "shop"
    CUSTOMERS = "customers"
    CATALOGUE = "catalogue"


ALL_PARTS = frozenset(Part)


class Fetcher:
    """Brings what changed at central; any part may be repeated. ``should_stop`` is asked, and
    ``meanwhile`` called, between two pieces of a long part.
    """

    def __init__(self, store: Store, sink: CatalogueSink, aside: Aside | None = None) -> None:
        self._store = store
        self._sink = sink
        self._aside = aside
        self._vouchers = VoucherFeed(store)
        self._operators: Sequence[KnownOperator] | None = None
        self._rules: ShopRules | None = None
        self.on_progress: Progress = lambda _: None
        self.should_stop: Callable[[], bool] = lambda: False
        self.meanwhile: Callable[[], None] = lambda: None

    def fetch_vouchers(self, central: Central) -> None:
        """See ``VoucherFeed.fetch``."""
        self._vouchers.fetch(central, should_stop=self.should_stop, meanwhile=self.meanwhile)

    def fetch_operators(self, central: Central) -> None:
        """Writes only what differs from the last time."""
        found = central.operators()
        if found != self._operators:
            with self._store.write() as tx:
                tx.operators.replace_all(found)
            self._operators = found

    def fetch_shop(self, central: Central) -> None:
        """The shop's settings, for the next call. A central that is older, or one that is newer
        and says what has no meaning here, leaves those there are.
        """
        try:
            found = central.shop_rules()
        except KioskError as error:
            if error.code not in {"not_found", "shop_file_malformed"}:
                raise
            return
        if found != self._rules:
            with self._store.write() as tx:
                keep_rules(tx.settings, found)
            self._rules = found

    def fetch_customers(self, central: Central) -> int:
        """How many came. Each page is kept before the cursor of the next, and after many of them
        the next exchange goes on. Raises Unavailable("central_unclear").
        """
        count = 0
        cursor = self._customers_cursor()
        cursors = Cursors(cursor)
        for _ in range(PAGES_AT_ONCE):
            if self.should_stop():
                break
            page = central.customers(cursor)
            if not page.rows and not page.unread:
                break
            cursors.check(page.cursor)
            self._keep(page, is_first=cursor is None)
            cursor = page.cursor
            count += len(page.rows)
        return count

    def _customers_cursor(self) -> str | None:
        """None: from the beginning."""
        with self._store.read() as tx:
            if has_to_begin_anew(tx.settings, UnreadPart.CUSTOMERS):
                return None
            return tx.settings.get(CUSTOMERS_CURSOR) or None

    def _keep(self, page: Listed[Customer], *, is_first: bool) -> None:
        people = page.rows
        for start in range(0, len(people), CUSTOMERS_AT_ONCE):
            with self._store.write() as tx:
                _keep(tx, people[start : start + CUSTOMERS_AT_ONCE])
            self.meanwhile()
        with self._store.write() as tx:
            count_unread(tx.settings, UnreadPart.CUSTOMERS, page.unread, is_first=is_first)
            tx.settings.put(CUSTOMERS_CURSOR, page.cursor or "")
            note_download(tx)

    def fetch_catalogue(self, central: Central) -> bool:
        """Whether a newer catalogue landed. Raises what ``CatalogueSink.apply`` raises; the
        old catalogue is then still there. Raises Unavailable(NO_CATALOGUE).
        """
        before = self._sink.version
        with self._store.read() as tx:
            enrolment = read_enrolment(tx.settings)
        source = "" if enrolment is None else enrolment.url
        if self._aside is not None and self._sink.has_incoming(source):
            self._fetch_aside(self._aside)
        else:
            self._fetch_catalogue_here(central, source)
        return self._sink.version != before

    def _fetch_catalogue_here(self, central: Central, source: str) -> None:
        for _ in range(ROUNDS):
            cursor = self._sink.take_up(source)
            wanted = central.catalogue_version()
            if not wanted:
                raise Unavailable(NO_CATALOGUE)
            if wanted == cursor:
                self._sink.note_source(source)
                break
            has_all = cursor == self._sink.version
            self._apply(central, cursor, source)
            # Changes were all there were; while a whole catalogue came, more may have.
            if has_all and self._sink.version == wanted:
                self._sink.note_source(source)
                break

    def _fetch_aside(self, aside: Aside) -> None:
        aside(self._progressed, self.should_stop, self.meanwhile)

    def _progressed(self, done: int, total: int) -> None:
        self.on_progress(CatalogueProgress(done, total))

    def _apply(self, central: Central, cursor: str | None, source: str) -> None:
        try:
            self._take(central, cursor, source)
        except Conflict as error:
            if error.code != "cursor_unknown":
                raise
            # Not a place in this central's feed: begin anew.
            self._sink.forget_incoming()
            self._take(central, None, source)

    def _take(self, central: Central, cursor: str | None, source: str) -> None:
        with closing(self._pages(central, cursor)) as pages:
            first = next(pages, None)
            if first is None:
                return
            if not first.is_full or self._aside is None:
                self._sink.apply(chain([first], pages), source, self._progressed)
                return
        self._fetch_aside(self._aside)  # it has the first page again, which is small

    def _pages(
        self, central: Central, cursor: str | None
    ) -> Generator[CatalogueChanges, None, None]:
        """Raises Unavailable("sync_stopped")."""
        cursors = Cursors(cursor)
        for page in central.catalogue_stream(cursor):
            if self.should_stop():
                raise Unavailable("sync_stopped")
            if page.has_more:
                cursors.check(page.cursor)
            yield page
            self.meanwhile()


def _keep(tx: Transaction, people: Sequence[Customer]) -> None:
    """What was changed here and is not yet at central is newer than what central has."""
    newest = {person.customer_id: person for person in people}  # a page may name one twice
    known = tx.customers.versions(list(newest))
    tx.customers.add_all([p for who, p in newest.items() if known.get(who, 0) <= p.version])
