"""Cancelling an order that was placed (R8), whether central can be reached or not.

Owns what belongs together in the one transaction: the order's state and history, its codes,
what is owed to central, the work that it settles. Central has the last word on it: where the
carrier has the parcel already, it refuses, and that becomes work for a person.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from models.order import Order, OrderEvent, OrderEventKind, OrderState
from models.work import Settlement
from services.codes import give_back_uses
from services.owing import is_refused_whole, owe
from services.ports import Clock, Ids, OutboxKind, Store, Transaction
from services.revise_order import changeable_order, end_open_revision
from services.settling import as_note, settle_open_work

CancellationToWire = Callable[[datetime, str, UUID | None], str]
"""When, why and by whom, as the body central gets."""


def cancel_order(
    order_id: UUID,
    reason: str,
    *,
    store: Store,
    clock: Clock,
    ids: Ids,
    to_wire: CancellationToWire,
    operator_id: UUID | None = None,
) -> Order:
    """Cancel it; on disk on return, and owed to central unless central never took the order.

    Idempotent: an order that is cancelled already is given back as it is. ``reason`` is one
    line, it may be empty. Raises DomainError("order_not_found"), ("order_not_changeable",
    state=...) once the carrier has it, ("card_number_refused"), ("note_too_long").
    """
    note = as_note(reason, "reason")
    now = clock.now()
    with store.write() as tx:
        order = tx.orders.get(order_id)
        if order is not None and order.state is OrderState.CANCELLED:
            return order
        order = changeable_order(tx, order_id)
        _cancel(tx, order, note, now)
        if _is_known_to_central(tx, order):
            body = to_wire(now, note, operator_id)
            owe(tx, order_id, OutboxKind.CANCELLATION, body, item_id=ids.new(), now=now)
        return replace(order, state=OrderState.CANCELLED)


def _cancel(tx: Transaction, order: Order, note: str, now: datetime) -> None:
    after = {"state": OrderState.CANCELLED.value}
    for kind, facts in (
        (OrderEventKind.CANCEL_ASKED, {"reason": note}),
        (OrderEventKind.STATE_CHANGED, after),
    ):
        tx.orders.append(OrderEvent(order.order_id, kind, now, facts))
    give_back_uses(tx.vouchers, order.quote)
    settle_open_work(tx, order.order_id, Settlement.CANCELLED, at=now, note=note)
    end_open_revision(tx, order.order_id, at=now)


def _is_known_to_central(tx: Transaction, order: Order) -> bool:
    """Or will be: what is still owed about it goes first."""
    return not order.is_demo and not is_refused_whole(tx.outbox.of_order(order.order_id))
