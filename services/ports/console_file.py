"""The console's own file: its aggregates, and the transactions over them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from models.customer import Customer
from models.draft import Draft
from models.order import Order, OrderEvent, OrderState, SyncState
from models.vouchers import Voucher
from services.ports.outbox import Outbox, Work
from services.ports.people import Operators


@dataclass(frozen=True, slots=True)
class ReferenceBlock:
    """Eight-digit numbers ``first <= n <= last`` leased to this console; ``next`` is free."""

    first: int
    last: int
    next: int

    @property
    def left(self) -> int:
        return self.last - self.next + 1


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

    def codes_since(self, event: int) -> Collection[str]:
        """What orders used, in any revision, to which something happened after that event, by
        its number (``last_event``).
        """
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
    def differing(self, vouchers: Iterable[Voucher]) -> tuple[Sequence[Voucher], Sequence[str]]:
        """What it takes to have these and no others: those that are kept otherwise or not at
        all, and the codes that are none of theirs.
        """
        ...

    def put(self, voucher: Voucher) -> None:
        """Insert or replace."""
        ...

    def put_all(self, vouchers: Sequence[Voucher]) -> None:
        """``put`` each of them, at a fraction of the time. No code comes twice."""
        ...

    def remove(self, codes: Iterable[str]) -> None: ...
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
