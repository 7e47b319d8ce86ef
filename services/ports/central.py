"""The central API as the console sees it: one call each, and the values it answers with."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from models.customer import Customer
from models.shop import ShopRules
from models.vouchers import Voucher
from services.ports.catalogue import CatalogueChanges
from services.ports.people import KnownOperator, SignedIn

T = TypeVar("T")


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
    """``cursor`` asks for what comes after. ``central_id`` is told with a page that was asked for
    without one; "" by a central that does not know who it is.
    """

    events: tuple[CentralEvent, ...]
    cursor: int
    has_more: bool = False
    central_id: str = ""


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """Some of what central has, and the ``cursor`` of what comes next where it is asked for by
    pages. ``unread`` rows more are in words of a newer central, and were left out.
    """

    rows: Sequence[T]
    cursor: str | None = None
    unread: int = 0


@dataclass(frozen=True, slots=True)
class CentralOrder:
    """How an order of this console stands at central."""

    order_id: UUID
    state: str
    revision: int
    parcel_number: str | None = None


@dataclass(frozen=True, slots=True)
class VoucherPage:
    """Codes that changed, and those that were withdrawn; ``cursor`` asks for what comes after.
    Without one these are all there are: a central that knows no pages. ``unread``: so many
    were left out, because a newer central says words in them that have no meaning here.
    """

    vouchers: Sequence[Voucher]
    removed: Sequence[str] = ()
    cursor: str | None = None
    has_more: bool = False
    unread: int = 0


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

    def take_over_blocks(self, token: str) -> int:
        """Whatever was leased to the console that had this token, which we were, is ours; how
        many blocks. None for a token that this central does not know. Idempotent.
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

    def orders(self, cursor: str | None) -> Listed[CentralOrder]:
        """A page of this console's orders; no cursor at the end."""
        ...

    def orders_of_others(self, order_ids: Sequence[UUID]) -> Collection[UUID]:
        """Those of these orders that this central has from another console; 100 at the most."""
        ...

    def vouchers(self, cursor: str | None) -> VoucherPage:
        """Those that changed after ``cursor``; None: from the beginning. Raises
        Conflict("cursor_unknown") for a place that this central never gave out.
        """
        ...

    def vouchers_named(self, codes: Sequence[str]) -> Sequence[Voucher]:
        """Those of these codes that there are, as they are counted now; 100 at the most."""
        ...

    def shop_rules(self) -> ShopRules:
        """The shop's settings that central judges by. Raises DomainError("shop_file_malformed")
        for ones that a newer central has and nothing here can go by.
        """
        ...

    def operators(self) -> Sequence[KnownOperator]: ...

    def sign_in(self, login: str, password: str) -> SignedIn:
        """Raises Rejected("sign_in_refused")."""
        ...

    def customers(self, cursor: str | None) -> Listed[Customer]:
        """Those changed after ``cursor`` and where to go on; none are left once there are neither
        rows nor unread ones.
        """
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
