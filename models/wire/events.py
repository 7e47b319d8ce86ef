"""What happens at central, as it happens: pages after a cursor, or a live stream.

An event says what changed, and for an order its new state; what else there is to know is
asked for where it belongs. Kinds are open: one that a console does not know is passed over.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from models.wire.fields import Moment, Seq, Text, WireModel, Word

EVENTS_TYPE = "text/event-stream"
"""Of the live stream (WHATWG HTML, 9.2)."""


class EventKind(StrEnum):
    ORDER_STATE = "order_state"
    """For the console that sent the order: ``order_id``, ``state``, perhaps ``parcel_number``."""
    PAYMENT = "payment"
    """The order's payment request: ``order_id``, ``state`` a PaymentState."""
    STOCK = "stock"
    """``skus`` have another figure."""
    CATALOGUE = "catalogue"
    CUSTOMERS = "customers"
    VOUCHERS = "vouchers"
    OPERATORS = "operators"


class EventOut(WireModel):
    """``seq`` is the event's cursor and its id in the stream."""

    seq: Seq
    kind: Word
    at: Moment
    order_id: UUID | None = None
    state: Word | None = None
    parcel_number: Text | None = None
    skus: tuple[Word, ...] = ()


class EventsPage(WireModel):
    """Events after the cursor that was asked with. ``cursor`` asks for the next page; it is
    also where the stream is to be taken up. ``central_id`` is told with the cursor to begin with:
    a central that was put back from a copy is the one it was.
    """

    events: tuple[EventOut, ...]
    cursor: Seq
    has_more: bool = False
    central_id: UUID | None = None

    ADDED: ClassVar[frozenset[str]] = frozenset({"central_id"})
