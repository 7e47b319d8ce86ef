"""What consoles are told when something is done to an order: one event of a kind at most."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from central.store.events import Happening
from central.store.holdings import Change
from central.store.payments import Awaited, Due
from models.order import OrderState
from models.payment import PaymentState
from models.wire.events import EventKind


def order_state(
    console_id: UUID, order_id: UUID, state: OrderState, parcel_number: str | None = None
) -> Happening:
    """For the console that sent the order, and no other."""
    facts: dict[str, object] = {"order_id": order_id, "state": state}
    if parcel_number is not None:
        facts["parcel_number"] = parcel_number
    return Happening(EventKind.ORDER_STATE, facts, console_id)


def payment(console_id: UUID, order_id: UUID, state: PaymentState) -> Happening:
    facts = {"order_id": order_id, "state": state}
    return Happening(EventKind.PAYMENT, facts, console_id)


def payment_followed(
    console_id: UUID, order_id: UUID, awaited: Awaited | None, due: Due | None
) -> Iterator[Happening]:
    """Of ``payments.follow``; nothing where it changes nothing."""
    if (awaited and awaited.due) != due:
        state = PaymentState.AWAITED if due else PaymentState.CANCELLED
        yield payment(console_id, order_id, state)


def shop_changed(change: Change, *, has_new_customer: bool = False) -> Iterator[Happening]:
    """For all consoles: what an order took from the shop, or gave back. A code that was merely
    used once more is no news: central has the last word on a use anyway.
    """
    if change.stock:
        yield Happening(EventKind.STOCK, {"skus": sorted(change.stock)})
    if has_new_customer:
        yield Happening(EventKind.CUSTOMERS)
    if change.told_codes:
        yield Happening(EventKind.VOUCHERS)
