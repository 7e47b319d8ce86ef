"""What an audit looks at: the journals, the consoles' files and central's database, as values.

Owns the values only; ``benchmarks.faults.evidence`` reads them, ``benchmarks.faults.audit``
judges them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from benchmarks.faults.journal import Lines, Said


@dataclass(frozen=True, slots=True)
class Beginning:
    """What there was before the first order, and must still be there in one form or another.

    By sku the stock, by code what limits it; ``credit_cents`` of those codes that pay.
    """

    stock: Mapping[str, int] = field(default_factory=dict)
    uses_max: Mapping[str, int] = field(default_factory=dict)
    uses_per_customer_max: Mapping[str, int] = field(default_factory=dict)
    credit_cents: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One revision of an order. ``fingerprint`` is that of the very words that were sent."""

    revision: int
    total_cents: int
    lines: Lines
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Owed:
    """A row of a console's outbox."""

    kind: str
    state: str
    revision: int = 1
    error: str | None = None
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class OrderAtConsole:
    """``owed`` and ``work`` (the kinds of its work items), the oldest first."""

    order_id: UUID
    reference: str
    state: str
    snapshots: tuple[Snapshot, ...]
    owed: tuple[Owed, ...] = ()
    work: tuple[str, ...] = ()

    @property
    def newest(self) -> Snapshot:
        return self.snapshots[-1]


@dataclass(frozen=True, slots=True)
class Block:
    """Reference numbers ``first`` to ``last``, leased to ``console``."""

    console: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class CodeLeft:
    """What a code still gives. How often others merely used it is central's to know."""

    is_used_up: bool
    remaining_cents: int


@dataclass(frozen=True, slots=True)
class Fetched:
    """What central knows and every console should: by sku the stock, by code what it still
    allows, by customer the version.
    """

    stock: Mapping[str, int] = field(default_factory=dict)
    codes: Mapping[str, CodeLeft] = field(default_factory=dict)
    customers: Mapping[UUID, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConsoleFacts:
    """One folder, which several processes may have shared."""

    name: str
    orders: tuple[OrderAtConsole, ...] = ()
    blocks: tuple[Block, ...] = ()
    fetched: Fetched = field(default_factory=Fetched)


@dataclass(frozen=True, slots=True)
class Payment:
    state: str
    amount_cents: int


@dataclass(frozen=True, slots=True)
class Reservation:
    sku: str
    wanted: int
    reserved: int


@dataclass(frozen=True, slots=True)
class OrderAtCentral:
    """``differing``: revisions that central answered with differences. ``uses``: by code, the
    cents it took off. ``paid_cents``: what came in and did not go back.
    """

    order_id: UUID
    reference: str
    console: str
    customer_id: UUID
    state: str
    snapshots: tuple[Snapshot, ...]
    differing: frozenset[int] = frozenset()
    payments: tuple[Payment, ...] = ()
    paid_cents: int = 0
    reservations: tuple[Reservation, ...] = ()
    uses: Mapping[str, int] = field(default_factory=dict)

    @property
    def newest(self) -> Snapshot:
        return self.snapshots[-1]


@dataclass(frozen=True, slots=True)
class Event:
    """``console`` None: for all of them. ``order_id`` and ``state`` where it is of an order."""

    seq: int
    kind: str
    console: str | None = None
    order_id: UUID | None = None
    state: str | None = None


@dataclass(frozen=True, slots=True)
class CentralFacts:
    orders: tuple[OrderAtCentral, ...] = ()
    holds: Fetched = field(default_factory=Fetched)
    uses: Mapping[str, int] = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """``heard``: by console, the numbers of the events its follower got, in that order.
    ``console_kills``: how often a console's process was killed.
    """

    beginning: Beginning
    said: tuple[Said, ...]
    consoles: tuple[ConsoleFacts, ...]
    central: CentralFacts
    heard: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    console_kills: int = 0
