"""What an operator works on, as immutable values: the present call and a customer's file.

Owns the values only; ``services.desk`` makes them. Imported before the first paint, so it
names the types it holds without importing them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

    from models.catalogue import Article
    from models.customer import Customer
    from models.draft import Draft
    from models.order import Order, SyncState
    from models.payment import PaymentMethod
    from models.promise import Promise
    from models.quote import Quote
    from models.vouchers import Voucher
    from services.ports import DraftSummary, OrderRow


@dataclass(frozen=True, slots=True)
class DeskState:
    """What the operator works on, all of it on disk."""

    draft: Draft
    quote: Quote
    promise: Promise | None = None
    promises: Mapping[PaymentMethod, Promise] = field(default_factory=dict)
    """What each way to pay would promise; empty for an empty cart."""
    vouchers: Mapping[str, Voucher] = field(default_factory=dict)
    """Those of the codes in the cart that exist."""
    articles: tuple[Article, ...] = ()
    """Those of the cart, in its order."""
    remedies: tuple[Article, ...] = ()
    """Articles that a refused code's remedy names."""
    calls_waiting: tuple[DraftSummary, ...] = ()
    changing: Mapping[UUID, str] = field(default_factory=dict)
    """References, by order_id, of the placed orders that this call or one that waits changes
    (R8).
    """
    order: Order | None = None
    order_sync: SyncState | None = None
    parcel_number: str = ""
    """Of the order, once the carrier has it."""
    work_count: int = 0
    """Orders' matters that need somebody."""
    has_trial_prices: bool = False
    """See ``services.trial_prices``: nothing can be confirmed."""


@dataclass(frozen=True, slots=True)
class CustomerFile:
    """R3: a known customer with what they last ordered, the running orders first."""

    customer: Customer
    orders: tuple[OrderRow, ...]
