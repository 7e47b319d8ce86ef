"""A placed order: a snapshot that never changes in place, its states and its history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from models.customer import Customer, DeliveryAddress
from models.errors import DomainError
from models.payment import LinkChannel, PaymentMethod
from models.promise import Promise
from models.quote import Quote


class OrderState(StrEnum):
    """R15, the states the customer hears."""

    AWAITING_PAYMENT = "awaiting_payment"
    IN_PREPARATION = "in_preparation"
    DISPATCHED = "dispatched"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    RETURNED = "returned"


ORDER_TRANSITIONS: Mapping[OrderState, frozenset[OrderState]] = {
    OrderState.AWAITING_PAYMENT: frozenset({OrderState.IN_PREPARATION, OrderState.CANCELLED}),
    OrderState.IN_PREPARATION: frozenset({OrderState.DISPATCHED, OrderState.CANCELLED}),
    OrderState.DISPATCHED: frozenset({OrderState.DELIVERED, OrderState.RETURNED}),
    OrderState.DELIVERED: frozenset({OrderState.RETURNED}),
    OrderState.CANCELLED: frozenset(),
    OrderState.RETURNED: frozenset({OrderState.DISPATCHED}),
}


def ensure_transition(before: OrderState, after: OrderState) -> None:
    """Raises DomainError("order_transition") unless the table allows it (R8, R15, R17)."""
    if after not in ORDER_TRANSITIONS[before]:
        raise DomainError("order_transition", before=before.value, after=after.value)


class OrderEventKind(StrEnum):
    PLACED = "placed"
    ACCEPTED_BY_CENTRAL = "accepted_by_central"
    DIFFERENCES_SEEN = "differences_seen"
    REFUSED_BY_CENTRAL = "refused_by_central"
    STATE_CHANGED = "state_changed"
    REVISED = "revised"
    """Changed by the operator (R8): facts ``revision``."""
    CANCEL_ASKED = "cancel_asked"
    """Cancelled by the operator; the state follows, central has the last word on it."""
    WORK_SETTLED = "work_settled"
    """Facts ``work_id``, ``settlement``, ``note``."""


@dataclass(frozen=True, slots=True)
class OrderEvent:
    """One thing that happened to an order; events are only ever appended."""

    order_id: UUID
    kind: OrderEventKind
    at: datetime
    facts: Mapping[str, object]


CHANGEABLE = frozenset({OrderState.AWAITING_PAYMENT, OrderState.IN_PREPARATION})
"""R8: until the carrier has it; after that it is a return."""


def state_when_revised(before: OrderState, *, agreed_cents: int, total_cents: int) -> OrderState:
    """Where a CHANGEABLE order stands once it is changed from a total to another (R8).

    What is covered waits for nothing. An order in preparation was paid or covered as agreed:
    it waits again only for what it costs more.
    """
    if total_cents == 0:
        return OrderState.IN_PREPARATION
    if before is OrderState.IN_PREPARATION and total_cents <= agreed_cents:
        return OrderState.IN_PREPARATION
    return OrderState.AWAITING_PAYMENT


class SyncState(StrEnum):
    """Where an order stands on its way to central."""

    WAITING = "waiting"
    SENT = "sent"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    PRACTICE = "practice"
    """It never leaves: placed on a console without a central."""


@dataclass(frozen=True, slots=True)
class Order:
    """What was agreed on the phone, as it was said."""

    order_id: UUID
    reference: str
    """Nine digits, the last a Damm check; see ``models.reference``."""
    draft_id: UUID
    customer: Customer
    delivery: DeliveryAddress
    quote: Quote
    promise: Promise
    payment_method: PaymentMethod
    link_channel: LinkChannel | None
    state: OrderState
    placed_at: datetime
    ordered_on: date
    """The day in Europe/Paris the promise was counted from; of a revision, the day it was
    made.
    """
    is_demo: bool = False
    revision: int = 1
    """Each change of a placed order (R8) is a new snapshot, one higher; the reference stays."""
    revised_at: datetime | None = None
    """When this revision was made; None for the first."""
    operator_id: UUID | None = None
