"""What the use cases need from the world, as protocols.

Adapters keep these promises; every fake passes the same tests as the real thing. Nothing
here names a library.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from models.catalogue import Article, Printer
from models.customer import Customer
from models.draft import Draft
from models.order import Order, OrderEvent, OrderState, SyncState
from models.vouchers import Voucher
from models.work import Settlement, WorkItem
from services.hits import SearchResult


class Clock(Protocol):
    def now(self) -> datetime:
        """Aware, in UTC."""
        ...


class Ids(Protocol):
    def new(self) -> UUID:
        """A UUIDv7 (RFC 9562)."""
        ...


# --- catalogue ---------------------------------------------------------------


class Catalogue(Protocol):
    """Reads of the local catalogue. Each is local, takes milliseconds, and may be called
    from any thread. All answers of one instance may change when a sync lands: ``version``
    tells.
    """

    @property
    def version(self) -> str: ...

    @property
    def is_demo(self) -> bool: ...

    def search(self, text: str, *, limit: int = 50) -> SearchResult: ...

    def brands(self) -> Sequence[str]:
        """Brands of printers, alphabetical."""
        ...

    def printers(self, brand: str, *, prefix: str = "", limit: int = 50) -> Sequence[Printer]: ...

    def printer(self, printer_id: str) -> Printer | None: ...

    def articles_for(self, printer_id: str) -> Sequence[Article]:
        """What fits, in the order it is read out: makers' by series, colour and capacity,
        packs after their parts, the shop's own last.
        """
        ...

    def articles(self, skus: Iterable[str]) -> Mapping[str, Article]: ...

    def packs_holding(self, skus: Iterable[str]) -> Sequence[Article]:
        """Packs that contain at least one of these."""
        ...

    def cheapest(
        self, *, brands: Sequence[str] = (), skus: Sequence[str] = (), at_least_cents: int = 0
    ) -> Article | None:
        """The cheapest article in stock at that price or above; of those brands and among
        those skus, where any are given.
        """
        ...

    def close(self) -> None: ...


# --- the console's own file --------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReferenceBlock:
    """Eight-digit numbers ``first <= n <= last`` leased to this console; ``next`` is free."""

    first: int
    last: int
    next: int

    @property
    def left(self) -> int:
        return self.last - self.next + 1


class OutboxKind(StrEnum):
    """What is owed about an order. One item of an order waits for the ones before it."""

    ORDER = "order"
    REVISION = "revision"
    """The whole order again, changed (R8)."""
    CANCELLATION = "cancellation"


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """What the console still owes central. ``body`` is the wire form, byte for byte; ``kind``
    is an OutboxKind, or one of a newer program.
    """

    item_id: UUID
    order_id: UUID
    kind: str
    body: str
    state: SyncState
    attempts: int
    next_try_at: datetime
    last_error: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DraftSummary:
    """A line of the list of calls, without reading the whole draft."""

    draft: Draft
    updated_at: datetime
    is_held_elsewhere: bool
    """Another running program on this host has it open."""


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order with where it stands on its way to central; for practice, it has no way."""

    order: Order
    sync_state: SyncState
    last_error: str | None = None


@dataclass(frozen=True, slots=True)
class OrderStanding:
    """Where an order stands, without reading it whole."""

    state: OrderState
    revision: int


BY_CENTRAL = "by_central"
"""Fact of a STATE_CHANGED event that central's word brought about: of states it is the judge."""


class Drafts(Protocol):
    def save(self, draft: Draft, *, at: datetime, holder: str | None) -> None:
        """Insert or replace. Raises Conflict("draft_taken") when another holder has it,
        Conflict("draft_placed") when it was placed already.
        """
        ...

    def get(self, draft_id: UUID) -> Draft | None: ...

    def unfinished(self) -> Sequence[DraftSummary]:
        """Open and parked drafts that are not blank, the newest change first."""
        ...

    def take(self, draft_id: UUID, *, holder: str, at: datetime) -> Draft:
        """Make it ours and open. Raises Conflict("draft_taken") or ("draft_placed")."""
        ...


class Orders(Protocol):
    def add(self, order: Order) -> None: ...
    def get(self, order_id: UUID) -> Order | None: ...
    def by_draft(self, draft_id: UUID) -> Order | None: ...
    def by_reference(self, reference: str) -> Order | None: ...
    def standings(self, order_ids: Sequence[UUID]) -> Mapping[UUID, OrderStanding]:
        """Of those that are known; some hundreds at once."""
        ...

    def append(self, event: OrderEvent) -> None:
        """A STATE_CHANGED event moves the order to its state. Raises
        DomainError("order_transition") for one the table does not allow, unless it is
        ``BY_CENTRAL``.
        """
        ...

    def events(self, order_id: UUID) -> Sequence[OrderEvent]: ...
    def last_event(self) -> int:
        """The number of the newest event of any order; 0 where there is none."""
        ...

    def recent(self, *, limit: int = 200) -> Sequence[OrderRow]: ...
    def of_customer(self, customer_id: UUID, *, limit: int = 20) -> Sequence[OrderRow]: ...
    def revise(self, order: Order, *, at: datetime) -> None:
        """Add the next revision of a known order (R8): ``get`` gives it from now on, and
        ``by_draft`` also by its draft. Raises Conflict("revision_conflict") unless it is the
        one after the present.
        """
        ...

    def revisions(self, order_id: UUID) -> Sequence[Order]:
        """All snapshots, the first one first."""
        ...

    def owed_with_codes(self) -> Sequence[Order]:
        """Those that used a code, were not cancelled, and central has not confirmed yet."""
        ...


class Customers(Protocol):
    def add(self, customer: Customer) -> None:
        """Insert or replace by ``customer_id``."""
        ...

    def add_all(self, customers_in: Sequence[Customer]) -> None:
        """``add`` each of them, at a fraction of the time. No id comes twice."""
        ...

    def versions(self, customer_ids: Sequence[UUID]) -> Mapping[UUID, int]:
        """Of those that are known; some hundreds at once."""
        ...

    def get(self, customer_id: UUID) -> Customer | None: ...

    def find(self, text: str, *, limit: int = 20) -> Sequence[Customer]:
        """By last digits of a phone (3 and more), by name without accents or with one
        typo, by postcode, by a reference; best first.
        """
        ...


class Vouchers(Protocol):
    def replace_all(self, vouchers: Iterable[Voucher]) -> None: ...
    def put(self, voucher: Voucher) -> None: ...
    def get(self, code: str) -> Voucher | None:
        """Exactly this code, case and all."""
        ...

    def alike(self, code: str) -> Sequence[Voucher]:
        """Codes that differ from ``code`` by case and look-alikes (O/0, I/1/l) only."""
        ...

    def uses_by(self, customer_id: UUID) -> Mapping[str, int]:
        """How often this customer used each code in orders known here."""
        ...


class References(Protocol):
    def add_block(self, first: int, last: int) -> None:
        """Idempotent. Numbers that are in a known block or in an order's reference are left
        out: none is ever taken twice.
        """
        ...

    def give_up(self) -> None:
        """None of the numbers that are still free is taken any more: they belong to another."""
        ...

    def take_next(self) -> int:
        """The next free number, used up for ever once the transaction commits.
        Raises Unavailable("no_references_left").
        """
        ...

    def left(self) -> int: ...


class Outbox(Protocol):
    def add(self, item: OutboxItem) -> None: ...
    def due(self, *, now: datetime, limit: int = 20) -> Sequence[OutboxItem]:
        """What is to be sent now, the oldest first; of each order only the oldest item that
        is neither confirmed nor refused.
        """
        ...

    def mark(
        self,
        item_id: UUID,
        state: SyncState,
        *,
        attempts: int,
        next_try_at: datetime,
        last_error: str | None,
    ) -> None: ...

    def waiting(self) -> int:
        """How many are not confirmed and not refused."""
        ...

    def refused(self) -> int:
        """How many central refused for good and nobody has seen to: no call back noted,
        nothing sent in their place, the order not cancelled.
        """
        ...

    def retry_now(self, *, now: datetime) -> None:
        """Makes all waiting items due."""
        ...

    def listing(self, *, limit: int = 200) -> Sequence[OutboxItem]:
        """What ``waiting`` and ``refused`` count, the oldest first."""
        ...

    def of_order(self, order_id: UUID) -> Sequence[OutboxItem]:
        """All there was about one order, confirmed ones too, the oldest first."""
        ...

    def confirmed_orders(self) -> Sequence[UUID]:
        """Orders that this console's central confirmed."""
        ...

    def disown_confirmed(self) -> None:
        """What is confirmed so far was so by another central: this one need not know it."""
        ...


class Work(Protocol):
    """What needs a person (``models.work``)."""

    def raise_item(self, item: WorkItem) -> None: ...
    def get(self, work_id: UUID) -> WorkItem | None: ...
    def unsettled(self, *, limit: int = 200) -> Sequence[WorkItem]:
        """The oldest first."""
        ...

    def of_order(self, order_id: UUID) -> Sequence[WorkItem]: ...
    def count(self) -> int:
        """How many are unsettled."""
        ...

    def settle(self, work_id: UUID, settlement: Settlement, *, at: datetime, note: str) -> None:
        """Settled once: of two the first counts."""
        ...


@dataclass(frozen=True, slots=True)
class KnownOperator:
    """Somebody central lets sign in. ``verifier``: an Argon2 hash made here at their last
    sign-in; with it they can sign in until ``verifiable_until`` without central.
    """

    operator_id: UUID
    login: str
    name: str
    is_disabled: bool = False
    verifier: str | None = None
    verifiable_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Whom central knows by this password; until ``offline_until`` the console may verify
    them by itself.
    """

    operator: KnownOperator
    offline_until: datetime


class Passwords(Protocol):
    """Hashes that cannot be turned back into a password. Slow on purpose, some 50 ms."""

    def verifier(self, password: str) -> str: ...
    def is_right(self, password: str, verifier: str) -> bool: ...


class Operators(Protocol):
    def replace_all(self, operators: Iterable[KnownOperator]) -> None:
        """Those central knows now. Verifiers that are known here stay, but for the disabled
        and the gone.
        """
        ...

    def all(self) -> Sequence[KnownOperator]: ...
    def by_login(self, login: str) -> KnownOperator | None: ...
    def keep_verifier(self, operator: KnownOperator) -> None:
        """Insert or replace, verifier and all."""
        ...


class Settings(Protocol):
    """Small facts of this console: who it is at central, cursors, whether it is a demo."""

    def get(self, key: str) -> str | None: ...
    def put(self, key: str, value: str) -> None: ...


class Transaction(Protocol):
    """One transaction on the console's file; all or nothing."""

    drafts: Drafts
    orders: Orders
    customers: Customers
    vouchers: Vouchers
    references: References
    outbox: Outbox
    work: Work
    operators: Operators
    settings: Settings


class Store(Protocol):
    """The console's file. Blocking: called from the store thread or a command line.

    Raises Unavailable("store_busy" | "store_full" | "store_read_only" | "store_broken") for
    what SQLite says, and ("store_gone") where the file was deleted or replaced.
    """

    def write(self) -> AbstractContextManager[Transaction]:
        """BEGIN IMMEDIATE; committed with fsync when the block ends, rolled back on any error."""
        ...

    def read(self) -> AbstractContextManager[Transaction]: ...

    def data_version(self) -> int:
        """Another one after each commit, of whatever program; takes microseconds."""
        ...

    def close(self) -> None: ...


# --- central -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Difference:
    """What central reckons differently; ``said`` and ``central`` as cents or text."""

    code: str
    said: str
    central: str
    sku: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Central's answer to an order: accepted, perhaps with differences to call back about. Of
    a change that costs less than was paid the rest has to go back to the customer.
    """

    order_id: UUID
    differences: tuple[Difference, ...] = ()
    refund_due_cents: int = 0


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Central's answer to a cancellation. What was paid has to go back to the customer."""

    order_id: UUID
    refund_due_cents: int = 0


@dataclass(frozen=True, slots=True)
class CentralEvent:
    """Something that happened at central; see ``models.wire.events`` for the kinds."""

    seq: int
    kind: str
    at: datetime
    order_id: UUID | None = None
    state: str | None = None
    parcel_number: str | None = None
    skus: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EventPage:
    """``cursor`` asks for what comes after."""

    events: tuple[CentralEvent, ...]
    cursor: int
    has_more: bool = False


@dataclass(frozen=True, slots=True)
class CentralOrder:
    """How an order of this console stands at central."""

    order_id: UUID
    state: str
    revision: int
    parcel_number: str | None = None


@dataclass(frozen=True, slots=True)
class CatalogueChanges:
    """One page of the feed. ``cursor`` asks for the next page; that of the last page
    (``has_more`` False) is the version of the catalogue one then has.
    """

    cursor: str
    after: str | None = None
    """The cursor that this page follows, "" for the first page of a snapshot; None from a
    central that does not say.
    """
    printers: tuple[Printer, ...] = ()
    articles: tuple[Article, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    """Each a printer_id and a sku that fits it."""
    removed_printers: tuple[str, ...] = ()
    removed_skus: tuple[str, ...] = ()
    removed_pairs: tuple[tuple[str, str], ...] = ()
    has_more: bool = False
    is_full: bool = False
    """This page belongs to a snapshot: what is in none of its pages is gone."""
    is_demo: bool = False
    rows_total: int = 0
    """Of a snapshot, all pages together, for a progress bar."""

    @property
    def row_count(self) -> int:
        return len(self.printers) + len(self.articles) + len(self.pairs)

    @property
    def removed_count(self) -> int:
        return len(self.removed_printers) + len(self.removed_skus) + len(self.removed_pairs)


class CatalogueSink(Protocol):
    """Where a catalogue from central lands. Called from the sync thread only. ``source`` says
    which central it is that tells: a feed is never taken up with another one's cursor.
    """

    @property
    def version(self) -> str:
        """Of the catalogue that is in use, "" where there is none."""
        ...

    def take_up(self, source: str) -> str | None:
        """Where the feed of ``source`` is to be taken up: inside a snapshot that was broken
        off, or after the catalogue in use; None: at its beginning. One of which all was here
        but the switch is switched to.
        """
        ...

    def apply(
        self,
        pages: Iterable[CatalogueChanges],
        source: str,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        """Take the pages that follow ``take_up(source)``. Readers see the old catalogue or the
        new one, and keep the old one if ``pages`` or anything else fails.

        Pages of a snapshot are kept as they come, each with its cursor: where ``pages`` ends
        early, by an error or with the process, the next call goes on after the last whole
        one. ``progress`` is told rows done and rows in all, of those before as well. When the
        last has come, the catalogue switches at once. Changes are taken all together or not
        at all. Raises Conflict("catalogue_inconsistent") for pages that do
        not fit together, and Unavailable("central_unclear") for one that does not follow the
        one before.
        """
        ...

    def forget_incoming(self) -> None:
        """What came of a snapshot so far is thrown away. Idempotent."""
        ...


class Central(Protocol):
    """The central API as the console sees it. Blocking, called from the sync threads only.

    Raises Unavailable for everything that may work later (no network, timeout, 5xx, 429,
    a token that is not accepted: code "unauthorised"), Rejected for a permanent refusal,
    Conflict for 409, always with central's stable problem code. Where central said when to
    come back (Retry-After), the error has the fact ``retry_after_seconds``.
    """

    def ping(self) -> None: ...

    def lease_references(self, count: int, key: str) -> tuple[int, int]:
        """First and last number of a block that is ours for ever; the same ``key`` gives the
        same block again.
        """
        ...

    def put_order(self, order_id: UUID, body: str) -> Verdict:
        """Idempotent: the same body again gives the same answer."""
        ...

    def put_revision(self, order_id: UUID, revision: int, body: str) -> Verdict:
        """Idempotent, as ``put_order``."""
        ...

    def cancel_order(self, order_id: UUID, body: str) -> Cancelled:
        """Idempotent, as ``put_order``."""
        ...

    def orders(self, cursor: str | None) -> tuple[Sequence[CentralOrder], str | None]:
        """A page of this console's orders, and the cursor of the next; None at the end."""
        ...

    def vouchers(self) -> Sequence[Voucher]: ...

    def operators(self) -> Sequence[KnownOperator]: ...

    def sign_in(self, login: str, password: str) -> SignedIn:
        """Raises Rejected("sign_in_refused")."""
        ...

    def customers(self, cursor: str | None) -> tuple[Sequence[Customer], str | None]:
        """Those changed after ``cursor`` and where to go on; none are left once it is empty."""
        ...

    def catalogue_version(self) -> str: ...

    def catalogue_changes(self, cursor: str | None) -> CatalogueChanges:
        """From the beginning (None: the snapshot, page by page) or after a cursor."""
        ...

    def catalogue_stream(self, cursor: str | None) -> Iterator[CatalogueChanges]:
        """As ``catalogue_changes``, all pages of it as they come over one connection. Cut
        anywhere, it goes on after the ``cursor`` of the last page that came whole.
        """
        ...

    def events(self, cursor: int | None) -> EventPage:
        """What happened after ``cursor``; None: nothing yet, and the cursor to begin with.
        Raises Conflict("cursor_unknown") where that is too long ago.
        """
        ...

    def listen(self, cursor: int) -> AbstractContextManager[Iterator[CentralEvent]]:
        """Events as they happen, from ``cursor`` on, until the line breaks. A heartbeat keeps
        the line: where none comes, Unavailable is raised.
        """
        ...

    def hang_up(self) -> None:
        """From any thread: what is being read ends at once, with Unavailable("central_cut_off")."""
        ...

    @property
    def clock_offset_seconds(self) -> float | None:
        """What to add to this computer's clock to have central's; None until it answered."""
        ...

    def close(self) -> None: ...
