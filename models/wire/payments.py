"""What is awaited for an order, on the wire: at most one payable request at a time (R13)."""

from __future__ import annotations

from uuid import UUID

from models.payment import PaymentMethod, PaymentState
from models.wire.fields import Cents, Moment, Text, WireModel, WirePage


class PaymentRequestWire(WireModel):
    """``creditor_reference``: ISO 11649, what a transfer has to name."""

    request_id: UUID
    order_id: UUID
    method: PaymentMethod
    amount_cents: Cents
    state: PaymentState
    created_at: Moment
    settled_at: Moment | None = None
    creditor_reference: Text | None = None


class PaymentRequestsOut(WirePage):
    """All there ever were for one order, in the order they were made."""

    ROWS = "requests"

    requests: tuple[PaymentRequestWire, ...]
