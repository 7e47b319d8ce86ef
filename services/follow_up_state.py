"""What happens to orders after they were placed, as immutable values.

Owns the values only; ``services.follow_up`` makes them. Imported before the first paint, so
it names the types it holds without importing them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from models.order import Order, OrderEvent
    from models.work import WorkItem
    from services.ports import OrderRow, OutboxItem


def parcel_number(events: Sequence[OrderEvent]) -> str:
    """As central told it with the last dispatch; "" before."""
    told = [event.facts.get("parcel_number") for event in events]
    return str(next((number for number in reversed(told) if number), ""))


@dataclass(frozen=True, slots=True)
class WorkRow:
    """Something that needs a person, with the order it is about as it stands now."""

    item: WorkItem
    order: Order


@dataclass(frozen=True, slots=True)
class OwedRow:
    """Something central has not confirmed. ``is_held_back``: an earlier one of the same order
    has to go first.
    """

    item: OutboxItem
    order: Order
    is_held_back: bool = False


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Unsettled work and unconfirmed items, the oldest first; orders, the newest first.

    ``work_count`` and ``owed_count`` are of all there are, the rows may be fewer.
    """

    work: tuple[WorkRow, ...]
    owed: tuple[OwedRow, ...]
    orders: tuple[OrderRow, ...]
    work_count: int
    owed_count: int
    seen_at: datetime
    """When this was read: what "next try" is told from."""


@dataclass(frozen=True, slots=True)
class OrderDossier:
    """One placed order with all there is about it, each list in the order it happened."""

    row: OrderRow
    revisions: tuple[Order, ...]
    events: tuple[OrderEvent, ...]
    owed: tuple[OwedRow, ...]
    """Everything that was ever sent or is to be, confirmed items too."""
    work: tuple[WorkItem, ...]
    """Settled items too."""
    seen_at: datetime
    is_changeable: bool
    """R8: it can still be changed or cancelled."""
    open_draft: UUID | None = None
    """A call that is changing it just now, or was put aside doing so."""

    @property
    def order(self) -> Order:
        return self.row.order

    @property
    def open_work(self) -> tuple[WorkItem, ...]:
        return tuple(item for item in self.work if item.settlement is None)


@dataclass(frozen=True, slots=True)
class OrdersFound:
    """Orders that fit a text. ``is_proposal``: none has exactly that reference, these are one
    typing error away from it.
    """

    orders: tuple[OrderRow, ...] = ()
    is_proposal: bool = False
